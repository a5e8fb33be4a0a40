//! `tattletale app find`: in which apps of a firmware image is it?

use super::args::FindArgs;
use super::{compare, each, output, signatures};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, page};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tattletale_app::compare::{Hasher, Print, Side};
use tattletale_app::find::{Sought, find};
use tattletale_app::look::unit::units;
use tattletale_app::render;

pub(super) fn run(args: &FindArgs) -> Result<Outcome, Failure> {
    if let Some(target) = &args.output.report {
        page::check(target, args.files.iter().map(PathBuf::as_path))?;
    }
    let signatures = signatures(&args.signatures)?;
    let progress = Progress::new(crate::input::size_of_files(&args.files));
    let mut search = render::Search { sought: args.sought.clone(), apps: 0, hits: Vec::new(), faults: Vec::new() };

    let hasher = Hasher::default();
    let file = Path::new(&args.sought);
    let by_id = signatures.list.iter().position(|signature| signature.id == args.sought);
    let other = match by_id.is_none() && file.exists() {
        true => {
            let (package, faults) = compare::one(file, &progress)?;
            search.faults.extend(faults);
            Some(package)
        }
        false => None,
    };
    let other_units = other.as_ref().map(|package| units(package, &mut search.faults)).unwrap_or_default();
    let print = Print::of(&other_units, &hasher);
    let sought = match (by_id, &other) {
        (Some(position), _) => Sought::Sdk(position),
        (None, Some(package)) => {
            compare::nothing(package, print.classes())?;
            Sought::Code { side: Side { units: &other_units, print: &print }, hasher: &hasher }
        }
        (None, None) => match args.sought.strip_prefix("text:") {
            Some(text) => Sought::Text(text.to_owned()),
            None if args.sought.contains('.') => Sought::Classes(args.sought.clone()),
            None => {
                return Err(Failure::App {
                    name: args.sought.clone(),
                    message: "is no signature, file, or class name",
                    help: "for example sensors-analytics, com.sensorsdata., text:incognito, or an APK",
                });
            }
        },
    };
    let faults = each(&args.files, &progress, &mut |mut opened| {
        search.apps += 1;
        let found = find(&sought, &mut opened.package, &signatures);
        search.faults.append(&mut opened.package.faults);
        let manifest = opened.package.manifest();
        search.hits.extend(found.map(|found| render::Hit {
            package: manifest.and_then(|manifest| manifest.package.clone()),
            version: manifest.and_then(|manifest| manifest.version.clone()),
            file: opened.package.name.clone(),
            sha256: opened.sha256,
            found,
        }));
        ControlFlow::Continue(())
    })?;
    search.faults.extend(faults);
    progress.finish();
    output::write(&args.output, &[render::search(&search)], vec![render::search_json(&search)], false)?;
    Ok(match (search.faults.is_empty(), search.hits.is_empty()) {
        (false, _) => Outcome::Incomplete,
        (true, false) => Outcome::Found,
        (true, true) => Outcome::NothingFound,
    })
}
