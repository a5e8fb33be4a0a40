//! `tattletale study`: several recordings audited one after another, and what follows from all of them.
//!
//! One after another, because an audit is on all cores already and its memory is stated for one. A session that
//! cannot be read is a fault of the study and the others go on; a file that is not there is a mistake in the study
//! and ends it before the work begins.

use crate::cli::{self, Format, StudyArgs, StudyCommand};
use crate::failure::Failure;
use crate::input::Source;
use crate::progress::Progress;
use crate::{Outcome, input, operators, page};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::GroundTruth;
use tattletale_core::model::app::Contents;
use tattletale_report::render::{self, escape};
use tattletale_report::study::claims::declared;
use tattletale_report::study::file::{self, SessionFiles};
use tattletale_report::study::{Claim, Session, Study};

/// Every capture is read twice; once more where keys are looked for in it.
const PASSES: u64 = 2;

/// A session with its files where they are.
struct Recorded {
    about: tattletale_report::study::About,
    captures: Vec<PathBuf>,
    truth_file: Option<PathBuf>,
    truth: Option<GroundTruth>,
    app_file: Option<PathBuf>,
}

pub(crate) fn run(args: &StudyArgs) -> Result<Outcome, Failure> {
    match (&args.command, &args.file) {
        (Some(StudyCommand::Init { folder }), _) => init(folder),
        (None, Some(file)) => compare(args, file),
        (None, None) => unreachable!("the command line asks for one of them"),
    }
}

fn compare(args: &StudyArgs, path: &Path) -> Result<Outcome, Failure> {
    let text = input::text(path)?;
    let written = file::parse(&text).map_err(Failure::toml(path))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut declared = Vec::new();
    for name in &written.declared {
        declared.extend(declarations(&folder.join(name))?);
    }
    let claims = written.judged(&text, declared).map_err(Failure::toml(path))?;
    let limits = input::limits(&args.unfolding)?;
    let recorded: Vec<Recorded> =
        written.sessions.into_iter().map(|session| recorded(session, folder)).collect::<Result<_, _>>()?;
    if let Some(target) = &args.report {
        let files = |session: &'_ Recorded| -> Vec<PathBuf> {
            session.captures.iter().chain(&session.truth_file).chain(&session.app_file).cloned().collect()
        };
        let files: Vec<PathBuf> = recorded.iter().flat_map(files).collect();
        page::check(target, files.iter().map(PathBuf::as_path).chain([path]))?;
    }
    let keylog = args.packets.keylog.as_deref();
    let sources: Vec<Vec<Source>> =
        recorded.iter().map(|session| input::sources(&session.captures, keylog)).collect::<Result<_, _>>()?;
    let sizes = sources.iter().map(|sources| input::size(sources)).sum::<u64>();
    let apps = apps(&recorded, args)?;
    let progress = Progress::new((PASSES + u64::from(args.unfolding.deep)) * sizes);
    let mut captures: Vec<Vec<Capture<'_>>> = Vec::new();
    for sources in &sources {
        captures.push(sources.iter().map(|source| source.capture(&progress)).collect());
    }
    let truth_file = |session: &Recorded| session.truth_file.as_ref().map(|path| path.display().to_string());
    let general = render::Options {
        reveal: args.reveal,
        colour: args.format == Format::Text && args.colour.wanted(),
        width: cli::width(),
        truth_file: None,
    };
    let options = render::study::Options { general, truth_files: recorded.iter().map(truth_file).collect() };

    let alone = recorded.len() == 1;
    let mut sessions = Vec::new();
    for (Recorded { about, truth, .. }, captures) in recorded.into_iter().zip(&captures) {
        let asked = audit::Options { responses: args.responses, fields: true, limits: limits.clone() };
        let report = match audit::audit(captures, truth.clone(), &asked) {
            Err(error) if !alone => audit::unreadable(captures, truth, &error),
            result => result?,
        };
        sessions.push(Session::new(about, report));
    }
    progress.finish();
    for session in &mut sessions {
        operators::name(&mut session.report, &args.operators, args.report.as_deref())?;
    }
    let name = written.name.unwrap_or_else(|| path.display().to_string());
    let study = judged(name, sessions, &claims).with_apps(apps);
    // The page first: whoever reads standard output may stop reading.
    if let Some(target) = &args.report {
        page::write(target, args.reveal, |out| render::study::html(&study, &options, out))?;
    }
    let outcome = match (study.complete(), study.tells()) {
        (false, _) => Outcome::Incomplete,
        (true, false) => Outcome::NothingFound,
        (true, true) => Outcome::Found,
    };
    match print(args, &study, &options) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(outcome),
    }
}

