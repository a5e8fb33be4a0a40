//! Without a ground truth: what the capture itself shows of the user's actions.
//!
//! Top-level navigations are visits. What stands in their queries and forms was typed, as far as the names of the
//! fields and the look of the values tell: a search term, an e-mail address, a name. Tokens that a page put into
//! its own form are not what a person typed, so without a telling name or look a value is left out.

use super::survey::Survey;
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
}

/// Visits and typed values of all captures.
pub(super) fn ground_truth<'s>(surveys: impl Iterator<Item = &'s Survey>) -> GroundTruth {
    let mut truth = GroundTruth { inferred: true, ..GroundTruth::default() };
    let mut numbers: HashMap<&'static str, usize> = HashMap::new();
    for survey in surveys {
        for page in &survey.navigations {
            let name = format!("action#{}", truth.actions.len());
            truth.actions.push(Action {
                name,
                kind: "visit",
                value: page.url.clone(),
                at: page.at,
                modelled_at: None,
                mode: None,
            });
            truth.first_party.push(page.host.clone());
        }
        for typed in &survey.typed {
            if truth.values.iter().any(|known| known.value == typed.value) {
                continue;
            }
            let number = numbers.entry(typed.kind).or_default();
            *number += 1;
            let name = format!("{}-{number}", typed.kind);
            truth.values.push(Value { name, kind: typed.kind, value: typed.value.clone() });
        }
    }
    truth.first_party.sort();
    truth.first_party.dedup();
    truth
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
            let Some(kind) = kind_of(&name, &value, posted) else { continue };
            let typed = Typed { kind, value: value.trim().to_owned() };
            if !into.contains(&typed) {
                into.push(typed);
            }
        }
    }
}

/// Names of fields as pages commonly write them, with the kind of what is typed there.
const NAMES: &[(&str, &[&str])] = &[
    ("password", &["password", "passwd", "pwd", "pass"]),
    ("search", &["q", "query", "search", "s", "term", "keyword", "keywords", "k", "wd", "text", "search_query", "p"]),
    ("email", &["email", "e-mail", "mail", "user_email", "useremail", "login_email"]),
    ("phone", &["phone", "tel", "telephone", "mobile", "phone_number", "phonenumber"]),
    (
        "person-name",
        &["name", "fullname", "full_name", "firstname", "first_name", "lastname", "last_name", "surname", "username"],
    ),
    ("postal-address", &["address", "street", "city", "postcode", "zip", "address1", "address_line1"]),
    ("birth-date", &["birthday", "birthdate", "dob", "date_of_birth"]),
];

fn kind_of(name: &str, value: &str, posted: bool) -> Option<&'static str> {
    let value = value.trim();
    if !TYPED_LENGTH.contains(&value.len()) || value.starts_with("http") {
        return None;
    }
    if looks_like_email(value) {
        return Some("email");
    }
    let name = name.to_lowercase();
    if let Some((kind, _)) = NAMES.iter().find(|(_, names)| names.contains(&name.as_str())) {
        return Some(kind);
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
        let name = node.chain.path().into_iter().rev().find_map(|step| step.at).unwrap_or_default();
        let name = name.rsplit(['.', '$', ']']).next().unwrap_or(&name).to_owned();
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
    }
}
