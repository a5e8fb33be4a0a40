//! Numbers that look random and are the same everywhere, for tests, benchmarks and proofs: a failure can be seen again.
//!
//! Not a test of its own; `mod random` takes it in.

#![allow(dead_code, reason = "each that takes it in uses some of it")]

/// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016). The seed
/// must not be 0.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    pub(crate) fn byte(&mut self) -> u8 {
        (self.next() >> 40) as u8
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    /// Two to four syllables.
    pub(crate) fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["an", "na", "mar", "ta", "ko", "wal", "ski", "zo", "fia", "lee", "pa", "ge", "view", "set", "ting", "app"];
        let count = 2 + self.next() as usize % 3;
        (0..count).map(|_| SYLLABLES[(self.next() >> 40) as usize % SYLLABLES.len()]).collect()
    }

    /// A name with a letter that no such word has.
    pub(crate) fn name(&mut self) -> String {
        format!("X{}q", self.word())
    }
}
