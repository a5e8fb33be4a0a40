//! Bodies and queries put together again from a list of parameters, for tools that write the list and not the text.

use super::headers::each_pair;
use super::object::Json;
use crate::model::Fidelity;

/// `name=value&...` of a list of parameters.
///
/// HAR does not say whether values are still percent-encoded. When all of them could stand in a form as they are and
/// one holds an escape, they are left so; otherwise they are encoded.
pub(super) fn urlencoded(params: Json<'_>) -> Vec<u8> {
    let mut pairs = Vec::new();
    each_pair(params, |name, value| pairs.push((name, value)));
    let raw = pairs.iter().all(|(name, value)| is_encoded(name) && is_encoded(value));
    let mut out = Vec::new();
    for (name, value) in &pairs {
        if !out.is_empty() {
            out.push(b'&');
        }
        push(&mut out, name, raw);
        out.push(b'=');
        push(&mut out, value, raw);
    }
    out
}

/// `multipart/form-data` (RFC 7578) of a list of parameters; lossy when a file's bytes are not in it.
pub(super) fn multipart(params: Json<'_>, boundary: &str) -> (Vec<u8>, Fidelity) {
    let mut out = Vec::new();
    let mut fidelity = Fidelity::Decoded;
    for param in params.children() {
        let field = |name| param.get(name).text().unwrap_or_default();
        let (name, file, media_type, value) = (field("name"), field("fileName"), field("contentType"), field("value"));
        out.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
        out.extend_from_slice(&name);
        if !file.is_empty() {
            out.extend_from_slice(b"\"; filename=\"");
            out.extend_from_slice(&file);
            if value.is_empty() {
                fidelity = Fidelity::Lossy;
            }
        }
        out.extend_from_slice(b"\"\r\n");
        if !media_type.is_empty() {
            out.extend_from_slice(b"Content-Type: ");
            out.extend_from_slice(&media_type);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (out, fidelity)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~*!'()".contains(&byte)
}

fn is_encoded(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, &byte)| match byte {
        b'%' => matches!(text.get(at + 1..at + 3), Some(hex) if hex.iter().all(u8::is_ascii_hexdigit)),
        b'+' => true,
        byte => is_plain(byte),
    })
}

fn push(out: &mut Vec<u8>, text: &[u8], raw: bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        match byte {
            byte if raw || is_plain(byte) => out.push(byte),
            b' ' => out.push(b'+'),
            byte => out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object;
    use super::*;

    fn with<T>(json: &str, look: impl Fn(Json<'_>) -> T) -> T {
        let text = format!("{{\"p\":{json}}}");
        let mut nodes = Vec::new();
        object::read(text.as_bytes(), |_| true, &mut nodes).unwrap();
        look(Json::root(text.as_bytes(), &nodes).get("p"))
    }

    #[test]
    fn forms() {
        let form = |json: &str| String::from_utf8(with(json, urlencoded)).unwrap();
        assert_eq!(form(r#"[{"name":"a","value":"x%20y"},{"name":"b","value":"1+2"}]"#), "a=x%20y&b=1+2");
        assert_eq!(form(r#"[{"name":"a","value":"x%20y"},{"name":"b","value":"1 2é"}]"#), "a=x%2520y&b=1+2%C3%A9");
        assert_eq!(form(r#"[["a",null],{"name":"b"}]"#), "a=&b=");
        assert_eq!(form("[]"), "");
    }

    #[test]
    fn multipart_lists() {
        let json = r#"[{"name":"a","value":"1"},{"name":"f","fileName":"x.png","contentType":"image/png"}]"#;
        let (bytes, fidelity) = with(json, |params| multipart(params, "B"));
        let wanted = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                      --B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\
                      Content-Type: image/png\r\n\r\n\r\n--B--\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), wanted);
        assert_eq!(fidelity, Fidelity::Lossy);
    }
}
