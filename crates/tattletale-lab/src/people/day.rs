//! A day: what a person does with the phone and when, before any telemetry is thought of.
//!
//! Every kind of deed happens at least five times with pauses between, because claims of absence need numbers, and so
//! does each single screen, app, setting and the folder DCIM, because what has no text of its own can only be
//! recognised by its repetition. Every deed that can have a text of its own has one, with a token.

use super::words;
use crate::clock::{MINUTE, ModelTime, SECOND};
use crate::seeded::Seeded;

/// How often each kind of deed is done in each mode (or on the phone, where there is no mode).
const REPEATS: usize = 5;

/// Shortest pause between two deeds; longer than the interval at which telemetry is sent.
const SHORTEST_PAUSE: i64 = 20 * SECOND;

/// Normal or incognito browsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Normal browsing.
    Normal,
    /// Incognito browsing.
    Incognito,
}

impl Mode {
    /// Name in scenarios and in the ground truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Incognito => "incognito",
        }
    }
}

/// Which search engine; a label, its pages are served by the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Google.
    Google,
    /// DuckDuckGo.
    DuckDuckGo,
}

impl Engine {
    /// Label in `used_searchengine`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::DuckDuckGo => "duckduckgo",
        }
    }
}

/// A page of a made-up site, without the lab's address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    /// First label of its host; the lab appends `.localhost`.
    pub site: String,
    /// From the slash on, percent-encoded.
    pub path: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeedKind {
    /// A page was visited; `quick_dial` when from a tile of the start page.
    Visit {
        /// Where.
        page: Page,
        /// From a tile of the start page.
        quick_dial: bool,
    },
    /// Something was searched for in the address bar.
    Search {
        /// With what.
        engine: Engine,
        /// The words.
        term: String,
    },
    /// A video was searched for on a video site.
    VideoSearch {
        /// The words.
        term: String,
    },
    /// A file was downloaded in the browser.
    Download {
        /// Its address.
        page: Page,
        /// Its ending, without the dot.
        suffix: &'static str,
    },
    /// An item of the browser's news feed was read.
    News {
        /// Its address.
        page: Page,
    },
    /// The person signed in to the maker's account.
    SignIn,
    /// The person signed out again.
    SignOut,
    /// A folder was opened in the file manager.
    Folder(String),
    /// A screen was swiped to.
    Screen(&'static str),
    /// An app was used for so many seconds.
    App {
        /// Package name.
        package: &'static str,
        /// How long.
        seconds: i64,
    },
    /// A song was played.
    Music(String),
    /// A video on the phone was played.
    Video(String),
    /// A setting was changed.
    Setting(&'static str),
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    /// When, on the modelled clock.
    pub at: ModelTime,
    /// In which mode of the browser; none outside of it.
    pub mode: Option<Mode>,
    /// What.
    pub kind: DeedKind,
}

/// A day of deeds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// In the order of time.
    pub deeds: Vec<Deed>,
}

impl Day {
    /// The day that starts at `start`: first the phone and each mode mixed, with pauses, until all is done.
    ///
    /// With `account`, the person signs in to the maker's account (and out again) five times; normal browsing lies
    /// partly within these spans. The same seed makes the same day.
    pub fn generate(seed: u64, start: ModelTime, modes: &[Mode], account: bool) -> Self {
        let mut seeded = Seeded::new(seed, "day");
        let mut undone = on_the_phone(&mut seeded);
        for &mode in modes {
            undone.extend(in_the_browser(&mut seeded).into_iter().map(|kind| (Some(mode), kind)));
        }
        shuffle(&mut undone, &mut seeded);
        if account {
            spread_sign_ins(&mut undone);
        }
        let mut at = start;
        let mut deeds = Vec::with_capacity(undone.len());
        for (number, (mode, kind)) in undone.into_iter().enumerate() {
            // Now and then the phone is put away.
            let pause = if number % 12 == 11 { seeded.between(20, 50) * MINUTE } else { seeded.between(0, 4 * MINUTE) };
            at = at + SHORTEST_PAUSE + pause;
            deeds.push(Deed { at, mode, kind });
        }
        Self { deeds }
    }
}

type Undone = (Option<Mode>, DeedKind);

fn in_the_browser(seeded: &mut Seeded) -> Vec<DeedKind> {
    let mut kinds = Vec::new();
    for (number, (site, path)) in words::PAGES.iter().enumerate() {
        let page = Page { site: (*site).into(), path: format!("/{path}-{}", seeded.token()) };
        kinds.push(DeedKind::Visit { page: page.clone(), quick_dial: false });
        if number < REPEATS {
            let page = Page { path: format!("/start/{}", seeded.token()), ..page };
            kinds.push(DeedKind::Visit { page, quick_dial: true });
        }
    }
    for number in 0..REPEATS {
        for engine in [Engine::Google, Engine::DuckDuckGo] {
            let term = format!("{} {}", seeded.pick(words::SEARCHES), seeded.token());
            kinds.push(DeedKind::Search { engine, term });
        }
        let term = format!("{} {}", words::VIDEO_SEARCHES[number % words::VIDEO_SEARCHES.len()], seeded.token());
        kinds.push(DeedKind::VideoSearch { term });
        let (name, suffix) = words::FILES[number % words::FILES.len()];
        let page = Page { site: "files".into(), path: format!("/get/{name}-{}.{suffix}", seeded.token()) };
        kinds.push(DeedKind::Download { page, suffix });
        let item = words::NEWS[number % words::NEWS.len()];
        let page = Page { site: "news".into(), path: format!("/item/{item}-{}", seeded.token()) };
        kinds.push(DeedKind::News { page });
    }
    kinds
}

fn on_the_phone(seeded: &mut Seeded) -> Vec<Undone> {
    let mut kinds = Vec::new();
    for number in 0..REPEATS {
        let own = words::FOLDERS[number % words::FOLDERS.len()];
        kinds.push(DeedKind::Folder(format!("/sdcard/{own}-{}", seeded.token())));
        kinds.push(DeedKind::Folder("/sdcard/DCIM".into()));
        kinds.extend(["home", "status_bar", "settings"].map(DeedKind::Screen));
        for package in words::APPS {
            kinds.push(DeedKind::App { package, seconds: seeded.between(15, 900) });
        }
        kinds.push(DeedKind::Music(format!("{} {}", words::SONGS[number % words::SONGS.len()], seeded.token())));
        kinds.push(DeedKind::Video(format!("{} {}", words::VIDEOS[number % words::VIDEOS.len()], seeded.token())));
        kinds.extend(["dark_mode=on", "dark_mode=off"].map(DeedKind::Setting));
    }
    kinds.into_iter().map(|kind| (None, kind)).collect()
}

/// Fisher and Yates.
fn shuffle(undone: &mut [Undone], seeded: &mut Seeded) {
    for last in (1..undone.len()).rev() {
        undone.swap(last, seeded.below(last as u64 + 1) as usize);
    }
}

/// Five spans of being signed in, the last one until the end of the day.
fn spread_sign_ins(undone: &mut Vec<Undone>) {
    let step = undone.len() / (2 * REPEATS);
    for span in (0..REPEATS).rev() {
        let (signed_in, signed_out) = ((2 * span + 1) * step, (2 * span + 2) * step);
        if span + 1 < REPEATS {
            undone.insert(signed_out, (None, DeedKind::SignOut));
        }
        undone.insert(signed_in, (None, DeedKind::SignIn));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::mem::{Discriminant, discriminant};

    const BOTH: &[Mode] = &[Mode::Normal, Mode::Incognito];

    #[test]
    fn each_kind_at_least_five_times_in_each_mode_with_pauses() {
        let day = Day::generate(3, ModelTime(0), BOTH, true);
        let mut counts: BTreeMap<(Option<Mode>, String), usize> = BTreeMap::new();
        for deed in &day.deeds {
            let kind: Discriminant<DeedKind> = discriminant(&deed.kind);
            *counts.entry((deed.mode, format!("{kind:?}"))).or_default() += 1;
        }
        let (often, seldom): (Vec<_>, Vec<_>) = counts.values().partition(|&&count| count >= REPEATS);
        assert_eq!((often.len(), seldom), (5 * 2 + 7, vec![&4]), "all but signing out");
        assert!(day.deeds.windows(2).all(|pair| pair[1].at - pair[0].at >= SHORTEST_PAUSE));
        let span = day.deeds[day.deeds.len() - 1].at - day.deeds[0].at;
        assert!(span < 24 * 60 * MINUTE, "{} h", span / MINUTE / 60);
    }

    #[test]
    fn a_day_is_its_seed() {
        let day = |seed| Day::generate(seed, ModelTime(0), BOTH, true);
        assert_eq!(day(5), day(5));
        assert_ne!(day(5), day(6));
    }

    #[test]
    fn signing_in_and_out_take_turns() {
        let day = Day::generate(5, ModelTime(0), BOTH, true);
        let mut signed_in = false;
        for deed in day.deeds {
            match deed.kind {
                DeedKind::SignIn => assert!(!std::mem::replace(&mut signed_in, true)),
                DeedKind::SignOut => assert!(std::mem::replace(&mut signed_in, false)),
                _ => {}
            }
        }
        assert!(signed_in);
    }
}
