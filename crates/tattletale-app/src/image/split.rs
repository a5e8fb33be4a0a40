//! Sparse images in parts, as `fastboot` and factory images have them: `super.img.0`, `system.img_sparsechunk.3`.
//!
//! All parts speak of one raw image: the number of blocks is that of the whole, and what another part holds is a hole.
//! So a part by itself is an image with zeros where there should be content, and is never taken for one: parts that
//! lie beside one another are joined, and where one is missing, reading what it would hold fails.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::mapped::{From, Mapped};
use super::sparse::Layout;
use super::walker::{Trouble, Walk};
use crate::FaultKind;
use crate::source::Source;

/// Parts of images beside one another that are kept until all are there; phones have up to about 30.
pub(super) const MOST_PARTS: usize = 512;
/// What stands before the first structure of any image that is known: the reserved bytes of a super partition.
const BEFORE_CONTENT: u64 = 4096;

/// One sparse image that may be a part of a larger one.
pub(super) struct Part {
    /// Its path.
    pub(super) path: String,
    pub(super) source: Arc<dyn Source>,
    pub(super) layout: Layout,
}

impl Part {
    /// Whether there is a number in its name and a hole at its start or end.
    pub(super) fn may_be_one_of_several(&self) -> bool {
        let (start, end) = self.layout.covered();
        (start > 0 || end < self.layout.len) && series(&self.path).is_some()
    }
}

/// The name of a part up to its number, and the number: the last one that stands by itself behind a `.`, `_` or `-`,
/// or behind `chunk`.
pub(super) fn series(path: &str) -> Option<(&str, u32)> {
    let from = path.rfind('/').map_or(0, |slash| slash + 1);
    let mut end = path.len();
    while let Some(last) = path[from..end].rfind(|c: char| c.is_ascii_digit()) {
        let last = from + last;
        let start = path[from..last].rfind(|c: char| !c.is_ascii_digit()).map(|at| from + at)?;
        let start = start + path[start..].chars().next().map_or(1, char::len_utf8);
        let before = &path[from..start];
        let apart = before.len() > 1 && before.ends_with(['.', '_', '-']) || before.ends_with("chunk");
        if apart && matches!(path[last + 1..].chars().next(), None | Some('.')) {
            return path[start..=last].parse().ok().map(|number| (&path[..start], number));
        }
        end = start;
    }
    None
}

/// Opens parts of any number of images.
pub(super) fn open(parts: Vec<Part>, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let mut images: BTreeMap<(String, u64, u64), Vec<Part>> = BTreeMap::new();
    for part in parts {
        let stem = series(&part.path).map_or(part.path.as_str(), |(stem, _)| stem);
        let key = (stem.to_owned(), part.layout.block, part.layout.len);
        images.entry(key).or_default().push(part);
    }
    for ((stem, ..), mut parts) in images {
        parts.sort_by_key(|part| part.layout.covered());
        // Images that only have names alike hold the same blocks.
        let apart = parts.windows(2).all(|pair| pair[0].layout.covered().1 <= pair[1].layout.covered().0);
        let groups = match apart {
            true => vec![parts],
            false => parts.into_iter().map(|part| vec![part]).collect(),
        };
        for parts in groups {
            let path = match &parts[..] {
                [only] => only.path.clone(),
                _ => name(&stem).to_owned(),
            };
            let (image, missing) = joined(&parts);
            if let Some(message) = missing {
                walk.fault(&path, Trouble::new(FaultKind::Truncated, message));
            }
            let image: Arc<dyn Source> = Arc::new(image);
            walk.image(&image, &path)?;
        }
    }
    Ok(())
}

/// What the whole is called: the name of its parts without what only numbers them.
fn name(stem: &str) -> &str {
    let stem = stem.trim_end_matches(['.', '_', '-']);
    let stem = stem.strip_suffix("sparsechunk").or_else(|| stem.strip_suffix("chunk")).unwrap_or(stem);
    stem.trim_end_matches(['.', '_', '-'])
}

