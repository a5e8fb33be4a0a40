//! Without a ground truth: what the capture itself shows of the user's actions.
//!
//! Top-level navigations are visits. What stands in their queries and forms was typed, as far as the names of the
//! fields and the look of the values tell: a search term, an e-mail address, a name. Tokens that a page put into
//! its own form are not what a person typed, so without a telling name or look a value is left out.

use super::navigation::Navigation;
use crate::attribute::{same_site, site};
use crate::decode::{Ending, Limits, Node, Visitor, parts, walk};
use crate::model::{Action, Exchange, GroundTruth, Part, Value};
use std::collections::HashMap;

/// Typed values kept per capture.
const TYPED_KEPT: usize = 1_000;

/// Longest and shortest text that counts as typed into a field, in bytes.
const TYPED_LENGTH: std::ops::RangeInclusive<usize> = 3..=512;

/// Something that was typed into a field of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    kind: &'static str,
    value: String,
    /// Site that it was typed at.
    site: String,
}

/// What the captures show: visits, typed values, and for each value the site that it was typed at.
pub(super) fn ground_truth<'s>(
    captures: impl Iterator<Item = (&'s [Navigation], &'s [Typed])>,
) -> (GroundTruth, Vec<String>) {
    let mut truth = GroundTruth { inferred: true, ..GroundTruth::default() };
    let mut sites = Vec::new();
    let mut numbers: HashMap<&'static str, usize> = HashMap::new();
    for (navigations, entered) in captures {
        let visits = visits(navigations);
        for page in &visits {
            let name = format!("action#{}", truth.actions.len());
            let (value, at) = (page.url.clone(), page.at);
            truth.actions.push(Action { name, kind: "visit", value, at, modelled_at: None, mode: None });
            truth.first_party.push(page.host.clone());
        }
        for typed in entered {
            // What was typed at a page that nobody meant to visit was not typed by the user.
            let visited = visits.iter().any(|page| site(&page.url) == typed.site);
            if !visited || truth.values.iter().any(|known| known.value == typed.value) {
                continue;
            }
            let number = numbers.entry(typed.kind).or_default();
            *number += 1;
            let name = format!("{}-{number}", typed.kind);
            truth.values.push(Value { name, kind: typed.kind, value: typed.value.clone() });
            sites.push(typed.site.clone());
        }
    }
    truth.first_party.sort();
    truth.first_party.dedup();
    (truth, sites)
}

/// The navigations that a person meant. A page that is reached from another site and at once sends the browser on to
/// a third is a bounce (an advertiser's click counter, a link shortener): nobody's destination. A page that was only
/// sent on to itself (http to https) is one visit.
fn visits(navigations: &[Navigation]) -> Vec<&Navigation> {
    let next = navigations.iter().skip(1).map(Some).chain([None]);
    let meant = |page: &Navigation, next: Option<&Navigation>| {
        let Some(next) = next else { return true };
        let soon = match (page.at, next.at) {
            (Some(at), Some(next)) => (0..=BOUNCE_MS).contains(&(next.as_millisecond() - at.as_millisecond())),
            _ => false,
        };
        let bounce = page.from_elsewhere && !same_site(&page.host, &next.host) && (page.sent_on || soon);
        let itself = page.sent_on && without_scheme(&page.url) == without_scheme(&next.url);
        !bounce && !itself
    };
    navigations.iter().zip(next).filter(|(page, next)| meant(page, *next)).map(|(page, _)| page).collect()
}

/// A page that is left again sooner was not looked at.
const BOUNCE_MS: i64 = 1_500;

