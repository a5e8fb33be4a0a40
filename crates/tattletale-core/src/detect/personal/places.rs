//! Where a person was on the web: addresses of other sites' pages, and what they searched for.

use super::{Detector, Field, Match, Sure, Traits};
use crate::model::registrable_domain;
use crate::model::url;

/// Names of fields that hold the page a person is on or comes from.
const PAGES: &[&str] = &[
    "url",
    "current url",
    "page url",
    "page",
    "href",
    "location",
    "referrer",
    "referer",
    "document location",
    "dl",
    "dr",
    "ref",
    "uri",
    "page location",
    "page referrer",
    "source url",
    "link",
    "target",
];

/// Endings of what a page is made of.
const PIECES: &[&str] = &[
    ".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".woff", ".woff2", ".ico", ".json", ".xsd",
];

/// Where sources are kept.
const SOURCES: &[&str] = &["github.com", "gitlab.com", "bitbucket.org"];

/// Engines by a label of their host, with the parameter that holds the term. As their own pages send them.
const ENGINES: &[(&str, &str)] = &[
    ("google", "q"),
    ("bing", "q"),
    ("duckduckgo", "q"),
    ("yandex", "text"),
    ("baidu", "wd"),
    ("baidu", "word"),
    ("yahoo", "p"),
    ("ecosia", "q"),
    ("startpage", "query"),
    ("qwant", "q"),
    ("naver", "query"),
    ("seznam", "q"),
    ("youtube", "search_query"),
    ("sogou", "query"),
    ("so", "q"),
    ("ask", "q"),
    ("brave", "q"),
    ("amazon", "k"),
];

pub(super) struct Visited;
pub(super) struct Searched;

impl Detector for Visited {
    fn kind(&self) -> &'static str {
        "url"
    }

    fn about(&self) -> &'static str {
        "an address with a path at another site than the receiver's, in a field named like the page that a person is on; \
         what pages are made of is none, and the repository of some source, which clients name as their own, is weak"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("page_url", "https://clinic.example/conditions/early-menopause")
    }

    fn reads_addresses(&self) -> bool {
        true
    }

    fn names(&self) -> &'static [&'static str] {
        PAGES
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.address && traits.length <= 8_192
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let text = field.text;
        let Some(parts) = elsewhere(field) else { return };
        let path = parts.path.to_ascii_lowercase();
        let page = (path.len() > 1 || !parts.query.is_empty()) && !PIECES.iter().any(|piece| path.ends_with(piece));
        if page && !text.contains(char::is_whitespace) {
            let sure = if is_repository(&parts) { Sure::No } else { Sure::Yes };
            out.push(Match { range: 0..text.len(), value: text.to_owned(), sure });
        }
    }
}

impl Detector for Searched {
    fn kind(&self) -> &'static str {
        "search"
    }

    fn about(&self) -> &'static str {
        "the term in the address of a known search engine's results, told to somebody else"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("referrer", "https://www.google.com/search?q=early+menopause")
    }

    fn reads_addresses(&self) -> bool {
        true
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.address && traits.length <= 8_192
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let text = field.text;
        let Some(parts) = elsewhere(field) else { return };
        let host = parts.host();
        for (_, parameter) in ENGINES.iter().filter(|(engine, _)| host.split('.').any(|label| label == *engine)) {
            let query = parts.query;
            let from = query.as_ptr() as usize - text.as_ptr() as usize;
            let mut at = 0;
            for pair in query.split('&') {
                if let Some(term) = pair.strip_prefix(*parameter).and_then(|rest| rest.strip_prefix('='))
                    && !term.is_empty()
                {
                    let start = from + at + parameter.len() + 1;
                    let read = url::percent_decode(term.as_bytes(), true);
                    let value = String::from_utf8_lossy(&read).into_owned();
                    out.push(Match { range: start..start + term.len(), value, sure: Sure::Yes });
                }
                at += pair.len() + 1;
            }
        }
    }
}

/// Whether it is nothing but an owner and a name at one of [`SOURCES`]: clients of error trackers tell their own so.
fn is_repository(parts: &url::Parts<'_>) -> bool {
    let segments = parts.path.trim_matches('/').split('/').filter(|segment| !segment.is_empty()).count();
    segments == 2 && parts.query.is_empty() && SOURCES.contains(&parts.host().as_str())
}

/// The parts of a field that is an address at another site than the receiver's.
fn elsewhere<'a>(field: &Field<'a>) -> Option<url::Parts<'a>> {
    let web = field.text.starts_with("http://") || field.text.starts_with("https://");
    let parts = web.then(|| url::Parts::of(field.text))?;
    let host = parts.host();
    (!host.is_empty() && site(&host) != field.site).then_some(parts)
}

/// Registrable domain, else the host: what tells one site from another.
fn site(host: &str) -> String {
    registrable_domain(host).unwrap_or(host).to_owned()
}
