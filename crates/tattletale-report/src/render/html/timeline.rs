//! A picture of when: the user's actions above the line, the tellings below it, one lane per receiver.
//!
//! One figure per capture whose findings have times. Marks of actions that would lie on each other move to another
//! row; their numbers are explained in a list below, which is also what a reader without the picture gets.

use super::{Page, words};
use maud::{Markup, html};
use tattletale_core::model::{Action, Finding, Subject, Timestamp};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 840.0;
const ACTION_ROW: f64 = 26.0;
const LANE: f64 = 30.0;
const MARK: f64 = 11.0;

/// Captures, lanes and numbered actions that are drawn.
const CAPTURES: usize = 3;
const LANES: usize = 10;
const ACTIONS: usize = 40;
const DOTS: usize = 400;

/// How many rows actions may use before they overlap.
const ROWS: usize = 3;

/// The figures; nothing when no finding has a time.
pub(super) fn figures(page: &Page<'_, '_>) -> Markup {
    let timed = |capture: &usize| {
        page.report.findings.iter().any(|finding| finding.capture == *capture && finding.at.is_some())
    };
    let captures: Vec<usize> = (0..page.report.captures.len()).filter(timed).take(CAPTURES).collect();
    html! {
        @for (position, capture) in captures.iter().enumerate() {
            (figure(page, *capture, position + 1, captures.len() > 1))
        }
    }
}

struct Scale {
    first: i64,
    last: i64,
}

impl Scale {
    fn x(&self, at: Timestamp) -> f64 {
        let share = (at.as_millisecond() - self.first) as f64 / (self.last - self.first).max(1) as f64;
        LEFT + 8.0 + share.clamp(0.0, 1.0) * (RIGHT - LEFT - 16.0)
    }

    /// Ticks at a round number of seconds since the start, at most seven of them, as milliseconds.
    fn ticks(&self) -> Vec<i64> {
        const STEPS: [i64; 19] = [
            100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
            3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
        ];
        let span = self.last - self.first;
        let step = STEPS.into_iter().find(|step| span / step <= 6).unwrap_or((span / 6).max(1));
        (0..=span / step).map(|n| n * step).collect()
    }
}

fn figure(page: &Page<'_, '_>, capture: usize, number: usize, several: bool) -> Markup {
    let findings: Vec<(&Finding, Timestamp)> = page
        .report
        .findings
        .iter()
        .filter(|finding| finding.capture == capture)
        .filter_map(|finding| Some((finding, finding.at?)))
        .collect();
    let actions = actions(page, capture, &findings);
    let times = || findings.iter().map(|(_, at)| *at).chain(actions.iter().map(|(_, _, at)| *at));
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return html! {} };
    let scale = Scale { first: first.as_millisecond(), last: last.as_millisecond() };
    let ticks = scale.ticks();
    let rows = rows(&actions, &scale);
    let above = 24.0 + (rows.iter().max().map_or(0, |row| row + 1)) as f64 * ACTION_ROW;
    let lanes: Vec<_> = page
        .summary
        .receivers
        .iter()
        .filter(|told| {
            findings.iter().any(|(finding, _)| {
                told.hosts.contains(&finding.receiver.host.as_str()) && finding.receiver.party == told.party
            })
        })
        .collect();
    let shown = lanes.len().min(LANES);
    let bottom = above + 8.0 + shown as f64 * LANE;
    let ids = (page.id(&format!("timeline-{number}-title")), page.id(&format!("timeline-{number}-text")));
    html! {
        figure.picture {
            (page.heading(html! { "When it was told" @if several { ": " bdi { (page.capture(capture)) } } }))
            div.scroll tabindex="0" role="region" aria-label="Picture: when it was told" {
                svg viewBox={ "0 0 " (WIDTH) " " (bottom + 28.0) } role="img" aria-labelledby={ (ids.0) " " (ids.1) } {
                    title id=(ids.0) { "When it was told" }
                    desc id=(ids.1) {
                        (words::count(actions.len() as u64, "action")) " of the user above the line, "
                        (words::count(findings.len() as u64, "telling")) " to " (words::count(lanes.len() as u64, "receiver"))
                        " below it. The evidence tables hold every time."
                    }
                    text.column x="0" y=(above - 8.0) { @if actions.is_empty() { "No timed actions" } @else { "What the user did" } }
                    @for (_, _, at) in &actions {
                        line.guide x1=(x(&scale, *at)) x2=(x(&scale, *at)) y1=(above) y2=(bottom) {}
                    }
                    line.axis x1="0" x2=(RIGHT) y1=(above) y2=(above) {}
                    @for ((index, (_, _, at)), row) in actions.iter().enumerate().zip(&rows) {
                        @let y = above - 14.0 - *row as f64 * ACTION_ROW;
                        circle.action cx=(x(&scale, *at)) cy=(format!("{y:.1}")) r=(MARK) {}
                        text.action x=(x(&scale, *at)) y=(format!("{:.1}", y + 4.0)) text-anchor="middle" { (index + 1) }
                    }
                    @for (lane, told) in lanes.iter().take(shown).enumerate() {
                        @let y = above + 8.0 + (lane as f64 + 0.5) * LANE;
                        text x=(LEFT - 12.0) y=(y + 4.5) text-anchor="end" { (words::cut(&page.masks.host(told.name), 28)) }
                        line.lane x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                        @for (finding, at) in findings.iter().filter(|(finding, _)| told.hosts.contains(&finding.receiver.host.as_str()) && finding.receiver.party == told.party).take(DOTS) {
                            circle class={ "dot " (told.party_class()) } cx=(x(&scale, *at)) cy=(y) r="6" {
                                title { (page.masks.words(finding.subject())) " " (page.masks.mask(finding.subject())) ", " (words::place(finding)) }
                            }
                        }
                    }
                    line.axis x1=(LEFT) x2=(RIGHT) y1=(bottom) y2=(bottom) {}
                    @for &tick in &ticks {
                        @let at = Timestamp::from_millisecond(scale.first + tick).unwrap_or(first);
                        line.axis x1=(x(&scale, at)) x2=(x(&scale, at)) y1=(bottom) y2=(bottom + 5.0) {}
                        text.tick x=(x(&scale, at)) y=(bottom + 20.0) text-anchor="middle" { (tick_words(tick, ticks.get(1).copied().unwrap_or(1))) }
                    }
                }
            }
            figcaption {
                "Time since " (first.strftime("%Y-%m-%d %H:%M:%S")) " UTC."
                @if lanes.len() > shown { " " (lanes.len() - shown) " more receivers are in the evidence below." }
            }
            @if !actions.is_empty() {
                ol.actions {
                    @for (index, action, _) in &actions {
                        li {
                            (page.masks.words(Subject::Action(*index))) " "
                            span.mask { bdi { (page.shown_subject(Subject::Action(*index))) } }
                            @if let Some(mode) = action.mode { " (" (mode) ")" }
                        }
                    }
                }
            }
        }
    }
}

