//! Which files there are, and what each is by its first bytes: a package, a split, code, an image.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{OpenError, unknown};
use crate::archive::{Archive, is_archive};
use crate::dex::container::Container;
use crate::image;
use crate::manifest::Manifest;
use crate::package::manifest_of;
use crate::source::{FileSource, Source, Stretch};
use crate::{Fault, FaultKind};

/// Files of one folder that are looked at.
const MOST_FILES: usize = 100_000;
/// Bytes of a package inside a package that is compressed there and asked whose it is.
const MOST_INNER: u64 = 512 << 20;

/// A file to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// As the user named it, or below the folder that the user named.
    pub(super) name: String,
    /// Below the folder, or only the file's name.
    pub(super) inside: String,
    /// The folder that the user named.
    pub(super) folder: Option<String>,
    pub(super) made: Made,
}

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// An app, or the base of one; with package and version if its manifest says so.
    Package { of: Option<(String, Option<u64>)> },
    /// A part of an app that is installed beside its base.
    Split { of: (String, Option<u64>) },
    /// A DEX file, or one that has DEX files in it.
    Code,
    /// A firmware image, or an archive that is no app.
    Image,
}

impl Found {
    /// What the files of one app in a folder have in common.
    pub(super) fn stem(&self) -> Option<String> {
        self.folder.as_ref()?;
        app_of(&format!("/{}", self.inside)).map(|(_, app)| app)
    }
}

/// All files that are named, and those of folders that are known; what cannot be read in a folder is a fault.
pub(super) fn find(paths: &[PathBuf]) -> Result<(Vec<Found>, Vec<Fault>), OpenError> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    // Whose a package is matters only where there is another file.
    let alone = matches!(paths, [only] if !only.is_dir());
    for path in paths {
        let failed = |error| OpenError { path: path.clone(), error };
        let name = path.display().to_string();
        if path.is_dir() {
            let before = found.len() + faults.len();
            folder(path, &name, &mut found, &mut faults).map_err(failed)?;
            if found.len() + faults.len() == before {
                faults.push(unknown(&name));
            }
            continue;
        }
        let source = File::open(path).and_then(FileSource::new).map_err(failed)?;
        let inside = path.file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
        match made(&source, &name, alone).map_err(failed)? {
            Some(made) => found.push(Found { path: path.clone(), name, inside, folder: None, made }),
            None => faults.push(unknown(&name)),
        }
    }
    Ok((found, faults))
}

fn folder(path: &Path, name: &str, found: &mut Vec<Found>, faults: &mut Vec<Fault>) -> io::Result<()> {
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    if files.len() > MOST_FILES {
        let message = format!("holds {} files, and only {MOST_FILES} are looked at", files.len());
        faults.push(Fault::new(FaultKind::Limit, name, message));
        files.truncate(MOST_FILES);
    }
    for file in files {
        let inside = file.strip_prefix(path).unwrap_or(&file).display().to_string();
        let name_of = format!("{name}/{inside}");
        let made =
            File::open(&file).and_then(FileSource::new).and_then(|source| match is_worth_a_look(&source, &inside)? {
                true => made(&source, &inside, false),
                false => Ok(None),
            });
        match made {
            Ok(Some(made)) => {
                found.push(Found { path: file, name: name_of, inside, folder: Some(name.to_owned()), made });
            }
            Ok(None) => {}
            Err(error) => {
                faults.push(Fault::new(FaultKind::Truncated, name_of, format!("cannot be read: {error}")));
            }
        }
    }
    Ok(())
}

/// Whether a file in a folder is looked at: those that are named as apps or images, and whatever begins as an image.
/// Other archives may be anything.
fn is_worth_a_look(source: &dyn Source, name: &str) -> io::Result<bool> {
    const ARCHIVES: [&str; 8] = [".zip", ".tgz", ".tar", ".gz", ".xz", ".bz2", ".zst", ".md5"];
    let lower = name.to_ascii_lowercase();
    let named = is_app_part(name) || ARCHIVES.iter().any(|ending| lower.ends_with(ending));
    Ok(named || image::is_bare_image(source)?)
}

