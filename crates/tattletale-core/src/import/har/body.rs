//! Bodies: which bytes the capture has, and how these relate to what passed on the wire.
//!
//! HAR stores text, so a body in it went through someone's idea of a character set. What is done here undoes what can
//! be undone for certain, and states the rest as [`Fidelity`].

use std::borrow::Cow;

use super::form;
use super::object::Json;
use crate::codec::base64;
use crate::import::coding::{self, is_encoded};
use crate::model::{Body, Fault, FaultKind, Fidelity, Header};

/// Chrome leaves out the byte-order mark of a text response, so that much less is not a loss.
const MARK: u64 = 3;

/// The body of a request.
pub(super) fn of_request(request: Json<'_>, headers: &[Header], wanted: bool, faults: &mut Vec<Fault>) -> Body {
    let post = request.get("postData");
    let media_type = media_type(post.get("mimeType"), headers);
    let length = content_length(headers);
    let size = request.get("bodySize").count();
    let around = Around {
        coding: coding::of_headers(headers),
        media_type: media_type.as_deref().unwrap_or(""),
        wire_length: length,
        own_length: size,
        stated: length.or(size),
        slack: 0,
    };
    let content = request.get("_content");
    let bare = if post.is_object() || post.is_array() { post.absent() } else { post };
    let texts = [(post.get("text"), post), (content.get("text"), content), (bare, request.absent())];
    let present = texts.into_iter().find(|(text, _)| !text.is_blank());
    let params = post.get("params");
    let (bytes, fidelity) = if let Some((text, holder)) = present {
        around.carried(text, holder.first(&["encoding", "_encoding"]), faults)
    } else if params.children().next().is_some() {
        match boundary(around.media_type, headers) {
            Some(boundary) => form::multipart(params, &boundary),
            None => (form::urlencoded(params), Fidelity::Decoded),
        }
    } else {
        let says_so = request.get("_requestBodyStatus").exists();
        let left_out = post.is_object() && !post.get("text").exists() && media_type.is_some();
        let size = length.or(size);
        let had = says_so || size.is_some_and(|size| size > 0) || (left_out && size.is_none());
        (Vec::new(), if had { Fidelity::Missing } else { Fidelity::Exact })
    };
    Body { bytes: if wanted { bytes } else { Vec::new() }, fidelity, media_type }
}

/// The body of a response; `bodiless` when the protocol allows none (to HEAD; 1xx, 204, 304).
pub(super) fn of_response(
    response: Json<'_>,
    headers: &[Header],
    bodiless: bool,
    wanted: bool,
    faults: &mut Vec<Fault>,
) -> Body {
    let content = response.get("content");
    let media_type = media_type(content.get("mimeType"), headers);
    let length = content_length(headers);
    let size = content.get("size").count();
    let text = content.get("text");
    let around = Around {
        coding: coding::of_headers(headers),
        media_type: media_type.as_deref().unwrap_or(""),
        wire_length: length,
        own_length: size,
        stated: size.max(length),
        slack: MARK,
    };
    let (bytes, fidelity) = if text.is_blank() {
        let sizes = [size, length, response.get("bodySize").count()];
        let had = !bodiless && sizes.iter().flatten().any(|&size| size > 0);
        (Vec::new(), if had { Fidelity::Missing } else { Fidelity::Exact })
    } else {
        around.carried(text, content.get("encoding"), faults)
    };
    Body { bytes: if wanted { bytes } else { Vec::new() }, fidelity, media_type }
}

/// What the entry says about a body besides its text.
struct Around<'a> {
    /// The last content coding, lower case, `identity` not counted.
    coding: Option<String>,
    media_type: &'a str,
    /// Content-Length: bytes on the wire.
    wire_length: Option<u64>,
    /// What the recorder counted: bytes with most tools, UTF-16 units with Chrome's requests.
    own_length: Option<u64>,
    /// The length that tells whether something is missing.
    stated: Option<u64>,
    /// Missing bytes that tell nothing.
    slack: u64,
}

