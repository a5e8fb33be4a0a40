//! What was found in apps, put into words once for every output.

use tattletale_core::model::Aspect;
use tattletale_core::model::app::{Contents, Endpoint, Fault, HardKey, KeyKind, Place, Sdk, Sureness};
use tattletale_report::render::escape::text as escaped;
use tattletale_report::render::words::{count, list, number};

use super::{Item, Section, Sheet, Tone};

/// Lines of one section; all are in the JSON report.
pub(super) const LISTED: usize = 40;
/// Longest piece of somebody else's text, in characters.
const LONGEST: usize = 120;

/// Somebody else's text, made harmless and not too long.
pub(super) fn said(text: &str) -> String {
    tattletale_report::render::words::cut(&escaped(text), LONGEST)
}

pub(super) fn item(tone: Tone, head: impl Into<String>, facts: Vec<String>) -> Item {
    Item { tone, head: head.into(), facts }
}

pub(super) fn section(id: &'static str, title: &str, lead: Option<&str>, mut items: Vec<Item>) -> Section {
    let more = items.len().saturating_sub(LISTED);
    items.truncate(LISTED);
    if more > 0 {
        items.push(item(Tone::Quiet, format!("and {} more in the JSON report", number(more as u64)), Vec::new()));
    }
    Section { id, title: title.to_owned(), lead: lead.map(str::to_owned), items }
}

/// Several apps in a few lines, those with trackers first; none at all is said too.
pub fn overview(files: &[String], apps: &[Contents]) -> Sheet {
    let read: Vec<&Contents> =
        apps.iter().filter(|contents| !contents.code.is_empty() || contents.package.is_some()).collect();
    let (told, quiet): (Vec<&Contents>, Vec<&Contents>) = read.iter().partition(|contents| !contents.sdks.is_empty());
    let from = list(&files.iter().map(|file| said(file)).collect::<Vec<_>>());
    let headline = match (read.len() as u64, told.len() as u64) {
        (0, _) => format!("No app is in {from}."),
        (all, 0) => format!("None of {} in {from} has a tracker that is known.", count(all, "app")),
        (all, some) => format!("{} of {} in {from} have trackers that are known.", number(some), count(all, "app")),
    };
    let app = |contents: &&Contents| {
        let names: Vec<String> = contents.sdks.iter().map(|sdk| said(&sdk.name)).collect();
        let name = contents.package.as_deref().map_or_else(|| said(&contents.file), said);
        let facts = if names.is_empty() { Vec::new() } else { vec![list(&names), said(&contents.file)] };
        item(if names.is_empty() { Tone::Plain } else { Tone::Alarm }, name, facts)
    };
    Sheet {
        headline,
        about: Vec::new(),
        complete: apps.iter().all(Contents::complete),
        sections: vec![
            section("with", "Apps with trackers", None, told.iter().map(app).collect()),
            section("without", "Apps without", None, quiet.iter().map(app).collect()),
        ],
    }
}

/// One app.
pub fn app(contents: &Contents, reveal: bool) -> Sheet {
    let mut about = Vec::new();
    let names = [contents.package.as_deref(), contents.version.as_deref()];
    let name = names.iter().flatten().map(|name| said(name)).collect::<Vec<_>>().join(" ");
    let label = contents.label.as_deref().map(|label| format!("{}: ", said(label))).unwrap_or_default();
    about.push(match name.is_empty() {
        true => said(&contents.file),
        false => format!("{label}{name}, from {}", said(&contents.file)),
    });
    let methods: u64 = contents.code.iter().map(|file| file.methods).sum();
    let files = count(contents.code.len() as u64, "DEX file");
    about.push(format!("{files}, {} classes, {} methods", number(contents.classes()), number(methods)));
    about.extend(contents.sha256.as_ref().map(|digest| format!("SHA-256 {digest}")));
    let mut faults: Vec<Item> = contents.faults.iter().map(fault).collect();
    let quickened: u64 = contents.code.iter().map(|file| file.quickened).sum();
    if quickened > 0 {
        let note = format!(
            "{} instructions were rewritten when the phone's maker compiled the app: what they reach has no name any more",
            number(quickened)
        );
        faults.push(item(Tone::Quiet, note, Vec::new()));
    }
    Sheet {
        headline: headline(contents),
        about,
        complete: contents.complete(),
        sections: vec![
            section("sdks", "Trackers and kits in it", Some(PRESENT), contents.sdks.iter().map(sdk).collect()),
            section("private", "Private browsing and trackers", Some(PATHS), private(contents)),
            section("identifiers", "What its code can ask for", None, identifiers(contents)),
            section("endpoints", "Servers it names", None, endpoints(contents)),
            section("keys", "Keys written into it", Some(KEYS), keys(contents, reveal)),
            section("permissions", "Permissions it asks for", None, permissions(contents)),
            section("faults", "Not seen", None, faults),
        ],
    }
}

