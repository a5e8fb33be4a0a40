//! Which exchanges are the user's own steps, and which the pages made.
//!
//! Browsers say so themselves in fetch metadata (W3C "Fetch Metadata Request Headers"), but only to trustworthy
//! origins. Where it is missing, a page with a referrer on another site may be a link that was followed or a frame: a
//! page that goes on loading after it has a frame, one that does not was left.

use crate::attribute::same_site;
use crate::model::{Exchange, Timestamp, url};

/// Navigations that may still turn out to be frames, watched at the same time.
const WATCHED: usize = 16;

/// A top-level navigation.
#[derive(Debug, Clone)]
pub(super) struct Navigation {
    /// Position in the capture.
    pub(super) exchange: usize,
    /// When, UTC.
    pub(super) at: Option<Timestamp>,
    /// The whole address.
    pub(super) url: String,
    /// Host of the address.
    pub(super) host: String,
    /// A page of another site led here.
    pub(super) from_elsewhere: bool,
    /// It was answered by sending the browser on (3xx).
    pub(super) sent_on: bool,
}

/// What an exchange looks like by its own headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Navigation,
    /// A link that was followed, or a frame.
    LinkOrFrame,
    Other,
}

/// Collects navigations over a capture.
#[derive(Default)]
pub(super) struct Navigations {
    found: Vec<Navigation>,
    /// Index into `found`, address of the page that led there.
    uncertain: Vec<(usize, String)>,
    frames: Vec<usize>,
}

impl Navigations {
    /// Looks at the next exchange; true when it is a navigation (or may be one).
    pub(super) fn add(&mut self, exchange: &Exchange) -> bool {
        let from = exchange.request.header("referer").unwrap_or_default();
        // The page that led to an uncertain one still loads: that was a frame.
        self.uncertain.retain(|(index, parent)| {
            let goes_on = parent == from && look(exchange) == Look::Other;
            if goes_on {
                self.frames.push(*index);
            }
            !goes_on
        });
        let look = look(exchange);
        if look == Look::Other {
            return false;
        }
        if look == Look::LinkOrFrame {
            if self.uncertain.len() >= WATCHED {
                self.uncertain.remove(0);
            }
            self.uncertain.push((self.found.len(), from.to_owned()));
        }
        let host = url::Parts::of(&exchange.request.url).host();
        let site = exchange.request.header("sec-fetch-site");
        let elsewhere = !from.is_empty() && !same_site(&url::Parts::of(from).host(), &host);
        self.found.push(Navigation {
            exchange: exchange.index,
            at: exchange.at,
            url: exchange.request.url.clone(),
            from_elsewhere: site.map_or(elsewhere, |site| site == "cross-site"),
            sent_on: exchange.response.as_ref().is_some_and(|response| (300..400).contains(&response.status)),
            host,
        });
        true
    }

    /// How many were found, frames included.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether one of the last pages was at `host` or at its site.
    pub(super) fn lately_at(&self, host: &str) -> bool {
        self.found.iter().rev().take(WATCHED).any(|page| same_site(&page.host, host))
    }

    /// The navigations without frames.
    pub(super) fn finish(self) -> Vec<Navigation> {
        let Self { found, frames, .. } = self;
        let kept = found.into_iter().enumerate().filter(|(index, _)| !frames.contains(index));
        kept.map(|(_, page)| page).collect()
    }
}

fn look(exchange: &Exchange) -> Look {
    let request = &exchange.request;
    let header = |name| request.header(name);
    let guessed_ahead = header("sec-purpose").or(header("purpose")).is_some_and(|why| why.contains("prefetch"));
    if guessed_ahead || !matches!(request.method.as_str(), "GET" | "POST") {
        return Look::Other;
    }
    match header("sec-fetch-dest") {
        Some("document") => return Look::Navigation,
        Some(_) => return Look::Other,
        None => {}
    }
    let scripted = header("x-requested-with").is_some() || header("origin").is_some() && request.method == "GET";
    let wants_page = header("accept").is_some_and(|accept| accept.contains("text/html"));
    let page = match exchange.resource.as_deref() {
        Some(resource) => resource == "document",
        None => wants_page && !scripted,
    };
    let host = url::Parts::of(&request.url).host();
    let elsewhere = header("referer").is_some_and(|from| !same_site(&url::Parts::of(from).host(), &host));
    match (page, elsewhere) {
        (false, _) => Look::Other,
        (true, true) => Look::LinkOrFrame,
        (true, false) => Look::Navigation,
    }
}

