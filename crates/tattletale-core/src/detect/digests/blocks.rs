//! The four customary digests and their HMAC a block at a time, for where short texts are tried by the ten thousand.
//!
//! A general hasher copies what it is given into a buffer, and its output out of it: for texts of one block that is
//! more than half of the work. Here the crates' own compression functions are called on blocks that are padded as
//! Merkle and Damgård say (RFC 1321, FIPS 180-4), and what is compared are the words of the state.

use super::lanes::{self, LANES};

/// A digest whose state is all of its output.
pub(super) trait Blocks {
    /// What is carried from block to block, and the digest in the end.
    type Words: Copy + PartialEq;
    type Block: Copy + AsMut<[u8]>;
    const START: Self::Words;
    const EMPTY: Self::Block;
    /// Bytes of a block, of which the last eighth is for the length.
    const SIZE: usize;

    fn compress(words: &mut Self::Words, block: &Self::Block);

    /// The next block of each of several messages.
    fn compress_all(words: &mut [Self::Words; LANES], blocks: &[Self::Block; LANES]) {
        for (words, block) in words.iter_mut().zip(blocks) {
            Self::compress(words, block);
        }
    }

    /// The digest whose bytes these are; none if it has another length.
    fn read(digest: &[u8]) -> Option<Self::Words>;

    /// Its first 64 bits, which name it.
    fn key(words: &Self::Words) -> u64;

    /// Its bytes, and how many.
    fn write(words: &Self::Words) -> ([u8; 64], usize);

    /// So many bits, in the last eight bytes of the last block.
    fn length(bits: u64) -> [u8; 8];
}

/// One block of the message that these pieces make, padded if it is the last; zeros behind that.
///
/// `before` bytes came before the message, in whole blocks.
fn block<B: Blocks>(pieces: &[&[u8]], before: usize, number: usize) -> B::Block {
    let (from, mut block, mut length) = (number * B::SIZE, B::EMPTY, 0);
    let out = block.as_mut();
    for piece in pieces {
        let (start, end) = (length.max(from), (length + piece.len()).min(from + B::SIZE));
        if start < end {
            out[start - from..end - from].copy_from_slice(&piece[start - length..end - length]);
        }
        length += piece.len();
    }
    if (from..from + B::SIZE).contains(&length) {
        out[length - from] = 0x80;
    }
    if number + 1 == count::<B>(pieces) {
        out[B::SIZE - 8..].copy_from_slice(&B::length((before + length) as u64 * 8));
    }
    block
}

/// Blocks of the message that these pieces make: it is followed by a byte and its length.
fn count<B: Blocks>(pieces: &[&[u8]]) -> usize {
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    (length + 1 + B::SIZE / 8).div_ceil(B::SIZE)
}

/// The digest of the pieces, one behind the other.
pub(super) fn digest<B: Blocks>(pieces: &[&[u8]]) -> B::Words {
    let mut words = B::START;
    for number in 0..count::<B>(pieces) {
        B::compress(&mut words, &block::<B>(pieces, 0, number));
    }
    words
}

/// Digests side by side of two pieces with something between them, of which there are several: the blocks of
/// neighbours that are of one length differ in that alone.
pub(super) fn joined<B: Blocks>(first: &[u8], between: &[&[u8]; LANES], last: &[u8]) -> [B::Words; LANES] {
    let mut counts = [0; LANES];
    for lane in 0..LANES {
        counts[lane] = count::<B>(&[first, between[lane], last]);
    }
    finished::<B>(B::START, &counts, |number, blocks| {
        blocks[0] = block::<B>(&[first, between[0], last], 0, number);
        for lane in 1..LANES {
            let here = between[lane];
            if here.len() != between[lane - 1].len() {
                blocks[lane] = block::<B>(&[first, here, last], 0, number);
                continue;
            }
            blocks[lane] = blocks[lane - 1];
            for (at, &byte) in (first.len()..).zip(here) {
                if at / B::SIZE == number {
                    blocks[lane].as_mut()[at % B::SIZE] = byte;
                }
            }
        }
    })
}

/// What becomes of words that all messages begin with, when each has taken in so many blocks; `fill` makes the next.
fn finished<B: Blocks>(
    start: B::Words,
    counts: &[usize; LANES],
    mut fill: impl FnMut(usize, &mut [B::Block; LANES]),
) -> [B::Words; LANES] {
    let (mut words, mut blocks) = ([start; LANES], [B::EMPTY; LANES]);
    let mut digests = words;
    for number in 0..counts.iter().max().copied().unwrap_or_default() {
        fill(number, &mut blocks);
        B::compress_all(&mut words, &blocks);
        for lane in 0..LANES {
            if number + 1 == counts[lane] {
                digests[lane] = words[lane];
            }
        }
    }
    digests
}

/// An HMAC (RFC 2104) whose key is ready.
pub(super) struct Keyed<B: Blocks> {
    inner: B::Words,
    outer: B::Words,
}

