//! A report written to a file: that it may stand there, and who may read it.

use crate::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Before the work begins: the page can be written there, and is none of the files that are read.
pub(crate) fn check<'f>(target: &Path, read: impl IntoIterator<Item = &'f Path>) -> Result<(), Failure> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.metadata().map_err(Failure::file(folder))?;
    if target.is_dir() {
        return Err(Failure::file(target)(io::ErrorKind::IsADirectory.into()));
    }
    let place = target.canonicalize().ok();
    match read.into_iter().map(|input| input.canonicalize().ok()).any(|input| input.is_some() && input == place) {
        true => Err(Failure::WouldOverwrite { path: target.to_owned() }),
        false => Ok(()),
    }
}

/// Writes it; `private` when it shows planted values, which are for their owner's eyes.
pub(crate) fn write(
    target: &Path,
    private: bool,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let written = create(target, private).map(BufWriter::new).and_then(|mut out| {
        render(&mut out)?;
        out.flush()
    });
    written.map_err(Failure::file(target))
}

fn create(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        return Ok(file);
    }
    options.open(path)
}
