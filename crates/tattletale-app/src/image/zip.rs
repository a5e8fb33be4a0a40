//! Zip around images: updates, factory images, archives of apps. The reading is [`crate::archive`]'s.

use std::cell::Cell;
use std::sync::Arc;

use super::format::{Format, Open};
use super::mapped::Mapped;
use super::packed::Counted;
use super::transfer;
use super::walker::{Trouble, Walk};
use crate::archive::{Archive, Member, is_archive};
use crate::source::Source;

/// The format.
pub(super) static FORMAT: Format = Format { name: "zip", sniff: is_archive, open: Open::Zip };

/// Walks an archive: images in it are opened, everything else is told.
pub(super) fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let archive = Archive::open(&**source)?;
    archive.faults.iter().for_each(|fault| walk.fault(path, fault.clone().into()));
    let lists = transfer::lists(&archive.members);
    walk.beside(|walk| {
        for entry in &archive.members {
            let inner = format!("{path}/{}", entry.name);
            let result = match transfer::list_of(entry, &lists) {
                Some(list) => transfer::open(source, &archive, entry, list, &inner, walk),
                None => member(source, &archive, entry, &inner, walk),
            };
            walk.settle(&inner, result)?;
        }
        Ok(())
    })
}

fn member(
    source: &Arc<dyn Source>,
    archive: &Archive<'_>,
    entry: &Member,
    path: &str,
    walk: &mut Walk<'_>,
) -> Result<(), Trouble> {
    if let Some((start, size)) = archive.stored(entry) {
        let image: Arc<dyn Source> = Arc::new(Mapped::stretch(source, start, size));
        if walk.opens(&*image, path) {
            archive.check(entry).into_iter().for_each(|fault| walk.fault(path, fault.into()));
            return walk.image(&image, path);
        }
    }
    let counted = Cell::new(0);
    let mut contents = archive.stream(entry, walk.most_unpacked())?;
    let result = walk.stream(&mut Counted { inner: &mut contents, count: &counted }, Some(entry.size), path);
    walk.count_unpacked(counted.get());
    if let Some(fault) = contents.verdict() {
        walk.fault(path, fault.into());
    }
    result
}
