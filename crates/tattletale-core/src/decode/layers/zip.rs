//! ZIP archives: members one behind another, as logs and bug reports are uploaded.
//!
//! Local headers are followed from the start; sizes that only stand behind a member (streaming writers) are found by
//! the next signature. The names of members carry data too.

use super::gzip::report;
use crate::codec::inflate::{Framing, inflate};
use crate::decode::{At, Layer, Look, Needs, Opening, View};
use crate::model::FaultKind;

pub(super) struct Zip;

const LOCAL: &[u8] = b"PK\x03\x04";
const HEAD: usize = 30;

impl Layer for Zip {
    fn name(&self) -> &'static str {
        "zip"
    }

    fn about(&self) -> &'static str {
        "ZIP archives (APPNOTE.TXT 6.3), stored and deflated members by name; log and bug report uploads are made so."
    }

    fn example(&self) -> &'static [u8] {
        b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\x0d\0\0\0\x0d\0\0\0\x08\0\0\0mail.txtzoe@mail.test"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.first(b"P")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| rest.starts_with(LOCAL) && rest.len() >= HEAD) {
            let short = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
            let (flags, method) = (short(6), short(8));
            let stated = u32::from_le_bytes([rest[18], rest[19], rest[20], rest[21]]) as usize;
            let name = at + HEAD..at + HEAD + short(26);
            let start = name.end + short(28);
            if start > bytes.len() {
                return out.fault(FaultKind::Truncated, at, "ends inside the header of a member");
            }
            // Bit 3: the size stands behind the data.
            let end = match flags & 8 != 0 && stated == 0 {
                true => memchr::memmem::find(&bytes[start..], b"PK").map_or(bytes.len(), |found| start + found),
                false => start.saturating_add(stated).min(bytes.len()),
            };
            let next = memchr::memmem::find(&bytes[end..], LOCAL).map_or(bytes.len(), |found| end + found);
            if !name.is_empty() {
                out.name(At::Whole, name.clone(), None);
            }
            let at_name = At::Name(&bytes[name]);
            match method {
                _ if start == end => {}
                8 => {
                    let mut made = Vec::new();
                    // A size that is not stated leaves a few bytes too many, which deflate does not read.
                    let ended = inflate(
                        Framing::Raw,
                        &bytes[start..if flags & 8 != 0 { next } else { end }],
                        &mut made,
                        out.room(),
                    );
                    if flags & 8 == 0 {
                        report(&ended, end, made.len(), out);
                    }
                    out.unescaped(at_name, start..end, &made);
                }
                _ => out.piece(at_name, start..end),
            }
            at = next;
        }
    }
}

/// Length of an archive whose first header makes sense: to behind its directory, or as far as there is something.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    const NEWEST: u16 = 63;
    const LONGEST_NAME: usize = 1024;
    const DIRECTORY_END: usize = 22;
    let head = bytes.get(..HEAD).filter(|head| head.starts_with(LOCAL))?;
    let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let name = bytes.get(HEAD..HEAD + usize::from(short(26)))?;
    let plain = (1..=LONGEST_NAME).contains(&name.len()) && Look::of(name).text();
    if short(4) & 0xff > NEWEST || !matches!(short(8), 0 | 8) || !plain {
        return None;
    }
    let end = memchr::memmem::find(bytes, b"PK\x05\x06").map_or(bytes.len(), |found| found + DIRECTORY_END);
    Some(end.min(bytes.len()))
}
