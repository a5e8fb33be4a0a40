//! A field as detectors see it: its text, the name it goes by, and which kinds of characters occur.

/// Classes of characters in a text, found in one pass, so that detectors can decline at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits {
    /// Bytes.
    pub length: usize,
    /// Decimal digits.
    pub digits: usize,
    /// Hexadecimal digits, decimal ones among them.
    pub hex: usize,
    /// `@`
    pub ats: usize,
    /// `.`
    pub dots: usize,
    /// `:` and `-`
    pub separators: usize,
    /// `://` occurs.
    pub address: bool,
}

impl Traits {
    /// Looks at every byte once.
    pub fn of(text: &str) -> Self {
        let mut traits = Self { length: text.len(), ..Self::default() };
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => {
                    traits.digits += 1;
                    traits.hex += 1;
                }
                b'a'..=b'f' | b'A'..=b'F' => traits.hex += 1,
                b'@' => traits.ats += 1,
                b'.' => traits.dots += 1,
                b':' | b'-' => traits.separators += 1,
                _ => {}
            }
        }
        traits.address = traits.separators > 0 && text.contains("://");
        traits
    }
}

/// One leaf of the walk.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// What it holds.
    pub text: &'a str,
    /// Its classes of characters.
    pub traits: Traits,
    /// Words of its name, lower case: `$device_id` and `deviceId` are `device`, `id`.
    words: Vec<String>,
    /// Site of the receiver, to tell its own addresses from others.
    pub site: &'a str,
}

impl<'a> Field<'a> {
    /// With the name that it goes by (`$.user.deviceId` counts its last two parts).
    pub fn new(text: &'a str, name: &str, site: &'a str) -> Self {
        Self { text, traits: Traits::of(text), words: words(name), site }
    }

    /// Whether one of these names is what the field is called: all words of a name in a row.
    pub fn is_named(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let wanted: Vec<&str> = name.split(' ').collect();
            let joined = wanted.concat();
            self.words.windows(wanted.len()).any(|words| words.iter().zip(&wanted).all(|(word, want)| word == want))
                || self.words.contains(&joined)
        })
    }

    /// Whether the last word of its name is one of these.
    pub fn ends_in(&self, names: &[&str]) -> bool {
        self.words.last().is_some_and(|last| names.contains(&last.as_str()))
    }

    /// Runs of characters that `belongs` accepts, with their places, at least `shortest` bytes long.
    pub fn runs(&self, shortest: usize, belongs: impl Fn(char) -> bool) -> Vec<(usize, &'a str)> {
        let mut runs = Vec::new();
        let mut start = None;
        for (at, c) in self.text.char_indices().chain([(self.text.len(), '\0')]) {
            match (belongs(c) && at < self.text.len(), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    if at - from >= shortest {
                        runs.push((from, &self.text[from..at]));
                    }
                    start = None;
                }
                _ => {}
            }
        }
        runs
    }

    /// The text, if all of it is one number of so many digits.
    pub fn number(&self, lengths: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
        let all = self.traits.digits == self.traits.length && lengths.contains(&self.traits.length);
        all.then_some(self.text)
    }
}

/// Cut at everything that is no letter or digit and where a capital follows a small letter.
fn words(name: &str) -> Vec<String> {
    const KEPT: usize = 8;
    let mut words: Vec<String> = Vec::new();
    let mut small = false;
    let mut open = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            (open, small) = (false, false);
            continue;
        }
        if !open || (small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        (open, small) = (true, c.is_ascii_lowercase());
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.split_off(words.len().saturating_sub(KEPT))
}

/// Luhn's check (ISO/IEC 7812-1, annex B): the last digit follows from the others.
pub(in crate::detect) fn luhn(digits: &str) -> bool {
    let double = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            if position % 2 == 1 { double(digit) } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Digits that say nothing: one or two of them over and over, or counting.
pub(super) fn is_filler(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let mut used = bytes.to_vec();
    used.sort_unstable();
    used.dedup();
    let counts = bytes.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) == 1 || pair == b"90").count();
    used.len() <= 2 || counts + 2 >= bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        let named = |name: &str, wanted: &str| Field::new("x", name, "").is_named(&[wanted]);
        assert!(named("$.properties.$device_id", "device id"));
        assert!(named("deviceId", "device id"));
        assert!(named("deviceid", "device id"));
        assert!(named("X-Android-Id", "android id"));
        assert!(!named("$.device.grid", "device id"));
    }

    #[test]
    fn luhn_and_filler() {
        assert!(luhn("4539578763621486"));
        assert!(!luhn("4539578763621487"));
        for filler in ["000000000000000", "1212121212121212", "123456789012345"] {
            assert!(is_filler(filler), "{filler}");
        }
        assert!(!is_filler("864040504207201"));
    }
}
