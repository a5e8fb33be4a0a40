//! Android's binary XML, as the manifest is: a flat sequence of elements, without a tree.
//!
//! An own reader because the tree that other readers build is as deep as the file says, and dropping a tree of a
//! million levels ends the process. Here an element is told with its depth and forgotten. Attributes are known by
//! resource number first, as Android knows them: packers empty their names. Source: `ResourceTypes.h` of AOSP.

use std::borrow::Cow;

/// Strings of a pool that are read.
const MOST_STRINGS: u32 = 4 << 20;

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

/// A chunk: its type, the length of its header, and all its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk<'b> {
    pub(crate) kind: u16,
    pub(crate) header: usize,
    pub(crate) bytes: &'b [u8],
}

/// The chunks in some bytes, one after another; ends at what is none.
pub(crate) fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (kind, header) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let size = u32_at(rest, 4)? as usize;
        if size < 8 || header > size {
            return None;
        }
        let (bytes, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        Some(Chunk { kind, header, bytes })
    })
}

/// A pool of strings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pool<'b> {
    bytes: &'b [u8],
    count: u32,
    utf8: bool,
    start: usize,
}

impl<'b> Pool<'b> {
    pub(crate) const KIND: u16 = 0x0001;

    pub(crate) fn read(chunk: Chunk<'b>) -> Option<Self> {
        Some(Self {
            bytes: chunk.bytes,
            count: u32_at(chunk.bytes, 8)?.min(MOST_STRINGS),
            utf8: u32_at(chunk.bytes, 16)? & 0x100 != 0,
            start: u32_at(chunk.bytes, 20)? as usize,
        })
    }

    pub(crate) fn string(&self, number: u32) -> Option<Cow<'b, str>> {
        if number >= self.count {
            return None;
        }
        let at = self.start.checked_add(u32_at(self.bytes, 28 + 4 * number as usize)? as usize)?;
        let rest = self.bytes.get(at..)?;
        if self.utf8 {
            let length = |at: usize| {
                let first = usize::from(*rest.get(at)?);
                match first & 0x80 {
                    0 => Some((first, at + 1)),
                    _ => Some(((first & 0x7f) << 8 | usize::from(*rest.get(at + 1)?), at + 2)),
                }
            };
            let (_, next) = length(0)?;
            let (bytes, start) = length(next)?;
            return Some(String::from_utf8_lossy(rest.get(start..start + bytes)?));
        }
        let first = usize::from(u16_at(rest, 0)?);
        let (units, start): (usize, usize) = match first & 0x8000 {
            0 => (first, 2),
            _ => ((first & 0x7fff) << 16 | usize::from(u16_at(rest, 2)?), 4),
        };
        let raw = rest.get(start..start.checked_add(units.checked_mul(2)?)?)?;
        let units: Vec<u16> = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        Some(Cow::Owned(String::from_utf16_lossy(&units)))
    }

    /// All strings.
    pub(crate) fn strings(self) -> impl Iterator<Item = Cow<'b, str>> {
        (0..self.count).filter_map(move |number| self.string(number))
    }
}

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held<'b> {
    Text(Cow<'b, str>),
    Number(u32),
    /// A resource, by its number.
    Reference(u32),
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute<'b> {
    /// Resource number of its name, 0 where it has none.
    pub(crate) id: u32,
    pub(crate) name: Cow<'b, str>,
    pub(crate) value: Held<'b>,
}

/// One element as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element<'b> {
    /// 0 for the root.
    pub(crate) depth: usize,
    pub(crate) name: Cow<'b, str>,
    pub(crate) attributes: Vec<Attribute<'b>>,
}

impl<'b> Element<'b> {
    /// An attribute by the number of its name, or by the name where there is no number.
    pub(crate) fn attribute(&self, id: u32, name: &str) -> Option<&Held<'b>> {
        let by_id = self.attributes.iter().find(|attribute| id != 0 && attribute.id == id);
        let by_name = || self.attributes.iter().find(|attribute| attribute.id == 0 && attribute.name == name);
        by_id.or_else(by_name).map(|attribute| &attribute.value)
    }
}

/// The elements of a document in order; none when it is no binary XML. False in the second place when it is damaged.
pub(crate) fn elements(bytes: &[u8]) -> Option<(Vec<Element<'_>>, bool)> {
    const MOST_ELEMENTS: usize = 200_000;
    let header = usize::from(u16_at(bytes, 2)?);
    let size = u32_at(bytes, 4)? as usize;
    // Packers change the type of the outermost chunk, which Android does not look at.
    if !(8..=64).contains(&header) || u16_at(bytes, header)? != Pool::KIND && u16_at(bytes, 0)? != 3 {
        return None;
    }
    let (mut pool, mut names, mut found, mut depth) = (Pool::default(), &[][..], Vec::new(), 0usize);
    for chunk in chunks(bytes.get(header..)?) {
        match chunk.kind {
            Pool::KIND => pool = Pool::read(chunk)?,
            0x0180 => names = chunk.bytes.get(chunk.header..).unwrap_or_default(),
            0x0102 => {
                if found.len() == MOST_ELEMENTS {
                    return Some((found, false));
                }
                found.extend(element(chunk, &pool, names, depth));
                depth += 1;
            }
            0x0103 => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let whole = !found.is_empty() && depth == 0 && size <= bytes.len();
    Some((found, whole))
}

fn element<'b>(chunk: Chunk<'b>, pool: &Pool<'b>, names: &[u8], depth: usize) -> Option<Element<'b>> {
    let body = chunk.bytes.get(chunk.header..)?;
    let (start, size, count) = (u16_at(body, 8)?, usize::from(u16_at(body, 10)?).max(20), u16_at(body, 12)?);
    let attribute = |position: usize| {
        let at = body.get(usize::from(start) + position * size..)?;
        let name = u32_at(at, 4)?;
        let data = u32_at(at, 16)?;
        let value = match at.get(15)? {
            3 => Held::Text(pool.string(data)?),
            1 => Held::Reference(data),
            _ => match pool.string(u32_at(at, 8)?) {
                Some(raw) => Held::Text(raw),
                None => Held::Number(data),
            },
        };
        let id = u32_at(names, name as usize * 4).unwrap_or_default();
        Some(Attribute { id, name: pool.string(name).unwrap_or_default(), value })
    };
    let attributes = (0..usize::from(count)).map_while(attribute).collect();
    Some(Element { depth, name: pool.string(u32_at(body, 4)?)?, attributes })
}
