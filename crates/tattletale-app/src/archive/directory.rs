//! The directory of an archive: where it is, and what it lists.
//!
//! Two readers of one archive can be made to see two archives: by a second end in the comment, by counts that differ,
//! by one name listed twice (CVE-2013-4787), by entries that share their bytes (bombs). What Android takes is taken,
//! everything that is listed is looked at, and what another reader may take instead is a fault.

use std::collections::HashSet;
use std::io;

use super::Member;
use crate::le::{u16_at, u32_at, u64_at};
use crate::source::Source;
use crate::{Fault, FaultKind};

/// Entries that are listed; more is a fault. The largest apps have about 30,000.
const MOST_ENTRIES: usize = 400_000;
/// Bytes of a directory that are read at all: 100,000 entries have about 10 MB.
const MOST_DIRECTORY: u64 = 64 << 20;
const END: usize = 22;
const LOCATOR: usize = 20;
/// The record at the end with the longest comment, and what stands before it in long archives.
const LONGEST_END: u64 = (END + 0xffff + LOCATOR) as u64;

/// Where the directory is, as its end says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    count: u64,
    size: u64,
    start: u64,
}

/// The files that are listed, and what is wrong with the list.
pub(super) fn read(source: &dyn Source) -> Result<(Vec<Member>, Vec<Fault>), Fault> {
    let mut faults = Vec::new();
    let said = end(source, &mut faults)?;
    if said.start > source.len() {
        return Err(corrupt("the archive's directory lies outside of it").at(said.start));
    }
    if said.size > MOST_DIRECTORY {
        let message = format!("the archive's directory has {} bytes, more than are read", said.size);
        return Err(Fault::new(FaultKind::Limit, "", message).at(said.start));
    }
    let mut bytes = vec![0; said.size.min(source.len() - said.start) as usize];
    source.read_exact_at(said.start, &mut bytes).map_err(|error| unreadable(&error))?;
    if (bytes.len() as u64) < said.size {
        faults.push(Fault::new(FaultKind::Truncated, "", "ends inside the archive's directory").at(source.len()));
    }
    let members = list(&bytes, said, &mut faults);
    suspicious(&members, said.start, &mut faults);
    Ok((members.into_iter().filter(|member| !member.name.ends_with('/')).collect(), faults))
}

fn corrupt(message: &str) -> Fault {
    Fault::new(FaultKind::Corrupt, "", message)
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::new(FaultKind::Truncated, "", format!("cannot be read: {error}"))
}

/// The record at the end: the last one whose comment reaches to the end of the file, which is also Android's.
fn end(source: &dyn Source, faults: &mut Vec<Fault>) -> Result<Said, Fault> {
    let base = source.len().saturating_sub(LONGEST_END);
    let mut tail = vec![0; (source.len() - base) as usize];
    source.read_exact_at(base, &mut tail).map_err(|error| unreadable(&error))?;
    let ends = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06").filter(|at| at + END <= tail.len());
    let ends: Vec<usize> = ends.take(1000).collect();
    let fits =
        |at: &&usize| u16_at(&tail, **at + 20).is_some_and(|comment| *at + END + usize::from(comment) == tail.len());
    let fitting: Vec<usize> = ends.iter().filter(fits).copied().collect();
    let at = match (fitting.first(), ends.first()) {
        (Some(at), _) => *at,
        (None, Some(at)) => {
            faults.push(corrupt("something stands behind the archive's end").at(base + *at as u64));
            *at
        }
        (None, None) => {
            return Err(Fault::new(FaultKind::Truncated, "", "the archive has no directory at its end"));
        }
    };
    if fitting.len() > 1 {
        faults.push(corrupt("the archive has two ends, and readers differ in which directory they take"));
    }
    let number = |field| u32_at(&tail, at + field).map(u64::from).unwrap_or_default();
    let half = |field| u16_at(&tail, at + field).unwrap_or_default();
    if !matches!(half(4), 0 | 0xffff) {
        return Err(Fault::new(FaultKind::Limit, "", "is one part of an archive in several, which are not joined"));
    }
    let short = Said { count: u64::from(half(10)), size: number(12), start: number(16) };
    let full = short.count == 0xffff || short.size == 0xffff_ffff || short.start == 0xffff_ffff;
    let locator = at.checked_sub(LOCATOR).filter(|&at| tail[at..].starts_with(b"PK\x06\x07"));
    let Some(place) = locator.and_then(|at| u64_at(&tail, at + 8)) else { return Ok(short) };
    let mut long = [0; 56];
    let read = source.read_exact_at(place, &mut long);
    let long = match (u64_at(&long, 32), u64_at(&long, 40), u64_at(&long, 48)) {
        (Some(count), Some(size), Some(start)) if read.is_ok() && long.starts_with(b"PK\x06\x06") => {
            Said { count, size, start }
        }
        _ if full => return Err(corrupt("the end of the archive points to no zip64 record").at(place)),
        _ => {
            faults.push(corrupt("the end of the archive points to no zip64 record").at(place));
            return Ok(short);
        }
    };
    if full {
        return Ok(long);
    }
    if long != short {
        faults.push(corrupt("the archive's two ends disagree, and readers differ in which they take").at(place));
    }
    Ok(short)
}

