//! The folder of a lab: readable by its owner alone, and gone with the lab unless it is to be kept.

use super::{DATABASE, Error};
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

/// Files that SQLite makes for one database, by what it adds to the name.
const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Holds the folder; dropping it erases what the lab wrote.
pub(crate) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// Makes a folder at `path`, or a new one for temporary files. An existing one is used if it has the right mode
    /// or is empty, so that a kept store can be opened again.
    pub(crate) fn make(path: Option<&Path>, keep: bool) -> Result<Self, Error> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(unguessable()),
        };
        match create(&path) {
            Ok(()) => Ok(Self { path, keep }),
            Err(error) => Err(Error::Folder { path, error }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// A name that nobody can have made before us in a folder that all may write to.
fn unguessable() -> String {
    let mut bytes = [0u8; 12];
    // Without a random source the name is a fixed one; it is still checked, and refused if another made it.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().fold("tattletale-lab-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// Creates the folder with mode 0700, or makes sure that an existing one has it.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_owner_only(path),
        other => other,
    }
}

/// An existing folder is never made narrower behind its owner's back, and never used while others can look in.
#[cfg(unix)]
fn check_owner_only(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::symlink_metadata(path)?;
    match metadata.is_dir() && metadata.permissions().mode() & 0o077 == 0 {
        true => Ok(()),
        false => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "not a folder that only its owner may open (0700)"))
        }
    }
}

#[cfg(not(unix))]
fn check_owner_only(_: &Path) -> io::Result<()> {
    Ok(())
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // Only what the lab wrote: a folder that was named by hand may hold more.
        for suffix in SUFFIXES {
            let _ = fs::remove_file(self.path.join(format!("{DATABASE}{suffix}")));
        }
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn owner_only_and_erased() {
        let folder = Folder::make(None, false).unwrap();
        let path = folder.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(folder.database(), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_others_can_open_is_refused_and_what_is_not_ours_stays() {
        let outer = tempfile::tempdir().unwrap();
        let open = outer.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Folder::make(Some(&open), false).is_err());
        fs::set_permissions(&open, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(open.join("letter.txt"), "mine").unwrap();
        drop(Folder::make(Some(&open), false).unwrap());
        assert!(open.join("letter.txt").exists());
        let kept = outer.path().join("kept");
        drop(Folder::make(Some(&kept), true).unwrap());
        assert!(kept.exists());
    }
}
