//! Files on this machine as apps: a package, a folder, or a firmware image with hundreds of them.
//!
//! Of an image one app is in memory at a time. What ART compiled of an app (VDEX, ODEX) lies beside it and belongs to
//! it, but its code is only looked at where the package has none of its own: it would be the same code twice.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::archive::{Archive, is_archive};
use crate::image;
use crate::package::{Kind, Limits, Package};
use crate::source::{FileSource, Source, Stream};
use crate::{Fault, FaultKind};

/// Files of one folder that are looked at.
const MOST_FILES: usize = 100_000;
/// Bytes of the apps of one folder of an image that wait for their neighbours.
const MOST_PENDING: u64 = 1 << 30;

/// An app that was read.
#[derive(Debug)]
pub struct Opened {
    /// The app in parts.
    pub package: Package,
    /// SHA-256 of its file in hex; none for a folder.
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

/// Tells every app in a file or folder. Returns what could not be read outside of the apps; `Break` ends it.
///
/// # Errors
/// When the file itself cannot be read.
pub fn open(
    path: &Path,
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> io::Result<Vec<Fault>> {
    let name = path.display().to_string();
    if path.is_dir() {
        return folder(path, &name, options, each);
    }
    let source = FileSource::new(File::open(path)?)?;
    if is_package(&source, &name)? {
        let sha256 = Some(digest(&source)?);
        let mut package = Package::new(name);
        if package.add(&source, "", &options.limits) {
            (options.image.progress)(source.len());
            let _ = each(Opened { package, sha256 });
            return Ok(Vec::new());
        }
        return Ok(vec![unknown(&package.name)]);
    }
    match image::is_image(&source, &name)? {
        true => in_image(Arc::new(source), &name, options, each),
        false => Ok(vec![unknown(&name)]),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new(FaultKind::Corrupt, name, "is no app, DEX file, archive or image that is known")
}

/// Whether it is one app: a DEX file, or an archive that has the parts of an app at its root.
fn is_package(source: &dyn Source, name: &str) -> io::Result<bool> {
    let mut start = [0; 16];
    let count = source.read_at(0, &mut start)?;
    if !is_archive(&start[..count]) {
        let named =
            [".apk", ".dex", ".vdex", ".odex", ".cdex"].iter().any(|ending| name.to_lowercase().ends_with(ending));
        return Ok(named || crate::dex::container::Container::of(&start[..count]).is_some());
    }
    // A damaged archive is left to whoever says what is wrong with it.
    let Ok(archive) = Archive::open(source) else { return Ok(true) };
    let has = |wanted: &dyn Fn(&str) -> bool| archive.members.iter().any(|member| wanted(&member.name));
    let ota = has(&|name| {
        name == "payload.bin" || name.starts_with("META-INF/com/google/android/") || name.ends_with(".img")
    });
    let app = has(&|name| name == "AndroidManifest.xml" || name.starts_with("classes") && name.ends_with(".dex"));
    let apps = has(&|name| !name.contains('/') && name.ends_with(".apk"));
    Ok(app || apps && !ota)
}

/// A folder: every package in it, splits with their base; code that lies there by itself is one app.
fn folder(
    path: &Path,
    name: &str,
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> io::Result<Vec<Fault>> {
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && files.len() < MOST_FILES {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    let (mut faults, mut packages) = (Vec::new(), Vec::<Package>::new());
    let mut bare = Package::new(name);
    for file in files {
        let inside = file.strip_prefix(path).unwrap_or(&file).display().to_string();
        let source = match File::open(&file).and_then(FileSource::new) {
            Ok(source) => source,
            Err(error) => {
                let message = format!("cannot be read: {error}");
                faults.push(Fault::new(FaultKind::Truncated, file.display().to_string(), message));
                continue;
            }
        };
        if inside.to_lowercase().ends_with(".apk") {
            let mut package = Package::new(format!("{name}/{inside}"));
            package.add(&source, &inside, &options.limits);
            packages.push(package);
        } else if is_app_part(&inside) {
            bare.add(&source, &inside, &options.limits);
        }
        (options.image.progress)(source.len());
    }
    let splits = |package: &Package| package.manifest().is_some_and(|manifest| manifest.split.is_some());
    let (splits, mut bases): (Vec<Package>, Vec<Package>) = packages.into_iter().partition(splits);
    for split in splits {
        let of =
            |package: &&mut Package| package.manifest().map(|m| &m.package) == split.manifest().map(|m| &m.package);
        match bases.iter_mut().find(of) {
            Some(base) => base.join(split),
            None => bases.push(split),
        }
    }
    if !bare.parts.is_empty() || !bare.faults.is_empty() {
        bases.push(bare);
    }
    if bases.is_empty() && faults.is_empty() {
        faults.push(unknown(name));
    }
    for package in bases {
        if each(Opened { package: only_own_code(package), sha256: None }).is_break() {
            break;
        }
    }
    Ok(faults)
}

/// The apps of an image: packages, libraries of the framework, and what was compiled of them.
fn in_image(
    source: Arc<dyn Source>,
    name: &str,
    options: &Options<'_>,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> io::Result<Vec<Fault>> {
    let mut pending: Vec<(String, Package, Option<String>)> = Vec::new();
    let (mut folder, mut bytes, mut faults) = (String::new(), 0u64, Vec::new());
    let walked = image::walk(source, name, &options.image, &mut |entry, stream| {
        let Some((of, app)) = app_of(&entry.path).filter(|_| entry.link.is_none()) else {
            return ControlFlow::Continue(());
        };
        if of != folder || bytes > MOST_PENDING {
            folder = of;
            bytes = 0;
            for (_, package, sha256) in pending.drain(..) {
                each(Opened { package: only_own_code(package), sha256 })?;
            }
        }
        let mut content = Vec::new();
        let read = stream.take(options.limits.entry.saturating_add(1)).read_to_end(&mut content);
        let trouble = match read {
            Err(error) => Some((FaultKind::Corrupt, format!("cannot be read: {error}"))),
            Ok(_) if content.len() as u64 > options.limits.entry => {
                Some((FaultKind::Limit, "is larger than what is read of one file".to_owned()))
            }
            Ok(_) => None,
        };
        if let Some((kind, message)) = trouble {
            faults.push(Fault::new(kind, &*entry.path, message));
            return ControlFlow::Continue(());
        }
        bytes += content.len() as u64;
        let position = pending.iter().position(|(known, ..)| *known == app).unwrap_or_else(|| {
            pending.push((app.clone(), Package::new(&*entry.path), None));
            pending.len() - 1
        });
        let (_, package, sha256) = &mut pending[position];
        let file = entry.path.rsplit('/').next().unwrap_or_default();
        if is_archive(&content) {
            package.name.clone_from(&entry.path);
            *sha256 = Some(hex(&Sha256::digest(&content)));
        }
        package.add(&content, file, &options.limits);
        ControlFlow::Continue(())
    });
    for (_, package, sha256) in pending {
        if each(Opened { package: only_own_code(package), sha256 }).is_break() {
            break;
        }
    }
    match walked {
        Ok(found) => faults.extend(found),
        Err(image::ImageError::Read(error)) => return Err(error),
        Err(error @ image::ImageError::Unknown) => faults.push(Fault::new(FaultKind::Corrupt, name, error.to_string())),
    }
    Ok(faults)
}

/// Whether a file by its name holds code of an app.
fn is_app_part(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    [".apk", ".jar", ".dex", ".odex", ".vdex", ".cdex"].iter().any(|ending| lower.ends_with(ending))
}

/// The folder of an app in an image, and what its files have in common; none for what is no app.
fn app_of(path: &str) -> Option<(String, String)> {
    is_app_part(path).then_some(())?;
    let (folder, file) = path.rsplit_once('/')?;
    let folder = folder.find("/oat/").map_or(folder, |at| &folder[..at]);
    let stem = file.split('.').next().unwrap_or(file);
    Some((folder.to_owned(), format!("{folder}/{stem}")))
}

/// The app without what ART compiled, where the package holds the code itself.
fn only_own_code(mut package: Package) -> Package {
    let compiled = |place: &str| [".odex", ".vdex", ".oat", ".cdex"].iter().any(|ending| place.ends_with(ending));
    let code = |own: bool| package.parts.iter().any(|part| part.kind == Kind::Code && compiled(&part.place) != own);
    if code(true) {
        package.parts.retain(|part| part.kind != Kind::Code || !compiled(&part.place));
    }
    package
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
        assert_eq!(of("super.img/system/etc/hosts"), None);
    }
}