/// What a file is; none for what is not known. `alone` leaves out whose it is.
fn made(source: &dyn Source, name: &str, alone: bool) -> io::Result<Option<Made>> {
    let mut start = [0; 16];
    let count = source.read_at(0, &mut start)?;
    let start = &start[..count];
    let lower = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if is_archive(start) || ends(&PACKAGES) {
        if !ends(&PACKAGES) && is_firmware(source) {
            return Ok(image::is_image(source, name)?.then_some(Made::Image));
        }
        let manifest = if alone { None } else { manifest_of(source) };
        return Ok(Some(manifest.map_or(Made::Package { of: None }, of)));
    }
    if ends(&CODE) || Container::of(start).is_some() {
        return Ok(Some(Made::Code));
    }
    Ok(image::is_image(source, name)?.then_some(Made::Image))
}

fn of(manifest: Manifest) -> Made {
    let of = manifest.package.map(|package| (package, manifest.version_code));
    match of {
        Some(of) if manifest.split.is_some() => Made::Split { of },
        of => Made::Package { of },
    }
}

const PACKAGES: [&str; 5] = [".apk", ".apks", ".apkm", ".xapk", ".jar"];
const CODE: [&str; 5] = [".dex", ".odex", ".vdex", ".cdex", ".oat"];

/// Whether an archive is no app: it has no parts of one at its root, or packages of several apps.
fn is_firmware(source: &dyn Source) -> bool {
    // A damaged archive is left to whoever says what is wrong with it.
    let Ok(archive) = Archive::open(source) else { return false };
    let has = |wanted: &dyn Fn(&str) -> bool| archive.members.iter().any(|member| wanted(&member.name));
    let app = has(&|name| name == "AndroidManifest.xml" || name.starts_with("classes") && name.ends_with(".dex"));
    if app {
        return false;
    }
    let ota = has(&|name| {
        name == "payload.bin" || name.starts_with("META-INF/com/google/android/") || name.ends_with(".img")
    });
    // Splits lie at the root, or as bundletool leaves them.
    let folder = if has(&|name| name == "toc.pb") { "splits/" } else { "" };
    let package = |name: &str| {
        let inner = name.strip_prefix(folder);
        inner.is_some_and(|inner| !inner.contains('/') && inner.to_ascii_lowercase().ends_with(".apk"))
    };
    if ota || !has(&package) {
        return true;
    }
    let mut first = None;
    archive.members.iter().filter(|member| package(&member.name)).any(|member| {
        let manifest = match archive.stored(member) {
            Some((offset, length)) => manifest_of(&Stretch::new(source, offset, length)),
            None => archive.read(member, MOST_INNER).ok().and_then(|entry| manifest_of(&entry.bytes)),
        };
        let Some(package) = manifest.and_then(|manifest| manifest.package) else { return false };
        *first.get_or_insert_with(|| package.clone()) != package
    })
}

/// Whether a file by its name holds code of an app.
pub(super) fn is_app_part(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    PACKAGES.iter().chain(&CODE).any(|ending| lower.ends_with(ending))
}

/// The folder of an app in an image, and what its files have in common; none for what is no app.
pub(super) fn app_of(path: &str) -> Option<(String, String)> {
    is_app_part(path).then_some(())?;
    let (folder, file) = path.rsplit_once('/')?;
    let folder = folder.find("/oat/").map_or(folder, |at| &folder[..at]);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    Some((folder.to_owned(), format!("{folder}/{stem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compiled_of_an_app_belongs_to_it() {
        let of = |path| app_of(path).map(|(_, app)| app);
        let app = of("super.img/system/app/Browser/Browser.apk");
        assert_eq!(app.as_deref(), Some("super.img/system/app/Browser/Browser"));
        assert_eq!(of("super.img/system/app/Browser/oat/arm64/Browser.vdex"), app);
        assert_ne!(of("super.img/system/framework/services.jar"), of("super.img/system/framework/other.jar"));
        assert_ne!(of("product/preload/com.example.one.apk"), of("product/preload/com.example.two.apk"));
        assert_eq!(of("super.img/system/etc/hosts"), None);
    }
}
