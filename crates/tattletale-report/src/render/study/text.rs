//! A study for a person at a terminal: what they know about you first, then the sessions it was read off.

use super::{Options, Shown, answers, known, present};
use crate::render::paragraph::Paragraph;
use crate::render::summary::{self, Summary};
use crate::render::{command, words};
use crate::study::knowledge::{Fact, View};
use crate::study::links::{Joined, SignInBy};
use crate::study::{About, Session, Study, Verdict};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use tattletale_core::model::{Party, Timestamp};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const ALARM: Style = AnsiColor::Red.on_default();

/// Lines of a day that are listed for each receiver; all are in the JSON report.
const LISTED: usize = 20;

/// Lines on what joins things together on one screen.
const JOINS_BRIEFLY: usize = 2;

/// Facts of each receiver on one screen.
const BRIEFLY: usize = 5;

pub(super) fn whole(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::new(study, true);
    let mut page = Page { shown: &shown, options, out };
    page.head()?;
    page.verdicts(true)?;
    for view in &study.known {
        page.receiver(view)?;
        page.facts(view, usize::MAX)?;
        page.day(view)?;
    }
    page.apps()?;
    page.links(LISTED)?;
    page.repetition(LISTED)?;
    page.differences(LISTED)?;
    page.sessions()
}

pub(super) fn brief(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::new(study, options.general.reveal);
    let mut page = Page { shown: &shown, options, out };
    page.head()?;
    page.verdicts(false)?;
    for view in &study.known {
        page.receiver(view)?;
        page.facts(view, BRIEFLY)?;
    }
    page.links(JOINS_BRIEFLY)?;
    page.not_seen()
}

struct Page<'p, 's> {
    shown: &'p Shown<'s>,
    options: &'p Options,
    out: &'p mut dyn Write,
}

impl Page<'_, '_> {
    fn head(&mut self) -> io::Result<()> {
        let study = self.shown.study;
        self.line(0, &[(BOLD, &known::headline(self.shown))])?;
        let sessions = words::count(study.sessions.len() as u64, "session");
        self.line(0, &[(QUIET, &format!("{}: {sessions}", self.shown.name(&study.name)))])?;
        match study.complete() {
            true => Ok(()),
            false => self.line(0, &[(ALARM, "Not everything that was there could be processed: see the sessions.")]),
        }
    }

    /// What the maker says, with what was found; `whole` with the maker's sentence and what stood in the way.
    fn verdicts(&mut self, whole: bool) -> io::Result<()> {
        let verdicts = &self.shown.study.verdicts;
        if verdicts.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.line(0, &[(BOLD, "What the maker says, and what was found")])?;
        for judged in verdicts {
            let colour = match judged.verdict {
                Verdict::Refuted => AnsiColor::Red.on_default(),
                Verdict::NotContradicted => AnsiColor::Green.on_default(),
                Verdict::Inconclusive => AnsiColor::Yellow.on_default(),
                Verdict::Untested => QUIET,
            };
            let said = format!("“{}”", self.shown.name(&judged.claim.says));
            self.line(2, &[(colour.bold(), judged.verdict.words()), (PLAIN, &said)])?;
            if whole {
                self.line(4, &[(PLAIN, &self.shown.name(&judged.sentence))])?;
                let caveat = judged.claim.caveat.iter().map(|caveat| self.shown.name(caveat));
                let source = format!("source of the claim: {}", self.shown.name(&judged.claim.source));
                for line in caveat.chain([source]) {
                    self.line(4, &[(QUIET, &line)])?;
                }
            }
        }
        Ok(())
    }

    /// What joins: the modes by what is surely of this device first, then what gives the past a name, then the rest.
    fn links(&mut self, most: usize) -> io::Result<()> {
        let links = &self.shown.study.links;
        let joins = links.joins.iter().map(|join| {
            let order = match (join.sure, &join.what) {
                (true, Joined::Modes) => 0,
                (true, _) => 2,
                (false, _) => 3,
            };
            ((order, join.id), answers::joined(self.shown, join))
        });
        let sign_ins = links.sign_ins.iter().map(|sign_in| {
            let declared = sign_in.by == SignInBy::SignUpRecord;
            ((if declared { 1 } else { 4 }, sign_in.before), answers::sign_in(self.shown, sign_in))
        });
        let mut lines: Vec<((u8, usize), String)> = joins.chain(sign_ins).collect();
        lines.sort_by_key(|(order, _)| *order);
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        self.section("What joins it together", &lines, most)
    }

