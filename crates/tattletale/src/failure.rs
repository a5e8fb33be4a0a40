//! What ends a command: one line that names file, entry and offset, and one line of help.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tattletale_app::signature::SignatureError;
use tattletale_core::attribute::evidence::EvidenceError;
use tattletale_core::attribute::tables::TableError;
use tattletale_core::audit::AuditError;
use tattletale_core::import::ImportError;
use tattletale_core::model::WrittenError;
use tattletale_report::render::escape;
use tattletale_report::study::claims::declared::DeclaredError;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file could not be opened, read or written.
    File { path: PathBuf, error: io::Error },
    /// The page would take the place of a file that is read.
    WouldOverwrite { path: PathBuf },
    /// There is such a file, and it is not to be written anew.
    Exists { path: PathBuf },
    /// A file that a person wrote is wrong: ground truth or study.
    Toml { path: PathBuf, error: WrittenError },
    /// A capture could not be read.
    Capture { name: String, error: ImportError },
    /// A file is no table that says who runs a server, or no longer the one that was added.
    Table { path: PathBuf, error: TableError },
    /// There is no such table in the user's folder.
    NoTable { wanted: String, known: Vec<String> },
    /// A file is no evidence.
    Evidence { path: PathBuf, error: EvidenceError },
    /// Nothing can be asked of a registry or resolver like that.
    Online { message: String, help: &'static str },
    /// A file holds no signatures of trackers.
    Signatures { path: PathBuf, error: SignatureError },
    /// Nothing to be compared, or nothing that is known by that name.
    App { name: String, message: &'static str, help: &'static str },
    /// A file is no declaration to a store.
    Declared { path: PathBuf, error: DeclaredError },
    /// The lab could not do its part.
    Lab(String),
    /// There is no such scenario.
    NoScenario { wanted: String, known: Vec<String> },
    /// The capture has no such exchange.
    NoExchange { name: String, wanted: usize, exchanges: u64 },
    /// The capture has no such connection that could not be seen.
    NoUnseen { name: String, wanted: usize, connections: u64 },
    /// The name of a file does not say what to write into it.
    Target { path: PathBuf },
    /// The proxy could not be started or ended.
    Proxy(String),
    /// A program that is needed is not there.
    NoProgram { name: String, package: String },
    /// tshark could not be started, or was lost.
    Tshark(io::Error),
    /// A temporary file could not be written or read.
    Temporary(io::Error),
    /// Standard output could not be written.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }

    pub(crate) fn toml(path: &Path) -> impl FnOnce(WrittenError) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::Toml { path, error }
    }

    pub(crate) fn lab(error: impl std::error::Error) -> Self {
        Self::Lab(error.to_string())
    }

    pub(crate) fn proxy(error: impl std::error::Error) -> Self {
        Self::Proxy(error.to_string())
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
            Self::Exists { .. } => "give another name, or take the file away first".into(),
            Self::Toml { error, .. } => error.help.clone(),
            Self::Capture { error, .. } => error.help(),
            Self::Table { error, .. } => error.help.clone(),
            Self::NoTable { known, .. } if known.is_empty() => "no table was added: tattletale data add FILE".into(),
            Self::NoTable { known, .. } => format!("there are: {}", known.join(", ")),
            Self::Evidence { .. } => {
                "give another --evidence, or take the file away and ask again with --online".into()
            }
            Self::Online { help, .. } => (*help).into(),
            Self::Signatures { .. } => {
                "TOML with [[signature]] as in crates/tattletale-app/signatures, or the trackers.json of Exodus, is read"
                    .into()
            }
            Self::App { help, .. } => (*help).into(),
            Self::Declared { .. } => {
                "a Play data safety form (CSV), a store listing with privacy labels (JSON) or a privacy manifest is read".into()
            }
            Self::NoExchange { exchanges: 0, .. } => "the capture holds no exchange".into(),
            Self::NoExchange { exchanges, .. } => format!("exchanges are counted from 0 to {}", exchanges - 1),
            Self::NoUnseen { connections: 0, .. } => "the capture tells of no connection that could not be seen".into(),
            Self::NoUnseen { connections, .. } => format!("those connections are counted from 0 to {}", connections - 1),
            Self::Lab(_) => "the lab needs loopback (127.0.0.1 to 127.0.0.3) and a temporary folder".into(),
            Self::NoScenario { known, .. } => format!("there are: {}", known.join(", ")),
            Self::Target { .. } => "end it in .warc.gz or .har, or say --to warc".into(),
            Self::Proxy(_) => "is another recording running? Try --listen 127.0.0.1:0, or another --project".into(),
            Self::NoProgram { package, .. } => format!("on Debian: sudo apt-get install {package}"),
            Self::Tshark(_) => "packets are read with tshark (Debian: sudo apt-get install tshark)".into(),
            Self::Temporary(_) => "is the disk full? TMPDIR names another folder".into(),
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
            Self::Exists { path } => write!(f, "error: {}: exists already", shown(path))?,
            Self::WouldOverwrite { path } => write!(f, "error: {}: is read by this audit", shown(path))?,
            Self::Toml { path, error } => {
                let message = escape::text(&error.message);
                write!(f, "error: {}:{}: {message} (byte {})", shown(path), error.line, error.offset)?;
            }
            Self::Capture { name, error } => {
                let (name, message) = (escape::text(name), escape::text(&error.to_string()));
                let byte = format!("(byte {})", error.offset());
                let place = if message.contains("byte") { String::new() } else { format!(" {byte}") };
                write!(f, "error: {name}: {message}{place}")?;
            }
            Self::Table { path, error } => {
                let message = escape::text(&error.message);
                write!(f, "error: {}: {message} (byte {})", shown(path), error.offset)?;
            }
            Self::NoTable { wanted, .. } => write!(f, "error: no table `{}`", escape::text(wanted))?,
            Self::Evidence { path, error } => {
                let message = escape::text(&error.message);
                write!(f, "error: {}:{}: {message} (byte {})", shown(path), error.line, error.offset)?;
            }
            Self::Online { message, .. } => write!(f, "error: {}", escape::text(message))?,
            Self::Signatures { path, error } => {
                write!(f, "error: {}: {}", shown(path), escape::text(&error.to_string()))?;
            }
            Self::App { name, message, .. } => write!(f, "error: {}: {message}", escape::text(name))?,
            Self::Declared { path, error } => {
                write!(f, "error: {}: {}", shown(path), escape::text(&error.to_string()))?;
            }
            Self::NoExchange { name, wanted, .. } => {
                write!(f, "error: {}: there is no exchange {wanted}", escape::text(name))?;
            }
            Self::NoUnseen { name, wanted, .. } => {
                write!(f, "error: {}: there is no unseen connection {wanted}", escape::text(name))?;
            }
            Self::Lab(message) | Self::Proxy(message) => write!(f, "error: {}", escape::text(message))?,
            Self::NoProgram { name, .. } => write!(f, "error: {name} is not installed")?,
            Self::NoScenario { wanted, .. } => write!(f, "error: no scenario `{}`", escape::text(wanted))?,
            Self::Target { path } => write!(f, "error: {}: WARC or HAR?", shown(path))?,
            Self::Tshark(error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "error: tshark is not installed")?
            }
            Self::Tshark(error) => write!(f, "error: tshark: {error}")?,
            Self::Temporary(error) => write!(f, "error: temporary file: {error}")?,
            Self::Output(error) => write!(f, "error: standard output: {error}")?,
        }
        write!(f, "\n help: {}", escape::text(&self.help()))
    }
}

/// Names of files may hold what would act on a terminal.
fn shown(path: &Path) -> String {
    escape::text(&path.display().to_string())
}
