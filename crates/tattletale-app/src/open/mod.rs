//! Files on this machine as apps: packages, folders, and firmware images with hundreds of them.
//!
//! Files that are given together, or lie in one folder, may be parts of one thing: splits of an app, parts of a sparse
//! image, what ART compiled of an app. They are brought together first, by their first bytes and manifests, and then
//! one app at a time is in memory.

mod files;
mod firmware;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::image;
use crate::package::{Kind, Limits, Package};
use crate::source::{FileSource, Source, Stream};
use crate::{Fault, FaultKind};
use files::{Found, Made};

/// An app that was read.
#[derive(Debug)]
pub struct Opened {
    /// The app in parts.
    pub package: Package,
    /// SHA-256 of its file in hex; none for an app of several files.
    pub sha256: Option<String>,
}

/// How to read.
#[derive(Debug, Default)]
pub struct Options<'o> {
    /// How much of one app.
    pub limits: Limits,
    /// How images are walked, with whom to tell of progress.
    pub image: image::Options<'o>,
}

/// A file that was named could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// What belongs together, by positions of the files.
#[derive(Debug, PartialEq, Eq)]
enum Job {
    /// One app: its base first.
    App { name: String, files: Vec<usize> },
    /// Parts of one image, or a whole one.
    Image(Vec<usize>),
}

/// Tells every app in these files and folders. Returns what could not be read outside of the apps; `Break` ends it.
///
/// # Errors
/// When a file that is named cannot be read.
pub fn open(
    paths: &[PathBuf],
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> Result<Vec<Fault>, OpenError> {
    let (found, mut faults) = files::find(paths)?;
    for job in jobs(&found) {
        let flow = match job {
            Job::App { name, files } => app(&found, name, &files, options, each),
            Job::Image(files) => {
                let mut images: Vec<(Arc<dyn Source>, String)> = Vec::new();
                for &file in &files {
                    let source = found[file].open().map_err(|error| found[file].error(error))?;
                    images.push((Arc::new(source), found[file].name.clone()));
                }
                let failed = |error| found[files[0]].error(error);
                let mut stopped = ControlFlow::Continue(());
                let told = firmware::walk(images, options, &mut |opened| {
                    stopped = each(opened);
                    stopped
                });
                faults.extend(told.map_err(failed)?);
                Ok(stopped)
            }
        };
        if flow?.is_break() {
            break;
        }
    }
    Ok(faults)
}

/// Brings together what belongs together, in the order of the files.
fn jobs(found: &[Found]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut splits = Vec::new();
    // Position of the job of an app by its package and version, by what its files in a folder have in common, and of
    // an image by what its parts have in common.
    let mut bases: BTreeMap<(String, Option<u64>), usize> = BTreeMap::new();
    let mut stems: BTreeMap<String, usize> = BTreeMap::new();
    let mut images: BTreeMap<String, usize> = BTreeMap::new();
    for (position, file) in found.iter().enumerate() {
        match &file.made {
            Made::Split { .. } => splits.push(position),
            Made::Package { of } => {
                if let Some(of) = of {
                    bases.entry(of.clone()).or_insert(jobs.len());
                }
                if let Some(stem) = file.stem() {
                    stems.entry(stem).or_insert(jobs.len());
                }
                jobs.push(Job::App { name: file.name.clone(), files: vec![position] });
            }
            Made::Image => match image::series(&file.name) {
                Some((stem, _)) => match images.get(stem) {
                    Some(&job) => jobs[job].add(position),
                    None => {
                        images.insert(stem.to_owned(), jobs.len());
                        jobs.push(Job::Image(vec![position]));
                    }
                },
                None => jobs.push(Job::Image(vec![position])),
            },
            Made::Code => {}
        }
    }
    for position in splits {
        let Made::Split { of } = &found[position].made else { continue };
        match bases.get(of) {
            Some(&job) => jobs[job].add(position),
            None => {
                bases.insert(of.clone(), jobs.len());
                jobs.push(Job::App { name: found[position].name.clone(), files: vec![position] });
            }
        }
    }
    // Code that lies in a folder by itself is one app; what a phone compiled belongs to the package beside it.
    let mut bare: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, file) in found.iter().enumerate().filter(|(_, file)| file.made == Made::Code) {
        let beside = file.stem().and_then(|stem| stems.get(&stem)).copied();
        let folder = file.folder.as_deref();
        match (beside, folder) {
            (Some(job), _) => jobs[job].add(position),
            (None, None) => jobs.push(Job::App { name: file.name.clone(), files: vec![position] }),
            (None, Some(folder)) => match bare.get(folder) {
                Some(&job) => jobs[job].add(position),
                None => {
                    bare.insert(folder, jobs.len());
                    jobs.push(Job::App { name: folder.to_owned(), files: vec![position] });
                }
            },
        }
    }
    jobs
}

