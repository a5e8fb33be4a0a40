//! What is in an app beside what was seen, in words.

use super::Shown;
use crate::render::words;
use crate::study::apps::{AppSeen, SdkSeen, Standing};
use std::collections::BTreeMap;

/// Hosts that are named in one sentence.
const NAMED: usize = 8;

/// Name of the app's file, and in how many sessions it was recorded.
pub(super) fn app(shown: &Shown<'_>, app: &AppSeen) -> String {
    let sessions = words::count(app.sessions.len() as u64, "session");
    let version = app.contents.version.iter().map(|version| shown.name(version));
    let names = app.contents.package.iter().map(|name| shown.name(name)).chain(version).collect::<Vec<_>>().join(" ");
    let names = if names.is_empty() { String::new() } else { format!(" ({names})") };
    format!("{}{names}, recorded in {sessions}", shown.name(&app.contents.file))
}

/// `Sensors Analytics 3.2.10: in the app, and seen talking to sa.example (2 of 3 sessions)`
pub(super) fn sdk(shown: &Shown<'_>, app: &AppSeen, sdk: &SdkSeen) -> String {
    let version = sdk.version.as_deref().map(|version| format!(" {}", shown.name(version))).unwrap_or_default();
    let what = match sdk.standing {
        Standing::Talking => format!("in the app, and seen talking to {}", hosts(shown, app, &sdk.contacted)),
        Standing::TalkingOnly => format!(
            "not found in the app, but its server was contacted: {}; a page may have loaded it, or its code has other names",
            hosts(shown, app, &sdk.contacted)
        ),
        Standing::Present if sdk.has_hosts => "in the app, and not seen talking".to_owned(),
        Standing::Present => "in the app; none of its servers is known, so whether it talked cannot be told".to_owned(),
    };
    format!("{}{version}: {what}", shown.name(&sdk.name))
}

/// `3 of the 40 servers that the app names were contacted: a, b, c`
pub(super) fn endpoints(shown: &Shown<'_>, app: &AppSeen) -> Vec<String> {
    let all = (app.contacted.len() + app.silent.len()) as u64;
    let mut lines = Vec::new();
    if all > 0 {
        let which = match app.contacted.is_empty() {
            true => String::new(),
            false => format!(": {}", hosts(shown, app, &app.contacted)),
        };
        let contacted = words::number(app.contacted.len() as u64);
        lines.push(format!("{contacted} of {} that the app names contacted{which}", words::count(all, "server")));
    }
    if !app.unnamed.is_empty() {
        let count = words::count(app.unnamed.len() as u64, "server");
        lines.push(format!("{count} contacted that the app does not name: {}", hosts(shown, app, &app.unnamed)));
    }
    let faults = &app.contents.faults;
    if let Some(first) = faults.first() {
        let first = shown.name(&first.to_string());
        let more = faults.len().saturating_sub(1) as u64;
        let more = if more > 0 { format!(" (and {} more)", words::number(more)) } else { String::new() };
        lines.push(format!("the app could not be read completely: {first}{more}"));
    }
    lines
}

fn hosts(shown: &Shown<'_>, app: &AppSeen, hosts: &BTreeMap<String, usize>) -> String {
    let sessions = app.sessions.len();
    let one = |(host, count): (&String, &usize)| match sessions {
        1 => shown.host(host),
        _ => format!("{} ({count} of {sessions} sessions)", shown.host(host)),
    };
    let named: Vec<String> = hosts.iter().take(NAMED).map(one).collect();
    match hosts.len().saturating_sub(NAMED) {
        0 => words::list(&named),
        more => format!("{} and {} more", named.join(", "), words::number(more as u64)),
    }
}
