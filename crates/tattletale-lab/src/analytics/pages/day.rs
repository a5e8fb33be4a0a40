//! Pictures: a day as lanes of dots, and the hours as bars. SVG drawn here; colours are classes, since the policy
//! allows no inline style, and each has its text.

use super::super::{Kind, Moment, PersonView};
use super::words;
use maud::{Markup, html};
use std::collections::BTreeMap;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 748.0;
const LANE: f64 = 26.0;
const TOP: f64 = 8.0;

/// Days that are drawn; the list below the pictures has all.
const DAYS: usize = 3;

/// Dots in one picture.
const DOTS: usize = 1500;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Lanes, and which kinds lie on them.
const LANES: [(&str, &[Kind]); 6] = [
    ("Pages", &[Kind::Visit, Kind::Tile, Kind::News]),
    ("Searches", &[Kind::Search, Kind::VideoSearch]),
    ("Downloads", &[Kind::Download]),
    ("Phone", &[Kind::Folder, Kind::Screen, Kind::Setting, Kind::SignIn]),
    ("Apps", &[Kind::App]),
    ("Media", &[Kind::Music, Kind::Video]),
];

/// A picture for each of the latest days.
pub(super) fn figures(person: &PersonView) -> Markup {
    let mut days: BTreeMap<i64, Vec<&Moment>> = BTreeMap::new();
    for moment in &person.moments {
        days.entry((moment.at + person.offset_minutes * 60_000).div_euclid(DAY)).or_default().push(moment);
    }
    html! { @for (day, moments) in days.iter().rev().take(DAYS) { (figure(*day, moments, person)) } }
}

fn figure(day: i64, moments: &[&Moment], person: &PersonView) -> Markup {
    let used: Vec<&(&str, &[Kind])> =
        LANES.iter().filter(|(_, kinds)| moments.iter().any(|moment| kinds.contains(&moment.kind))).collect();
    if used.is_empty() {
        return html! {};
    }
    let bottom = TOP + used.len() as f64 * LANE;
    let date = words::time(day * DAY, 0, "%A %-d %B %Y");
    let x = |at: i64| LEFT + (RIGHT - LEFT) * (at + person.offset_minutes * 60_000).rem_euclid(DAY) as f64 / DAY as f64;
    html! {
        figure {
            figcaption { (date) ": " (words::count(moments.len() as u64, "moment")) }
            div.scroll tabindex="0" role="region" aria-label={ "Picture of " (date) } {
                svg viewBox={ "0 0 " (WIDTH) " " (bottom + 24.0) } role="img" aria-label={ "When this person did what on " (date) ". The list below says the same." } {
                    @for hour in (0..=24).step_by(3) {
                        @let at = LEFT + (RIGHT - LEFT) * f64::from(hour) / 24.0;
                        line.grid x1=(at) x2=(at) y1=(TOP) y2=(bottom) {}
                        text.tick x=(at) y=(bottom + 17.0) text-anchor="middle" { (hour) }
                    }
                    @for (lane, (name, kinds)) in used.iter().enumerate() {
                        @let y = TOP + (lane as f64 + 0.5) * LANE;
                        text.lane x=(LEFT - 12.0) y=(y + 4.5) text-anchor="end" { (name) }
                        @for moment in moments.iter().filter(|moment| kinds.contains(&moment.kind)).take(DOTS) {
                            circle class=(if moment.incognito { "dot private" } else { "dot" }) cx=(format!("{:.1}", x(moment.at))) cy=(y) r="5" {}
                        }
                    }
                }
            }
            p.note { span.key { "normal" } " " span.key.private { "marked as private browsing" } " · hours of the day" }
        }
    }
}

/// Moments by hour of the day.
pub(super) fn hours(person: &PersonView) -> Markup {
    let hours = &person.pattern.hours;
    let most = hours.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = WIDTH / 24.0;
    let busiest = hours.iter().enumerate().max_by_key(|(_, count)| **count).map_or(0, |(hour, _)| hour);
    html! {
        figure {
            figcaption { "By hour of the day; busiest from " (busiest) " to " (busiest + 1) " o’clock" }
            div.scroll tabindex="0" role="region" aria-label="Picture: hours of the day" {
                svg viewBox={ "0 0 " (WIDTH) " 110" } role="img" aria-label={ "Moments by hour: " @for (hour, count) in hours.iter().enumerate() { (hour) ": " (count) "; " } } {
                    @for (hour, count) in hours.iter().enumerate() {
                        @let height = *count as f64 / most * 84.0;
                        rect.bar x=(format!("{:.1}", hour as f64 * step + 3.0)) y=(format!("{:.1}", 88.0 - height)) width=(format!("{:.1}", step - 6.0)) height=(format!("{height:.1}")) {}
                        @if hour % 3 == 0 { text.tick x=(format!("{:.1}", (hour as f64 + 0.5) * step)) y="106" text-anchor="middle" { (hour) } }
                    }
                }
            }
        }
    }
}
