//! Bodies, one trap a line: what the entry says, the bytes, and what they are worth.

use super::super::headers::Headers;
use super::super::object;
use super::*;

fn with<T>(json: &str, look: impl Fn(Json<'_>) -> T) -> T {
    let mut nodes = Vec::new();
    let text = format!("{{\"m\":{json}}}");
    object::read(text.as_bytes(), |_| true, &mut nodes).unwrap();
    look(Json::root(text.as_bytes(), &nodes).get("m"))
}

fn request(json: &str) -> (Vec<u8>, Fidelity, usize) {
    with(json, |request| {
        let mut faults = Vec::new();
        let headers = Headers::of_request(request.get("headers"));
        let body = of_request(request, &headers.list, true, &mut faults);
        (body.bytes, body.fidelity, faults.len())
    })
}

fn response(json: &str, bodiless: bool) -> (Vec<u8>, Fidelity) {
    with(json, |response| {
        let headers = Headers::of_response(response.get("headers"));
        let body = super::of_response(response, &headers.list, bodiless, true, &mut Vec::new());
        (body.bytes, body.fidelity)
    })
}

#[test]
fn requests() {
    use Fidelity::*;
    let cases: [(&str, &[u8], Fidelity); 24] = [
        (r#"{}"#, b"", Exact),
        (r#"{"bodySize":0,"postData":{"mimeType":"a/b"}}"#, b"", Exact),
        (r#"{"bodySize":5}"#, b"", Missing),
        (r#"{"bodySize":-1,"headers":[["Content-Length","5"]]}"#, b"", Missing),
        (r#"{"postData":{"mimeType":"a/b"}}"#, b"", Missing),
        (r#"{"postData":"a=b"}"#, b"a=b", Exact),
        (r#"{"postData":{"text":{"a":1}}}"#, br#"{"a":1}"#, Exact),
        (r#"{"postData":{"text":"abc"},"bodySize":3}"#, b"abc", Exact),
        (r#"{"postData":{"text":"abc"},"bodySize":9}"#, b"abc", Truncated),
        (
            r#"{"postData":{"text":"abc"},"headers":[["content-length","9"],["content-encoding","gzip"]]}"#,
            b"abc",
            Decoded,
        ),
        (r#"{"postData":{"text":"abc"},"headers":[["content-encoding","identity"]]}"#, b"abc", Exact),
        (r#"{"postData":{"text":"a\ufffdc"},"bodySize":3}"#, "a\u{fffd}c".as_bytes(), Lossy),
        (r#"{"postData":{"text":"a\ufffdc"},"bodySize":5}"#, "a\u{fffd}c".as_bytes(), Exact),
        // gzip as Latin-1, and as lone surrogates (mitmproxy)
        (r#"{"postData":{"text":"\u001f\u008b\b"},"headers":[["content-encoding","gzip"]]}"#, b"\x1f\x8b\x08", Exact),
        (r#"{"postData":{"text":"\u001f\udc8b\b"},"headers":[["content-encoding","gzip"]]}"#, b"\x1f\x8b\x08", Exact),
        // UTF-8 as Latin-1; real Latin-1 letters in text; the length on the wire settles it
        (r#"{"postData":{"mimeType":"text/plain","text":"\u00c5\u0082"}}"#, "ł".as_bytes(), Exact),
        (
            r#"{"postData":{"mimeType":"text/plain","text":"\u00c5\u0082"},"bodySize":4}"#,
            "\u{c5}\u{82}".as_bytes(),
            Exact,
        ),
        (r#"{"postData":{"mimeType":"text/plain","text":"caf\u00e9"}}"#, "café".as_bytes(), Exact),
        (
            r#"{"postData":{"mimeType":"text/plain","text":"caf\u00e9"},"headers":[["content-length","4"]]}"#,
            b"caf\xe9",
            Exact,
        ),
        (r#"{"postData":{"mimeType":"application/octet-stream","text":"\u00e9"}}"#, b"\xe9", Exact),
        (r#"{"postData":{"mimeType":"text/plain; charset=utf-16","text":"ab"},"bodySize":4}"#, b"ab", Decoded),
        (r#"{"_content":{"text":"AP8=","encoding":"base64","size":2}}"#, b"\0\xff", Exact),
        (r#"{"postData":{"params":[["a","1"]]},"bodySize":3}"#, b"a=1", Decoded),
        (r#"{"postData":{"text":"","params":[{"name":"a","value":"1"}]}}"#, b"a=1", Decoded),
    ];
    for (json, bytes, fidelity) in cases {
        assert_eq!(request(json), (bytes.to_vec(), fidelity, 0), "{json}");
    }
    let (bytes, fidelity, faults) = request(r#"{"postData":{"text":"not base64!","encoding":"base64"}}"#);
    assert_eq!((&bytes[..], fidelity, faults), (&b"not base64!"[..], Lossy, 1));
    let (bytes, fidelity, _) = request(r#"{"postData":{"mimeType":"multipart/form-data","params":[["a","1"]]}}"#);
    assert!(bytes.starts_with(b"--boundary-not-recorded\r\n") && fidelity == Decoded);
}

#[test]
fn responses() {
    use Fidelity::*;
    let cases: [(&str, bool, &[u8], Fidelity); 12] = [
        (r#"{"content":{"size":0}}"#, false, b"", Exact),
        (r#"{"content":{"size":9}}"#, false, b"", Missing),
        (r#"{"content":{"size":0},"bodySize":9}"#, false, b"", Missing),
        (r#"{"content":{},"headers":[["content-length","9"]]}"#, false, b"", Missing),
        (r#"{"content":{},"headers":[["content-length","9"]]}"#, true, b"", Exact),
        (r#"{"content":{"text":"abc","size":3}}"#, false, b"abc", Exact),
        (r#"{"content":{"text":"abc","size":3},"headers":[["content-encoding","br"]]}"#, false, b"abc", Decoded),
        (r#"{"content":{"text":"abc","size":30,"mimeType":"application/json"}}"#, false, b"abc", Truncated),
        (r#"{"content":{"text":"abc","size":6,"mimeType":"application/json"}}"#, false, b"abc", Exact),
        (r#"{"content":{"text":"YWJj","encoding":"base64","size":4}}"#, false, b"abc", Truncated),
        (r#"{"content":{"text":"é","mimeType":"text/html; charset=windows-1252"}}"#, false, "é".as_bytes(), Decoded),
        (r#"{"content":{"text":"\ufffd"}}"#, false, "\u{fffd}".as_bytes(), Lossy),
    ];
    for (json, bodiless, bytes, fidelity) in cases {
        assert_eq!(response(json, bodiless), (bytes.to_vec(), fidelity), "{json}");
    }
}