impl Around<'_> {
    /// The bytes of a text that is there, and what they are worth.
    fn carried(&self, text: Json<'_>, encoding: Json<'_>, faults: &mut Vec<Fault>) -> (Vec<u8>, Fidelity) {
        let raw = text.text().unwrap_or_default();
        let is_base64 = encoding.string().is_some_and(|encoding| encoding.trim().eq_ignore_ascii_case("base64"));
        let decoded = if is_base64 { decode_base64(&raw, text.is_cut()) } else { None };
        let (bytes, mut fidelity) = match decoded {
            Some(bytes) => (bytes, Fidelity::Exact),
            None => {
                if is_base64 {
                    faults.push(Fault::new(FaultKind::Corrupt, "a body is marked as base64 and is not"));
                }
                self.textual(raw, is_base64)
            }
        };
        match &self.coding {
            Some(coding) if !is_encoded(coding, &bytes) => fidelity = fidelity.max(Fidelity::Decoded),
            Some(_) => {}
            None => {
                let comparable = fidelity == Fidelity::Exact && (is_base64 || self.is_comparable());
                let slack = if is_base64 { 0 } else { self.slack };
                if comparable && self.stated.is_some_and(|stated| stated > bytes.len() as u64 + slack) {
                    fidelity = Fidelity::Truncated;
                }
            }
        }
        if text.is_cut() {
            fidelity = fidelity.max(Fidelity::Truncated);
        }
        (bytes, fidelity)
    }

    fn textual(&self, text: Cow<'_, [u8]>, damaged: bool) -> (Vec<u8>, Fidelity) {
        let same_length = |length: Option<u64>| length == Some(text.len() as u64);
        let certain = same_length(self.wire_length) || same_length(self.own_length);
        let lost = memchr::memmem::find(&text, "\u{fffd}".as_bytes()).is_some();
        if damaged || (lost && !certain) {
            return (text.into_owned(), Fidelity::Lossy);
        }
        if !certain && let Some(bytes) = self.latin1(&text) {
            return (bytes, Fidelity::Exact);
        }
        let fidelity = if self.is_utf8() { Fidelity::Exact } else { Fidelity::Decoded };
        (text.into_owned(), fidelity)
    }

    /// Bytes that were written as if they were Latin-1 (mitmproxy does where no charset is stated), if they were.
    ///
    /// Told by the length on the wire, by bytes that make valid UTF-8 (text in Latin-1 hardly ever does), or by a
    /// type or content coding that is no text at all.
    fn latin1(&self, text: &[u8]) -> Option<Vec<u8>> {
        if text.is_ascii() {
            return None;
        }
        let chars = std::str::from_utf8(text).ok()?.chars();
        let bytes: Vec<u8> = chars.map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?;
        let coded = self.coding.as_deref().is_some_and(|coding| is_encoded(coding, &bytes));
        let told = self.wire_length == Some(bytes.len() as u64) || coded || !is_text(self.media_type);
        (told || std::str::from_utf8(&bytes).is_ok()).then_some(bytes)
    }

    /// Whether nothing says that the text was in another character set than the UTF-8 it is stored in.
    fn is_utf8(&self) -> bool {
        let charset = parameter(self.media_type, "charset").map(str::to_ascii_lowercase);
        charset.is_none_or(|charset| matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii"))
    }

    /// Whether a text's length can be held against the stated one: a web page without a charset may be anything.
    fn is_comparable(&self) -> bool {
        let sure = parameter(self.media_type, "charset").is_some() || self.media_type.contains("json");
        self.is_utf8() && (sure || self.slack == 0)
    }
}

/// Base64 that may have been cut in the middle of a group.
fn decode_base64(text: &[u8], cut: bool) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let whole = if cut { text.len() - text.len() % 4 } else { text.len() };
    base64::decode(&text[..whole])
}

fn media_type(own: Json<'_>, headers: &[Header]) -> Option<String> {
    let own = own.string().filter(|own| !own.trim().is_empty() && own != "x-unknown");
    own.or_else(|| header(headers, "content-type").map(str::to_owned))
}

fn content_length(headers: &[Header]) -> Option<u64> {
    header(headers, "content-length")?.trim().parse().ok()
}

fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    let header = headers.iter().find(|header| header.name == name)?;
    std::str::from_utf8(&header.value).ok()
}

/// Whether a media type is one of text; multipart is, since its parts may be. An unknown one is taken for text.
fn is_text(media_type: &str) -> bool {
    const TEXT: [&str; 8] = ["text/", "json", "xml", "javascript", "urlencoded", "multipart/", "graphql", "csv"];
    let lower = media_type.to_ascii_lowercase();
    lower.is_empty() || TEXT.iter().any(|text| lower.contains(text))
}

fn boundary(media_type: &str, headers: &[Header]) -> Option<String> {
    let content_type = header(headers, "content-type").unwrap_or("");
    [media_type, content_type].iter().find_map(|text| parameter(text, "boundary")).map(str::to_owned).or_else(|| {
        let multipart = media_type.to_ascii_lowercase().starts_with("multipart/");
        multipart.then(|| "boundary-not-recorded".to_owned())
    })
}

/// A parameter of a media type, without quotes.
fn parameter<'m>(media_type: &'m str, name: &str) -> Option<&'m str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (found.trim().eq_ignore_ascii_case(name) && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
