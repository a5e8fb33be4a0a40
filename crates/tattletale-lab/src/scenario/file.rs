//! Reads the scenario files that are compiled in. They are part of the program: a fault in one is a failing test,
//! and at run time leaves that scenario out.

use super::{Release, Scenario};
use crate::browser::{IncognitoSwitch, Position, Product, Switches};
use crate::details::{Details, Sourced};
use crate::device::Model;
use crate::people::Mode;
use crate::variant::Variant;
use serde::Deserialize;
use toml::{Table, Value};

const DETAILS: &str = include_str!("../../scenarios/details.toml");

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*]
    };
}

/// All files but the shared one.
pub(super) const FILES: &[(&str, &str)] = files![
    "claimed",
    "feed-web-ajax",
    "feed-web-batch",
    "feed-web-beacon",
    "mi-10-pro-reported",
    "mi-mix-3-reported",
    "mint-updated-default",
    "mint-updated-on",
    "mint-updated-on-protects",
    "no-hardware-ids",
    "other-maker-mint-reported",
    "pro-updated-off",
    "redmi-k20-mint-reported",
    "redmi-note-8-account",
    "redmi-note-8-reported",
    "respectful",
    "respectful-refused",
    "sealed",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    device: Sourced<String>,
    browser: Sourced<String>,
    release: Sourced<Release>,
    variant: Sourced<Variant>,
    modes: Sourced<Vec<Mode>>,
    account: Sourced<bool>,
    history_sync: Sourced<bool>,
    incognito_switch: Sourced<Position>,
    switch_on_sends: Sourced<bool>,
    switch_on_by_default: Sourced<bool>,
    consents: Sourced<bool>,
    /// Details that differ from the shared ones.
    #[serde(default)]
    details: Table,
}

/// The named scenarios.
pub(super) fn named() -> Vec<Scenario> {
    FILES.iter().filter_map(|(name, text)| read(name, text).ok()).collect()
}

/// Reads one file; the error says which key is wrong.
pub(super) fn read(name: &str, text: &str) -> Result<Scenario, String> {
    let wrong = |error: toml::de::Error| format!("{name}: {error}");
    let written: Table = toml::from_str(text).map_err(wrong)?;
    let file: File = toml::from_str(text).map_err(wrong)?;
    let mut shared: Table = toml::from_str(DETAILS).map_err(wrong)?;
    shared.extend(file.details);
    let mut sources = sources(&written);
    sources.extend(self::sources(&shared));
    Ok(Scenario {
        name: name.into(),
        title: file.title,
        model: Model::by_name(&file.device.value).ok_or_else(|| format!("{name}: unknown device"))?,
        product: Product::by_name(&file.browser.value).ok_or_else(|| format!("{name}: unknown browser"))?,
        release: file.release.value,
        variant: file.variant.value,
        modes: file.modes.value,
        switches: Switches {
            account: file.account.value,
            history_sync: file.history_sync.value,
            incognito: IncognitoSwitch {
                position: file.incognito_switch.value,
                on_sends: file.switch_on_sends.value,
                on_by_default: file.switch_on_by_default.value,
            },
            consents: file.consents.value,
        },
        details: details(shared).map_err(wrong)?,
        sources,
    })
}

fn details(table: Table) -> Result<Details, toml::de::Error> {
    Details::deserialize(Value::Table(table))
}

fn sources(table: &Table) -> Vec<(String, String)> {
    let source = |(key, value): (&String, &Value)| Some((key.clone(), value.get("source")?.as_str()?.to_owned()));
    table.iter().filter_map(source).collect()
}
