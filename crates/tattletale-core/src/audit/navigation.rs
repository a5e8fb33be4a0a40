//! Which exchanges are the user's own steps, and which the pages made.
//!
//! Browsers say so themselves in fetch metadata (W3C "Fetch Metadata Request Headers"), but only to trustworthy
//! origins; where it is missing, what recorders and older headers say has to do.

use crate::attribute::same_site;
use crate::model::{Exchange, Timestamp, url};

/// A top-level navigation, with what was typed into it.
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
}

/// Whether the exchange is a top-level navigation that a person made.
pub(super) fn is_navigation(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    let header = |name| request.header(name);
    let guessed_ahead = header("sec-purpose").or(header("purpose")).is_some_and(|why| why.contains("prefetch"));
    if guessed_ahead || !matches!(request.method.as_str(), "GET" | "POST") {
        return false;
    }
    if let Some(destination) = header("sec-fetch-dest") {
        return destination == "document";
    }
    let host = url::Parts::of(&request.url).host();
    let embedded = header("referer").is_some_and(|from| !same_site(&url::Parts::of(from).host(), &host));
    let scripted = header("x-requested-with").is_some() || header("origin").is_some() && request.method == "GET";
    let wants_page = header("accept").is_some_and(|accept| accept.contains("text/html"));
    match exchange.resource.as_deref() {
        Some("document") => !embedded,
        Some(_) => false,
        None => wants_page && !scripted && !embedded,
    }
}

/// Whether a page at `host` made this request to its own host: the fetch standard's sub-resource, same origin.
pub(super) fn is_sub_resource(exchange: &Exchange, host: &str) -> bool {
    let request = &exchange.request;
    if let Some(site) = request.header("sec-fetch-site") {
        return site == "same-origin";
    }
    let from = request.header("referer").or(request.header("origin"));
    from.is_some_and(|from| url::Parts::of(from).host() == host)
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
        let yes: [&[_]; 3] = [
            &[("sec-fetch-dest", "document"), ("referer", "https://other.example/")],
            &[html],
            &[html, ("referer", "http://www.h.example/x")],
        ];
        let no: [&[_]; 5] = [
            &[("sec-fetch-dest", "iframe"), html],
            &[("sec-fetch-dest", "document"), ("sec-purpose", "prefetch;prerender")],
            &[html, ("referer", "https://other.example/")],
            &[html, ("x-requested-with", "XMLHttpRequest")],
            &[("accept", "*/*")],
        ];
        for headers in yes {
            assert!(is_navigation(&exchange("http://h.example/p", headers)), "{headers:?}");
        }
        for headers in no {
            assert!(!is_navigation(&exchange("http://h.example/p", headers)), "{headers:?}");
        }
    }

    #[test]
    fn what_the_browser_sends_by_itself_is_no_sub_resource() {
        let suggest = exchange("https://h.example/complete?q=a", &[("sec-fetch-site", "none")]);
        assert!(!is_sub_resource(&suggest, "h.example"));
        let icon = exchange("http://h.example/favicon.ico", &[("referer", "http://h.example/page")]);
        assert!(is_sub_resource(&icon, "h.example"));
        assert!(!is_sub_resource(&exchange("http://h.example/x", &[]), "h.example"));
    }
}
