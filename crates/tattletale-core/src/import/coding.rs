//! Content codings: which one a message states, and whether its bytes still have it.
//!
//! Recorders often remove the coding and leave the header; only a look at the bytes tells. Nothing is decoded here.

use crate::model::Header;

/// The last content coding that the headers state, lower case; `identity` does not count.
pub(super) fn of_headers(headers: &[Header]) -> Option<String> {
    let stated = headers.iter().find(|header| header.name == "content-encoding")?;
    let all = std::str::from_utf8(&stated.value).ok()?.to_ascii_lowercase();
    let last = all.split(',').map(str::trim).rfind(|coding| !coding.is_empty() && *coding != "identity");
    last.map(str::to_owned)
}

/// Whether bytes still have that content coding. Brotli has no mark: whatever is no text may be it.
pub(super) fn is_encoded(coding: &str, bytes: &[u8]) -> bool {
    match coding {
        "gzip" | "x-gzip" => bytes.starts_with(b"\x1f\x8b"),
        "zstd" => bytes.starts_with(b"\x28\xb5\x2f\xfd"),
        "deflate" => match bytes {
            [first, second, ..] if first & 15 == 8 => u16::from_be_bytes([*first, *second]).is_multiple_of(31),
            _ => std::str::from_utf8(bytes).is_err(),
        },
        _ => std::str::from_utf8(bytes).is_err(),
    }
}