fn without_scheme(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

/// Adds what was typed into the query and the body of `exchange`.
///
/// A navigation is a form that was submitted; of what scripts send (`submitted` false) only fields with a telling
/// name or look count.
pub(super) fn typed(exchange: &Exchange, submitted: bool, into: &mut Vec<Typed>) {
    for view in parts(exchange, false) {
        if !matches!(view.part, Part::Query | Part::Body) || into.len() >= TYPED_KEPT {
            continue;
        }
        let mut fields = Fields::default();
        let limits = Limits { nodes: 10_000, made: 1 << 20, ..Limits::default() };
        walk(view.bytes, view.hint, &limits, &mut fields);
        for (name, value) in fields.found {
            let posted = submitted && view.part == Part::Body;
            let Some(kind) = kind_of(&name, &value, submitted, posted) else { continue };
            let typed = Typed { kind, value: value.trim().to_owned(), site: site(&exchange.request.url) };
            if !into.contains(&typed) {
                into.push(typed);
            }
        }
    }
}

/// Names that say what is typed there wherever they stand, by a word that they contain.
const TELLING: &[(&str, &[&str])] = &[
    ("password", &["password", "passwd", "passphrase", "pass_word"]),
    ("email", &["email", "e-mail", "e_mail"]),
    ("phone", &["phone", "mobile"]),
    ("person-name", &["fullname", "full_name", "firstname", "first_name", "lastname", "last_name", "surname"]),
    ("birth-date", &["birthday", "birthdate", "date_of_birth"]),
];

/// Short names that mean something in a form that was submitted, and anything in what a script sends.
const IN_FORMS: &[(&str, &[&str])] = &[
    ("password", &["pwd", "pass", "pw"]),
    ("search", &["q", "query", "search", "s", "term", "keyword", "keywords", "k", "wd", "text", "search_query", "p"]),
    ("email", &["mail"]),
    ("phone", &["tel", "telephone"]),
    ("person-name", &["name"]),
    ("account-id", &["user", "username", "login", "user_name", "userid", "user_id", "account"]),
    ("postal-address", &["address", "street", "city", "postcode", "zip", "address1", "address_line1"]),
    ("birth-date", &["dob"]),
];

fn kind_of(name: &str, value: &str, submitted: bool, posted: bool) -> Option<&'static str> {
    let value = value.trim();
    if !TYPED_LENGTH.contains(&value.len()) || value.starts_with("http") {
        return None;
    }
    if looks_like_email(value) {
        return Some("email");
    }
    let name = name.to_lowercase();
    let telling = TELLING.iter().find(|(_, words)| words.iter().any(|word| name.contains(word)));
    let short = IN_FORMS.iter().find(|(_, names)| submitted && names.contains(&name.as_str()));
    if let Some((kind, _)) = telling.or(short) {
        // `"passwordStrength": true` is no password, and an address has an `@`.
        let fits = match *kind {
            "email" => false,
            "password" => !matches!(value, "true" | "false" | "null"),
            "phone" => value.chars().filter(char::is_ascii_digit).count() >= 6,
            _ => true,
        };
        return fits.then_some(*kind);
    }
    // Blanks between words are typed, in a form that was submitted; tokens have none.
    let words = value.contains(' ') && value.chars().filter(|c| c.is_alphabetic()).count() >= 5;
    (posted && words).then_some("typed")
}

fn looks_like_email(value: &str) -> bool {
    let Some((user, host)) = value.split_once('@') else { return false };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(&b));
    !user.is_empty() && plain(user) && plain(host) && host.contains('.') && !host.ends_with('.')
}

/// Collects the leaves of a walk with the name of the innermost field.
#[derive(Default)]
struct Fields {
    found: Vec<(String, String)>,
}

impl Visitor for Fields {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        if ending.opened || !ending.text || !TYPED_LENGTH.contains(&node.bytes.len()) {
            return;
        }
        let name = node.chain.field().unwrap_or_default();
        if let Ok(text) = std::str::from_utf8(node.bytes) {
            self.found.push((name, text.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Request};

    fn typed_into(url: &str, body: &str, submitted: bool) -> Vec<(&'static str, String)> {
        let body = Body { bytes: body.into(), ..Body::default() };
        let request = Request { method: "POST".into(), url: url.into(), body, ..Request::default() };
        let mut found = Vec::new();
        typed(&Exchange { request, ..Exchange::default() }, submitted, &mut found);
        found.into_iter().map(|typed| (typed.kind, typed.value)).collect()
    }

    #[test]
    fn what_a_person_typed() {
        let search = typed_into("https://h.example/s?q=b%C3%B3l+w+klatce&sid=8f2c66&utm_source=mail", "", true);
        assert_eq!(search, [("search", "ból w klatce".to_owned())]);
        let form = typed_into(
            "https://h.example/join",
            "email=ann%40example.org&csrf=x8f0aa77&note=call+me+later&ref=a",
            true,
        );
        assert_eq!(form, [("email", "ann@example.org".into()), ("typed", "call me later".into())]);
        let script =
            typed_into("https://h.example/api", r#"{"user":{"email":"ann@example.org"},"t":"a b c d e"}"#, false);
        assert_eq!(script, [("email", "ann@example.org".to_owned())]);
        let event =
            r#"{"name":"checkout_started","query":"query GetUser { user }","user":{"newPassword":"hunter2hunter2"}}"#;
        assert_eq!(typed_into("https://h.example/api", event, false), [("password", "hunter2hunter2".to_owned())]);
    }

    fn page(url: &str, second: i64, from_elsewhere: bool, sent_on: bool) -> Navigation {
        let at = crate::model::Timestamp::from_second(second).ok();
        let host = crate::model::url::Parts::of(url).host();
        Navigation { exchange: 0, at, url: url.into(), host, from_elsewhere, sent_on }
    }

    #[test]
    fn bounces_and_redirects_are_no_visits() {
        let pages = [
            page("http://search.example/", 0, false, true),
            page("https://search.example/", 0, false, false),
            page("https://ads.example/click?u=https%3A%2F%2Fshop.example%2F", 10, true, true),
            page("https://hop.example/x", 10, true, false),
            page("https://shop.example/", 11, true, false),
            page("https://news.example/", 60, true, false),
        ];
        let meant: Vec<&str> = visits(&pages).into_iter().map(|page| page.url.as_str()).collect();
        assert_eq!(meant, ["https://search.example/", "https://shop.example/", "https://news.example/"]);
    }
}