impl Job {
    fn add(&mut self, position: usize) {
        let (Self::App { files, .. } | Self::Image(files)) = self;
        files.push(position);
    }
}

/// Reads the files of one app and tells it.
fn app(
    found: &[Found],
    name: String,
    files: &[usize],
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, OpenError> {
    let mut opened = Opened { package: Package::new(name), sha256: None };
    for &file in files {
        let file = &found[file];
        let source = file.open().map_err(|error| file.error(error))?;
        // The places in an app of one file are those inside the file.
        let place = if files.len() == 1 && file.folder.is_none() { "" } else { &file.inside };
        opened.package.add(&source, place, &options.limits);
        if files.len() == 1 {
            opened.sha256 = Some(digest(&source).map_err(|error| file.error(error))?);
        }
        (options.image.progress)(source.len());
    }
    opened.package = only_own_code(opened.package);
    Ok(each(opened))
}

/// The app without what ART compiled, where the package holds the code itself: it would be the same code twice.
fn only_own_code(mut package: Package) -> Package {
    let compiled = |place: &str| [".odex", ".vdex", ".oat", ".cdex"].iter().any(|ending| place.ends_with(ending));
    let code = |own: bool| package.parts.iter().any(|part| part.kind == Kind::Code && compiled(&part.place) != own);
    if code(true) {
        package.parts.retain(|part| part.kind != Kind::Code || !compiled(&part.place));
    }
    package
}

fn unknown(name: &str) -> Fault {
    Fault::new(FaultKind::Corrupt, name, "is no app, DEX file, archive or image that is known")
}

fn digest(source: &dyn Source) -> io::Result<String> {
    let mut digest = Sha256::new();
    let (mut stream, mut chunk) = (Stream::new(source), vec![0; 1 << 20]);
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&chunk[..count]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Found {
    fn open(&self) -> io::Result<FileSource> {
        std::fs::File::open(&self.path).and_then(FileSource::new)
    }

    fn error(&self, error: io::Error) -> OpenError {
        OpenError { path: self.path.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, folder: Option<&str>, made: Made) -> Found {
        let inside = folder.and_then(|folder| name.strip_prefix(folder)).unwrap_or(name).trim_start_matches('/');
        Found {
            path: name.into(),
            name: name.to_owned(),
            inside: inside.to_owned(),
            folder: folder.map(str::to_owned),
            made,
        }
    }

    #[test]
    fn what_belongs_together() {
        let of = |name: &str| (name.to_owned(), Some(7));
        let in_folder = |name: &str, made| found(name, Some("rom"), made);
        let files = [
            found("x/split_config.de.apk", None, Made::Split { of: of("org.example") }),
            found("x/base.apk", None, Made::Package { of: Some(of("org.example")) }),
            found("x/older.apk", None, Made::Package { of: Some(("org.example".to_owned(), Some(6))) }),
            found("super.img.1", None, Made::Image),
            found("super.img.0", None, Made::Image),
            found("vendor.img", None, Made::Image),
            in_folder("rom/app/Mail/Mail.apk", Made::Package { of: None }),
            in_folder("rom/app/Mail/oat/arm64/Mail.odex", Made::Code),
            in_folder("rom/services.dex", Made::Code),
            in_folder("rom/other.dex", Made::Code),
            found("own.dex", None, Made::Code),
        ];
        let app = |name: &str, files: &[usize]| Job::App { name: name.to_owned(), files: files.to_vec() };
        assert_eq!(
            jobs(&files),
            [
                app("x/base.apk", &[1, 0]),
                app("x/older.apk", &[2]),
                Job::Image(vec![3, 4]),
                Job::Image(vec![5]),
                app("rom/app/Mail/Mail.apk", &[6, 7]),
                app("rom", &[8, 9]),
                app("own.dex", &[10]),
            ]
        );
    }
}
