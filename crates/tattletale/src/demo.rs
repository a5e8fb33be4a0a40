//! `tattletale demo`: the whole story in one command, on loopback, with made-up people.
//!
//! A person lives a day on a phone; the lab records what left it; the audit reads the recording with the person's
//! ground truth and nothing of the lab's secrets; what it says is held against what was truly sent.

use crate::Outcome;
use crate::cli::{self, DataFolder, DemoArgs, OperatorArgs};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{input, operators, page, study};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tattletale_core::audit;
use tattletale_core::model::{Report, Timestamp};
use tattletale_lab::clock::ModelTime;
use tattletale_lab::lab;
use tattletale_lab::scenario::{Lived, Plan, Scenario};
use tattletale_lab::score::Score;
use tattletale_lab::stage::Stage;
use tattletale_lab::verdicts;
use tattletale_report::render::{self, escape, words};
use tattletale_report::study::Session;

/// How long a day takes on the wall clock.
const DAY_TAKES: Duration = Duration::from_secs(12);

/// What a day left behind.
pub(crate) struct Day {
    pub(crate) lived: Lived,
    pub(crate) report: Report,
    pub(crate) recording: PathBuf,
    pub(crate) truth: PathBuf,
}

pub(crate) fn run(args: &DemoArgs) -> Result<Outcome, Failure> {
    let scenario = chosen(args)?;
    tell(&scenario, args)
}

/// The phone that was observed in the report.
const OBSERVED: &str = "redmi-note-8-reported";

/// The scenario that device, browser and variant name; of several the observed one, else the first.
fn chosen(args: &DemoArgs) -> Result<Scenario, Failure> {
    let fits = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let variant = args.variant.as_deref().unwrap_or("reported");
    let mut all: Vec<Scenario> = Scenario::list();
    all.sort_by_key(|scenario| scenario.name != OBSERVED);
    let mut all = all.into_iter().filter(|scenario| {
        fits(&args.device, scenario.model.name)
            && fits(&args.browser, scenario.product.name)
            && scenario.variant.name() == variant
    });
    all.next().ok_or_else(|| Failure::NoScenario {
        wanted: [&args.device, &args.browser, &args.variant]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(", "),
        known: Scenario::list().iter().map(combination).collect(),
    })
}

fn combination(scenario: &Scenario) -> String {
    format!("{} {} {}", scenario.model.name, scenario.product.name, scenario.variant.name())
}

/// Lives a scenario in a folder and tells the story.
pub(crate) fn tell(scenario: &Scenario, args: &DemoArgs) -> Result<Outcome, Failure> {
    let folder = &args.out;
    std::fs::create_dir_all(folder).map_err(Failure::file(folder))?;
    let mut out = io::stdout().lock();
    let mut plan = scenario.plan(args.seed);
    let (person, device) = (&plan.person, &plan.device);
    writeln!(
        out,
        "{} (made up) with a {}, {} {}",
        person.full_name,
        device.model.sold_as,
        scenario.product.title,
        scenario.version()
    )?;
    writeln!(out, "{}; seed {}; everything stays on this machine\n", scenario.title, args.seed)?;

    let stage = Stage::up(lab::Options::default()).map_err(Failure::lab)?;
    let day = live_and_audit(&stage, &mut plan, folder, DAY_TAKES)?;
    let page = folder.join("report.html");
    let general = render::Options {
        reveal: args.reveal,
        colour: args.colour.wanted(),
        width: cli::width(),
        truth_file: Some(day.truth.display().to_string()),
    };
    let score = Score::of(&day.report, &day.lived);
    let options = render::study::Options { truth_files: vec![general.truth_file.clone()], general };
    let mut report = day.report;
    operators::name(&mut report, &asked_of_the_lab(&stage, folder), None)?;
    let session = Session::new(verdicts::about(scenario), report);
    let study = study::judged(scenario.title.clone(), vec![session], &verdicts::claims_on(scenario));
    page::write(&page, true, |out| render::study::html(&study, &options, out))?;
    render::study::brief(&study, &options, &mut out)?;

    writeln!(out, "\nHeld against what was truly sent")?;
    held(&score, &day.lived, &mut out)?;
    writeln!(out, "\nWhat the receiver makes of it")?;
    for person in stage.lab().people().map_err(Failure::lab)? {
        let id = person.identifiers.first().map_or(String::new(), |first| format!(" ({} {})", first.kind, first.value));
        let segments: Vec<String> = person.segments.iter().map(|segment| segment.name.to_string()).collect();
        let segments = if segments.is_empty() { "no segment".to_owned() } else { segments.join(", ") };
        let line = format!("person {}{id}: {} moments; {segments}", person.number, person.moments.len());
        writeln!(out, "  {}", escape::text(&line))?;
    }
    writeln!(out, "\nrecording: {}", day.recording.display())?;
    writeln!(out, "ground truth: {}", day.truth.display())?;
    writeln!(out, "report: {}", page.display())?;
    Ok(Outcome::NothingFound)
}

