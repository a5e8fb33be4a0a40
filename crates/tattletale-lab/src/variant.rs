//! Variants of the telemetry: what was reported, what was updated, and three that an audit must tell apart from it.

use crate::browser::Switches;
use crate::people::Mode;
use serde::Deserialize;

/// How the telemetry behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// As reported in April 2020: every event with its content and lasting ids, in incognito mode too.
    Reported,
    /// With the switch of May 2020 for incognito mode.
    Updated,
    /// As reported, but what is sent is encrypted to the receiver's key. Nobody reported this; it shows what an
    /// audit can still say when it cannot read.
    Sealed,
    /// What the maker said it did: aggregated counts, no identity, nothing in incognito mode.
    Claimed,
    /// What we would sign: nothing before consent, nothing in incognito mode, one report of noisy counts, no
    /// lasting id.
    Respectful,
}

/// All variants.
pub const VARIANTS: &[Variant] =
    &[Variant::Reported, Variant::Updated, Variant::Sealed, Variant::Claimed, Variant::Respectful];

impl Variant {
    /// Name in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Updated => "updated",
            Self::Sealed => "sealed",
            Self::Claimed => "claimed",
            Self::Respectful => "respectful",
        }
    }

    /// Whether what is browsed in `mode` is collected.
    pub fn collects(self, mode: Mode, switches: &Switches) -> bool {
        match (self, mode) {
            (_, Mode::Normal) | (Self::Reported | Self::Sealed, Mode::Incognito) => true,
            (Self::Updated, Mode::Incognito) => switches.incognito.sends(),
            (Self::Claimed | Self::Respectful, Mode::Incognito) => false,
        }
    }

    /// Whether only counts leave the phone.
    pub fn counts_only(self) -> bool {
        matches!(self, Self::Claimed | Self::Respectful)
    }
}
