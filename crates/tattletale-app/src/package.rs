//! An app as a set of parts in memory: manifest, code, libraries, resources, texts.
//!
//! A package, split packages, archives of packages (XAPK, APKM, APKS), a folder or a bare DEX file all come to the same
//! parts. What is read is bounded in bytes, what is larger is a fault, and an entry of an archive is only ever a name
//! in a report, never a path.

use std::io;

use crate::archive::{Archive, Member, is_archive};
use crate::dex::container::Container;
use crate::manifest::Manifest;
use crate::source::{Source, Stretch};
use crate::{Fault, FaultKind};

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file inside an app.
    pub entry: u64,
    /// Bytes of all parts together.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entry: 512 << 20, total: 2 << 30 }
    }
}

/// Archives in archives that are opened: an APK in an XAPK in a zip.
const DEEPEST: usize = 4;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Code: DEX, or a file that has DEX files in it.
    Code,
    /// A native library.
    Native,
    /// The resource table.
    Resources,
    /// Text: settings, pages and scripts that the app brings.
    Text,
    /// A file that states the version of a library: `META-INF/*.version`, `*.properties`.
    Version,
}

/// One file of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it is: `classes2.dex`, `base.apk/classes.dex`.
    pub place: String,
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// An app in parts.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// As the user named it.
    pub name: String,
    /// Its manifests with the archive each lies in, the base first.
    pub manifests: Vec<(String, Manifest)>,
    /// Everything else that matters.
    pub parts: Vec<Part>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    taken: u64,
}

impl Package {
    /// An app of which nothing was read yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Reads one file of it. `place` is the file's name inside the app, empty for the app itself. False when it is
    /// nothing that holds code.
    pub fn add(&mut self, source: &dyn Source, place: &str, limits: &Limits) -> bool {
        self.add_nested(source, place, limits, 0)
    }

    /// The manifest of the base package.
    pub fn manifest(&self) -> Option<&Manifest> {
        let base = self.manifests.iter().find(|(_, manifest)| manifest.split.is_none());
        base.or(self.manifests.first()).map(|(_, manifest)| manifest)
    }

    /// Takes in another part of the same app: a split.
    pub fn join(&mut self, other: Self) {
        self.manifests.extend(other.manifests);
        self.parts.extend(other.parts);
        self.faults.extend(other.faults);
        self.taken += other.taken;
    }

    fn add_nested(&mut self, source: &dyn Source, place: &str, limits: &Limits, depth: usize) -> bool {
        let mut start = [0; 16];
        let count = source.read_at(0, &mut start).unwrap_or_default();
        let start = &start[..count];
        if is_two(source, start) {
            let message =
                "is a DEX file and an archive at once, and readers differ in which they take (CVE-2017-13156)";
            self.faults.push(Fault::new(FaultKind::Corrupt, place, message));
            self.archive(source, place, limits, depth);
        }
        if is_archive(start) || place_of_archive(place) && Container::of(start).is_none() {
            return self.archive(source, place, limits, depth);
        }
        let native = place.ends_with(".so");
        let Some(container) = Container::of(start) else {
            if matches!(kind(place), Some(Wanted::Part(Kind::Code))) {
                self.faults.push(Fault::new(FaultKind::Corrupt, place, "is no DEX file, nor a file that holds one"));
            }
            return false;
        };
        let kind = if native && container == Container::Oat { Kind::Native } else { Kind::Code };
        match whole(source, limits.entry.min(limits.total.saturating_sub(self.taken))) {
            Ok(bytes) => self.take(place, kind, bytes),
            Err(fault) => self.faults.push(fault.within(place)),
        }
        true
    }

    fn archive(&mut self, source: &dyn Source, place: &str, limits: &Limits, depth: usize) -> bool {
        let archive = match Archive::open(source) {
            Ok(archive) => archive,
            Err(fault) => {
                self.faults.push(fault.within(place));
                return true;
            }
        };
        self.faults.extend(archive.faults.iter().cloned().map(|fault| fault.within(place)));
        let inside = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
        let resources = archive.member(RESOURCES);
        let resources = resources.and_then(|member| self.bytes(&archive, member, &inside(RESOURCES), limits));
        for member in archive.members.iter().filter(|member| member.name == MANIFEST) {
            let Some(bytes) = self.bytes(&archive, member, &inside(MANIFEST), limits) else { continue };
            match Manifest::read(&bytes, resources.as_deref()) {
                Some(manifest) => {
                    if !manifest.whole {
                        let fault = Fault::new(FaultKind::Corrupt, inside(&member.name), "the manifest is damaged");
                        self.faults.push(fault);
                    }
                    self.manifests.push((place.to_owned(), manifest));
                }
                None => {
                    let message = "the manifest is no binary XML";
                    self.faults.push(Fault::new(FaultKind::Corrupt, inside(&member.name), message));
                }
            }
        }
        if let Some(bytes) = resources {
            self.take(&inside(RESOURCES), Kind::Resources, bytes);
        }
        for member in &archive.members {
            let Some(kind) = kind(&member.name) else { continue };
            let place = inside(&member.name);
            match kind {
                Wanted::Part(kind) => {
                    if let Some(bytes) = self.bytes(&archive, member, &place, limits) {
                        self.take(&place, kind, bytes);
                    }
                }
                Wanted::Archive if depth + 1 == DEEPEST => {
                    self.faults.push(Fault::new(FaultKind::Limit, place, "archives nest deeper than they are opened"));
                }
                Wanted::Archive => self.inner(&archive, member, source, &place, limits, depth),
            }
        }
        true
    }