/// All entries of the directory, folders too.
fn list(bytes: &[u8], said: Said, faults: &mut Vec<Fault>) -> Vec<Member> {
    let (mut members, mut at) = (Vec::new(), 0);
    while let Some((member, length)) = entry(bytes.get(at..).unwrap_or_default()) {
        if members.len() == MOST_ENTRIES {
            faults.push(Fault::new(FaultKind::Limit, "", "the archive has more entries than are read"));
            return members;
        }
        members.push(member);
        at += length;
    }
    let listed = members.len() as u64;
    // Archives of more than 65,535 entries without zip64 count from zero again.
    let agrees = listed == said.count || listed > 0xffff && listed & 0xffff == said.count;
    if listed < said.count || at < bytes.len() && !agrees {
        faults.push(corrupt("the archive's directory is damaged").at(said.start + at.min(bytes.len()) as u64));
    } else if !agrees {
        let message = "the archive's directory lists more entries than its end says, which some readers would not see";
        faults.push(corrupt(message).at(said.start));
    }
    members
}

/// The entry at the start of these bytes, and how many of them it takes.
fn entry(bytes: &[u8]) -> Option<(Member, usize)> {
    const FIXED: usize = 46;
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let half = |at| u16_at(bytes, at).map(usize::from);
    let (name, extra, comment) = (half(28)?, half(30)?, half(32)?);
    let mut wide = [u32_at(bytes, 24)?, u32_at(bytes, 20)?, u32_at(bytes, 42)?].map(u64::from);
    // What is wrong in the extra field is wrong of that field only: packers write nonsense there.
    let mut fields = bytes.get(FIXED + name..FIXED + name + extra).unwrap_or_default();
    while let (Some(kind), Some(length)) = (u16_at(fields, 0), u16_at(fields, 2)) {
        let field = fields.get(4..4 + usize::from(length)).unwrap_or_default();
        if kind == 1 {
            // Zip64: only what does not fit above, in this order.
            let full = wide.iter_mut().filter(|number| **number == 0xffff_ffff);
            full.enumerate().for_each(|(index, wide)| *wide = u64_at(field, 8 * index).unwrap_or(*wide));
        }
        fields = fields.get(4 + usize::from(length)..).unwrap_or_default();
    }
    let [size, packed, header] = wide;
    let member = Member {
        name: String::from_utf8_lossy(bytes.get(FIXED..FIXED + name)?).into_owned(),
        size,
        packed,
        method: u16_at(bytes, 10)?,
        encrypted: u16_at(bytes, 8)? & 1 != 0,
        crc: u32_at(bytes, 16)?,
        header,
    };
    Some((member, FIXED + name + extra + comment))
}

/// What no packer does by itself.
fn suspicious(members: &[Member], directory: u64, faults: &mut Vec<Fault>) {
    let mut names = HashSet::new();
    let files = members.iter().filter(|member| !member.name.ends_with('/'));
    if let Some(member) = files.clone().find(|member| !names.insert(member.name.as_str())) {
        let message = format!("the archive has {} more than once, and readers differ in which they take", member.name);
        faults.push(corrupt(&message));
    }
    let mut places: Vec<(u64, u64, &str)> = files
        .map(|member| {
            (member.header, member.header.saturating_add(30).saturating_add(member.packed), member.name.as_str())
        })
        .collect();
    places.sort_unstable();
    let ends = places.iter().skip(1).map(|place| place.0).chain([directory]);
    let shared = places.iter().zip(ends).find(|((start, end, _), next)| end > next && start <= next);
    if let Some(((start, _, name), _)) = shared {
        let message = format!("{name} shares its bytes with another entry, as in bombs");
        faults.push(corrupt(&message).at(*start));
    }
}
