//! The report for a person at a terminal: the answer first, then who learnt what, then what could not be seen.
//!
//! This is the user's own terminal, so planted values and addresses are shown; secrets never are. A command is the
//! one thing that is never wrapped: it is there to be copied.

use super::redact::Masks;
use super::summary::{self, Summary, Thing, Told};
use super::{Options, Renderer, command, hashes, operators, paragraph::Paragraph, words};
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use tattletale_core::model::{BlindKind, Fidelity, Finding, Party, Report};

/// For a person at a terminal.
pub(super) struct Text;

impl Renderer for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn about(&self) -> &'static str {
        "for a person at a terminal; shows planted values, never secrets"
    }

    fn render(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let masks = Masks::new(report, true);
        let summary = Summary::new(report);
        let mut page = Page { report, options, masks: &masks, out };
        page.answer(&summary)?;
        for told in &summary.receivers {
            page.receiver(told)?;
        }
        page.personal()?;
        page.weak()?;
        page.carriers()?;
        page.not_seen()
    }
}

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const VALUE: Style = AnsiColor::Yellow.on_default();
const ALARM: Style = AnsiColor::Red.on_default();
const COMMAND: Style = AnsiColor::Cyan.on_default();

/// Weak findings and faults that are listed; all are counted.
const LISTED: usize = 10;

/// Longest value, in characters.
const LONGEST_VALUE: usize = 200;

struct Page<'p, 'r> {
    report: &'r Report,
    options: &'p Options,
    masks: &'p Masks<'r>,
    out: &'p mut dyn Write,
}

