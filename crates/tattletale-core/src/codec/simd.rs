//! Many bytes in one step, with the widest vectors that the processor has.

use fearless_simd::{Level, dispatch, prelude::*, u8x16, u8x32};
use std::sync::LazyLock;

/// What the processor can do.
pub(crate) static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// Bytes that are asked about together.
pub(crate) const BLOCK: usize = 64;

/// A set of bytes, by their lower four bits: which of the upper four make a member of them, below 0x80 and above.
///
/// So a vector of bytes is looked up in three shuffles for each half (Mula, "SIMD-ized check which bytes are in a set",
/// 0x80.pl).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByteSet {
    low: [u8; 16],
    high: [u8; 16],
}

/// The bit that each of the upper four bits has in the two halves.
const LOW: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];
const HIGH: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128];

impl ByteSet {
    pub(crate) const NONE: Self = Self { low: [0; 16], high: [0; 16] };

    pub(crate) const fn with(mut self, byte: u8) -> Self {
        let half = if byte < 0x80 { &mut self.low } else { &mut self.high };
        half[(byte & 15) as usize] |= 1 << (byte >> 4 & 7);
        self
    }

    pub(crate) fn union(self, other: &Self) -> Self {
        let both = |a: [u8; 16], b: [u8; 16]| (u128::from_ne_bytes(a) | u128::from_ne_bytes(b)).to_ne_bytes();
        Self { low: both(self.low, other.low), high: both(self.high, other.high) }
    }

    /// How many blocks at the beginning have members only.
    pub(crate) fn only_in(&self, blocks: &[[u8; BLOCK]]) -> usize {
        dispatch!(*LEVEL, simd => only_in(simd, self, blocks))
    }
}

/// Of each block the bytes that are members of `set`, which is ASCII, and those that are `one`: a bit for each byte.
pub(crate) fn masks(set: &ByteSet, one: u8, blocks: &[[u8; BLOCK]], masks: &mut [Masks]) {
    dispatch!(*LEVEL, simd => masks_of(simd, set, one, blocks, masks));
}

/// What a block has: one bit for each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Masks {
    /// The members of a set.
    pub(crate) members: u64,
    /// The bytes that are equal to a certain one.
    pub(crate) equal: u64,
}

// Loops and functions that are always inlined: a closure would be compiled without the processor's vectors.

#[inline(always)]
fn only_in<S: Simd>(simd: S, set: &ByteSet, blocks: &[[u8; BLOCK]]) -> usize {
    let (low, high) = (Half::new(simd, set.low, LOW), Half::new(simd, set.high, HIGH));
    for (number, block) in blocks.iter().enumerate() {
        let (first, second) = halves(simd, block);
        let (first, second) = (low.has(first) | high.has(first), low.has(second) | high.has(second));
        if first.min(second).simd_eq(0).any_true() {
            return number;
        }
    }
    blocks.len()
}

#[inline(always)]
fn masks_of<S: Simd>(simd: S, set: &ByteSet, one: u8, blocks: &[[u8; BLOCK]], masks: &mut [Masks]) {
    let low = Half::new(simd, set.low, LOW);
    for (block, masks) in blocks.iter().zip(masks) {
        let (first, second) = halves(simd, block);
        let others = low.has(first).simd_eq(0).to_bitmask() | low.has(second).simd_eq(0).to_bitmask() << 32;
        let equal = first.simd_eq(one).to_bitmask() | second.simd_eq(one).to_bitmask() << 32;
        *masks = Masks { members: !others, equal };
    }
}

#[inline(always)]
fn halves<S: Simd>(simd: S, block: &[u8; BLOCK]) -> (u8x32<S>, u8x32<S>) {
    let (first, second) = block.split_at(BLOCK / 2);
    (u8x32::from_slice(simd, first), u8x32::from_slice(simd, second))
}

/// Half of a set: the upper bits by the lower ones, and the bit of each.
struct Half<S: Simd> {
    upper: u8x32<S>,
    bits: u8x32<S>,
}

impl<S: Simd> Half<S> {
    #[inline(always)]
    fn new(simd: S, upper: [u8; 16], bits: [u8; 16]) -> Self {
        let upper = u8x32::block_splat(u8x16::load_array(simd, upper));
        Self { upper, bits: u8x32::block_splat(u8x16::load_array(simd, bits)) }
    }

    /// Not zero for members.
    #[inline(always)]
    fn has(&self, bytes: u8x32<S>) -> u8x32<S> {
        self.upper.swizzle_dyn_within_blocks(bytes & 15) & self.bits.swizzle_dyn_within_blocks(bytes >> 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte, in a place of its own.
    #[test]
    fn a_set_has_what_was_put_in() {
        let all: Vec<u8> = (0..=255).collect();
        let blocks = all.as_chunks::<BLOCK>().0;
        for members in [0..=0u8, b'a'..=b'z', 0..=0x7f, 0x80..=0xff, 0x70..=0x9f, 0xc2..=0xc3] {
            let set = members.clone().fold(ByteSet::NONE, ByteSet::with);
            for (number, block) in blocks.iter().enumerate() {
                for byte in block {
                    assert_eq!(set.only_in(&[[*byte; BLOCK]]), usize::from(members.contains(byte)), "{byte:#x}");
                }
                let mut mixed = [*members.end(); BLOCK];
                mixed[number * 7] = b'.';
                assert_eq!(set.only_in(&[mixed]), usize::from(members.contains(&b'.')));
            }
        }
        let mut masks = [Masks::default(); 4];
        let small = (b'a'..=b'z').fold(ByteSet::NONE, ByteSet::with);
        super::masks(&small, b'c', blocks, &mut masks);
        let small = Masks { members: 0x07ff_fffe_0000_0000, equal: 1 << 35 };
        assert_eq!(masks, [Masks::default(), small, Masks::default(), Masks::default()]);
    }
}
