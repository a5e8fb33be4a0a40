//! The four customary digests and their HMAC a block at a time, for where short texts are tried by the ten thousand.
//!
//! A general hasher copies what it is given into a buffer, and its output out of it: for texts of one block that is
//! more than half of the work. Here the crates' own compression functions are called on blocks that are padded as
//! Merkle and Damgård say (RFC 1321, FIPS 180-4), and what is compared are the words of the state.

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

    /// The digest whose bytes these are; none if it has another length.
    fn read(digest: &[u8]) -> Option<Self::Words>;

    /// Its bytes, and how many.
    fn write(words: &Self::Words) -> ([u8; 64], usize);

    /// So many bits, in the last eight bytes of the last block.
    fn length(bits: u64) -> [u8; 8];
}

/// The digest of the pieces, one behind the other, after whole blocks of so many bytes that led to these words.
pub(super) fn finished<B: Blocks>(mut words: B::Words, before: usize, pieces: &[&[u8]]) -> B::Words {
    let (mut block, mut at, mut length) = (B::EMPTY, 0, before);
    for piece in pieces {
        let mut rest = *piece;
        length += rest.len();
        while let Some((fill, behind)) = rest.split_at_checked(B::SIZE - at) {
            block.as_mut()[at..].copy_from_slice(fill);
            B::compress(&mut words, &block);
            (block, at, rest) = (B::EMPTY, 0, behind);
        }
        block.as_mut()[at..at + rest.len()].copy_from_slice(rest);
        at += rest.len();
    }
    block.as_mut()[at] = 0x80;
    if at >= B::SIZE - B::SIZE / 8 {
        B::compress(&mut words, &block);
        block = B::EMPTY;
    }
    block.as_mut()[B::SIZE - 8..].copy_from_slice(&B::length(length as u64 * 8));
    B::compress(&mut words, &block);
    words
}

/// The digest of the pieces.
pub(super) fn digest<B: Blocks>(pieces: &[&[u8]]) -> B::Words {
    finished::<B>(B::START, 0, pieces)
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

    pub(super) fn of(&self, text: &[u8]) -> B::Words {
        let (inner, length) = B::write(&finished::<B>(self.inner, B::SIZE, &[text]));
        finished::<B>(self.outer, B::SIZE, &[&inner[..length]])
    }
}

macro_rules! blocks {
    ($name:ident, $compress:path, [$word:ty; $count:literal], $size:literal, $from:ident, $to:ident, $start:expr) => {
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

            fn read(digest: &[u8]) -> Option<Self::Words> {
                let (words, rest) = digest.as_chunks::<{ size_of::<$word>() }>();
                let words: &[_; $count] = words.try_into().ok().filter(|_| rest.is_empty())?;
                Some(words.map(<$word>::$from))
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
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
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
        let keyed = <M as KeyInit>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes();
        assert_eq!(written(Keyed::<B>::new(key).of(text)), keyed.to_vec());
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