    /// What is in each app, and what of it was seen talking.
    fn apps(&mut self) -> io::Result<()> {
        for app in &self.shown.study.apps {
            let sdks = app.sdks.iter().map(|sdk| present::sdk(self.shown, app, sdk));
            let lines: Vec<String> = sdks.chain(present::endpoints(self.shown, app)).collect();
            self.section(&format!("In the app: {}", present::app(self.shown, app)), &lines, LISTED)?;
        }
        Ok(())
    }

    fn repetition(&mut self, most: usize) -> io::Result<()> {
        let study = self.shown.study;
        let recognised = study.recognised.iter().map(|found| answers::recognised(self.shown, found));
        let not = study.unrecognised.iter().map(|not| answers::unrecognised(self.shown, not));
        let (recognised, not): (Vec<String>, Vec<String>) = (recognised.collect(), not.collect());
        self.section("Recognised by repetition", &recognised, most)?;
        self.section("Not recognised by repetition", &not, most)
    }

    fn differences(&mut self, most: usize) -> io::Result<()> {
        let found = self.shown.study.differences.iter().filter(|difference| difference.is_one());
        let lines: Vec<String> = found.map(|difference| answers::difference(self.shown, difference)).collect();
        self.section("What differs", &lines, most)
    }

    fn section(&mut self, title: &str, lines: &[String], most: usize) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.line(0, &[(BOLD, title)])?;
        for line in lines.iter().take(most) {
            self.line(2, &[(PLAIN, line)])?;
        }
        self.and_more(2, lines.len().saturating_sub(most), "the JSON report")
    }

    fn receiver(&mut self, view: &View) -> io::Result<()> {
        self.blank()?;
        let colour = match view.party {
            Party::Third => AnsiColor::Red,
            Party::Unknown => AnsiColor::Magenta,
            Party::First => AnsiColor::Green,
        };
        self.line(
            0,
            &[(BOLD.fg_color(Some(colour.into())), &self.shown.host(&view.name)), (QUIET, words::party(view.party))],
        )?;
        if view.hosts.len() > 1 {
            let hosts: Vec<String> = view.hosts.iter().map(|host| self.shown.host(host)).collect();
            self.line(2, &[(QUIET, &format!("as {}", words::list(&hosts)))])?;
        }
        Ok(())
    }

    fn facts(&mut self, view: &View, most: usize) -> io::Result<()> {
        for (sure, title) in [(true, "knows"), (false, "may conclude")] {
            let facts: Vec<&Fact> = view.facts.iter().filter(|fact| fact.rule.sure == sure).collect();
            if facts.is_empty() {
                continue;
            }
            self.line(2, &[(BOLD, title)])?;
            for fact in facts.iter().take(most) {
                self.line(4, &[(PLAIN, &known::fact(self.shown, view, fact))])?;
            }
            self.and_more(4, facts.len().saturating_sub(most), "the full text")?;
        }
        if view.facts.is_empty() {
            self.line(2, &[(PLAIN, "can recognise what it knows already: only digests were told")])?;
        }
        Ok(())
    }

    /// The first lines of each session's day.
    fn day(&mut self, view: &View) -> io::Result<()> {
        self.line(2, &[(BOLD, "your day, as it was told there")])?;
        let several = self.shown.study.sessions.len() > 1;
        let mut listed = 0;
        for entries in view.entries.chunk_by(|a, b| a.session == b.session) {
            let most = (LISTED / self.shown.study.sessions.len()).max(5);
            let session = &self.shown.study.sessions[entries[0].session];
            let mut heading: Vec<String> = entries[0].at.iter().map(date).collect();
            if several {
                heading.push(self.shown.name(&session.about.name));
            }
            self.line(4, &[(QUIET, &heading.join(", "))])?;
            for entry in entries.iter().take(most) {
                let at = entry.at.map_or("        ".to_owned(), |at| at.strftime("%H:%M:%S").to_string());
                let how = format!("– {}", known::how(self.shown, entry));
                self.line(4, &[(QUIET, &at), (PLAIN, &known::what(self.shown, entry)), (QUIET, &how)])?;
            }
            listed += entries.len().min(most);
        }
        self.and_more(4, view.entries.len() - listed, "the JSON report")
    }

    /// What each session was, what it rests on, and the command that shows its findings.
    fn sessions(&mut self) -> io::Result<()> {
        self.blank()?;
        self.line(0, &[(BOLD, "Sessions")])?;
        for (index, session) in self.shown.study.sessions.iter().enumerate() {
            let about = described(self.shown, &session.about);
            let headline = Summary::new(&session.report).headline();
            let name = self.shown.name(&session.about.name);
            self.line(2, &[(BOLD, &name), (QUIET, &about), (PLAIN, &headline)])?;
            self.line(4, &[(QUIET, &summary::basis(&session.report))])?;
            self.line(4, &[(PLAIN, &self.audit(index, session))])?;
        }
        self.not_seen()
    }

    /// The command that shows the findings of a session.
    fn audit(&self, index: usize, session: &Session) -> String {
        let masks = &self.shown.masks[index];
        let captures = session.report.captures.iter().map(|capture| command::quoted(&masks.raw(&capture.name)));
        let mut command = format!("tattletale audit {}", captures.collect::<Vec<_>>().join(" "));
        if let Some(truth) = self.options.of(index).truth_file {
            command.push_str(&format!(" --truth {}", command::quoted(&masks.raw(&truth))));
        }
        command
    }

    fn not_seen(&mut self) -> io::Result<()> {
        self.blank()?;
        self.line(0, &[(BOLD, "What could not be seen")])?;
        let mut all_seen = true;
        for session in &self.shown.study.sessions {
            let opaque = session.report.coverage.total(|receiver| receiver.opaque);
            let name = self.shown.name(&session.about.name);
            if opaque > 0 {
                all_seen = false;
                let closed = format!("{} stayed closed: what is in there is not known", words::bytes(opaque));
                self.line(2, &[(PLAIN, &name), (QUIET, &closed)])?;
            }
            if let Some(unseen) = words::unseen(&session.report.coverage) {
                all_seen = false;
                self.line(2, &[(PLAIN, &name), (QUIET, &unseen)])?;
            }
            let faults = session.report.unprocessed();
            if let Some((_, fault)) = session.report.faults.first() {
                all_seen = false;
                let first = self.shown.name(&fault.to_string());
                let more =
                    if faults > 1 { format!(" (and {} more)", words::number(faults - 1)) } else { String::new() };
                self.line(2, &[(PLAIN, &name), (ALARM, "not complete:"), (PLAIN, &format!("{first}{more}"))])?;
            }
        }
        match all_seen {
            true => self.line(2, &[(PLAIN, "everything that was captured could be read")]),
            false => Ok(()),
        }
    }

    fn and_more(&mut self, indent: usize, left_out: usize, place: &str) -> io::Result<()> {
        match left_out {
            0 => Ok(()),
            n => self.line(indent, &[(QUIET, &format!("and {} more in {place}", words::number(n as u64)))]),
        }
    }

    fn line(&mut self, indent: usize, pieces: &[(Style, &str)]) -> io::Result<()> {
        let general = &self.options.general;
        Paragraph { indent, width: general.width, colour: general.colour }.write(pieces, self.out)
    }

    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }
}

fn date(at: &Timestamp) -> String {
    at.strftime("%Y-%m-%d, UTC").to_string()
}

/// `Mint Browser 3.4.0, incognito mode, enhanced-incognito on, repeat 2`
fn described(shown: &Shown<'_>, about: &About) -> String {
    let mut facts: Vec<String> = Vec::new();
    facts.extend(about.device.clone());
    let app = [about.app.as_deref(), about.version.as_deref()];
    let app: Vec<&str> = app.into_iter().flatten().collect();
    facts.extend((!app.is_empty()).then(|| app.join(" ")));
    facts.extend(about.mode.map(|mode| format!("{mode} mode")));
    facts.extend(about.settings.iter().map(|(name, setting)| format!("{name} {setting}")));
    facts.extend(about.repeat.map(|repeat| format!("repeat {repeat}")));
    facts.iter().map(|fact| shown.name(fact)).collect::<Vec<_>>().join(", ")
}
