//! How likely is it that a value stands somewhere by chance?
//!
//! A sighting is strong when fewer than [`STRONG`] chance hits are expected in the whole capture: places where the
//! value could stand, times the disguises that were tried, times the probability of the value. The probability
//! comes from a shape model that is meant to be too high rather than too low: letters of words count as 2.3 bits
//! (English text has about 1 to 1.5 bits a letter over long stretches, 4.1 without context: Shannon, "Prediction
//! and entropy of printed English", 1951), digits as log2(10), digits of a hex run as 4, and repeated or
//! counting-up characters as next to nothing, and no value as more than its own alphabet can tell, so that `00000000` or
//! `12345678` is never unique. A word, a name or a place that is common counts for what a list says ([`words`]), if that
//! is less than its letters: the words that programs use for their own parts least of all.

mod words;

use crate::model::{Among, Odds, Strength};

/// Expected chance hits below which a sighting is strong.
pub const STRONG: f64 = 1e-6;

const LETTER: f64 = 2.3;
const DIGIT: f64 = 3.32;
const HEX: f64 = 4.0;
const OTHER: f64 = 3.0;
/// Chinese text has 9.65 bits a character without context (Feng, 1984), where English has 4.1 a letter.
const IDEOGRAPH: f64 = LETTER * 9.65 / 4.1;
const PREDICTABLE: f64 = 0.3;
const FILLER: f64 = 2.0;

const SHORTEST_HEX_RUN: usize = 6;

/// Bits of surprise in a value: its probability is `2^-bits`.
pub fn bits(text: &str) -> f64 {
    let chars: Vec<char> = match text.is_ascii() {
        true => text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())).collect(),
        false => text.to_lowercase().chars().collect(),
    };
    let alphabet = Alphabet::of(&chars);
    if alphabet.is_filler() {
        return FILLER;
    }
    let mut total = 0.0;
    let mut position = 0;
    while position < chars.len() {
        let starts = position == 0 || !chars[position - 1].is_ascii_lowercase();
        if let Some((length, bits)) = starts.then(|| words::known(&chars[position..])).flatten() {
            total += bits.min(LETTER * length as f64);
            position += length;
            continue;
        }
        let run = hex_run(&chars[position..]);
        let (length, each) = match run >= SHORTEST_HEX_RUN {
            true => (run, Some(HEX)),
            false => (1, None),
        };
        for at in position..position + length {
            total += if predictable(&chars, at) { PREDICTABLE } else { each.unwrap_or_else(|| of_char(chars[at])) };
        }
        position += length;
    }
    total.min(alphabet.bits(chars.len()))
}

/// Which characters occur, and how often.
struct Alphabet {
    /// Those of ASCII that occur, as bits.
    used: u128,
    counts: [u32; 128],
    /// Those of other scripts.
    other: Vec<(char, u32)>,
}

impl Alphabet {
    fn of(chars: &[char]) -> Self {
        let (mut used, mut counts) = (0, [0; 128]);
        let mut other: Vec<char> = Vec::new();
        for &c in chars {
            match counts.get_mut(c as usize) {
                Some(count) => {
                    *count += 1;
                    used |= 1 << (c as u32);
                }
                None => other.push(c),
            }
        }
        other.sort_unstable();
        let other = other.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        Self { used, counts, other }
    }

    fn each(&self, mut each: impl FnMut(char, u32)) {
        let mut used = self.used;
        while used != 0 {
            let byte = used.trailing_zeros() as u8;
            each(char::from(byte), self.counts[usize::from(byte)]);
            used &= used - 1;
        }
        self.other.iter().for_each(|(c, count)| each(*c, *count));
    }

    /// One or two letters or digits over and over: what stands where there is no value.
    fn is_filler(&self) -> bool {
        let mut telling = 0;
        self.each(|c, _| telling += usize::from(c.is_alphanumeric()));
        telling <= 2
    }

    /// What it takes to name the characters that occur and then their order: few for `00000000-0000-0000`.
    fn bits(&self, all: usize) -> f64 {
        let (mut names, mut order) = (0.0, weight(all as u32));
        self.each(|c, count| {
            names += of_char(c);
            order -= weight(count);
        });
        names + order
    }
}

/// What so many symbols of a text would tell of their order if all were different; the same for those that are alike
/// is told by none of them.
fn weight(count: u32) -> f64 {
    if count > 1 { f64::from(count) * f64::from(count).log2() } else { 0.0 }
}

/// Expected chance hits: `places` where it could stand, `disguises` tried, `bits` of the value.
pub fn expected(places: u64, disguises: f64, bits: f64) -> f64 {
    places.max(1) as f64 * disguises * (-bits).exp2()
}