    /// An archive in an archive: in place where it is stored, else in memory.
    fn inner(
        &mut self,
        archive: &Archive<'_>,
        member: &Member,
        source: &dyn Source,
        place: &str,
        limits: &Limits,
        depth: usize,
    ) {
        match archive.stored(member) {
            Some((offset, length)) => {
                self.faults
                    .extend(archive.check(member).into_iter().map(|fault| Fault { entry: place.to_owned(), ..fault }));
                self.add_nested(&Stretch::new(source, offset, length), place, limits, depth + 1);
            }
            None => {
                if let Some(bytes) = self.bytes(archive, member, place, limits) {
                    self.add_nested(&bytes, place, limits, depth + 1);
                }
            }
        }
    }

    fn bytes(&mut self, archive: &Archive<'_>, member: &Member, place: &str, limits: &Limits) -> Option<Vec<u8>> {
        match archive.read(member, limits.entry.min(limits.total.saturating_sub(self.taken))) {
            Ok(entry) => {
                self.faults.extend(entry.faults.into_iter().map(|fault| Fault { entry: place.to_owned(), ..fault }));
                Some(entry.bytes)
            }
            Err(fault) => {
                self.faults.push(Fault { entry: place.to_owned(), ..fault });
                None
            }
        }
    }

    fn take(&mut self, place: &str, kind: Kind, bytes: Vec<u8>) {
        // Packages for old phones hold the code of the others once more.
        if kind == Kind::Code && self.parts.iter().any(|part| part.kind == kind && part.bytes == bytes) {
            return;
        }
        self.taken += bytes.len() as u64;
        let place = if place.is_empty() { self.name.clone() } else { place.to_owned() };
        self.parts.push(Part { place, kind, bytes });
    }
}

/// The manifest of a package, without what it refers to in the resource table. None for what is no package.
pub fn manifest_of(source: &dyn Source) -> Option<Manifest> {
    /// Those of large apps have some hundred KB.
    const MOST: u64 = 32 << 20;
    let archive = Archive::open(source).ok()?;
    let entry = archive.read(archive.member(MANIFEST)?, MOST).ok()?;
    Manifest::read(&entry.bytes, None)
}

const MANIFEST: &str = "AndroidManifest.xml";
const RESOURCES: &str = "resources.arsc";

/// Whether a file that begins as a DEX file ends as an archive with the parts of an app: old phones checked the
/// signature of the one and ran the other.
fn is_two(source: &dyn Source, start: &[u8]) -> bool {
    let code = Container::of(start) == Some(Container::Dex);
    code && Archive::open(source).is_ok_and(|archive| archive.members.iter().any(|member| kind(&member.name).is_some()))
}

/// What is made of an entry.
enum Wanted {
    Part(Kind),
    Archive,
}

/// What an entry is by its name; none for what has nothing to tell.
fn kind(name: &str) -> Option<Wanted> {
    const ARCHIVES: [&str; 6] = [".apk", ".apks", ".apkm", ".xapk", ".jar", ".zip"];
    const CODE: [&str; 5] = [".dex", ".odex", ".vdex", ".cdex", ".oat"];
    const TEXTS: [&str; 9] = [".json", ".js", ".html", ".htm", ".txt", ".cfg", ".conf", ".ini", ".xml"];
    let lower = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    let root = !name.contains('/');
    if ends(&ARCHIVES) {
        Some(Wanted::Archive)
    } else if ends(&CODE) {
        Some(Wanted::Part(Kind::Code))
    } else if lower.ends_with(".so") {
        Some(Wanted::Part(Kind::Native))
    } else if root && lower.ends_with(".properties") || name.starts_with("META-INF/") && lower.ends_with(".version") {
        Some(Wanted::Part(Kind::Version))
    } else if name.starts_with("assets/") && ends(&TEXTS) {
        Some(Wanted::Part(Kind::Text))
    } else {
        None
    }
}

/// Whether a name promises an archive, so that a damaged one is a fault and not silence.
fn place_of_archive(place: &str) -> bool {
    matches!(kind(place), Some(Wanted::Archive))
}

/// All bytes of a source.
fn whole(source: &dyn Source, limit: u64) -> Result<Vec<u8>, Fault> {
    if source.len() > limit {
        return Err(Fault::new(FaultKind::Limit, "", "is larger than what is read of one file"));
    }
    let mut bytes = vec![0; source.len() as usize];
    let read = source.read_exact_at(0, &mut bytes);
    read.map_err(|error: io::Error| Fault::new(FaultKind::Truncated, "", format!("cannot be read: {error}")))?;
    Ok(bytes)
}
