//! The collector's control address as pages: what is stored, whom it knows, and what it knows of one person.
//!
//! They are written for the person concerned: calm, complete, in plain words, good on a phone. Everything on them came
//! from a device and may be hostile, so it is made visible ([`escape`]) and escaped by maud, no script runs, nothing
//! loads, and the policy in the header allows our own style sheet by its hash and nothing else.

mod day;
mod person;
mod words;

use super::{MAX_EVENTS, PersonView, people};
use crate::fields::Fields;
use crate::registry::RECORDS;
use crate::serve::{Reply, Site, text, typed};
use crate::store::{self, Counts};
use crate::token::Token;
use crate::wire::TOKEN_PARAMETER;
use hyper::body::Bytes;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use hyper::{Method, Request, StatusCode};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tattletale_report::render::escape;
use tokio::task::spawn_blocking;

/// Screen and phone, light and dark.
const STYLE: &str = include_str!("style.css");

/// The control address.
pub(crate) struct Control {
    pub(crate) database: PathBuf,
    pub(crate) token: Token,
}

impl Site for Control {
    async fn answer(&self, request: Request<Bytes>, _: &Fields) -> Reply {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET");
        }
        let path = request.uri().path().to_owned();
        let links = Links { token: self.token.as_str().to_owned() };
        let database = self.database.clone();
        // Reading takes as long as there are events; the servers go on meanwhile.
        let page = spawn_blocking(move || -> Result<Option<Markup>, store::Error> {
            if path == "/" {
                return Ok(Some(home(&store::read_counts(&database)?, &links)));
            }
            let people = people(&store::read_events(&database, MAX_EVENTS)?);
            if path == "/people" {
                return Ok(Some(list(&people, &links)));
            }
            let number = path.strip_prefix("/people/").and_then(|number| number.parse::<usize>().ok());
            let person = number.and_then(|number| people.iter().find(|person| person.number == number));
            Ok(person.map(|person| document(&words::name(person), person::page(person, &links))))
        });
        match page.await {
            Ok(Ok(Some(page))) => typed(StatusCode::OK, "text/html; charset=utf-8", page.into_string()),
            Ok(Ok(None)) => text(StatusCode::NOT_FOUND, "no such page"),
            Ok(Err(error)) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be made"),
        }
    }

    fn finish(&self, _: Option<&HeaderValue>, reply: &mut Reply) {
        if let Ok(policy) = HeaderValue::from_str(&policy()) {
            reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        // The token stands in the address; no other site gets to see it.
        reply.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
}

fn policy() -> String {
    let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Addresses of pages; each carries the token.
struct Links {
    token: String,
}

impl Links {
    fn to(&self, path: &str) -> String {
        format!("{path}?{TOKEN_PARAMETER}={}", self.token)
    }
}

/// Text of an event as it may be shown: on one line, nothing hidden, not longer than a line or two.
fn shown(text: &str) -> String {
    const MOST: usize = 160;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", escape::text(&text[..end])),
        None => escape::text(text),
    }
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Tattletale lab" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p.specimen { strong { "A lab with made-up people." } " Nobody on this page exists; nothing here left this machine." }
                main { (body) }
                footer { p { "Tattletale lab. This page runs no script, loads nothing and sends nothing." } }
            }
        }
    }
}

fn home(counts: &Counts, links: &Links) -> Markup {
    let table = |caption: &str, rows: &std::collections::BTreeMap<String, u64>| {
        html! {
            table {
                caption { (caption) }
                tbody { @for (name, count) in rows { tr { th scope="row" { (words::server(name)) } td { (words::number(*count)) } } } }
            }
        }
    };
    let body = html! {
        h1 { "What this collector has received" }
        p.lead {
            (words::count(counts.events, "event")) " so far."
            @if counts.sealed > 0 { " " (words::count(counts.sealed, "message")) " could not be opened and are kept sealed." }
        }
        @if counts.events == 0 {
            p { "Nothing yet. As soon as a phone or a browser of the lab reports something, it is counted here." }
        } @else {
            p { a.go href=(links.to("/people")) { "Who these events are about" } }
            div.tables {
                (table("By server", &counts.servers))
                (table("By channel", &counts.channels))
                (table("By form on the wire", &counts.forms))
            }
        }
        (servers())
    };
    document("Collector", body)
}

/// Place, host and registrant are three answers, and stand apart.
fn servers() -> Markup {
    html! {
        h2 { "The servers, and who runs them" }
        p.note { "As the lab’s registry tells it, modelled on what was reported in 2020. All of them are this machine." }
        div.scroll tabindex="0" role="region" aria-label="Servers" {
            table {
                thead { tr {
                    th scope="col" { "Server" } th scope="col" { "Stands for" } th scope="col" { "Place" }
                    th scope="col" { "Hosting" } th scope="col" { "Name registered in" }
                } }
                tbody { @for record in &RECORDS {
                    tr {
                        th scope="row" { (record.name) } td { (record.stands_for) } td { (record.city) }
                        td { "Alibaba" } td { "Beijing" }
                    }
                } }
            }
        }
    }
}

fn list(people: &[PersonView], links: &Links) -> Markup {
    let body = html! {
        nav { a href=(links.to("/")) { "Collector" } }
        h1 { "People this collector knows" }
        p.lead {
            @match people.len() {
                0 => "Nobody yet: no event names anybody.",
                1 => "One person.",
                n => { (words::number(n as u64)) " people." }
            }
            " None of them gave a name; their devices gave numbers, and numbers that meet in one event are one person."
        }
        ul.people {
            @for person in people {
                li {
                    a href=(links.to(&format!("/people/{}", person.number))) { (words::name(person)) }
                    p {
                        (words::count(person.events as u64, "event")) ", "
                        (words::count(person.identifiers.len() as u64, "id")) ", "
                        (words::count(person.sessions.len() as u64, "session"))
                        @if let Some(site) = person.pattern.sites.first() { "; most often on " bdi { (shown(&site.host)) } }
                    }
                }
            }
        }
    };
    document("People", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_cannot_end_itself_or_load_anything() {
        for forbidden in ["</", "@import", "url(", "expression", "http:", "https:"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