/// Who runs the collectors: asked of the lab's own registry and DNS, on this machine. Each demo asks anew.
fn asked_of_the_lab(stage: &Stage, folder: &Path) -> OperatorArgs {
    let lab = stage.lab().endpoints();
    let evidence = folder.join("evidence.jsonl");
    // There is none at the first time.
    let _ = std::fs::remove_file(&evidence);
    let token = format!("{}={}", tattletale_lab::wire::TOKEN_PARAMETER, lab.token.as_str());
    OperatorArgs {
        folder: DataFolder { path: Some(folder.join("no-tables")) },
        online: true,
        rdap: format!("http://{}/rdap?{token}", lab.rdap),
        resolver: Some(lab.dns),
        evidence: Some(evidence),
    }
}

/// One line on recall, one on precision, and what was missed or invented, if anything.
pub(crate) fn held(score: &Score, lived: &Lived, out: &mut impl Write) -> io::Result<()> {
    let (expected, found) = (score.expected.len() as u64, score.found.len() as u64);
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    writeln!(
        out,
        "  recall {}: {} told readably to a host, {} missed",
        percent(score.recall()),
        words::count(expected, "thing"),
        score.missed.len()
    )?;
    writeln!(
        out,
        "  precision {}: {} found, {} of them never sent",
        percent(score.precision()),
        words::count(found, "thing"),
        score.invented.len()
    )?;
    let sealed = lived.sent.iter().filter(|sent| sent.sealed).count();
    if sealed > 0 {
        writeln!(out, "  {} sent sealed: only the receiver could read them", words::count(sealed as u64, "thing"))?;
    }
    for (what, list) in [("missed", &score.missed), ("invented", &score.invented)] {
        for (name, host) in list.iter().take(10) {
            writeln!(out, "  {what}: {} at {}", escape::text(name), escape::text(host))?;
        }
    }
    Ok(())
}

/// Lives a planned day, `takes` long on the wall clock, and audits the recording of it.
pub(crate) fn live_and_audit(stage: &Stage, plan: &mut Plan, folder: &Path, takes: Duration) -> Result<Day, Failure> {
    let (recording, truth) = (folder.join("recording.warc.gz"), folder.join("truth.toml"));
    let record = create_private(&recording)?;
    let mut clock = scaled(plan, takes);
    let lived = stage.live(plan, record, &mut clock).map_err(Failure::lab)?;
    create_private(&truth)?.write_all(lived.truth_toml().as_bytes()).map_err(Failure::file(&truth))?;
    // From here on only what a person would have: the recording and the ground truth.
    let known = input::ground_truth(&truth)?;
    let progress = Progress::new(0);
    let source = input::Source::of(&recording, None)?;
    let capture = source.capture(&progress);
    let options = audit::Options { fields: true, ..audit::Options::default() };
    let report = audit::audit(&[capture], Some(known), &options)?;
    Ok(Day { lived, report, recording, truth })
}

/// A clock on which the planned day takes `takes`: modelled gaps are kept in proportion. Shows progress on a terminal.
fn scaled(plan: &Plan, takes: Duration) -> impl FnMut(ModelTime) -> Timestamp + use<> {
    let first = plan.day.deeds.first().map_or(0, |deed| deed.at.0);
    let last = plan.day.deeds.last().map_or(0, |deed| deed.at.0);
    let rate = (last - first).max(1) as f64 / takes.as_millis().max(1) as f64;
    let progress = Progress::steps((last - first).max(0).unsigned_abs(), takes);
    let start = std::time::Instant::now();
    move |now: ModelTime| {
        let modelled = (now.0 - first).max(0);
        progress.at(modelled.unsigned_abs());
        let due = Duration::from_millis((modelled as f64 / rate) as u64);
        if !takes.is_zero() {
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
        Timestamp::now()
    }
}

/// Recordings and ground truth are for their owner's eyes.
fn create_private(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path).map_err(Failure::file(path))?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(Failure::file(path))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path).map_err(Failure::file(path))
}
