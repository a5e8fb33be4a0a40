//! `tattletale data`: the tables that a user brought, kept in a folder of their own.
//!
//! A table is copied under its SHA-256 and listed in `tables.json` with its name, kind, source and the time it was
//! added. It is looked at whole before it is taken in, and held against its digest whenever it is used, so that a
//! report can say which file it rests on. Folder and files are for their owner only.

use crate::Outcome;
use crate::cli::{DataCommand, DataFolder, Format};
use crate::failure::Failure;
use crate::input;
use etcetera::{BaseStrategy, choose_base_strategy};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::DirBuilder;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tattletale_core::attribute::Operators;
use tattletale_core::attribute::tables::{self, Opened, Origin, TableError};
use tattletale_core::model::Timestamp;
use tattletale_report::render::{escape, words};

const INDEX: &str = "tables.json";

pub(crate) fn run(command: &DataCommand) -> Result<Outcome, Failure> {
    match command {
        DataCommand::Add { files, folder } => {
            let store = Store::of(folder)?;
            files.iter().try_for_each(|path| store.add(path))?;
        }
        DataCommand::List { format, folder } => list(&Store::of(folder)?, *format)?,
        DataCommand::Remove { names, folder } => {
            let store = Store::of(folder)?;
            names.iter().try_for_each(|name| store.remove(name))?;
        }
    }
    Ok(Outcome::NothingFound)
}

/// A folder with tables.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

/// One table, as the index has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    name: String,
    kind: String,
    source: String,
    date: Option<String>,
    licence: Option<String>,
    holds: String,
    added: String,
    bytes: u64,
    sha256: String,
}

impl Store {
    /// The folder that was named, else that of the user; it need not be there.
    pub(crate) fn of(folder: &DataFolder) -> Result<Self, Failure> {
        let home = || match choose_base_strategy() {
            Ok(strategy) => Ok(strategy.data_dir().join("tattletale")),
            Err(error) => Err(Failure::file(Path::new("your home folder"))(io::Error::other(error))),
        };
        Ok(Self { folder: folder.path.clone().map_or_else(home, Ok)? })
    }

    /// The bundled tables and those of the folder.
    pub(crate) fn load(&self) -> Result<Operators, Failure> {
        let mut operators = Operators::bundled();
        for entry in self.entries()? {
            let path = self.folder.join(&entry.sha256);
            let bytes = read(&path)?;
            if digest(&bytes) != entry.sha256 {
                let error = TableError {
                    message: format!("`{}` is not the file any more that was added", escape::text(&entry.name)),
                    offset: 0,
                    help: "add the file again".to_owned(),
                };
                return Err(Failure::Table { path, error });
            }
            operators.add(open(bytes, &entry.name, &path)?.table);
        }
        Ok(operators)
    }

    fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let path = self.folder.join(INDEX);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::file(&path)(error)),
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            let help = "take the file away and add your tables again".to_owned();
            Failure::Table { path, error: TableError { message: error.to_string(), offset: 0, help } }
        })
    }

    fn add(&self, path: &Path) -> Result<(), Failure> {
        let bytes = read(path)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (sha256, size) = (digest(&bytes), bytes.len() as u64);
        let opened = open(bytes.clone(), &name, path)?;
        opened.table.verify().map_err(|error| Failure::Table { path: path.to_owned(), error })?;

        let mut folder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.recursive(true).create(&self.folder).map_err(Failure::file(&self.folder))?;
        let mut entries = self.entries()?;
        let replaced = entries.iter().position(|entry| entry.name == name).map(|at| entries.remove(at));
        self.write(&sha256, &bytes)?;
        let source = &opened.source;
        let entry = Entry {
            name,
            kind: opened.kind.to_owned(),
            source: source.name.clone(),
            date: source.date.clone(),
            licence: source.licence.clone(),
            holds: opened.holds,
            added: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            bytes: size,
            sha256,
        };
        let mut out = io::stdout().lock();
        writeln!(out, "added {}", line(&entry))?;
        entries.push(entry);
        self.write_index(&entries)?;
        match replaced {
            Some(old) => {
                writeln!(out, "  in place of the one that was added {}", old.added)?;
                self.delete(&old, &entries)
            }
            None => Ok(()),
        }
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let mut entries = self.entries()?;
        let Some(at) = entries.iter().position(|entry| entry.name == name) else {
            let known = entries.into_iter().map(|entry| entry.name).collect();
            return Err(Failure::NoTable { wanted: name.to_owned(), known });
        };
        let removed = entries.remove(at);
        self.write_index(&entries)?;
        self.delete(&removed, &entries)?;
        Ok(writeln!(io::stdout().lock(), "removed {}", line(&removed))?)
    }

    /// Deletes the file of an entry that left the index, unless another name stands for the same bytes.
    fn delete(&self, gone: &Entry, left: &[Entry]) -> Result<(), Failure> {
        if left.iter().any(|entry| entry.sha256 == gone.sha256) {
            return Ok(());
        }
        let path = self.folder.join(&gone.sha256);
        std::fs::remove_file(&path).map_err(Failure::file(&path))
    }

    fn write_index(&self, entries: &[Entry]) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(entries).map_err(io::Error::other)?;
        text.push(b'\n');
        self.write(INDEX, &text)
    }

    /// Whole or not at all: a new file (0600) takes the place of the old one.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.folder.join(name);
        let written = tempfile::NamedTempFile::new_in(&self.folder).and_then(|mut file| {
            file.write_all(bytes)?;
            file.persist(&path)?;
            Ok(())
        });
        written.map_err(Failure::file(&path))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    input::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(Failure::file(path))?;
    Ok(bytes)
}

fn open(bytes: Vec<u8>, name: &str, path: &Path) -> Result<Opened, Failure> {
    let origin = Origin { file: name.to_owned(), sha256: digest(&bytes) };
    tables::open(bytes, &origin).map_err(|error| Failure::Table { path: path.to_owned(), error })
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn list(store: &Store, format: Format) -> Result<(), Failure> {
    let entries = store.entries()?;
    let mut out = io::stdout().lock();
    match format {
        Format::Json => {
            let tables = serde_json::json!({ "schema": 1, "tables": entries });
            writeln!(out, "{tables:#}")?;
        }
        Format::Text => {
            writeln!(out, "folder: {}", escape::text(&store.folder.display().to_string()))?;
            for entry in &entries {
                writeln!(out, "{}", line(entry))?;
            }
            if entries.is_empty() {
                writeln!(out, "no tables of your own; two small ones are bundled")?;
            }
        }
    }
    Ok(())
}

fn line(entry: &Entry) -> String {
    let date = entry.date.as_deref().unwrap_or("undated");
    let facts = format!(
        "{}: {} ({}), {date}, {}, {}",
        entry.name,
        entry.source,
        entry.kind,
        entry.holds,
        words::bytes(entry.bytes)
    );
    escape::text(&facts)
}
