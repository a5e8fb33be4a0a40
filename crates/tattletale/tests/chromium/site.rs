//! A made-up clinic's web site, and the tracker whose script it embeds.
//!
//! `clinic.localhost` has a start page with a search field, a results page, an article and an account page;
//! `tracker.localhost` gives the script away and takes what it sends. The pages embed the tracker as its documentation
//! says, and pass it the term and the account as such sites do.

use crate::sdk::Sdk;
use crate::server::{Answers, Reply, Request};
use crate::visit::Person;

/// Whether this is something that the tracker is told (images go to `/sa.gif`).
pub(crate) fn is_event(request: &Request) -> bool {
    request.host() == "tracker.localhost" && request.target.starts_with("/sa") && request.method != "OPTIONS"
}

/// Site and tracker, for one person and a version of the script.
pub(crate) fn answers(sdk: Sdk, script: String, person: &Person) -> Answers {
    let person = person.clone();
    Box::new(move |request| match (request.host(), path(request)) {
        ("clinic.localhost", "/favicon.ico") => reply("image/svg+xml", ICON),
        ("clinic.localhost", path) => {
            page(path, &person).map_or_else(nothing, |(title, body)| document(sdk, &title, &body))
        }
        ("tracker.localhost", "/sdk.js") => reply("text/javascript; charset=utf-8", &script),
        ("tracker.localhost", _) if is_event(request) || request.method == "OPTIONS" => collected(request),
        _ => nothing(),
    })
}

fn path(request: &Request) -> &str {
    request.target.split('?').next().unwrap_or_default()
}

fn page(path: &str, person: &Person) -> Option<(String, String)> {
    let article = person.article();
    let account = &person.account;
    Some(match path {
        "/" => {
            let field = "<input name=q autocomplete=off>";
            ("Klinika".to_owned(), format!("<form action=/search>{field}<button>Szukaj</button></form>"))
        }
        "/search" => {
            let told = "sensors.track('search', { keyword: new URLSearchParams(location.search).get('q') });";
            ("Wyniki".to_owned(), format!("<script>{told}</script><a id=first href=\"{article}\">Pierwszy wynik</a>"))
        }
        "/account" => {
            let told = format!(
                "document.querySelector('form').addEventListener('submit', submitted => {{
                     submitted.preventDefault();
                     sensors.login('{account}');
                     sensors.setProfile({{ email: document.querySelector('input').value }});
                 }});"
            );
            let form = "<form><input name=email autocomplete=off><button>Dalej</button></form>";
            ("Konto".to_owned(), format!("{form}<script>{told}</script>"))
        }
        path if path == article => ("Artykuł".to_owned(), "<a id=account href=/account>Konto</a>".to_owned()),
        _ => return None,
    })
}

fn document(sdk: Sdk, title: &str, body: &str) -> Reply {
    let send_type = sdk.send_type;
    let embedded = format!(
        "<script src=\"http://tracker.localhost/sdk.js\"></script><script>
         var sensors = window.sensorsDataAnalytic201505 || window.sensors;
         sensors.init({{ server_url: 'http://tracker.localhost/sa?project=clinic', send_type: '{send_type}',
                         heatmap: {{ clickmap: 'not_collect', scroll_notice_map: 'not_collect' }} }});
         sensors.quick('autoTrack');
         </script>"
    );
    let head = format!("<meta charset=utf-8><title>{title}</title><link rel=icon href=/favicon.ico>{embedded}");
    reply("text/html; charset=utf-8", &format!("<!doctype html><html lang=pl><head>{head}</head><body>{body}</body>"))
}

/// The tracker takes what it is sent from any page, with leave (Fetch standard, CORS protocol).
fn collected(request: &Request) -> Reply {
    let mut reply = reply("image/gif", "");
    reply.headers.push(("Access-Control-Allow-Origin", request.header("origin").unwrap_or("*").to_owned()));
    reply.headers.push(("Access-Control-Allow-Credentials", "true".to_owned()));
    if request.method == "OPTIONS" {
        reply.status = 204;
        reply.headers.push(("Access-Control-Allow-Headers", "content-type".to_owned()));
    }
    reply
}

fn reply(kind: &str, body: &str) -> Reply {
    let headers = vec![("Content-Type", kind.to_owned()), ("Cache-Control", "no-store".to_owned())];
    Reply { status: 200, headers, body: body.as_bytes().to_vec() }
}

fn nothing() -> Reply {
    Reply { status: 404, ..Reply::default() }
}

const ICON: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>"#;
