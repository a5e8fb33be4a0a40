//! `super.img`: the logical partitions of Android 10 and later (`metadata_format.h` of liblp, 10.0 to 10.2).
//!
//! Geometry and metadata stand twice each, under SHA-256; the metadata once for each slot (A, B). All slots are read:
//! partitions that they describe alike are told once.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::format::{Format, Open};
use super::mapped::{From, Mapped};
use super::walker::{Trouble, Walk};
use crate::le::{text, u16_at, u32_at, u64_at};
use crate::source::Source;

const RESERVED: u64 = 4096;
const GEOMETRY: u64 = 4096;
const GEOMETRY_MAGIC: [u8; 4] = *b"gDla";
const HEADER_MAGIC: [u8; 4] = *b"0PLA";
const SECTOR: u64 = 512;
/// Metadata of phones has 64 KiB.
const MOST_METADATA: u32 = 4 << 20;
const MOST_SLOTS: u32 = 8;
/// The format allows some thousand; phones have about twenty.
const MOST_PARTITIONS: usize = 4096;

/// The format.
pub(super) static FORMAT: Format = Format {
    name: "super image",
    sniff: |head| {
        [RESERVED, RESERVED + GEOMETRY]
            .iter()
            .any(|&at| head.get(at as usize..at as usize + 4) == Some(&GEOMETRY_MAGIC))
    },
    open: Open::Anywhere(open),
};

/// One partition as a slot describes it.
#[derive(Debug, PartialEq, Eq)]
struct Partition {
    name: String,
    extents: Vec<Extent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    sectors: u64,
    kind: u32,
    /// First sector in the block device.
    from: u64,
    device: u32,
}

fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let (most, slots) = geometry(&**source)?;
    let mut told: Vec<Partition> = Vec::new();
    for slot in 0..slots {
        let partitions = match metadata(&**source, most, slots, slot) {
            Ok(partitions) => partitions,
            Err(trouble) => {
                walk.fault(path, trouble);
                continue;
            }
        };
        for partition in partitions {
            if partition.extents.is_empty() || told.contains(&partition) {
                continue;
            }
            let again = told.iter().any(|other| other.name == partition.name);
            let inner = match again {
                true => format!("{path}/slot {slot}/{}", partition.name),
                false => format!("{path}/{}", partition.name),
            };
            let result = match map(source, &partition) {
                Ok((mapped, end)) => {
                    if end > source.len() {
                        let message = format!("super ends {} bytes before this partition", end - source.len());
                        walk.fault(&inner, Trouble::truncated(source.len(), message));
                    }
                    walk.image(&mapped, &inner)
                }
                Err(trouble) => Err(trouble),
            };
            told.push(partition);
            walk.settle(&inner, result)?;
        }
    }
    Ok(())
}

/// Largest size of one metadata, and the number of slots.
fn geometry(source: &dyn Source) -> Result<(u32, u32), Trouble> {
    const SIZE: usize = 52;
    for place in [RESERVED, RESERVED + GEOMETRY] {
        let mut bytes = [0; SIZE];
        source.read_exact_at(place, &mut bytes)?;
        let word = |at| u32_at(&bytes, at).unwrap_or_default();
        let (size, most, slots) = (word(4), word(40), word(44));
        let known = bytes.starts_with(&GEOMETRY_MAGIC) && size as usize == SIZE && sum_is_right(&bytes, 8);
        if known && (1..=MOST_METADATA).contains(&most) && (1..=MOST_SLOTS).contains(&slots) {
            return Ok((most, slots));
        }
    }
    Err(Trouble::corrupt(RESERVED, "neither copy of the geometry of the super partition is intact"))
}

/// Whether the SHA-256 at `at` is that of the bytes with zeros in its place.
fn sum_is_right(bytes: &[u8], at: usize) -> bool {
    let mut digest = Sha256::new();
    let Some(stated) = bytes.get(at..at + 32) else { return false };
    digest.update(&bytes[..at]);
    digest.update([0; 32]);
    digest.update(&bytes[at + 32..]);
    digest.finalize()[..] == *stated
}