impl<B: Blocks> Keyed<B> {
    pub(super) fn new(key: &[u8]) -> Self {
        let long = B::write(&digest::<B>(&[key]));
        let key = if key.len() > B::SIZE { &long.0[..long.1] } else { key };
        let padded = |pad: u8| {
            let (mut words, mut block) = (B::START, B::EMPTY);
            block.as_mut()[..key.len()].copy_from_slice(key);
            block.as_mut().iter_mut().for_each(|byte| *byte ^= pad);
            B::compress(&mut words, &block);
            words
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// Of several texts.
    pub(super) fn of(&self, texts: &[&[u8]; LANES]) -> [B::Words; LANES] {
        let mut counts = [0; LANES];
        for lane in 0..LANES {
            counts[lane] = count::<B>(&[texts[lane]]);
        }
        let inner = finished::<B>(self.inner, &counts, |number, blocks| {
            for lane in 0..LANES {
                blocks[lane] = block::<B>(&[texts[lane]], B::SIZE, number);
            }
        });
        finished::<B>(self.outer, &[1; LANES], |_, blocks| {
            for lane in 0..LANES {
                let (bytes, length) = B::write(&inner[lane]);
                blocks[lane] = block::<B>(&[&bytes[..length]], B::SIZE, 0);
            }
        })
    }
}

macro_rules! blocks {
    ($name:ident, $compress:path, [$word:ty; $count:literal], $size:literal, $from:ident, $to:ident, $start:expr $(, $all:path)?) => {
        pub(super) struct $name;

        impl Blocks for $name {
            type Words = [$word; $count];
            type Block = [u8; $size];
            const START: Self::Words = $start;
            const EMPTY: Self::Block = [0; $size];
            const SIZE: usize = $size;

            #[inline]
            fn compress(words: &mut Self::Words, block: &Self::Block) {
                $compress(words, std::slice::from_ref(block));
            }

            $(
                fn compress_all(words: &mut [Self::Words; LANES], blocks: &[Self::Block; LANES]) {
                    $all(words, blocks);
                }
            )?

            fn read(digest: &[u8]) -> Option<Self::Words> {
                let (words, rest) = digest.as_chunks::<{ size_of::<$word>() }>();
                let words: &[_; $count] = words.try_into().ok().filter(|_| rest.is_empty())?;
                Some(words.map(<$word>::$from))
            }

            #[inline]
            fn key(words: &Self::Words) -> u64 {
                let first = words.iter().take(size_of::<u64>() / size_of::<$word>());
                first.fold(0u64, |key, &word| key.unbounded_shl(<$word>::BITS) | u64::from(word))
            }

            fn write(words: &Self::Words) -> ([u8; 64], usize) {
                let mut bytes = [0; 64];
                for (word, out) in words.iter().zip(bytes.chunks_mut(size_of::<$word>())) {
                    out.copy_from_slice(&word.$to());
                }
                (bytes, size_of::<Self::Words>())
            }

            fn length(bits: u64) -> [u8; 8] {
                bits.$to()
            }
        }
    };
}

blocks!(
    Md5,
    md5::block_api::compress,
    [u32; 4],
    64,
    from_le_bytes,
    to_le_bytes,
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
    lanes::md5
);

blocks!(
    Sha1,
    sha1::block_api::compress,
    [u32; 5],
    64,
    from_be_bytes,
    to_be_bytes,
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
);

blocks!(
    Sha256,
    sha2::block_api::compress256,
    [u32; 8],
    64,
    from_be_bytes,
    to_be_bytes,
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19]
);

blocks!(
    Sha512,
    sha2::block_api::compress512,
    [u64; 8],
    128,
    from_be_bytes,
    to_be_bytes,
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179
    ]
);

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    /// As the crates' own hashers say.
    fn assert_same<B: Blocks, D: md5::Digest, M: Mac + KeyInit>(key: &[u8], text: &[u8]) {
        let written = |words: B::Words| {
            let (bytes, length) = B::write(&words);
            bytes[..length].to_vec()
        };
        let joined = written(digest::<B>(&[key, b":", text]));
        assert_eq!(joined, D::digest([key, b":", text].concat()).to_vec());
        // Messages of different lengths side by side.
        let texts: [&[u8]; LANES] = std::array::from_fn(|lane| &text[text.len() * lane / (LANES - 1)..]);
        for (words, text) in Keyed::<B>::new(key).of(&texts).iter().zip(texts) {
            let expected = <M as KeyInit>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes();
            assert_eq!(written(*words), expected.to_vec());
        }
        let between: [&[u8]; LANES] = [b"", b"::", b"--", b"_", b".", b"a long one", b"a lang one", b"&"];
        for (words, between) in super::joined::<B>(key, &between, text).iter().zip(between) {
            assert_eq!(written(*words), D::digest([key, between, text].concat()).to_vec());
        }
        assert!(B::read(&joined) == Some(digest::<B>(&[key, b":", text])));
        assert!(B::read(&joined[1..]).is_none());
    }

    proptest! {
        #[test]
        fn blocks_are_what_hashers_make(
            key in proptest::collection::vec(any::<u8>(), 0..200),
            text in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            assert_same::<Md5, md5::Md5, Hmac<md5::Md5>>(&key, &text);
            assert_same::<Sha1, sha1::Sha1, Hmac<sha1::Sha1>>(&key, &text);
            assert_same::<Sha256, sha2::Sha256, Hmac<sha2::Sha256>>(&key, &text);
            assert_same::<Sha512, sha2::Sha512, Hmac<sha2::Sha512>>(&key, &text);
        }
    }
}
