//! `tattletale app compare`: is it the same code?

use super::args::CompareArgs;
use super::{each, output};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, page};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tattletale_app::compare::{Hasher, Print, Side, compare};
use tattletale_app::look::unit::units;
use tattletale_app::package::Package;
use tattletale_app::{Fault, render};

/// Share of equal code from which two apps are told to be kin.
const KIN: f64 = 0.1;

pub(super) fn run(args: &CompareArgs) -> Result<Outcome, Failure> {
    let files: Vec<PathBuf> = std::iter::once(&args.first).chain(&args.others).cloned().collect();
    if let Some(target) = &args.output.report {
        page::check(target, files.iter().map(PathBuf::as_path))?;
    }
    let progress = Progress::new(crate::input::size_of_files(&files));
    let (first, mut faults) = one(&args.first, &progress)?;
    let hasher = Hasher::default();
    let first_units = units(&first, &mut faults);
    let first_print = Print::of(&first_units, &hasher);
    nothing(&first, first_print.classes())?;
    let (mut sheets, mut rows, mut kin, mut complete) = (Vec::new(), Vec::new(), false, true);
    for path in &args.others {
        let (other, own) = one(path, &progress)?;
        let mut faults: Vec<Fault> = faults.iter().cloned().chain(own).collect();
        let other_units = units(&other, &mut faults);
        let print = Print::of(&other_units, &hasher);
        nothing(&other, print.classes())?;
        let sides = (Side { units: &first_units, print: &first_print }, Side { units: &other_units, print: &print });
        let compared = compare(sides.0, sides.1);
        if first_print.unread + print.unread > 0 {
            let message = "the code of some methods cannot be read and was not compared";
            faults.push(Fault::new(tattletale_app::FaultKind::Corrupt, &*other.name, message));
        }
        kin |= compared.similarity.unwrap_or(compared.with_libraries) >= KIN;
        complete &= faults.is_empty();
        let (a, b) = (render::Named::of(&first), render::Named::of(&other));
        sheets.push(render::comparison(&a, &b, &compared, &faults));
        rows.push(render::comparison_json(&a, &b, &compared, &faults));
    }
    progress.finish();
    output::write(&args.output, &sheets, rows, false)?;
    Ok(match (complete, kin) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::Found,
        (true, false) => Outcome::NothingFound,
    })
}

/// The one app in a file: of several, the one with the most code, which is said as a fault.
pub(super) fn one(path: &Path, progress: &Progress) -> Result<(Package, Vec<Fault>), Failure> {
    let mut best: Option<Package> = None;
    let mut several = 0;
    let bytes = |package: &Package| package.parts.iter().map(|part| part.bytes.len()).sum::<usize>();
    let mut faults = each(&[path.to_owned()], progress, &mut |opened| {
        several += 1;
        if best.as_ref().is_none_or(|before| bytes(before) < bytes(&opened.package)) {
            best = Some(opened.package);
        }
        ControlFlow::Continue(())
    })?;
    let package = best.unwrap_or_else(|| Package::new(path.display().to_string()));
    if several > 1 {
        let message = format!("holds {several} apps; only {} was taken", package.name);
        faults.push(Fault::new(tattletale_app::FaultKind::Limit, path.display().to_string(), message));
    }
    faults.extend(package.faults.iter().cloned());
    Ok((package, faults))
}

/// An app without code cannot be compared.
pub(super) fn nothing(package: &Package, classes: usize) -> Result<(), Failure> {
    match classes {
        0 => Err(Failure::App {
            name: package.name.clone(),
            message: "holds no code that can be read",
            help: "APK, split APKs in a folder, XAPK, DEX and VDEX are read; try: tattletale app FILE",
        }),
        _ => Ok(()),
    }
}