/// What is in the apps that were recorded, each with the positions of its sessions.
fn apps(recorded: &[Recorded], args: &StudyArgs) -> Result<Vec<(Contents, Vec<usize>)>, Failure> {
    let mut files: Vec<(&PathBuf, Vec<usize>)> = Vec::new();
    for (position, session) in recorded.iter().enumerate() {
        let Some(file) = &session.app_file else { continue };
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, positions)) => positions.push(position),
            None => files.push((file, vec![position])),
        }
    }
    let look = |(file, positions): (&PathBuf, Vec<usize>)| {
        Ok((crate::app::contents(file, &args.operators.folder)?, positions))
    };
    files.into_iter().map(look).collect()
}

/// Every question asked, the maker's claims among them, with what the reports say of who runs the receivers.
pub(crate) fn judged(name: String, sessions: Vec<Session>, claims: &[Claim]) -> Study {
    let operators = sessions.iter().flat_map(|session| &session.report.operators);
    let organisations =
        operators.filter_map(|operator| Some((operator.host.clone(), operator.organisation()?.to_owned())));
    let organisations: BTreeMap<String, String> = organisations.collect();
    Study::of(name, sessions).with_claims(claims, organisations)
}

/// What a maker declared to a store, as claims.
fn declarations(path: &Path) -> Result<Vec<Claim>, Failure> {
    let bytes = std::fs::read(path).map_err(Failure::file(path))?;
    declared::read(&bytes).map_err(|error| Failure::Declared { path: path.to_owned(), error })
}

/// The files of a session, taken from the folder of the study, and its ground truth.
fn recorded(session: SessionFiles, folder: &Path) -> Result<Recorded, Failure> {
    let truth_file = session.truth.map(|name| folder.join(name));
    Ok(Recorded {
        about: session.about,
        captures: session.captures.into_iter().map(|name| folder.join(name)).collect(),
        truth: truth_file.as_deref().map(input::ground_truth).transpose()?,
        truth_file,
        app_file: session.app_file.map(|name| folder.join(name)),
    })
}

fn print(args: &StudyArgs, study: &Study, options: &render::study::Options) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Text if args.brief => render::study::brief(study, options, &mut out)?,
        Format::Text => render::study::text(study, options, &mut out)?,
        Format::Json => render::study::json(study, options, &mut out)?,
    }
    if let (Some(target), Format::Text) = (&args.report, args.format) {
        writeln!(out, "\nreport: {}", shown(target))?;
    }
    out.flush()
}

/// Endings of captures as they are usually named.
const CAPTURES: [&str; 4] = [".har", ".har.gz", ".warc", ".warc.gz"];

/// Writes a study of the captures in a folder, and a ground truth to fill in unless there is one.
fn init(folder: &Path) -> Result<Outcome, Failure> {
    std::fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    let mut captures = Vec::new();
    for entry in folder.read_dir().map_err(Failure::file(folder))? {
        let name = entry.map_err(Failure::file(folder))?.file_name();
        let name = name.to_string_lossy().into_owned();
        if CAPTURES.iter().any(|ending| name.to_lowercase().ends_with(ending)) {
            captures.push(name);
        }
    }
    captures.sort();
    let (study, truth) = (folder.join("study.toml"), folder.join("truth.toml"));
    if !write_new(&study, &file::template(&captures))? {
        return Err(Failure::Exists { path: study });
    }
    let mut out = io::stdout().lock();
    writeln!(out, "wrote {}", shown(&study))?;
    if write_new(&truth, file::TRUTH_TEMPLATE)? {
        writeln!(out, "wrote {}", shown(&truth))?;
    }
    writeln!(out, "\nSay in them what was recorded and what you did; then: tattletale study {}", {
        render::command::quoted(&study.display().to_string())
    })?;
    Ok(Outcome::NothingFound)
}

/// False when there is such a file already.
fn write_new(path: &Path, text: &str) -> Result<bool, Failure> {
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        created => {
            created.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Failure::file(path))?;
            Ok(true)
        }
    }
}

fn shown(path: &Path) -> String {
    escape::text(&path.display().to_string())
}
