//! What ends a command: one line that names file, entry and offset, and one line of help.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tattletale_core::audit::AuditError;
use tattletale_core::import::ImportError;
use tattletale_core::model::WrittenError;
use tattletale_core::render::escape;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file could not be opened, read or written.
    File { path: PathBuf, error: io::Error },
    /// The page would take the place of a file that is read.
    WouldOverwrite { path: PathBuf },
    /// The ground truth file is wrong.
    Truth { path: PathBuf, error: WrittenError },
    /// A capture could not be read.
    Capture { name: String, error: ImportError },
    /// The lab could not do its part.
    Lab(String),
    /// There is no such scenario.
    NoScenario { wanted: String, known: Vec<String> },
    /// The capture has no such exchange.
    NoExchange { name: String, wanted: usize, exchanges: u64 },
    /// Standard output could not be written.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }

    pub(crate) fn lab(error: impl std::error::Error) -> Self {
        Self::Lab(error.to_string())
    }

    fn help(&self) -> String {
        match self {
            Self::File { path, error } => match error.kind() {
                io::ErrorKind::NotFound => "is the name spelt right? It is taken from the current folder".into(),
                io::ErrorKind::PermissionDenied => format!("try: ls -l {}", path.display()),
                io::ErrorKind::IsADirectory => "name the files inside it, for example *.har".into(),
                _ => "is the disk full, or the file in use?".into(),
            },
            Self::WouldOverwrite { .. } => "give --report another name".into(),
            Self::Truth { error, .. } => error.help.clone(),
            Self::Capture { error, .. } => error.help(),
            Self::NoExchange { exchanges: 0, .. } => "the capture holds no exchange".into(),
            Self::NoExchange { exchanges, .. } => format!("exchanges are counted from 0 to {}", exchanges - 1),
            Self::Lab(_) => "the lab needs loopback (127.0.0.1 to 127.0.0.3) and a temporary folder".into(),
            Self::NoScenario { known, .. } => format!("there are: {}", known.join(", ")),
            Self::Output(_) => "is the disk full?".into(),
        }
    }
}

impl From<AuditError> for Failure {
    fn from(AuditError { name, error }: AuditError) -> Self {
        Self::Capture { name, error }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } if error.kind() == io::ErrorKind::IsADirectory => {
                write!(f, "error: {}: is a folder, not a file", shown(path))?;
            }
            Self::File { path, error } => write!(f, "error: {}: {error}", shown(path))?,
            Self::WouldOverwrite { path } => write!(f, "error: {}: is read by this audit", shown(path))?,
            Self::Truth { path, error } => {
                let message = escape::text(&error.message);
                write!(f, "error: {}:{}: {message} (byte {})", shown(path), error.line, error.offset)?;
            }
            Self::Capture { name, error } => {
                let (name, message) = (escape::text(name), escape::text(&error.to_string()));
                let byte = format!("(byte {})", error.offset());
                let place = if message.contains("byte") { String::new() } else { format!(" {byte}") };
                write!(f, "error: {name}: {message}{place}")?;
            }
            Self::NoExchange { name, wanted, .. } => {
                write!(f, "error: {}: there is no exchange {wanted}", escape::text(name))?;
            }
            Self::Lab(message) => write!(f, "error: {}", escape::text(message))?,
            Self::NoScenario { wanted, .. } => write!(f, "error: no scenario `{}`", escape::text(wanted))?,
            Self::Output(error) => write!(f, "error: standard output: {error}")?,
        }
        write!(f, "\n help: {}", escape::text(&self.help()))
    }
}

/// Names of files may hold what would act on a terminal.
fn shown(path: &Path) -> String {
    escape::text(&path.display().to_string())
}
