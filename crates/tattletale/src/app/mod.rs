//! `tattletale app`: apps and firmware images in, what is in them out.
//!
//! Exit code 1 says that a tracking SDK was found, that code is the same, or that what was sought is there.

pub(crate) mod args;
mod compare;
mod find;
mod output;

use crate::cli::DataFolder;
use crate::data::Store;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, page};
use args::{AppArgs, AppCommand, SignatureArgs};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tattletale_app::look::{Knowledge, keyfile, look};
use tattletale_app::open::{self, Opened};
use tattletale_app::package::Limits;
use tattletale_app::signature::Signatures;
use tattletale_app::{Fault, image, render};
use tattletale_core::model::app::Contents;

pub(crate) fn run(args: &AppArgs) -> Result<Outcome, Failure> {
    match &args.command {
        Some(AppCommand::Compare(args)) => compare::run(args),
        Some(AppCommand::Find(args)) => find::run(args),
        None => inspect(args),
    }
}

fn inspect(args: &AppArgs) -> Result<Outcome, Failure> {
    let targets = args.output.report.iter().chain(&args.keys);
    for target in targets {
        page::check(target, args.files.iter().chain(&args.signatures.signatures).map(|path| path.as_path()))?;
    }
    let knowledge =
        Knowledge { signatures: signatures(&args.signatures)?, operators: Store::of(&args.folder)?.load()? };
    let progress = Progress::new(crate::input::size_of_files(&args.files));
    let mut apps: Vec<Contents> = Vec::new();
    let mut faults: Vec<Fault> = Vec::new();
    faults.extend(each(&args.files, &progress, &mut |opened| {
        let mut contents = look(&opened.package, &knowledge);
        contents.sha256 = opened.sha256;
        apps.push(contents);
        ControlFlow::Continue(())
    })?);
    progress.finish();
    // Trouble outside of every app stands on a sheet of its own.
    if !faults.is_empty() {
        let file = args.files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        apps.push(Contents { file, faults, ..Contents::default() });
    }
    if let Some(path) = &args.keys {
        write_keys(path, &apps)?;
    }
    let mut sheets: Vec<render::Sheet> = Vec::new();
    if apps.len() != 1 {
        let files: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
        sheets.push(render::overview(&files, &apps));
    }
    sheets.extend(apps.iter().map(|contents| render::app(contents, args.reveal)));
    let json = apps.iter().map(|contents| render::app_json(contents, args.reveal)).collect();
    let outcome = match (apps.iter().all(Contents::complete), apps.iter().any(|contents| !contents.sdks.is_empty())) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::Found,
        (true, false) => Outcome::NothingFound,
    };
    output::write(&args.output, &sheets, json, args.reveal)?;
    Ok(outcome)
}

/// What is in the one app of a file, for a study.
pub(crate) fn contents(path: &Path, folder: &DataFolder) -> Result<Contents, Failure> {
    let knowledge = Knowledge { signatures: Signatures::bundled(), operators: Store::of(folder)?.load()? };
    let progress = Progress::new(0);
    let (package, faults) = compare::one(path, &progress)?;
    let mut contents = look(&package, &knowledge);
    let outside = faults.into_iter().filter(|fault| !package.faults.contains(fault));
    contents.faults.extend(outside);
    Ok(contents)
}

/// The bundled signatures and the user's.
fn signatures(args: &SignatureArgs) -> Result<Signatures, Failure> {
    let mut signatures = Signatures::bundled();
    for path in &args.signatures {
        let bytes = std::fs::read(path).map_err(Failure::file(path))?;
        signatures.add(&bytes).map_err(|error| Failure::Signatures { path: path.clone(), error })?;
    }
    Ok(signatures)
}

/// Every app in files that are given together, with progress in bytes.
fn each(
    paths: &[PathBuf],
    progress: &Progress,
    each: &mut dyn FnMut(Opened) -> ControlFlow<()>,
) -> Result<Vec<Fault>, Failure> {
    let told = |bytes| progress.advance(bytes);
    let image = image::Options { progress: &told, ..image::Options::default() };
    let options = open::Options { limits: Limits::default(), image };
    open::open(paths, &options, each).map_err(|failed| Failure::file(&failed.path)(failed.error))
}

/// One key file for all apps, for its owner's eyes only.
fn write_keys(path: &Path, apps: &[Contents]) -> Result<(), Failure> {
    let all = Contents {
        file: apps.iter().map(|contents| contents.file.clone()).collect::<Vec<_>>().join(", "),
        keys: apps.iter().flat_map(|contents| contents.keys.clone()).collect(),
        ..Contents::default()
    };
    let text =
        keyfile::write(&all).unwrap_or_else(|| "# No key that opens anything is written into the app.\n".to_owned());
    page::write(path, true, |out| out.write_all(text.as_bytes()))
}
