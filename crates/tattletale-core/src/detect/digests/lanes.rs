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
    round::<S, 0>(simd, &mut state, &message, [7, 12, 17, 22]);
    round::<S, 1>(simd, &mut state, &message, [5, 9, 14, 20]);
    round::<S, 2>(simd, &mut state, &message, [4, 11, 16, 23]);
    round::<S, 3>(simd, &mut state, &message, [6, 10, 15, 21]);
    for (number, word) in state.into_iter().enumerate() {
        let lanes = word.to_array();
        for lane in 0..LANES {
            states[lane][number] = states[lane][number].wrapping_add(lanes[lane]);
        }
    }
}

/// Sixteen steps.
#[inline(always)]
fn round<S: Simd, const NUMBER: usize>(
    simd: S,
    [a, b, c, d]: &mut [u32x8<S>; 4],
    message: &[u32x8<S>; 16],
    turns: [u32; 4],
) {
    for at in (0..16).step_by(4) {
        *a = step::<S, NUMBER>(simd, [*a, *b, *c, *d], message, at, turns[0]);
        *d = step::<S, NUMBER>(simd, [*d, *a, *b, *c], message, at + 1, turns[1]);
        *c = step::<S, NUMBER>(simd, [*c, *d, *a, *b], message, at + 2, turns[2]);
        *b = step::<S, NUMBER>(simd, [*b, *c, *d, *a], message, at + 3, turns[3]);
    }
}

/// One step of a round, with the word of the message that it takes.
#[inline(always)]
fn step<S: Simd, const ROUND: usize>(
    simd: S,
    [a, b, c, d]: [u32x8<S>; 4],
    message: &[u32x8<S>; 16],
    at: usize,
    turn: u32,
) -> u32x8<S> {
    let (mixed, word) = match ROUND {
        0 => (d ^ (b & (c ^ d)), at),
        1 => (c ^ (d & (b ^ c)), 5 * at + 1),
        2 => (b ^ c ^ d, 3 * at + 5),
        _ => (c ^ (b | !d), 7 * at),
    };
    let sum = (a + u32x8::splat(simd, SINES[ROUND * 16 + at])) + message[word % 16] + mixed;
    b + ((sum << turn) | (sum >> (32 - turn)))
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