/// The actions with a time that belong to a capture: all of them, when there is only one; else those within its span.
fn actions<'r>(
    page: &Page<'_, 'r>,
    capture: usize,
    findings: &[(&Finding, Timestamp)],
) -> Vec<(usize, &'r Action, Timestamp)> {
    let told = |index| findings.iter().any(|(finding, _)| finding.action == Some(index));
    let span = page.report.captures.get(capture).and_then(|capture| capture.span);
    let within = |at: Timestamp| {
        page.report.captures.len() == 1 || span.is_some_and(|(first, last)| (first..=last).contains(&at))
    };
    let timed =
        page.report.truth.actions.iter().enumerate().filter_map(|(index, action)| Some((index, action, action.at?)));
    let mut actions: Vec<_> = timed.filter(|(index, _, at)| within(*at) || told(*index)).collect();
    actions.sort_by_key(|(_, _, at)| *at);
    actions.truncate(ACTIONS);
    actions
}

/// A row for every action, so that neighbours do not lie on each other.
fn rows(actions: &[(usize, &Action, Timestamp)], scale: &Scale) -> Vec<usize> {
    let mut ends = [f64::MIN; ROWS];
    actions
        .iter()
        .map(|(_, _, at)| {
            let x = scale.x(*at);
            let free = ends.iter().position(|end| *end + 2.0 * MARK + 2.0 <= x);
            let row = free.unwrap_or(ROWS - 1);
            ends[row] = x;
            row
        })
        .collect()
}

fn x(scale: &Scale, at: Timestamp) -> String {
    format!("{:.1}", scale.x(at))
}

/// All ticks of a scale speak of the same unit: that of the first one after the start.
fn tick_words(ms: i64, step: i64) -> String {
    let (unit, name) = match step {
        step if step % 3_600_000 == 0 => (3_600_000, "h"),
        step if step % 60_000 == 0 => (60_000, "min"),
        _ => (1000, "s"),
    };
    match ms % unit {
        0 => format!("{} {name}", ms / unit),
        _ => format!("{:.1} {name}", ms as f64 / unit as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_round_ticks_for_any_span() {
        for span in [0, 1, 999, 61_000, 3_700_000, 40 * 86_400_000] {
            let ticks = Scale { first: 0, last: span }.ticks();
            assert!((1..=8).contains(&ticks.len()), "{span}: {ticks:?}");
        }
        assert_eq!(tick_words(60_000, 20_000), "60 s");
        assert_eq!(tick_words(120_000, 60_000), "2 min");
        assert_eq!(tick_words(500, 100), "0.5 s");
    }

    #[test]
    fn neighbouring_actions_take_other_rows() {
        let action = Action {
            name: String::new(),
            kind: "visit",
            value: String::new(),
            at: None,
            modelled_at: None,
            mode: None,
        };
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let actions: Vec<_> = [0, 10, 20, 30, 5000].map(|ms| (0, &action, at(ms))).into();
        assert_eq!(rows(&actions, &Scale { first: 0, last: 10_000 }), [0, 1, 2, 2, 0]);
    }
}
