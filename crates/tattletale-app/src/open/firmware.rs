//! The apps of firmware images: packages, libraries of the framework, and what was compiled of them.
//!
//! The apps of one folder are in memory at a time: what ART compiled of an app (VDEX, ODEX) lies beside it and belongs
//! to it, and so do its splits.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::files::app_of;
use super::{Opened, Options, hex, only_own_code};
use crate::archive::is_archive;
use crate::image;
use crate::package::Package;
use crate::source::Source;
use crate::{Fault, FaultKind};

/// Bytes of the apps of one folder that wait for their neighbours.
const MOST_PENDING: u64 = 1 << 30;

/// Tells the apps of images that lie beside one another.
pub(super) fn walk(
    images: Vec<(Arc<dyn Source>, String)>,
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> io::Result<Vec<Fault>> {
    let mut pending: Vec<(String, Opened)> = Vec::new();
    let (mut folder, mut bytes, mut faults, mut stopped) = (String::new(), 0u64, Vec::new(), false);
    let name = images.first().map(|(_, name)| name.clone()).unwrap_or_default();
    let walked = image::walk_together(images, &options.image, &mut |entry, stream| {
        let Some((of, app)) = app_of(&entry.path).filter(|_| entry.link.is_none()) else {
            return ControlFlow::Continue(());
        };
        if of != folder || bytes > MOST_PENDING {
            folder = of;
            bytes = 0;
            stopped = tell(&mut pending, each).is_break();
            if stopped {
                return ControlFlow::Break(());
            }
        }
        let mut content = Vec::new();
        let read = stream.take(options.limits.entry.saturating_add(1)).read_to_end(&mut content);
        if read.is_err() {
            // The walk states what it was.
            return ControlFlow::Continue(());
        }
        if content.len() as u64 > options.limits.entry {
            faults.push(Fault::new(FaultKind::Limit, &*entry.path, "is larger than what is read of one file"));
            return ControlFlow::Continue(());
        }
        bytes += content.len() as u64;
        let position = pending.iter().position(|(known, ..)| *known == app).unwrap_or_else(|| {
            pending.push((app.clone(), Opened { package: Package::new(&*entry.path), sha256: None }));
            pending.len() - 1
        });
        let opened = &mut pending[position].1;
        let file = entry.path.rsplit('/').next().unwrap_or_default();
        if is_archive(&content) {
            opened.package.name.clone_from(&entry.path);
            opened.sha256 = Some(hex(&Sha256::digest(&content)));
        }
        opened.package.add(&content, file, &options.limits);
        ControlFlow::Continue(())
    });
    if !stopped {
        let _ended = tell(&mut pending, each);
    }
    match walked {
        Ok(found) => faults.extend(found),
        Err(image::ImageError::Read(error)) => return Err(error),
        Err(error @ image::ImageError::Unknown) => faults.push(Fault::new(FaultKind::Corrupt, name, error.to_string())),
    }
    Ok(faults)
}

/// Tells the apps of one folder, splits with their base.
fn tell(pending: &mut Vec<(String, Opened)>, each: &mut dyn FnMut(Opened) -> ControlFlow<()>) -> ControlFlow<()> {
    let all = pending.drain(..).map(|(_, opened)| opened);
    let (splits, mut bases): (Vec<Opened>, Vec<Opened>) =
        all.partition(|opened| opened.package.manifest().is_some_and(|manifest| manifest.split.is_some()));
    let whose = |opened: &Opened| opened.package.manifest().map(|of| (of.package.clone(), of.version_code));
    for split in splits {
        match bases.iter_mut().find(|base| whose(base) == whose(&split)) {
            Some(base) => {
                base.package.join(split.package);
                base.sha256 = None;
            }
            None => bases.push(split),
        }
    }
    for opened in bases {
        each(Opened { package: only_own_code(opened.package), ..opened })?;
    }
    ControlFlow::Continue(())
}