/// Where a request of a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From<'a> {
    /// A page (or its style sheet) at this address of the same host; only a host where the path is withheld.
    OwnHost(&'a str),
    /// A page of the same site on another host.
    OwnSite,
    /// Another site, the browser itself, or nobody says.
    Elsewhere,
}

/// Who made this request, by fetch metadata, else by referrer and origin.
pub(super) fn made_by<'a>(exchange: &'a Exchange, host: &str) -> From<'a> {
    let request = &exchange.request;
    let from = request.header("referer").or(request.header("origin")).unwrap_or_default();
    let from_host = url::Parts::of(from).host();
    match request.header("sec-fetch-site") {
        Some("same-origin") => From::OwnHost(from),
        Some("same-site") => From::OwnSite,
        Some(_) => From::Elsewhere,
        None if from_host == host && !host.is_empty() => From::OwnHost(from),
        None if !from.is_empty() && same_site(&from_host, host) => From::OwnSite,
        None => From::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Header, Request};

    fn exchange(url: &str, headers: &[(&str, &str)]) -> Exchange {
        let headers = headers.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() });
        let request =
            Request { method: "GET".into(), url: url.into(), headers: headers.collect(), ..Request::default() };
        Exchange { request, ..Exchange::default() }
    }

    #[test]
    fn navigations() {
        let html = ("accept", "text/html,*/*");
        let cases: [(&[(&str, &str)], Look); 8] = [
            (&[("sec-fetch-dest", "document"), ("referer", "https://other.example/")], Look::Navigation),
            (&[html], Look::Navigation),
            (&[html, ("referer", "http://www.h.example/x")], Look::Navigation),
            (&[html, ("referer", "https://other.example/")], Look::LinkOrFrame),
            (&[("sec-fetch-dest", "iframe"), html], Look::Other),
            (&[("sec-fetch-dest", "document"), ("sec-purpose", "prefetch;prerender")], Look::Other),
            (&[html, ("x-requested-with", "XMLHttpRequest")], Look::Other),
            (&[("accept", "*/*")], Look::Other),
        ];
        for (headers, wanted) in cases {
            assert_eq!(look(&exchange("http://h.example/p", headers)), wanted, "{headers:?}");
        }
    }

    #[test]
    fn a_page_that_goes_on_loading_has_a_frame_and_one_that_does_not_was_left() {
        let page = exchange("http://a.example/", &[("accept", "text/html")]);
        let next = exchange("http://b.example/", &[("accept", "text/html"), ("referer", "http://a.example/")]);
        let image = exchange("http://a.example/i.png", &[("referer", "http://a.example/")]);
        let hosts = |exchanges: [&Exchange; 3]| {
            let mut navigations = Navigations::default();
            exchanges.into_iter().for_each(|exchange| {
                navigations.add(exchange);
            });
            navigations.finish().into_iter().map(|page| page.host).collect::<Vec<_>>()
        };
        assert_eq!(hosts([&page, &next, &image]), ["a.example"]);
        assert_eq!(hosts([&page, &image, &next]), ["a.example", "b.example"]);
    }

    #[test]
    fn what_the_browser_sends_by_itself_is_no_sub_resource() {
        let suggest = exchange("https://h.example/complete?q=a", &[("sec-fetch-site", "none")]);
        assert_eq!(made_by(&suggest, "h.example"), From::Elsewhere);
        let icon = exchange("http://h.example/favicon.ico", &[("referer", "http://h.example/page")]);
        assert_eq!(made_by(&icon, "h.example"), From::OwnHost("http://h.example/page"));
        let api = exchange("http://api.h.example/x", &[("origin", "http://h.example")]);
        assert_eq!(made_by(&api, "api.h.example"), From::OwnSite);
        assert_eq!(made_by(&exchange("http://h.example/x", &[]), "h.example"), From::Elsewhere);
    }
}
