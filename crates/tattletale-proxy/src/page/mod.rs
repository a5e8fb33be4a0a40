//! The proxy's own pages: `http://tattletale.test/` helps a device to trust the authority, the pairing page stands
//! before everything else for a device that is not known, and what could not be passed on is told.
//!
//! None runs a script, and none loads anything but the one picture that shows whether the authority is trusted.

pub(crate) mod pairing;
mod profile;

use std::net::IpAddr;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::authority::Authority;
use crate::record::Notice;
use pairing::{Pairing, Typed};

/// Where the page is; `.test` belongs to nobody (RFC 6761).
pub(crate) const HOST: &str = "tattletale.test";
/// Where a certificate of ours is looked at.
pub(crate) const CHECK: &str = "check.tattletale.test";

/// One answer of our own, and what happened by it.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) notice: Option<Notice>,
}

/// What is asked of us.
pub(crate) struct Question<'a> {
    pub(crate) client: IpAddr,
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// The page of a device that is not served yet, and what its form leads to.
pub(crate) fn pair(pairing: &Pairing, question: &Question<'_>) -> Answer {
    let own = matches!(question.host, HOST | "");
    if own && question.method == "POST" && question.path == "/pair" {
        let body = String::from_utf8_lossy(question.body);
        let code = body.split('&').find_map(|field| field.strip_prefix("code=")).unwrap_or_default();
        let (text, notice) = match pairing.typed(question.client, &code.replace('+', " ")) {
            Typed::Paired => {
                let page = note("Paired", "This device's traffic is recorded from now on, until the recording ends.");
                let page = html! { (page) p { a href={ "http://" (HOST) "/" } { "Next: the certificate" } } };
                let bytes = response("200 OK", "text/html; charset=utf-8", page_of("Paired", &page).as_bytes());
                return Answer { bytes, notice: Some(Notice::Paired(question.client)) };
            }
            Typed::Wrong => ("That is not the code.", None),
            Typed::Locked => {
                let refused = Notice::PairingRefused(question.client);
                ("Too many wrong codes. End the recording and start it again.", Some(refused))
            }
        };
        let page = html! { p { strong { (text) } } (form()) };
        return Answer { bytes: html_response("403 Forbidden", "Not paired", &page), notice };
    }
    let notice = pairing.asked(question.client).then_some(Notice::WaitsForPairing(question.client));
    Answer { bytes: html_response("403 Forbidden", "Not paired", &form()), notice }
}

fn form() -> Markup {
    html! {
        p { "What this device sends goes through Tattletale on another machine, which records it. Nothing is passed on \
             until you type the code that stands on that machine's screen." }
        form method="post" action={ "http://" (HOST) "/pair" } {
            label for="code" { "Code " }
            input id="code" name="code" inputmode="numeric" autocomplete="off" maxlength="12" required;
            " " button { "Record this device" }
        }
    }
}

/// What `http://tattletale.test/` and `https://check.tattletale.test/` answer.
pub(crate) fn own(authority: &Authority, question: &Question<'_>, tls: bool) -> Answer {
    let plain = |bytes: Vec<u8>| Answer { bytes, notice: None };
    if question.host == CHECK {
        if !tls {
            return plain(html_response("404 Not Found", "Nothing here", &note("Nothing here", "Try it with https.")));
        }
        let notice = Some(Notice::AuthorityTrusted(question.client));
        let bytes = match question.path {
            "/trusted.svg" => response("200 OK", "image/svg+xml", TRUSTED.as_bytes()),
            _ => {
                let text =
                    "This device trusts the certificate: what its browser and apps that accept it send can be read.";
                html_response("200 OK", "It works", &note("It works", text))
            }
        };
        return Answer { bytes, notice };
    }
    let der = authority.der();
    plain(match question.path {
        "/" => html_response("200 OK", "Tattletale", &install(authority)),
        "/tattletale.crt" => response("200 OK", "application/x-x509-ca-cert", der),
        "/tattletale.pem" => response("200 OK", "application/x-pem-file", authority.pem().as_bytes()),
        "/tattletale.mobileconfig" => response(
            "200 OK",
            "application/x-apple-aspen-config",
            profile::of(der, &authority.fingerprint()).as_bytes(),
        ),
        "/qr.svg" => response("200 OK", "image/svg+xml", qr(&format!("http://{HOST}/")).as_bytes()),
        _ => html_response("404 Not Found", "Nothing here", &note("Nothing here", "The page is at the start.")),
    })
}

fn install(authority: &Authority) -> Markup {
    html! {
        p { "What this device sends passes through Tattletale and is recorded on the machine where it runs." }
        h2 { "1. Take the certificate" }
        ul {
            li { a href="/tattletale.crt" { "Android, Windows, Linux: tattletale.crt" } }
            li { a href="/tattletale.mobileconfig" { "iPhone, iPad: tattletale.mobileconfig" } }
            li { a href="/tattletale.pem" { "As text: tattletale.pem" } }
        }
        h2 { "2. Trust it" }
        ul {
            li { b { "Android: " } "Settings, Security, Encryption & credentials, Install a certificate, CA certificate. \
                 Browsers follow it. Since Android 7 apps do not, unless their maker says so: what they send is recorded \
                 as a refusal, unless the phone is rooted and the certificate is among the system's." }
            li { b { "iPhone: " } "Settings, General, VPN & Device Management, install the profile; then General, About, \
                 Certificate Trust Settings, switch it on." }
            li { b { "Firefox: " } "Settings, Privacy & Security, View Certificates, Authorities, Import." }
        }
        p { "Its fingerprint (SHA-256): " code { (authority.fingerprint()) } }
        p { "Good until " (authority.ends().strftime("%Y-%m-%d").to_string()) "." }
        h2 { "3. See whether it works" }
        p { img src={ "https://" (CHECK) "/trusted.svg" } width="220" height="28"
             alt="Not trusted yet: this picture could not be loaded over https"; }
        p { a href={ "https://" (CHECK) "/" } { "or open the check page" } }
        h2 { "Another device" }
        p { img src="/qr.svg" width="160" height="160" alt="http://tattletale.test/ as a QR code"; }
        h2 { "Afterwards" }
        p { "Remove the certificate where you installed it. " code { "tattletale capture --forget" }
             " deletes the key that belongs to it: from then on nobody can use it." }
    }
}

