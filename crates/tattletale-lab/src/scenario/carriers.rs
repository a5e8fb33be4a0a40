//! The person's own requests: pages of made-up sites, as a browser asks for them. They are carriers, never leaks.

use crate::device::Device;
use crate::emitter::sensors::component;
use crate::endpoints::Endpoints;
use crate::people::{DeedKind, Engine, Page, Person};
use crate::wire::Outgoing;
use tattletale_core::model::url;

/// Site of the maker's account.
const ACCOUNT: &str = "account";

/// The page that a deed opens; none for what is no page.
pub(super) fn address(kind: &DeedKind, endpoints: &Endpoints) -> Option<String> {
    match kind {
        DeedKind::Visit { page, .. } | DeedKind::Download { page, .. } | DeedKind::News { page } => {
            Some(endpoints.page(page))
        }
        DeedKind::Search { engine: Engine::Google, term } => {
            Some(endpoints.page_with("engine-google", "/search", "q", term))
        }
        DeedKind::Search { engine: Engine::DuckDuckGo, term } => {
            Some(endpoints.page_with("engine-duckduckgo", "/", "q", term))
        }
        DeedKind::VideoSearch { term } => Some(endpoints.page_with("video", "/results", "search_query", term)),
        DeedKind::SignIn => Some(endpoints.page(&Page { site: ACCOUNT.into(), path: "/login".into() })),
        _ => None,
    }
}

/// Host of an address, for the first parties of the ground truth.
pub(super) fn host(address: &str) -> String {
    url::Parts::of(address).host()
}

/// The navigation, and a style sheet that the page fetches from its own host.
pub(super) fn requests(kind: &DeedKind, address: &str, person: &Person, device: &Device) -> Vec<Outgoing> {
    let agent = format!(
        "Mozilla/5.0 (Linux; U; Android {}; {}) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 \
         Chrome/71.0.3578.141 Mobile Safari/537.36",
        device.model.android, device.model.sold_as
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let navigation = vec![
        header("Upgrade-Insecure-Requests", "1"),
        header("User-Agent", &agent),
        header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"),
        header("Sec-Fetch-Site", "none"),
        header("Sec-Fetch-Mode", "navigate"),
        header("Sec-Fetch-User", "?1"),
        header("Sec-Fetch-Dest", "document"),
    ];
    match kind {
        DeedKind::SignIn => {
            let body = format!("email={}&account={}", component(&person.email), component(&person.account_id));
            let mut headers = navigation;
            headers.push(header("Content-Type", "application/x-www-form-urlencoded"));
            vec![Outgoing { method: "POST", url: address.into(), headers, body: body.into_bytes() }]
        }
        DeedKind::Download { .. } => vec![get(address.into(), navigation)],
        _ => {
            let parts = url::Parts::of(address);
            let style = format!("{}://{}/style.css", parts.scheme, parts.authority);
            let fetched = vec![
                header("User-Agent", &agent),
                header("Accept", "text/css,*/*;q=0.1"),
                header("Sec-Fetch-Site", "same-origin"),
                header("Sec-Fetch-Mode", "no-cors"),
                header("Sec-Fetch-Dest", "style"),
                header("Referer", address),
            ];
            vec![get(address.into(), navigation), get(style, fetched)]
        }
    }
}

fn get(url: String, headers: Vec<(String, String)>) -> Outgoing {
    Outgoing { method: "GET", url, headers, body: Vec::new() }
}
