//! The resource table of an app: what a number such as `0x7f0f001c` stands for, and all its strings.
//!
//! Only as much as a label and a version need: strings and numbers in the configuration that has no condition, or the
//! first where all have one. Source: `ResourceTypes.h` of AOSP.

use std::borrow::Cow;

use crate::axml::{Chunk, Pool, chunks, u16_at, u32_at};

/// References that are followed: from a label to a string that is a reference itself.
const MOST_STEPS: usize = 8;

/// A resource table over its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources<'b> {
    pool: Pool<'b>,
    body: &'b [u8],
}

impl<'b> Resources<'b> {
    pub(crate) fn read(bytes: &'b [u8]) -> Option<Self> {
        let header = usize::from(u16_at(bytes, 2)?);
        let body = bytes.get(header..)?;
        (u16_at(bytes, 0)? == 2).then_some(())?;
        let pool = chunks(body).find(|chunk| chunk.kind == Pool::KIND)?;
        Some(Self { pool: Pool::read(pool)?, body })
    }

    /// All strings of the table.
    pub(crate) fn strings(&self) -> impl Iterator<Item = Cow<'b, str>> + use<'b> {
        self.pool.strings()
    }

    /// The text or number that a resource stands for.
    pub(crate) fn resolve(&self, mut id: u32) -> Option<String> {
        for _ in 0..MOST_STEPS {
            match self.value(id)? {
                (3, number) => return self.pool.string(number).map(Cow::into_owned),
                (1, next) => id = next,
                (0x10 | 0x11, number) => return Some(number.to_string()),
                _ => return None,
            }
        }
        None
    }

    /// Type and data of a resource's value.
    fn value(&self, id: u32) -> Option<(u8, u32)> {
        let (package, kind, entry) = (id >> 24, id >> 16 & 0xff, id & 0xffff);
        let mut any = None;
        for outer in chunks(self.body).filter(|chunk| chunk.kind == 0x0200 && u32_at(chunk.bytes, 8) == Some(package)) {
            let inner = outer.bytes.get(outer.header..).unwrap_or_default();
            for chunk in chunks(inner).filter(|chunk| chunk.kind == 0x0201) {
                if chunk.bytes.get(8).copied().map(u32::from) != Some(kind) {
                    continue;
                }
                let Some(value) = held(chunk, entry) else { continue };
                if unconditional(chunk) {
                    return Some(value);
                }
                any = any.or(Some(value));
            }
        }
        any
    }
}

/// Whether a chunk of values holds for every language, screen and version.
fn unconditional(chunk: Chunk<'_>) -> bool {
    let length = u32_at(chunk.bytes, 20).unwrap_or_default() as usize;
    let condition = 24..(20 + length).max(24);
    chunk.bytes.get(condition).is_some_and(|condition| condition.iter().all(|byte| *byte == 0))
}

/// Type and data of an entry in a chunk of values.
fn held(chunk: Chunk<'_>, entry: u32) -> Option<(u8, u32)> {
    let bytes = chunk.bytes;
    let (flags, count, start) = (*bytes.get(9)?, u32_at(bytes, 12)?, u32_at(bytes, 16)? as usize);
    let offsets = bytes.get(chunk.header..)?;
    let offset = if flags & 1 != 0 {
        // Sparse: pairs of entry and offset in words.
        let pair = (0..count as usize).find(|at| u16_at(offsets, at * 4).map(u32::from) == Some(entry))?;
        usize::from(u16_at(offsets, pair * 4 + 2)?) * 4
    } else if entry >= count {
        return None;
    } else if flags & 2 != 0 {
        let words = u16_at(offsets, entry as usize * 2)?;
        (words != u16::MAX).then(|| usize::from(words) * 4)?
    } else {
        let offset = u32_at(offsets, entry as usize * 4)?;
        (offset != u32::MAX).then_some(offset as usize)?
    };
    let at = bytes.get(start.checked_add(offset)?..)?;
    let flags = u16_at(at, 2)?;
    if flags & 8 != 0 {
        return Some(((flags >> 8) as u8, u32_at(at, 4)?));
    }
    // A complex entry is a style or an array.
    (flags & 1 == 0).then(|| Some((*at.get(11)?, u32_at(at, 12)?)))?
}
