//! Raw deflate, which servers and clients often mean when they declare `deflate` (RFC 9110, 8.4.1.2, has a note on
//! it). It has neither magic number nor checksum, so it is opened where it is declared, and elsewhere only when a
//! whole stream becomes text: the redirects of SAML are made so.

use super::gzip::report;
use super::zlib::has_header;
use crate::codec::inflate::{End, Framing, inflate};
use crate::codec::probe::may_be_deflated_text;
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Deflate;

/// Text that must come out of a stream that nobody declared.
const ENOUGH: usize = 32;

impl Layer for Deflate {
    fn name(&self) -> &'static str {
        "deflate"
    }

    fn about(&self) -> &'static str {
        "Raw deflate (RFC 1951) where `deflate` is declared but the zlib header is missing, and undeclared where a whole stream becomes text (SAML 2.0 bindings, 3.4.4.1)."
    }

    fn example(&self) -> &'static [u8] {
        b"\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\x00\x00"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(ENOUGH / 2).binary().or_coded("deflate")
    }

    fn glance(&self, view: &View<'_>) -> bool {
        view.hint.encoded_as("deflate") || may_be_deflated_text(view.bytes, ENOUGH)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let declared = view.hint.encoded_as("deflate");
        if view.look.text() || has_header(view.bytes) || !(declared || view.bytes.len() >= ENOUGH / 2) {
            return;
        }
        if !declared && !may_be_deflated_text(view.bytes, ENOUGH) {
            return;
        }
        let mut bytes = Vec::new();
        let end = inflate(Framing::Raw, view.bytes, &mut bytes, out.room());
        let read = end == End::Complete && bytes.len() >= ENOUGH && Look::of(&bytes).text();
        if !bytes.is_empty() && (declared || read) {
            report(&end, view.bytes.len(), bytes.len(), out);
            out.made(&bytes, Proof::Sure);
        }
    }
}
