//! Tagged netstrings, as mitmproxy writes them: `<digits>:<payload><tag>`.
//!
//! Nothing is built: an [`Item`] is a slice that is looked into when asked, so a file of a million empty lists costs no
//! more memory than its bytes. What does not parse ends its container; what was read before it stands.

use crate::model::Timestamp;

/// Digits of a length.
pub(super) const MOST_DIGITS: usize = 12;

/// One value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    tag: u8,
    payload: &'a [u8],
}

impl<'a> Item<'a> {
    /// What stands for anything that is not there.
    const NONE: Self = Item { tag: b'~', payload: b"" };

    /// The first value of `bytes`, and what follows it.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (length, start) = length(bytes)?;
        let end = start.checked_add(length)?;
        let tag = *bytes.get(end)?;
        b",;#^!~]}".contains(&tag).then(|| (Item { tag, payload: &bytes[start..end] }, &bytes[end + 1..]))
    }

    /// Whether it is a dictionary.
    pub(super) fn is_dict(self) -> bool {
        self.tag == b'}'
    }

    /// The value of that key of a dictionary; nothing for anything else.
    pub(super) fn get(self, key: &str) -> Self {
        let mut rest = if self.is_dict() { self.payload } else { b"" };
        while let Some((name, after)) = Self::read(rest) {
            let Some((value, after)) = Self::read(after) else { break };
            if name.payload == key.as_bytes() {
                return value;
            }
            rest = after;
        }
        Self::NONE
    }

    /// The first of these keys whose value is not null: formats renamed some.
    pub(super) fn first(self, keys: &[&str]) -> Self {
        keys.iter().map(|key| self.get(key)).find(|value| !value.is_null()).unwrap_or(Self::NONE)
    }

    /// The values of a list; none for anything else.
    pub(super) fn items(self) -> impl Iterator<Item = Item<'a>> {
        let mut rest = if self.tag == b']' { self.payload } else { b"" };
        std::iter::from_fn(move || {
            let (item, after) = Self::read(rest)?;
            rest = after;
            Some(item)
        })
    }

    /// The value at that position of a list.
    pub(super) fn at(self, position: usize) -> Self {
        self.items().nth(position).unwrap_or(Self::NONE)
    }

    /// Whether it is null, or not there.
    pub(super) fn is_null(self) -> bool {
        self.tag == b'~'
    }

    /// Bytes or text.
    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        matches!(self.tag, b',' | b';').then_some(self.payload)
    }

    /// Bytes or text as text; what is no UTF-8 is replaced. None where it is neither, or empty.
    pub(super) fn text(self) -> Option<String> {
        let text = self.bytes().filter(|bytes| !bytes.is_empty())?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// A whole number.
    pub(super) fn number(self) -> Option<i64> {
        (self.tag == b'#').then(|| std::str::from_utf8(self.payload).ok()?.trim().parse().ok())?
    }

    /// `true`; anything else is false.
    pub(super) fn is_true(self) -> bool {
        self.tag == b'!' && self.payload == b"true"
    }

    /// Seconds since 1970 as a time; numbers of other sizes are none.
    pub(super) fn time(self) -> Option<Timestamp> {
        let seconds = matches!(self.tag, b'^' | b'#').then_some(self.payload)?;
        let seconds: f64 = std::str::from_utf8(seconds).ok()?.trim().parse().ok()?;
        // A double holds the present to about a quarter of a microsecond.
        (1.0..1e11).contains(&seconds).then(|| Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok())?
    }
}

/// The length that `bytes` start with, and where its payload starts.
pub(super) fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(MOST_DIGITS + 1).position(|&byte| byte == b':')?;
    let number = &bytes[..digits];
    (!number.is_empty() && number.iter().all(u8::is_ascii_digit))
        .then(|| Some((std::str::from_utf8(number).ok()?.parse().ok()?, digits + 1)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_looked_into_without_being_built() {
        let text = "1:a,2:12#1:b,4:true!1:c;13:1:x,3:1.5^0:~]1:d,0:~1:e,0:,";
        let text = format!("{}:{text}}}rest", text.len());
        let (dict, rest) = Item::read(text.as_bytes()).unwrap();
        assert!(dict.is_dict() && rest == b"rest");
        assert_eq!(dict.get("a").number(), Some(12));
        assert!(dict.get("b").is_true() && !dict.get("a").is_true());
        assert_eq!(dict.get("c").items().count(), 3);
        assert_eq!(dict.get("c").at(0).text().as_deref(), Some("x"));
        assert_eq!(dict.get("c").at(1).time().unwrap().as_millisecond(), 1500);
        assert!(dict.get("d").is_null() && dict.get("zzz").is_null() && dict.get("c").at(9).is_null());
        assert_eq!(dict.get("e").bytes(), Some(&b""[..]));
        assert!(dict.first(&["d", "a"]).number().is_some());
    }

    #[test]
    fn what_is_none() {
        for broken in ["", "1", "1:", "1:a", "1:ax", ":,", "9:a,", "-1:,", "9999999999999:,", "1 :a,"] {
            assert!(Item::read(broken.as_bytes()).is_none(), "{broken}");
        }
    }
}