/// The partitions of a slot, from its metadata or the copy of it.
fn metadata(source: &dyn Source, most: u32, slots: u32, slot: u32) -> Result<Vec<Partition>, Trouble> {
    let first = RESERVED + 2 * GEOMETRY + u64::from(slot) * u64::from(most);
    let copy = first + u64::from(slots) * u64::from(most);
    let mut bytes = vec![0; most as usize];
    for place in [first, copy] {
        let count = source.read_at(place, &mut bytes)?;
        if let Some(partitions) = parse(&bytes[..count]) {
            return Ok(partitions);
        }
    }
    Err(Trouble::corrupt(first, format!("the metadata of slot {slot} of the super partition is not intact")))
}

/// Reads one metadata; nothing of it when any sum is wrong.
fn parse(bytes: &[u8]) -> Option<Vec<Partition>> {
    let (major, header_size, tables_size) =
        (u16_at(bytes, 4)?, u32_at(bytes, 8)? as usize, u32_at(bytes, 44)? as usize);
    if !bytes.starts_with(&HEADER_MAGIC) || major != 10 || !(128..=4096).contains(&header_size) {
        return None;
    }
    let header = bytes.get(..header_size)?;
    let tables = bytes.get(header_size..header_size.checked_add(tables_size)?)?;
    if !sum_is_right(header, 12) || Sha256::digest(tables)[..] != bytes[48..80] {
        return None;
    }
    let extents: Vec<Extent> = rows(header, tables, 92, 24)?
        .map(|row| {
            let (sectors, kind, from) = (u64_at(row, 0)?, u32_at(row, 8)?, u64_at(row, 12)?);
            Some(Extent { sectors, kind, from, device: u32_at(row, 20)? })
        })
        .collect::<Option<_>>()?;
    // Partitions share no extents; without that, a small table could describe a huge one.
    let mut left = extents.len();
    rows(header, tables, 80, 52)?
        .take(MOST_PARTITIONS)
        .map(|row| {
            let (first, count) = (u32_at(row, 40)? as usize, u32_at(row, 44)? as usize);
            left = left.checked_sub(count)?;
            let extents = extents.get(first..first.checked_add(count)?)?.to_vec();
            Some(Partition { name: text(&row[..36]), extents })
        })
        .collect()
}

/// The rows of the table that the header describes at `at`: offset, number, size of one.
fn rows<'b>(header: &[u8], tables: &'b [u8], at: usize, least: usize) -> Option<impl Iterator<Item = &'b [u8]>> {
    let field = |index: usize| u32_at(header, at + 4 * index).map(|number| number as usize);
    let (offset, count, size) = (field(0)?, field(1)?, field(2)?);
    let rows = tables.get(offset..offset.checked_add(count.checked_mul(size)?)?)?;
    (size >= least).then(|| rows.chunks_exact(size))
}

/// The partition, and where in the super partition its last byte lies.
fn map(source: &Arc<dyn Source>, partition: &Partition) -> Result<(Arc<dyn Source>, u64), Trouble> {
    const LINEAR: u32 = 0;
    const ZERO: u32 = 1;
    let mut mapped = Mapped::new(Arc::clone(source), 0);
    let mut last = 0;
    for extent in &partition.extents {
        let start = mapped.len();
        let beyond = || Trouble::new(crate::FaultKind::Corrupt, "an extent reaches beyond the super partition");
        let size = extent.sectors.checked_mul(SECTOR).ok_or_else(beyond)?;
        let end = start.checked_add(size).ok_or_else(beyond)?;
        match extent.kind {
            ZERO => mapped.extend_to(end),
            LINEAR if extent.device > 0 => {
                return Err(Trouble::unread("lies on another block device than super, which is not here"));
            }
            LINEAR => {
                let from = extent.from.checked_mul(SECTOR).ok_or_else(beyond)?;
                last = last.max(from.checked_add(size).ok_or_else(beyond)?);
                mapped.extend_to(end);
                if !mapped.push(start, size, From::Source(from)) {
                    return Err(beyond());
                }
            }
            kind => return Err(Trouble::unread(format!("an extent of kind {kind} is not read"))),
        }
    }
    Ok((Arc::new(mapped), last))
}