/// The raw image of parts in their order, and which are missing.
pub(super) fn joined(parts: &[Part]) -> (Mapped, Option<String>) {
    let mut all = Joined { parts: Vec::new(), len: 0 };
    let starts: Vec<u64> = parts.iter().map(|part| all.push(&part.source)).collect();
    let len = parts.first().map_or(0, |part| part.layout.len);
    let mut image = Mapped::new(Arc::new(all), len);
    let numbers: Vec<Option<u32>> = parts.iter().map(|part| series(&part.path).map(|(_, number)| number)).collect();
    let (mut reached, mut missing) = (0, Vec::new());
    for (index, part) in parts.iter().enumerate() {
        let (start, end) = part.layout.covered();
        let gap = match index {
            0 => start > BEFORE_CONTENT,
            _ => numbers[index].zip(numbers[index - 1]).is_some_and(|(this, before)| this > before + 1),
        };
        if gap {
            missing.push(match (index, numbers[index]) {
                (0, _) => "the first".to_owned(),
                (_, Some(number)) if numbers[index - 1] == number.checked_sub(2) => format!("number {}", number - 1),
                (_, number) => {
                    let before = numbers[index - 1].unwrap_or_default();
                    format!("numbers {} to {}", before + 1, number.unwrap_or_default() - 1)
                }
            });
            // Pieces come in order, so there is room.
            let _fits = image.push(reached, start - reached, From::Elsewhere);
        }
        for &(start, length, from) in &part.layout.pieces {
            let From::Source(offset) = from else {
                let _fits = image.push(start, length, from);
                continue;
            };
            // Where a part is cut, the next one begins in its stead.
            let there = part.source.len().saturating_sub(offset).min(length);
            let _fits = image.push(start, there, From::Source(starts[index].saturating_add(offset)));
            let _fits = image.push(start + there, length - there, From::Lost);
        }
        reached = reached.max(end);
    }
    // Nothing tells whether there are parts behind the last one: only what would be in them does, when it is read. An
    // image by itself has numbers in its name for other reasons too.
    let numbered = parts.last().is_some_and(|part| part.path.ends_with(|c: char| c.is_ascii_digit()));
    if parts.len() > 1 || numbered {
        let _fits = image.push(reached, len - reached, From::Elsewhere);
    }
    let message =
        (!missing.is_empty()).then(|| format!("parts of this split image are missing: {}", missing.join(", ")));
    (image, message)
}

/// Sources behind one another.
struct Joined {
    /// Each with its start.
    parts: Vec<(u64, Arc<dyn Source>)>,
    len: u64,
}

impl Joined {
    /// Appends a source; returns where it starts.
    fn push(&mut self, source: &Arc<dyn Source>) -> u64 {
        let start = self.len;
        self.parts.push((start, Arc::clone(source)));
        self.len = self.len.saturating_add(source.len());
        start
    }
}

impl Source for Joined {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        let mut next = self.parts.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        while let Some((start, part)) = self.parts.get(next).filter(|_| filled < into.len()) {
            let at = offset.saturating_add(filled as u64);
            filled += part.read_at(at - start, &mut into[filled..])?;
            next += 1;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_parts_and_of_other_things() {
        assert_eq!(series("rom/super.img.12"), Some(("rom/super.img.", 12)));
        assert_eq!(series("system.img_sparsechunk.0"), Some(("system.img_sparsechunk.", 0)));
        assert_eq!(series("system.img_sparsechunk3"), Some(("system.img_sparsechunk", 3)));
        assert_eq!(series("V12.0.3/super.1.5a3f9c.img"), Some(("V12.0.3/super.", 1)));
        assert_eq!(series("system_2.img.gz"), Some(("system_", 2)));
        for none in ["super.img", "rom.1/super.img", "ext4", "0", "mi9.img", "super.img.99999999999"] {
            assert_eq!(series(none), None, "{none}");
        }
        assert_eq!(name("rom/system.img_sparsechunk."), "rom/system.img");
        assert_eq!(name("super."), "super");
    }

    fn part(path: &str, start: u64, bytes: &[u8]) -> Part {
        let pieces = vec![(start, bytes.len() as u64, From::Source(0))];
        let layout = Layout { block: 4, len: 20_000, pieces };
        Part { path: path.to_owned(), source: Arc::new(bytes.to_vec()), layout }
    }

    #[test]
    fn what_no_part_holds_is_zeros_between_neighbours_and_missing_elsewhere() {
        let parts = [part("a.0", 0, b"zero"), part("a.1", 8, b"one!"), part("a.3", 8000, b"three...")];
        let (image, missing) = joined(&parts);
        assert_eq!(missing.as_deref(), Some("parts of this split image are missing: number 2"));
        let mut start = [9; 12];
        image.read_exact_at(0, &mut start).unwrap();
        assert_eq!(&start, b"zero\0\0\0\0one!");
        assert!(image.read_exact_at(12, &mut [0; 4]).is_err(), "part 2");
        let mut end = [9; 8];
        image.read_exact_at(8000, &mut end).unwrap();
        assert_eq!(&end, b"three...");
        assert!(image.read_exact_at(8008, &mut [0]).is_err(), "behind the last part");

        let (image, missing) = joined(&[part("a.2", 8000, b"two.")]);
        assert!(missing.unwrap().ends_with("the first") && image.read_exact_at(0, &mut [0]).is_err());
        let (image, missing) = joined(&[part("a_2.img", 0, b"by itself")]);
        assert!(missing.is_none() && image.read_exact_at(19_999, &mut [0]).is_ok());
    }

    #[test]
    fn joined_sources_read_across_their_borders() {
        let mut all = Joined { parts: Vec::new(), len: 0 };
        for bytes in [&b"abc"[..], b"", b"defg"] {
            all.push(&(Arc::new(bytes.to_vec()) as Arc<dyn Source>));
        }
        let mut into = [0; 9];
        assert_eq!(all.read_at(1, &mut into).unwrap(), 6);
        assert_eq!(&into[..6], b"bcdefg");
        assert_eq!(all.read_at(7, &mut into).unwrap(), 0);
        assert_eq!(all.read_at(u64::MAX, &mut into).unwrap(), 0);
    }
}