const PRESENT: &str = "Present in the app, which does not say that it ever talks: a recording shows that.";
const PATHS: &str =
    "Chains of calls from code that speaks of private browsing. They show what can be called, not that it is.";
const KEYS: &str =
    "Whoever has the app has these keys. With --keys FILE they are written as the file that audit --keys takes.";

fn headline(contents: &Contents) -> String {
    let named: Vec<String> = contents.sdks.iter().map(|sdk| said(&sdk.name)).collect();
    match named.len() {
        0 => "No tracker that is known is in this app.".to_owned(),
        1..=4 => format!("In this app: {}.", list(&named)),
        n => format!("{n} trackers and kits are in this app: {} and others.", named[..3].join(", ")),
    }
}

fn place(place: &Place) -> String {
    match place.class.is_empty() {
        true => said(&place.file),
        false => format!("{} in {}", said(&place.class), said(&place.file)),
    }
}

fn places(all: &[Place]) -> Vec<String> {
    all.iter().map(place).collect()
}

fn sdk(sdk: &Sdk) -> Item {
    let version = sdk.version.as_deref().map(|version| format!(" {}", said(version))).unwrap_or_default();
    let who = [sdk.organisation.as_deref(), sdk.category.as_deref()];
    let who = who.iter().flatten().map(|who| said(who)).collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { String::new() } else { format!(" ({who})") };
    let (begin, how) = match sdk.sureness {
        Sureness::Named if sdk.classes == 0 => ("", "native code for classes of its own name".to_owned()),
        Sureness::LooksLike if sdk.classes == 0 => ("looks like ", "its own strings in native code".to_owned()),
        Sureness::Named => ("", format!("{} under its own name", classes(sdk.classes))),
        Sureness::LooksLike => ("looks like ", format!("its own strings in {} with other names", classes(sdk.classes))),
        Sureness::Address => ("address of ", "only an address of its servers".to_owned()),
    };
    let mut facts = vec![how];
    facts.extend(sdk.places.first().map(|first| format!("for example {}", place(first))));
    let native = sdk.places.iter().skip(1).filter(|place| place.file.ends_with(".so"));
    facts.extend(native.map(|native| format!("native code in {}", said(&native.file))));
    if !sdk.traces.is_empty() {
        facts.push(format!("known by {}", sdk.traces.iter().map(|t| said(t)).collect::<Vec<_>>().join(", ")));
    }
    if !sdk.hosts.is_empty() {
        facts.push(format!("sends to {}", sdk.hosts.iter().take(8).map(|h| said(h)).collect::<Vec<_>>().join(", ")));
    }
    facts.push(format!("evidence: {}", said(&sdk.evidence)));
    item(Tone::Alarm, format!("{begin}{}{version}{who}", said(&sdk.name)), facts)
}

fn classes(n: u64) -> String {
    if n == 1 { "1 class".to_owned() } else { format!("{} classes", number(n)) }
}

