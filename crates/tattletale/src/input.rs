//! Files as captures and ground truth.

use crate::cli::UnfoldingArgs;
use crate::failure::Failure;
use crate::pcap;
use crate::progress::Progress;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tattletale_core::audit::{Capture, Origin};
use tattletale_core::decode::{Limits, keys};
use tattletale_core::model::truth::{self, GroundTruth};
use tattletale_core::model::{Fault, WrittenError};
use tempfile::NamedTempFile;

/// Opens a file; a folder is an error at once and not at the first read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    }
}

/// Stands for standard input where a capture is named.
const STANDARD_INPUT: &str = "-";

/// A capture as the user named it, ready to be opened as often as needed.
pub(crate) struct Source {
    name: String,
    at: At,
    origin: Option<Origin>,
}

enum At {
    Path(PathBuf),
    /// What was read from standard input or made of packets; deleted with this.
    Temporary(NamedTempFile),
}

impl Source {
    /// Looks at the file. Standard input (`-`) is kept in a temporary file, since captures are read twice; packets are
    /// read now, with the secrets of `keylog`.
    pub(crate) fn of(path: &Path, keylog: Option<&Path>) -> Result<Self, Failure> {
        let name = path.display().to_string();
        if name == STANDARD_INPUT {
            let mut kept = NamedTempFile::new().map_err(Failure::Temporary)?;
            io::copy(&mut io::stdin().lock(), &mut kept).map_err(Failure::Temporary)?;
            let source = Self::at(name, kept.path(), keylog)?;
            return Ok(source.unwrap_or_else(|name| Self { name, at: At::Temporary(kept), origin: None }));
        }
        let source = Self::at(name, path, keylog)?;
        Ok(source.unwrap_or_else(|name| Self { name, at: At::Path(path.to_owned()), origin: None }))
    }

    /// The packets of a file; its name back if it is something else.
    fn at(name: String, path: &Path, keylog: Option<&Path>) -> Result<Result<Self, String>, Failure> {
        let mut head = Vec::new();
        open(path).and_then(|file| file.take(4).read_to_end(&mut head)).map_err(Failure::file(path))?;
        if !pcap::is_packets(&head) {
            return Ok(Err(name));
        }
        let packets = pcap::read(path, keylog)?;
        Ok(Ok(Self { name, at: At::Temporary(packets.warc), origin: Some(packets.origin) }))
    }

    /// Its name for reports.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens it at its start.
    pub(crate) fn open(&self) -> io::Result<File> {
        match &self.at {
            At::Path(path) => open(path),
            At::Temporary(file) => file.reopen(),
        }
    }

    /// Bytes that one pass reads.
    pub(crate) fn size(&self) -> u64 {
        self.open().and_then(|file| file.metadata()).map_or(0, |metadata| metadata.len())
    }

    /// For an audit, telling `progress` what was read.
    pub(crate) fn capture<'p>(&'p self, progress: &'p Progress) -> Capture<'p> {
        let open = move || Ok(Box::new(progress.watch(self.open()?)) as Box<dyn Read>);
        Capture { name: self.name.clone(), open: Box::new(open), origin: self.origin.clone() }
    }

    /// What of the file that it was made of could not be processed.
    pub(crate) fn faults(&self) -> &[Fault] {
        self.origin.as_ref().map_or(&[], |origin| &origin.faults)
    }
}

/// All of them.
pub(crate) fn sources(paths: &[PathBuf], keylog: Option<&Path>) -> Result<Vec<Source>, Failure> {
    paths.iter().map(|path| Source::of(path, keylog)).collect()
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

/// Bytes of all files together, as far as they can be told.
pub(crate) fn size_of_files(paths: &[PathBuf]) -> u64 {
    let size = |path: &PathBuf| match path.metadata() {
        Ok(about) if about.is_dir() => {
            let inside: Vec<PathBuf> = path
                .read_dir()
                .into_iter()
                .flatten()
                .flatten()
                .filter(|e| e.file_type().is_ok_and(|kind| !kind.is_symlink()))
                .map(|e| e.path())
                .collect();
            size_of_files(&inside)
        }
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    paths.iter().map(size).sum()
}

/// Bytes that one pass over all of them reads.
pub(crate) fn size(sources: &[Source]) -> u64 {
    sources.iter().map(Source::size).sum()
}
