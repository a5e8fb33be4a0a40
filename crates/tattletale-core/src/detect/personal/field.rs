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
    /// Words of its name, lower case, each with a blank behind it: `$device_id` and `deviceId` are `device id `.
    words: &'a str,
    /// Site of the receiver, to tell its own addresses from others.
    pub site: &'a str,
}

impl<'a> Field<'a> {
    /// With the [words](write_words) of the name that it goes by.
    pub(super) fn new(text: &'a str, traits: Traits, words: &'a str, site: &'a str) -> Self {
        Self { text, traits, words, site }
    }

    /// Whether one of these names is what the field is called: all words of a name in a row, or written as one.
    pub fn is_named(&self, names: &[&str]) -> bool {
        is_named(self.words, names)
    }

    /// Whether the last word of its name is one of these.
    pub fn ends_in(&self, names: &[&str]) -> bool {
        let last = self.words.trim_end().rsplit(' ').next().unwrap_or_default();
        names.contains(&last)
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

/// Whether some of these names is in the [words](write_words) of another: all of its words in a row, or written as one.
pub(super) fn is_named(words: &str, names: &[&str]) -> bool {
    let mut rest = words;
    while let Some((_, behind)) = rest.split_once(' ') {
        if names.iter().any(|name| begins(rest, name) || begins_joined(rest, name)) {
            return true;
        }
        rest = behind;
    }
    false
}

/// Whether the words begin with those of a name.
fn begins(words: &str, name: &str) -> bool {
    words.strip_prefix(name).is_some_and(|behind| behind.starts_with(' '))
}

/// Whether the first word is a name without its blanks.
fn begins_joined(words: &str, name: &str) -> bool {
    let mut words = words.bytes();
    name.bytes().filter(|&byte| byte != b' ').all(|byte| words.next() == Some(byte)) && words.next() == Some(b' ')
}

/// Words of a name that are kept: the last.
const WORDS: usize = 8;

/// Writes the words of a name, cut at everything that is no letter or digit and where a capital follows a small letter.
pub(super) fn write_words(name: &str, words: &mut String) {
    words.clear();
    let (mut count, mut small, mut open) = (0, false, false);
    for c in name.chars() {
        let belongs = c.is_ascii_alphanumeric();
        if open && (!belongs || (small && c.is_ascii_uppercase())) {
            words.push(' ');
            (open, count) = (false, count + 1);
        }
        if belongs {
            words.push(c.to_ascii_lowercase());
            (open, small) = (true, c.is_ascii_lowercase());
        }
    }
    if open {
        words.push(' ');
        count += 1;
    }
    for _ in WORDS..count {
        let end = words.find(' ').map_or(0, |end| end + 1);
        words.drain(..end);
    }
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
        let mut words = String::new();
        let mut named = |name: &str, wanted: &str| {
            write_words(name, &mut words);
            Field::new("x", Traits::of("x"), &words, "").is_named(&[wanted])
        };
        assert!(named("$.properties.$device_id", "device id"));
        assert!(named("deviceId", "device id"));
        assert!(named("deviceid", "device id"));
        assert!(named("X-Android-Id", "android id"));
        assert!(!named("$.device.grid", "device id"));
        assert!(!named("device", "device id") && !named("deviceids", "device id") && !named("", "device id"));
        assert!(named("a.b.c.d.e.f.g.h.device.id", "device id") && !named("id.b.c.d.e.f.g.h.i", "id"));
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
