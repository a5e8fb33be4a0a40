//! Files as captures and ground truth.

use crate::cli::UnfoldingArgs;
use crate::failure::Failure;
use crate::progress::Progress;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tattletale_core::audit::Capture;
use tattletale_core::decode::{Limits, keys};
use tattletale_core::model::WrittenError;
use tattletale_core::model::truth::{self, GroundTruth};

/// Opens a file; a folder is an error at once and not at the first read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    }
}

/// A file that an audit may open as often as it needs, telling `progress` what was read.
pub(crate) fn capture<'p>(path: &Path, progress: &'p Progress) -> Result<Capture<'p>, Failure> {
    open(path).map_err(Failure::file(path))?;
    let name = path.display().to_string();
    let path = path.to_owned();
    Ok(Capture { name, open: Box::new(move || Ok(Box::new(progress.watch(open(&path)?)) as Box<dyn Read>)) })
}

/// Reads a ground truth file.
pub(crate) fn ground_truth(path: &Path) -> Result<GroundTruth, Failure> {
    truth::parse(&text(path)?).map_err(Failure::toml(path))
}

/// The limits of every walk, with the keys that the user gives.
pub(crate) fn limits(args: &UnfoldingArgs) -> Result<Limits, Failure> {
    let read = |path: &Path| keys::parse(&text(path)?).map_err(Failure::toml(path));
    let keys = args.keys.as_deref().map(read).transpose()?.unwrap_or_default();
    Ok(Limits { deep: args.deep, keys: Arc::new(keys), ..Limits::default() })
}

/// Reads a file that a person wrote.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(Failure::file(path))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Failure::toml(path)(not_utf8(error.as_bytes(), valid))
    })
}

fn not_utf8(bytes: &[u8], offset: usize) -> WrittenError {
    let line = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
    let help = "save the file as UTF-8".to_owned();
    WrittenError { line, offset, message: "this is not UTF-8".to_owned(), help }
}

/// Bytes of all files together; those that cannot be asked count as none.
pub(crate) fn size(paths: &[PathBuf]) -> u64 {
    paths.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum()
}
