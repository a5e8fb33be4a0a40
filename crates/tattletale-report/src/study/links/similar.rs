//! How alike two values are: the measure of Ratcliff and Obershelp (Ratcliff and Metzener, "Pattern Matching: The
//! Gestalt Approach", Dr. Dobb's Journal, July 1988).
//!
//! The code released with Acar et al., "The Web Never Forgets" (CCS 2014), compares the values of one cookie in two
//! crawls by it and keeps those that are less than 33 % alike (read there; the paper itself gives no such figure).
//! Englehardt and Narayanan, "Online Tracking" (CCS 2016), keep those under 66 %. Many identifiers share a part between
//! devices (the type code of an IMEI, the vendor of a MAC address, the screen in a JavaScript cookie), which would throw
//! them out: so what ALL values begin and end with is taken off first.

/// Twice the characters in common over all characters: 0 for nothing alike, 1 for equal.
///
/// Takes time in the product of the lengths for each common run; values have at most a hundred bytes here.
fn ratio(a: &[u8], b: &[u8]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    2.0 * common(a, b) as f64 / (a.len() + b.len()) as f64
}

/// The longest common run, and the same to its left and right.
fn common(a: &[u8], b: &[u8]) -> usize {
    let (mut best, mut ends) = (0, (0, 0));
    let mut before = vec![0usize; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![0usize; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            if x == y {
                row[j + 1] = before[j] + 1;
                if row[j + 1] > best {
                    (best, ends) = (row[j + 1], (i + 1, j + 1));
                }
            }
        }
        before = row;
    }
    if best == 0 {
        return 0;
    }
    best + common(&a[..ends.0 - best], &b[..ends.1 - best]) + common(&a[ends.0..], &b[ends.1..])
}

/// Pairs that are compared: more would not change a share.
const PAIRS: usize = 64;

/// Whether most neighbouring pairs of distinct values are less than 66 % alike, apart from what all of them share.
pub(super) fn are_unlike(values: &[&[u8]]) -> bool {
    let Some(first) = values.first() else { return false };
    let shared = |a: usize, value: &[u8], rev: bool| {
        let alike = |(x, y): &(&u8, &u8)| x == y;
        match rev {
            false => first.iter().zip(value).take_while(alike).count().min(a),
            true => first.iter().rev().zip(value.iter().rev()).take_while(alike).count().min(a),
        }
    };
    let prefix = values.iter().fold(first.len(), |least, value| shared(least, value, false));
    let shortest = values.iter().map(|value| value.len()).min().unwrap_or(0);
    let suffix = values.iter().fold(shortest - prefix, |least, value| shared(least, value, true));
    let own: Vec<&[u8]> = values.iter().map(|value| &value[prefix..value.len() - suffix]).collect();
    let pairs: Vec<f64> = own.windows(2).take(PAIRS).map(|pair| ratio(pair[0], pair[1])).collect();
    let unlike = pairs.iter().filter(|ratio| **ratio < 0.66).count();
    !pairs.is_empty() && unlike * 10 >= pairs.len() * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_ratios() {
        // The example of the article: WIKIMEDIA and WIKIMANIA share WIKIM, IA and A or N: 14 of 18.
        assert!((ratio(b"WIKIMEDIA", b"WIKIMANIA") - 14.0 / 18.0).abs() < 1e-9);
        assert_eq!(ratio(b"abc", b"abc"), 1.0);
        assert_eq!(ratio(b"abc", b"xyz"), 0.0);
    }

    #[test]
    fn a_shared_part_is_not_counted() {
        let phones: [&[u8]; 3] = [b"861500630523253", b"861500637719404", b"861500631086932"];
        assert!(are_unlike(&phones));
        let builds: [&[u8]; 3] = [b"1-release-ginkgo-0412-a", b"2-release-ginkgo-0412-b", b"3-release-ginkgo-0412-c"];
        assert!(!are_unlike(&builds));
        assert!(!are_unlike(&[b"12345678".as_slice()]));
    }
}
