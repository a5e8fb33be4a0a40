//! MD5 (RFC 1321) of eight messages side by side.
//!
//! Each step of MD5 waits for the one before it, so that a core does little else while it makes one digest. Salts are
//! tried by the ten thousand on texts that do not depend on each other: eight of these take little longer than one.

use crate::codec::simd::LEVEL;
use fearless_simd::{dispatch, prelude::*, u32x8};

/// Messages side by side.
pub(super) const LANES: usize = 8;

/// Takes in the next block of each message; `states` are as RFC 1321 has them.
pub(super) fn md5(states: &mut [[u32; 4]; LANES], blocks: &[[u8; 64]; LANES]) {
    dispatch!(*LEVEL, simd => md5_with(simd, states, blocks));
}

/// Plain loops: what iterators are made of is not always inlined without link-time optimisation.
#[allow(clippy::needless_range_loop, reason = "lanes are transposed")]
#[inline(always)]
fn md5_with<S: Simd>(simd: S, states: &mut [[u32; 4]; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut message = [u32x8::splat(simd, 0); 16];
    for (number, word) in message.iter_mut().enumerate() {
        let mut lanes = [0; LANES];
        for lane in 0..LANES {
            lanes[lane] = u32::from_le_bytes(blocks[lane].as_chunks().0[number]);
        }
        *word = u32x8::load_array(simd, lanes);
    }
    let mut state = [u32x8::splat(simd, 0); 4];
    for (number, word) in state.iter_mut().enumerate() {
        let mut lanes = [0; LANES];
        for lane in 0..LANES {
            lanes[lane] = states[lane][number];
        }
        *word = u32x8::load_array(simd, lanes);
    }
    round(simd, &mut state, &message, 0, |at| at, [7, 12, 17, 22], |b, c, d| d ^ (b & (c ^ d)));
    round(simd, &mut state, &message, 1, |at| 5 * at + 1, [5, 9, 14, 20], |b, c, d| c ^ (d & (b ^ c)));
    round(simd, &mut state, &message, 2, |at| 3 * at + 5, [4, 11, 16, 23], |b, c, d| b ^ c ^ d);
    round(simd, &mut state, &message, 3, |at| 7 * at, [6, 10, 15, 21], |b, c, d| c ^ (b | !d));
    for (number, word) in state.into_iter().enumerate() {
        let lanes = word.to_array();
        for lane in 0..LANES {
            states[lane][number] = states[lane][number].wrapping_add(lanes[lane]);
        }
    }
}

/// Sixteen steps; `order` tells which word of the message each takes, modulo 16.
#[inline(always)]
fn round<S: Simd>(
    simd: S,
    [a, b, c, d]: &mut [u32x8<S>; 4],
    message: &[u32x8<S>; 16],
    number: usize,
    order: impl Fn(usize) -> usize,
    turns: [u32; 4],
    mix: impl Fn(u32x8<S>, u32x8<S>, u32x8<S>) -> u32x8<S>,
) {
    for at in (0..16).step_by(4) {
        let step = |number_of: usize, a: u32x8<S>, b: u32x8<S>, c: u32x8<S>, d: u32x8<S>| {
            let sine = u32x8::splat(simd, SINES[number * 16 + at + number_of]);
            let sum = (a + sine) + message[order(at + number_of) % 16] + mix(b, c, d);
            let turn = turns[number_of];
            b + ((sum << turn) | (sum >> (32 - turn)))
        };
        *a = step(0, *a, *b, *c, *d);
        *d = step(1, *d, *a, *b, *c);
        *c = step(2, *c, *d, *a, *b);
        *b = step(3, *b, *c, *d, *a);
    }
}

/// The whole part of 2^32 times the sine of 1 to 64 radians, without its sign.
#[rustfmt::skip]
static SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];
