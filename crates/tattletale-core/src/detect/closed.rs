//! Bytes that no layer opened: how much order is left in them.

use crate::model::{OpaqueKind, Step};

/// One such place.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Layers down to them.
    pub path: Vec<Step>,
    /// How many.
    pub bytes: u64,
    /// Shannon entropy, bits per byte.
    pub entropy: f64,
    /// What they look like.
    pub kind: OpaqueKind,
}

impl Closed {
    pub(super) fn at(path: Vec<Step>, bytes: &[u8]) -> Self {
        let mut counts = [0u64; 256];
        bytes.iter().for_each(|&byte| counts[byte as usize] += 1);
        let length = bytes.len() as f64;
        Self { path, bytes: bytes.len() as u64, entropy: entropy(&counts, length), kind: kind(&counts, length) }
    }
}

/// Shannon entropy of the byte histogram, bits per byte.
fn entropy(counts: &[u64; 256], length: f64) -> f64 {
    let share = |&count: &u64| count as f64 / length;
    counts.iter().filter(|&&count| count > 0).map(share).map(|share| -share * share.log2()).sum()
}

/// Pearson's chi-squared test against evenly distributed bytes. Its mean is 255 whatever the length, unlike the
/// entropy, which is low for anything short.
fn kind(counts: &[u64; 256], length: f64) -> OpaqueKind {
    const MEAN: f64 = 255.0;
    const DEVIATIONS: f64 = 6.0;
    const BLOCK: u64 = 16;
    let expected = length / 256.0;
    let chi_squared: f64 = counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
    if chi_squared > MEAN + DEVIATIONS * (2.0 * MEAN).sqrt() {
        return OpaqueKind::Structured;
    }
    match counts.iter().sum::<u64>() {
        whole if whole >= 2 * BLOCK && whole.is_multiple_of(BLOCK) => OpaqueKind::Blocks,
        _ => OpaqueKind::Random,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn random_bytes_are_told_from_structured_ones_at_any_length() {
        let random: Vec<u8> = (0..200u32).flat_map(|n| Sha256::digest(n.to_le_bytes())).collect();
        let structured: Vec<u8> = (0..800u32).flat_map(|n| (n * 1000).to_be_bytes()).collect();
        for length in [33, 100, 1001, 6399] {
            assert_eq!(Closed::at(Vec::new(), &random[..length]).kind, OpaqueKind::Random, "{length}");
            assert_eq!(Closed::at(Vec::new(), &random[..length / 16 * 16]).kind, OpaqueKind::Blocks, "{length}");
        }
        for length in [64, 100, 1000] {
            assert_eq!(Closed::at(Vec::new(), &structured[..length]).kind, OpaqueKind::Structured, "{length}");
        }
        assert!(Closed::at(Vec::new(), &random).entropy > 7.9);
    }
}
