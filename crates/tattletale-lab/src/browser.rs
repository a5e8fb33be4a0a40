//! Browsers: the three reported ones, in the version reported on and the updated one, with their switches and the
//! id that outlives its own rule.
//!
//! What they do with a deed is in [`crate::emitter`]; here is what they are.

use crate::clock::ModelTime;
use crate::people::Mode;
use crate::seeded::Seeded;
use serde::Deserialize;

/// A browser, as far as telemetry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// Name in scenarios.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Package; Mint's is the one in the Play Store.
    pub package: &'static str,
    /// `project` in the address. `global_browser_mini` is Mint's (W. Palant); no source gives the others.
    pub project: &'static str,
    /// Version reported on in April 2020. Mint's is W. Palant's, the others stand for "before 12.1.4".
    pub reported: &'static str,
    /// Version with the switch of May 2020.
    pub updated: &'static str,
    /// Whether only the maker's own phones have it.
    pub preinstalled: bool,
}

/// All modelled browsers (Forbes, 30 April 2020; versions after the update: the maker's posts of May 2020).
pub const PRODUCTS: &[Product] = &[
    Product {
        name: "miui-browser",
        title: "MIUI browser",
        package: "com.android.browser",
        project: "global_browser",
        reported: "12.1.3",
        updated: "12.1.4",
        preinstalled: true,
    },
    Product {
        name: "mi-browser-pro",
        title: "Mi Browser Pro",
        package: "com.mi.globalbrowser",
        project: "global_browser",
        reported: "12.1.3",
        updated: "12.1.4",
        preinstalled: false,
    },
    Product {
        name: "mint-browser",
        title: "Mint Browser",
        package: "com.mi.globalbrowser.mini",
        project: "global_browser_mini",
        reported: "3.4.0",
        updated: "3.4.3",
        preinstalled: false,
    },
];

impl Product {
    /// The browser called `name`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.name == name)
    }
}

/// Where a switch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Position {
    /// Never touched.
    Default,
    /// Turned on.
    On,
    /// Turned off.
    Off,
}

impl Position {
    /// Name in settings and scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// The switch that the update of May 2020 added to incognito mode.
///
/// Sources contradict each other on what ON means and nobody proves the default, so both are parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncognitoSwitch {
    /// Where it stands.
    pub position: Position,
    /// Polarity: whether ON means that data is sent (else ON protects).
    pub on_sends: bool,
    /// Where it stands when never touched.
    pub on_by_default: bool,
}

impl IncognitoSwitch {
    /// Whether incognito browsing is reported with the switch as it stands.
    pub fn sends(self) -> bool {
        let on = match self.position {
            Position::Default => self.on_by_default,
            Position::On => true,
            Position::Off => false,
        };
        on == self.on_sends
    }
}

/// What the person set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switches {
    /// Uses the maker's account (signs in and out during the day).
    pub account: bool,
    /// Browsing history is synced to the account; does nothing while signed out.
    pub history_sync: bool,
    /// The switch of May 2020; versions before it do not have it.
    pub incognito: IncognitoSwitch,
    /// Whether the person agrees when asked (only `respectful` asks).
    pub consents: bool,
}

impl Switches {
    /// In a word or two, for tables and names.
    pub fn label(&self, updated: bool, mode: Mode) -> String {
        let account = match (self.account, self.history_sync) {
            (true, true) => "account+sync",
            (true, false) => "account",
            (false, _) => "no-account",
        };
        if !updated || mode == Mode::Normal {
            return account.into();
        }
        let position = self.incognito.position.name();
        let polarity = if self.incognito.on_sends { "sends" } else { "protects" };
        format!("{account} switch={position} on={polarity}")
    }
}

/// The "anonymous" id that is meant to be replaced after 90 days.
///
/// In the analysed code the stamp from which the 90 days count is refreshed at every use (W. Palant, 8 May 2020), so
/// with any use at all within 90 days it lasts for ever.
#[derive(Debug, Clone)]
pub struct LastingId {
    value: String,
    stamped: ModelTime,
    period: i64,
    refreshed_on_use: bool,
    seeded: Seeded,
}

impl LastingId {
    /// A first id, stamped at `now`; `period` in milliseconds.
    pub fn new(seed: u64, now: ModelTime, period: i64, refreshed_on_use: bool) -> Self {
        let mut seeded = Seeded::new(seed, "lasting id");
        Self { value: seeded.uuid(), stamped: now, period, refreshed_on_use, seeded }
    }

    /// The id as the browser uses it at `now`.
    pub fn used_at(&mut self, now: ModelTime) -> &str {
        if now - self.stamped >= self.period {
            self.value = self.seeded.uuid();
            self.stamped = now;
        }
        if self.refreshed_on_use {
            self.stamped = now;
        }
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DAY;

    fn different_ids(refreshed_on_use: bool, every: i64) -> usize {
        let mut id = LastingId::new(1, ModelTime(0), 90 * DAY, refreshed_on_use);
        let mut ids: Vec<String> =
            (0..1000).step_by(every as usize).map(|day| id.used_at(ModelTime(day * DAY)).to_owned()).collect();
        ids.dedup();
        ids.len()
    }

    #[test]
    fn the_id_that_should_rotate_never_does() {
        assert_eq!(different_ids(true, 1), 1);
        assert_eq!(different_ids(true, 89), 1);
        assert_eq!(different_ids(false, 1), 12, "as it was meant: every 90 days");
        assert!(different_ids(true, 100) > 5, "only a phone that is left alone gets a new one");
    }

    #[test]
    fn the_switch_with_both_polarities_and_defaults() {
        let sends = |position, on_sends, on_by_default| IncognitoSwitch { position, on_sends, on_by_default }.sends();
        for default in [false, true] {
            assert!(sends(Position::On, true, default) && !sends(Position::Off, true, default));
            assert!(!sends(Position::On, false, default) && sends(Position::Off, false, default));
            assert_eq!(sends(Position::Default, true, default), default);
            assert_eq!(sends(Position::Default, false, default), !default);
        }
    }
}