fn private(contents: &Contents) -> Vec<Item> {
    let path = |path: &tattletale_core::model::app::PrivatePath| {
        let head = format!("{} reaches {}", said(path.methods.first().map_or("", String::as_str)), said(&path.sdk));
        let mut facts = vec![format!("it {}", said(&path.because))];
        facts.extend(path.methods.iter().skip(1).map(|method| format!("→ {}", said(method))));
        item(Tone::Alarm, head, facts)
    };
    contents.private.iter().map(path).collect()
}

fn identifiers(contents: &Contents) -> Vec<Item> {
    let asked = |asked: &tattletale_core::model::app::Asked| {
        let mut facts = places(&asked.places);
        let more = asked.classes.saturating_sub(asked.places.len() as u64);
        if more > 0 {
            facts.push(format!("and {} more", classes(more)));
        }
        let sdks: Vec<String> = asked.sdks.iter().map(|sdk| said(sdk)).collect();
        if !sdks.is_empty() {
            facts.insert(0, format!("asked by {}", list(&sdks)));
        }
        let tone = if sdks.is_empty() { Tone::Plain } else { Tone::Alarm };
        item(tone, format!("{} ({})", asked.kind, said(&asked.api)), facts)
    };
    contents.identifiers.iter().map(asked).collect()
}

/// Who runs a host, in short: `Xiaomi, Xiaomi browser telemetry`.
fn run_by(endpoint: &Endpoint) -> Option<String> {
    let mut said_of: Vec<String> = Vec::new();
    for aspect in [Aspect::Organisation, Aspect::Tracker, Aspect::Category] {
        let fact = endpoint.facts.iter().find(|fact| fact.aspect == aspect);
        said_of.extend(fact.map(|fact| said(&fact.value)).filter(|value| !said_of.contains(value)));
    }
    (!said_of.is_empty()).then(|| said_of.join(", "))
}

fn endpoints(contents: &Contents) -> Vec<Item> {
    let real = contents.endpoints.iter().filter(|endpoint| !endpoint.name_only);
    let mut real: Vec<(bool, &Endpoint)> = real.map(|endpoint| (endpoint.facts.is_empty(), endpoint)).collect();
    // Those that somebody knows first.
    real.sort_by_key(|(unknown, endpoint)| (*unknown, endpoint.host.clone()));
    let told = |(unknown, endpoint): &(bool, &Endpoint)| {
        let mut facts: Vec<String> = run_by(endpoint).into_iter().collect();
        facts.extend(endpoint.urls.first().map(|url| said(url)));
        facts.extend(endpoint.places.first().map(place));
        item(if *unknown { Tone::Plain } else { Tone::Alarm }, said(&endpoint.host), facts)
    };
    real.iter().map(told).collect()
}

fn keys(contents: &Contents, reveal: bool) -> Vec<Item> {
    let told = |(position, key): (usize, &HardKey)| {
        let what = match key.kind {
            KeyKind::Aes => "AES key",
            KeyKind::Other => "key",
            KeyKind::Vector => "initialisation vector",
            KeyKind::RsaPublic => "RSA public key",
            KeyKind::RsaPrivate => "RSA private key",
        };
        let algorithm = key.algorithm.as_deref().map(|name| format!(", for {}", said(name))).unwrap_or_default();
        let head = format!("app-{position}: {what} of {}{algorithm}", count(key.bytes.len() as u64, "byte"));
        let method = if key.method.is_empty() { String::new() } else { format!(", method {}", said(&key.method)) };
        let mut facts = vec![format!("written as {} in {}{method}", key.written, place(&key.place))];
        if reveal {
            facts.push(key.bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        let loud = matches!(key.kind, KeyKind::Aes | KeyKind::Other | KeyKind::RsaPrivate);
        item(if loud { Tone::Alarm } else { Tone::Plain }, head, facts)
    };
    contents.keys.iter().enumerate().map(told).collect()
}

fn permissions(contents: &Contents) -> Vec<Item> {
    contents.permissions.iter().map(|name| item(Tone::Plain, said(name), Vec::new())).collect()
}

pub(super) fn fault(fault: &Fault) -> Item {
    item(Tone::Alarm, tattletale_report::render::words::cut(&escaped(&fault.to_string()), 2 * LONGEST), Vec::new())
}
