//! Block lists of updates before payloads (`system.transfer.list` with `system.new.dat` or `.new.dat.br`, versions 1
//! to 4 of AOSP's `blockimgdiff.py`): the data file holds the blocks that each `new` command places.
//!
//! Only full updates: one that moves or patches blocks changes an older version, which is not here.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::sync::Arc;

use tattletale_core::codec::stream::{Packing, unpack};

use super::mapped::{From, Mapped};
use super::packed::Counted;
use super::walker::{Trouble, Walk};
use crate::archive::{Archive, Member};
use crate::source::Source;

const BLOCK: u64 = 4096;
const LIST: &str = ".transfer.list";
/// Lists of phones have some hundred KB.
const MOST_LIST: u64 = 16 << 20;

/// The name of the partition, if this is the name of such a data file.
fn partition(name: &str) -> Option<&str> {
    name.strip_suffix(".new.dat").or_else(|| name.strip_suffix(".new.dat.br"))
}

/// The lists of an archive by the partition that they are for.
pub(super) fn lists(members: &[Member]) -> HashMap<&str, &Member> {
    members.iter().filter_map(|entry| Some((entry.name.strip_suffix(LIST)?, entry))).collect()
}

/// The list beside a data file.
pub(super) fn list_of<'m>(data: &Member, lists: &HashMap<&str, &'m Member>) -> Option<&'m Member> {
    lists.get(partition(&data.name)?).copied()
}

/// Opens the image that a data file and its list make.
pub(super) fn open(
    source: &Arc<dyn Source>,
    archive: &Archive<'_>,
    data: &Member,
    list: &Member,
    path: &str,
    walk: &mut Walk<'_>,
) -> Result<(), Trouble> {
    if list.size > MOST_LIST {
        return Err(Trouble::unread(format!("a transfer list of {} bytes", list.size)));
    }
    let list = archive.read(list, MOST_LIST)?;
    list.faults.into_iter().for_each(|fault| walk.fault(path, fault.into()));
    let places = places(&String::from_utf8_lossy(&list.bytes))?;
    let compressed = data.name.ends_with(".br");
    let blocks = match archive.stored(data) {
        Some((start, size)) if !compressed => {
            archive.check(data).into_iter().for_each(|fault| walk.fault(path, fault.into()));
            Arc::new(Mapped::stretch(source, start, size)) as Arc<dyn Source>
        }
        _ => {
            let counted = Cell::new(0);
            let most = walk.most_unpacked();
            let mut contents = archive.stream(data, most)?;
            let (blocks, trouble) = {
                let stream: Box<dyn Read + '_> = match compressed {
                    true => unpack(Packing::Brotli, BufReader::with_capacity(64 << 10, &mut contents), most),
                    false => Box::new(&mut contents),
                };
                walk.spool(&mut Counted { inner: stream, count: &counted })?
            };
            if let Some(trouble) = trouble {
                walk.fault(path, trouble);
            }
            if let Some(fault) = contents.verdict() {
                walk.fault(path, fault.into());
            }
            blocks
        }
    };
    let image: Arc<dyn Source> = Arc::new(map(&blocks, places)?);
    walk.image(&image, partition(path).unwrap_or(path))
}

/// The ranges of blocks that the data go to, in the order of the data.
fn places(list: &str) -> Result<Vec<(u64, u64)>, Trouble> {
    let damaged = |line: usize| Trouble::new(crate::FaultKind::Corrupt, format!("line {line} of the transfer list"));
    let mut lines = list.lines().zip(1..);
    let version = lines.next().and_then(|(version, _)| version.trim().parse().ok());
    let head = match version {
        Some(1) => 1,
        Some(2..=4) => 3,
        _ => return Err(damaged(1)),
    };
    let mut places = Vec::new();
    for (line, number) in lines.skip(head) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("new"), Some(ranges)) => {
                let numbers: Option<Vec<u64>> = ranges.split(',').map(|number| number.parse().ok()).collect();
                let numbers = numbers.ok_or_else(|| damaged(number))?;
                let Some((count, ranges)) = numbers.split_first() else { return Err(damaged(number)) };
                if *count != ranges.len() as u64 || ranges.len() % 2 != 0 {
                    return Err(damaged(number));
                }
                places.extend(ranges.chunks_exact(2).map(|range| (range[0], range[1])));
            }
            (Some("zero" | "erase"), _) | (None, _) => {}
            (Some(command), _) => {
                let message = format!("is a delta of an older version, which is not here (command {command})");
                return Err(Trouble::unread(message));
            }
        }
    }
    Ok(places)
}

fn map(blocks: &Arc<dyn Source>, places: Vec<(u64, u64)>) -> Result<Mapped, Trouble> {
    let wrong = || Trouble::new(crate::FaultKind::Corrupt, "the ranges of the transfer list contradict one another");
    let mut from = 0_u64;
    let mut pieces = Vec::with_capacity(places.len());
    for (start, end) in places {
        let length = end.checked_sub(start).and_then(|blocks| blocks.checked_mul(BLOCK)).ok_or_else(wrong)?;
        pieces.push((start.checked_mul(BLOCK).ok_or_else(wrong)?, length, from));
        from = from.checked_add(length).ok_or_else(wrong)?;
    }
    pieces.sort_unstable();
    let end = pieces.last().and_then(|&(start, length, _)| start.checked_add(length));
    let mut mapped = Mapped::new(Arc::clone(blocks), end.ok_or_else(wrong)?);
    for (start, length, from) in pieces {
        if !mapped.push(start, length, From::Source(from)) {
            return Err(wrong());
        }
    }
    Ok(mapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_go_to_their_places() {
        let list = "4\n6\n0\n0\nerase 2,0,9\nnew 4,5,6,1,3\nzero 2,0,1\nnew 2,7,8\n";
        let data: Vec<u8> = (1..=4).flat_map(|number| [number; BLOCK as usize]).collect();
        let blocks: Arc<dyn Source> = Arc::new(data);
        let mapped = map(&blocks, places(list).unwrap()).unwrap();
        let firsts: Vec<u8> = (0..8)
            .map(|block| {
                let mut byte = [9];
                mapped.read_exact_at(block * BLOCK, &mut byte).unwrap();
                byte[0]
            })
            .collect();
        assert_eq!(firsts, [0, 2, 3, 0, 0, 1, 0, 4]);
        assert!(places("4\n6\n0\n0\nnew 3,1,2\n").is_err());
        assert!(places("4\n6\n0\n0\nbsdiff 0 1 a b 2,3,4 1 2,3,4\n").is_err());
        assert!(map(&blocks, vec![(0, 2), (1, 3)]).is_err(), "an overlap");
    }
}