/// Drawn here; loaded over https with a certificate of ours, so seeing it is the proof.
const TRUSTED: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="220" height="28"><rect width="220" height="28" rx="5" fill="#1b6e3c"/><text x="12" y="19" font-family="sans-serif" font-size="14" fill="#fff">The certificate is trusted</text></svg>"##;

/// A QR code as a picture; white when the text does not fit, which none of ours is too long for.
fn qr(text: &str) -> String {
    use qrcode::render::svg;
    let code = qrcode::QrCode::new(text);
    code.map(|code| code.render::<svg::Color<'_>>().min_dimensions(160, 160).build()).unwrap_or_default()
}

/// A QR code for a terminal, two modules a character; dark on light, whatever the terminal's colours.
pub fn qr_for_terminal(text: &str) -> String {
    use qrcode::render::unicode::Dense1x2;
    let code = qrcode::QrCode::new(text);
    let colours = (Dense1x2::Light, Dense1x2::Dark);
    code.map(|code| code.render::<Dense1x2>().dark_color(colours.0).light_color(colours.1).build()).unwrap_or_default()
}

/// Why a request was not passed on, or not answered.
pub(crate) fn failure(status: &str, title: &str, text: &str) -> Vec<u8> {
    html_response(status, title, &note(title, text))
}

fn note(title: &str, text: &str) -> Markup {
    html! { h2 { (title) } p { (text) } }
}

fn html_response(status: &str, title: &str, body: &Markup) -> Vec<u8> {
    response(status, "text/html; charset=utf-8", page_of(title, body).as_bytes())
}

fn page_of(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Tattletale" }
                style { (PreEscaped(STYLE)) }
            }
            body { h1 { "Tattletale" } (body) }
        }
    };
    page.into_string()
}

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:40em;margin:2em auto;padding:0 1em;color:#222;background:#fff}code{overflow-wrap:anywhere}h2{font-size:1.1em;margin-top:1.6em}input,button{font:inherit;padding:.3em .5em}";

/// Everything that we answer ourselves closes the connection: there is no doubt where it ends.
fn response(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nProxy-Status: tattletale\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https://{CHECK}; \
         form-action 'self' http://{HOST}; frame-ancestors 'none'; base-uri 'none'\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask<'a>(method: &'a str, host: &'a str, path: &'a str, body: &'a [u8]) -> Question<'a> {
        Question { client: "192.168.1.9".parse().unwrap(), method, host, path, body }
    }

    #[test]
    fn the_certificate_in_every_form() {
        let authority = Authority::in_memory().unwrap();
        for (path, wanted) in [
            ("/", "Take the certificate"),
            ("/tattletale.pem", "BEGIN CERTIFICATE"),
            ("/tattletale.mobileconfig", "com.apple.security.root"),
            ("/qr.svg", "<svg"),
        ] {
            let answer = own(&authority, &ask("GET", HOST, path, b""), false);
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains(wanted), "{path}");
            assert!(text.contains("default-src 'none'") && !text.contains("<script"), "{path}");
        }
        let answer = own(&authority, &ask("GET", HOST, "/tattletale.crt", b""), false);
        assert!(answer.bytes.ends_with(authority.der()));
        let answer = own(&authority, &ask("GET", CHECK, "/trusted.svg", b""), true);
        assert!(answer.notice == Some(Notice::AuthorityTrusted("192.168.1.9".parse().unwrap())));
        assert!(own(&authority, &ask("GET", CHECK, "/trusted.svg", b""), false).notice.is_none());
    }

    #[test]
    fn nothing_but_the_form_before_the_code() {
        let pairing = Pairing::new().unwrap();
        let first = pair(&pairing, &ask("GET", "tracker.example", "/pixel", b""));
        assert!(first.bytes.starts_with(b"HTTP/1.1 403") && first.notice.is_some());
        assert!(pair(&pairing, &ask("GET", "tracker.example", "/pixel", b"")).notice.is_none());
        assert!(pair(&pairing, &ask("POST", HOST, "/pair", b"code=1")).bytes.starts_with(b"HTTP/1.1 403"));
        let code = format!("code={}", pairing.code());
        // Not by a page of somebody else under its own name.
        pair(&pairing, &ask("POST", "tracker.example", "/pair", code.as_bytes()));
        assert!(!pairing.serves("192.168.1.9".parse().unwrap()));
        assert!(pair(&pairing, &ask("POST", HOST, "/pair", code.as_bytes())).bytes.starts_with(b"HTTP/1.1 200"));
        assert!(pairing.serves("192.168.1.9".parse().unwrap()));
    }
}
