//! The word lists of made-up people and days, written for this project.
//!
//! Some are not ASCII on purpose: an encoder that mangles them, or an audit that misses them, shows.

pub(super) const FIRST_NAMES: &[&str] =
    &["Marta", "Tomasz", "Asha", "Iñaki", "Zoë", "Putri", "Rohan", "Łucja", "Callum", "Nerea"];

pub(super) const LAST_NAMES: &[&str] =
    &["Żółć", "Brzeg", "Varma", "Etxe", "Fernsby", "Laut", "Nadu", "Święty", "Oakhollow", "Ruiseñor"];

/// Pages by site: the site's first label and what stands before the token in the path.
pub(super) const PAGES: &[(&str, &str)] = &[
    ("clinic", "conditions/early-menopause"),
    ("clinic", "conditions/panic-attacks"),
    ("clinic", "book/appointment"),
    ("shop", "basket/pregnancy-test"),
    ("shop", "offers/walking-shoes"),
    ("bank", "loans/overdraft-help"),
    ("union", "join/strike-fund"),
    ("chapel", "groups/confirmation"),
];

pub(super) const SEARCHES: &[&str] = &[
    "ból w klatce",
    "how to leave a union",
    "divorce lawyer cost",
    "night bus timetable",
    "ataque de pánico qué hacer",
    "second opinion oncology",
    "cheap flights to nowhere",
];

pub(super) const VIDEO_SEARCHES: &[&str] =
    &["yoga for bad knees", "fix a dripping tap", "śpiewnik domowy", "protest march live", "learn basque slowly"];

pub(super) const FILES: &[(&str, &str)] =
    &[("test-results", "pdf"), ("tenancy", "pdf"), ("choir-rehearsal", "mp3"), ("holiday", "zip"), ("payslip", "pdf")];

pub(super) const NEWS: &[&str] =
    &["tram-strike-goes-on", "harvest-festival", "new-hospital-wing", "mayor-resigns", "storm-on-the-coast"];

pub(super) const FOLDERS: &[&str] = &["letters-to-lawyer", "scans", "diary", "baby-pictures", "medical"];

pub(super) const SONGS: &[&str] = &["Night Tram", "Żuraw", "Salt and Slate", "Mar de Fondo", "Slow Harvest"];

pub(super) const VIDEOS: &[&str] =
    &["A Walk on the Dyke", "Baking with Gran", "Wypadek", "Tide Tables", "The Long Queue"];

/// Apps by package name, made up.
pub(super) const APPS: &[&str] =
    &["org.example.diary", "org.example.dating", "org.example.prayer", "org.example.bank", "org.example.chess"];

/// The name in plain small letters, for a mail address.
pub(super) fn plain(name: &str) -> String {
    let letter = |c: char| match c {
        'ñ' => 'n',
        'ë' => 'e',
        'Ł' | 'ł' => 'l',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(letter).collect()
}