impl<'r> Page<'_, 'r> {
    fn answer(&mut self, summary: &Summary<'r>) -> io::Result<()> {
        self.line(0, &[(BOLD, &summary.headline())])?;
        if summary.receivers.is_empty() {
            self.line(0, &[(PLAIN, &summary::basis(self.report))])?;
        }
        if summary.receivers.len() > 1 {
            self.line(0, &[(QUIET, &summary.parties())])?;
        }
        if !self.report.complete() {
            self.line(0, &[(ALARM, "Not everything that was there could be processed: see the end.")])?;
        }
        if self.report.truth.inferred && !self.report.truth.actions.is_empty() {
            let note = "No ground truth was given: what you did was read off the captures' first-party navigations.";
            self.line(0, &[(QUIET, note)])?;
        }
        self.blank()?;
        for capture in &self.report.captures {
            let mut facts = format!("{}, {}", words::count(capture.exchanges, "exchange"), words::bytes(capture.bytes));
            if let Some((first, last)) = capture.span {
                facts.push_str(&format!(", {} UTC", first.strftime("%Y-%m-%d %H:%M:%S")));
                let span = last.as_millisecond().saturating_sub(first.as_millisecond());
                facts.push_str(&format!(", {} long", words::duration(span.unsigned_abs())));
            }
            self.line(0, &[(PLAIN, &self.masks.name(&capture.name)), (QUIET, &facts)])?;
        }
        Ok(())
    }

    fn receiver(&mut self, told: &Told<'r>) -> io::Result<()> {
        self.blank()?;
        let things = words::count(told.things.len() as u64, "thing");
        let colour = match told.party {
            Party::Third => BOLD.fg_color(Some(AnsiColor::Red.into())),
            Party::Unknown => BOLD.fg_color(Some(AnsiColor::Magenta.into())),
            Party::First => BOLD.fg_color(Some(AnsiColor::Green.into())),
        };
        let about = format!("{}, learnt {things}", words::party(told.party));
        self.line(0, &[(colour, &self.masks.host(told.name)), (QUIET, &about)])?;
        if told.hosts.len() > 1 {
            let hosts: Vec<String> = told.hosts.iter().map(|host| self.masks.host(host)).collect();
            self.line(2, &[(QUIET, &format!("as {}", words::list(&hosts)))])?;
        }
        self.operators(told)?;
        told.things.iter().try_for_each(|thing| self.thing(thing))
    }

    fn operators(&mut self, told: &Told<'r>) -> io::Result<()> {
        let (lines, more) = operators::lines(self.report, self.masks, &told.hosts);
        for line in lines {
            let (question, answer) = (format!("{}:", line.question), line.answer());
            let disagree = line.disagree.map(|sources| format!("{sources} disagree"));
            let mut pieces = vec![(QUIET, question.as_str()), (PLAIN, answer.as_str())];
            pieces.extend(disagree.as_deref().map(|words| (ALARM, words)));
            self.line(2, &pieces)?;
        }
        match more {
            0 => Ok(()),
            n => self.line(2, &[(QUIET, &format!("and {} more in the JSON report", words::number(n as u64)))]),
        }
    }

    fn thing(&mut self, thing: &Thing<'r>) -> io::Result<()> {
        self.blank()?;
        let subject = thing.subject;
        let value = self.masks.value_found_at(subject, &thing.findings);
        let value = value.unwrap_or_else(|| format!("[{}]", self.masks.mask(subject)));
        let name = format!("({})", self.masks.subject_name(subject));
        self.line(
            2,
            &[(BOLD, self.masks.words(subject)), (VALUE, &words::cut(&value, LONGEST_VALUE)), (QUIET, &name)],
        )?;

        let disguises = thing.disguises();
        let mut how: Vec<String> = match &disguises[..] {
            [(only, _)] => vec![only.clone()],
            several => several.iter().map(|(disguise, times)| format!("{disguise} ({times} ×)")).collect(),
        };
        how.push(match thing.findings.len() {
            1 => "once".to_owned(),
            n => format!("{} times", words::number(n as u64)),
        });
        how.extend(thing.delay_ms().map(words::delay));
        how.extend(thing.modes());
        let unencrypted = match thing.unencrypted() {
            0 => None,
            n if n == thing.findings.len() => Some("unencrypted".to_owned()),
            n => Some(format!("unencrypted {n} ×")),
        };
        let how = format!("{}{}", how.join(", "), if unencrypted.is_some() { "," } else { "" });
        let mut pieces = vec![(PLAIN, how.as_str())];
        pieces.extend(unencrypted.as_deref().map(|words| (ALARM, words)));
        let places = self.places(thing);
        pieces.extend(places.iter().map(|place| (QUIET, place.as_str())));
        self.line(4, &pieces)?;
        match thing.example() {
            Some(example) => self.command(4, example),
            None => Ok(()),
        }
    }

    /// `exchanges 3, 4, 8–11`, per capture when there are several.
    fn places(&self, thing: &Thing<'r>) -> Vec<String> {
        let place = |(capture, exchanges): (usize, Vec<usize>)| {
            let noun =
                if exchanges.iter().all(|exchange| *exchange == exchanges[0]) { "exchange" } else { "exchanges" };
            match self.report.captures.len() {
                0 | 1 => format!("{noun} {}", words::ranges(&exchanges)),
                _ => format!("{noun} {} of {}", words::ranges(&exchanges), self.capture(capture)),
            }
        };
        let names = thing.unseen();
        let names = (names > 0).then(|| format!("{} that could not be seen", words::count(names, "connection")));
        thing.exchanges().into_iter().map(place).chain(names).collect()
    }

    fn personal(&mut self) -> io::Result<()> {
        let groups = summary::personal(self.report);
        if groups.is_empty() {
            return Ok(());
        }
        self.blank()?;
        let title = format!("{} that nobody planted, recognised by itself", words::count(groups.len() as u64, "thing"));
        self.line(0, &[(BOLD, &title)])?;
        for group in groups.iter().take(LISTED) {
            let first = group[0];
            let value = self.masks.personal_value(first);
            let value = value.unwrap_or_else(|| format!("[{}]", self.masks.personal_mask(first)));
            let exchanges: Vec<usize> = group.iter().map(|personal| personal.exchange).collect();
            let place = format!(
                "to {} ({}), {}, {}, in {} {}",
                self.masks.host(&first.receiver.host),
                words::party(first.receiver.party),
                self.masks.part(&first.part),
                words::disguise(&first.path),
                if exchanges.iter().all(|exchange| *exchange == exchanges[0]) { "exchange" } else { "exchanges" },
                words::ranges(&exchanges),
            );
            let what = tattletale_core::model::truth::words(first.kind);
            self.line(2, &[(PLAIN, what), (VALUE, &words::cut(&value, 60)), (QUIET, &place)])?;
        }
        self.and_more(groups.len())
    }

    fn weak(&mut self) -> io::Result<()> {
        let weak = &self.report.weak;
        if weak.is_empty() {
            return Ok(());
        }
        self.blank()?;
        let title = format!("{} that chance may explain", words::count(weak.len() as u64, "weak sign"));
        self.line(0, &[(BOLD, &title)])?;
        for finding in weak.iter().take(LISTED) {
            self.weak_line(finding)?;
        }
        self.and_more(weak.len())
    }

    fn weak_line(&mut self, finding: &Finding) -> io::Result<()> {
        let subject = finding.subject();
        let value = self.masks.value_found_at(subject, &[finding]);
        let value = value.unwrap_or_else(|| format!("[{}]", self.masks.mask(subject)));
        let place = format!(
            "to {}, {}, {}, {}",
            self.masks.host(&finding.receiver.host),
            words::place(finding),
            self.masks.part(&finding.part),
            words::disguise(&finding.path),
        );
        self.line(2, &[(PLAIN, self.masks.words(subject)), (VALUE, &words::cut(&value, 60)), (QUIET, &place)])
    }

    fn carriers(&mut self) -> io::Result<()> {
        let carriers = self.report.carried();
        if carriers == 0 {
            return Ok(());
        }
        self.blank()?;
        let line = match carriers {
            1 => "1 exchange is what you did yourself and not counted.".to_owned(),
            n => format!("{} exchanges are what you did yourself and not counted.", words::number(n)),
        };
        self.line(0, &[(QUIET, &line)])
    }

    fn not_seen(&mut self) -> io::Result<()> {
        let coverage = &self.report.coverage;
        self.blank()?;
        self.line(0, &[(BOLD, "What could not be seen")])?;
        let mut all_seen = true;
        for receiver in coverage.receivers.iter().filter(|receiver| receiver.opaque > 0) {
            all_seen = false;
            let places = coverage.opaque.iter().filter(|place| place.host == receiver.host);
            let largest = places.max_by_key(|place| place.bytes).map(|place| {
                format!(
                    ", the largest {} in exchange {}, {}, looks like {}",
                    words::bytes(place.bytes),
                    place.exchange,
                    self.masks.part(&place.part),
                    place.kind.words()
                )
            });
            let share = words::percent(receiver.opaque, receiver.opaque.saturating_add(receiver.read));
            let facts =
                format!("{} stayed closed ({share}){}", words::bytes(receiver.opaque), largest.unwrap_or_default());
            self.line(2, &[(PLAIN, &self.masks.host(&receiver.host)), (QUIET, &facts)])?;
        }
        for fidelity in [Fidelity::Missing, Fidelity::Truncated, Fidelity::Lossy] {
            let n = coverage.bodies(fidelity);
            let what = match fidelity {
                Fidelity::Missing => "that the capture does not have",
                Fidelity::Truncated => "cut short",
                _ => "damaged by the recorder",
            };
            if n > 0 {
                all_seen = false;
                let bodies =
                    if n == 1 { "1 request body".to_owned() } else { format!("{} request bodies", words::number(n)) };
                self.line(2, &[(PLAIN, &format!("{bodies} {what}"))])?;
            }
        }
        all_seen &= self.unseen_connections()?;
        if let Some(unlisted) = summary::unlisted(self.report) {
            self.line(2, &[(PLAIN, &unlisted)])?;
        }
        if let Some(left_out) = summary::not_sought(self.report, self.masks) {
            self.line(2, &[(PLAIN, &left_out)])?;
        }
        if let Some(common) = summary::in_control(self.report, self.masks) {
            self.line(2, &[(PLAIN, &common)])?;
        }
        if let Some(runs) = hashes::words(&coverage.hashes) {
            self.line(2, &[(PLAIN, &runs)])?;
        }
        if !coverage.responses {
            self.line(2, &[(QUIET, "responses were not looked at: a receiver learns from requests")])?;
        }
        if all_seen {
            let read = words::bytes(coverage.total(|receiver| receiver.read));
            let all = match coverage.total(|receiver| receiver.exchanges) {
                0 => "nothing was captured".to_owned(),
                n => format!("everything else could be read: {read} in {}", words::count(n, "exchange")),
            };
            self.line(2, &[(PLAIN, &all)])?;
        }
        self.faults()
    }

    /// Connections of which the content is not known, by host; true when there are none.
    fn unseen_connections(&mut self) -> io::Result<bool> {
        let mut rows: Vec<_> =
            self.report.coverage.receivers.iter().filter(|receiver| !receiver.blind.is_empty()).collect();
        rows.sort_by_key(|receiver| std::cmp::Reverse(receiver.hidden()));
        for receiver in rows.iter().take(LISTED) {
            let kinds: Vec<String> = receiver.blind.iter().map(|(kind, count)| words::blind(*kind, *count)).collect();
            self.line(2, &[(PLAIN, &self.masks.host(&receiver.host)), (QUIET, &kinds.join("; "))])?;
        }
        self.and_more(rows.len())?;
        let hidden = BlindKind::ALL.into_iter().filter(|kind| self.report.coverage.blind(*kind).connections > 0);
        for kind in hidden {
            self.line(4, &[(QUIET, &format!("{}: {}", kind.words(), kind.meaning()))])?;
        }
        Ok(rows.is_empty())
    }

    fn faults(&mut self) -> io::Result<()> {
        let faults = &self.report.faults;
        if self.report.complete() {
            return Ok(());
        }
        self.blank()?;
        let n = words::count(self.report.unprocessed(), "place");
        self.line(0, &[(ALARM.bold(), &format!("Not complete: {n} could not be processed"))])?;
        for (capture, fault) in faults.iter().take(LISTED) {
            // What names its exchange goes on with the place, else the message follows at once.
            let join = if fault.exchange.is_some() { "," } else { ":" };
            let place = format!("{}{join} {}", self.capture(*capture), self.masks.name(&fault.to_string()));
            self.line(2, &[(QUIET, fault.kind.name()), (PLAIN, &place)])?;
        }
        self.and_more(faults.len())
    }

    fn and_more(&mut self, all: usize) -> io::Result<()> {
        match all.saturating_sub(LISTED) {
            0 => Ok(()),
            n => self.line(2, &[(QUIET, &format!("and {} more in the JSON report", words::number(n as u64)))]),
        }
    }

    fn capture(&self, index: usize) -> String {
        self.report.captures.get(index).map(|capture| self.masks.name(&capture.name)).unwrap_or_default()
    }

    fn command(&mut self, indent: usize, finding: &Finding) -> io::Result<()> {
        let command = command::show(self.report, finding, self.options, self.masks);
        let style = if self.options.colour { COMMAND } else { PLAIN };
        writeln!(self.out, "{:indent$}{style}{command}{style:#}", "")
    }

    fn line(&mut self, indent: usize, pieces: &[(Style, &str)]) -> io::Result<()> {
        Paragraph { indent, width: self.options.width, colour: self.options.colour }.write(pieces, self.out)
    }

    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }
}
