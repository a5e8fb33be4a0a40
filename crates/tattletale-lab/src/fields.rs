//! `application/x-www-form-urlencoded` fields as the collectors read them, from a query or a body.
//!
//! Lenient in the way browsers' own parser is (WHATWG URL, section 5.1): a `%` without two digits is itself, nothing
//! is refused. Values stay bytes, since what they hold is the party under test's choice.

use tattletale_core::model::url;

/// Fields in their order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    /// Splits at `&` and the first `=`, turns `+` into a space and undoes percent-encoding.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let pair = |field: &[u8]| {
            let at = field.iter().position(|&byte| byte == b'=').unwrap_or(field.len());
            (decode(&field[..at]), decode(field.get(at + 1..).unwrap_or_default()))
        };
        Self(text.split(|&byte| byte == b'&').filter(|field| !field.is_empty()).map(pair).collect())
    }

    /// The first value of this name.
    pub(crate) fn first(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(key, _)| key == name.as_bytes()).map(|(_, value)| &value[..])
    }

    /// All values of this name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f [u8]> {
        self.0.iter().filter(move |(key, _)| key == name.as_bytes()).map(|(_, value)| &value[..])
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    url::percent_decode(text, true).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_senders_write_them() {
        let fields = Fields::parse(b"crc=-12&data=a%2Bb%3D%3d&x=1+2&&data=two&bare&%=%4&odd=%zz");
        assert_eq!(fields.first("crc"), Some(&b"-12"[..]));
        assert_eq!(fields.all("data").collect::<Vec<_>>(), [&b"a+b=="[..], b"two"]);
        assert_eq!(fields.first("x"), Some(&b"1 2"[..]));
        assert_eq!(fields.first("bare"), Some(&b""[..]));
        assert_eq!(fields.first("%"), Some(&b"%4"[..]));
        assert_eq!(fields.first("odd"), Some(&b"%zz"[..]));
        assert_eq!(fields.first("none"), None);
    }
}
