//! Names who runs the receivers of a report: bundled tables, the user's own, and answers of registries.
//!
//! Nothing here opens a connection; [`crate::online`] does, and this is the one place that calls it.

use crate::cli::OperatorArgs;
use crate::data::Store;
use crate::failure::Failure;
use crate::online;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tattletale_core::attribute::evidence::Evidence;
use tattletale_core::model::Report;

/// Fills in [`Report::operators`]. `page` is where the report is written; evidence goes beside it.
pub(crate) fn name(report: &mut Report, args: &OperatorArgs, page: Option<&Path>) -> Result<(), Failure> {
    let mut operators = Store::of(&args.folder)?.load()?;
    let beside = page.map(|page| page.with_extension("evidence.jsonl"));
    let path = args.evidence.clone().or_else(|| beside.filter(|_| args.online));
    let mut evidence = path.as_deref().map(read).transpose()?.unwrap_or_default();
    if args.online {
        let path = path.ok_or(Failure::Online {
            message: "answers of registries are evidence and have to be kept".to_owned(),
            help: "say where: --evidence FILE, or --report FILE to keep them beside it",
        })?;
        let mut file = append(&path).map_err(Failure::file(&path))?;
        online::ask(report, &mut evidence, args, |answer| {
            writeln!(file, "{}", answer.line()).map_err(Failure::file(&path))
        })?;
    }
    operators.add_evidence(evidence);
    operators.name(report);
    Ok(())
}

/// Evidence that is not there yet is empty.
fn read(path: &Path) -> Result<Evidence, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Evidence::read(&text).map_err(|error| Failure::Evidence { path: PathBuf::from(path), error })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Evidence::default()),
        Err(error) => Err(Failure::file(path)(error)),
    }
}

/// It names the sites that the user's device talked to: for its owner's eyes.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