/// The odds of a text under a key of one byte, of which all were tried in one go. Only the differences of its bytes
/// are known to be there: those of `0000` are those of `1111`.
pub fn of_turned(bits: f64, text: &[u8], tried: f64) -> Odds {
    const KEYS: f64 = 255.0;
    let bits = (bits - DIGIT).min(told_by_differences(text, 1)).max(0.0);
    Odds { bits, tried: tried * KEYS, among: Among::Bytes }
}

/// The odds of a text under a key of `length` bytes that is repeated, of which all were tried for each of so many
/// lengths: as many bytes of the text as the key has say nothing.
pub fn of_repeated(bits: f64, text: &[u8], length: usize, tried: f64) -> Odds {
    const LENGTHS: f64 = 31.0;
    let known = text.len().saturating_sub(length) as f64 / text.len().max(1) as f64;
    Odds { bits: (bits * known).min(told_by_differences(text, length)), tried: tried * LENGTHS, among: Among::Bytes }
}

/// Bits that the differences of bytes at a distance tell: few where they are the same over and over.
pub fn told_by_differences(text: &[u8], distance: usize) -> f64 {
    const SYMBOL: f64 = 5.0;
    let mut counts = [0u32; 256];
    let differences = || text.iter().zip(text.iter().skip(distance)).map(|(a, b)| usize::from(a ^ b));
    let all = differences().map(|difference| counts[difference] += 1).count();
    let of_each = |difference: usize| match std::mem::take(&mut counts[difference]) {
        0 => 0.0,
        count => SYMBOL - weight(count),
    };
    weight(all as u32) + differences().map(of_each).sum::<f64>()
}

/// The odds of a digest: chance hits it (any of the `tried` digests of the value, in `digest_bits` bits), or somebody
/// digested the same text for another reason, which is as likely as the text itself (`bits`). Fewer than 64 bits are
/// never strong.
pub fn of_digest(bits: f64, digest_bits: usize, tried: f64) -> Odds {
    const SHORT: f64 = 19.0;
    let hit = tried * (-(digest_bits as f64)).exp2() + (-bits).exp2();
    let bits = if digest_bits < 64 { (-hit.log2()).min(SHORT) } else { -hit.log2() };
    Odds { bits, tried: 1.0, among: Among::Runs }
}

/// The verdict on an expectation.
pub fn strength(expected: f64) -> Strength {
    if expected < STRONG { Strength::Strong } else { Strength::Weak }
}

fn of_char(c: char) -> f64 {
    match c {
        '0'..='9' => DIGIT,
        'a'..='z' => LETTER,
        '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => IDEOGRAPH,
        c if c.is_alphabetic() => LETTER + 1.0,
        _ => OTHER,
    }
}

/// Length of the run of hex digits at the start, if it mixes letters and digits; else 0.
fn hex_run(chars: &[char]) -> usize {
    let run = chars.iter().take_while(|c| c.is_ascii_hexdigit()).count();
    let digits = chars[..run].iter().filter(|c| c.is_ascii_digit()).count();
    if digits > 0 && digits < run { run } else { 0 }
}

/// The same step (0, +1 or -1) from the last two characters: a repetition or a count.
fn predictable(chars: &[char], at: usize) -> bool {
    let step = |at: usize| chars[at] as i64 - chars[at - 1] as i64;
    at >= 2 && step(at) == step(at - 1) && step(at).abs() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_repeated_characters_say_nothing() {
        let odds = |text: &str| of_turned(bits(text), text.as_bytes(), 1.0).bits;
        assert!(odds("marta.eaea5ae2@example.org") > 50.0);
        assert!(odds("0000000000000000") < 10.0 && odds("ababababababab") < 10.0);
    }

    #[test]
    fn planted_values_are_strong_and_common_ones_weak() {
        let strong_in_a_megabyte =
            ["marta.eaea5ae2@example.org", "864040504207201", "a7ca318d06d44999", "/conditions/early-menopause"];
        for value in strong_in_a_megabyte {
            assert_eq!(strength(expected(1 << 20, 5.0, bits(value))), Strength::Strong, "{value}");
        }
        for value in [
            "status_bar",
            "settings",
            "dark_mode=off",
            "home/settings/about",
            "Marta",
            "/signup",
            "00000000-0000-0000-0000-000000000000",
            "123456789012345",
            "true",
            "Warsaw",
            "Constantinople",
            "New York City",
            "Elizabeth",
        ] {
            assert_eq!(strength(expected(1 << 14, 5.0, bits(value))), Strength::Weak, "{value}: {}", bits(value));
        }
    }
}
