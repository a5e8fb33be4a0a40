//! What a person sees while a recording runs: what this set-up can open, who is told how much, and how it ended.
//!
//! A terminal is drawn anew twice a second; elsewhere each thing is one line when it happens, or one JSON object.

use super::arguments::{CaptureArgs, ModeName};
use super::leaks::{Leak, Leaks};
use super::told::{Event, words};
use super::{is_drawn, line};
use crate::cli::Format;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;
use tattletale_proxy::{Authority, Proxy, Recorded, qr_for_terminal};
use tattletale_report::render::{escape, words as said};

/// Receivers that fit on a screen.
const ROWS: usize = 15;
/// Receivers that are counted one by one.
const MOST_HOSTS: usize = 10_000;

/// Who is told how much.
#[derive(Debug, Default, Clone)]
struct Row {
    exchanges: u64,
    sent: u64,
    received: u64,
    blind: u64,
    plaintext: u64,
    leaks: u64,
}

/// What is shown.
pub(super) struct Show {
    format: Format,
    drawn: bool,
    lines: usize,
    rows: HashMap<String, Row>,
    leaks: Option<Leaks>,
    out: io::Stdout,
    path: String,
    messages: u64,
    mode: ModeName,
    reverse: bool,
    browser: bool,
}

impl Show {
    pub(super) fn new(args: &CaptureArgs, leaks: Option<Leaks>, path: &Path) -> Self {
        Self {
            format: args.format,
            drawn: is_drawn(args),
            lines: 0,
            rows: HashMap::new(),
            leaks,
            out: io::stdout(),
            path: path.display().to_string(),
            messages: 0,
            mode: args.mode,
            reverse: args.reverse.is_some(),
            browser: args.browser.is_some(),
        }
    }

    /// Where to point a device, and what to expect of it.
    pub(super) fn beginning(&mut self, proxy: &Proxy, authority: &Authority, made: bool) -> io::Result<()> {
        let address = proxy.address();
        if self.format == Format::Json {
            let code = proxy.code();
            return self.json(&serde_json::json!({
                "event": "listening", "address": address.to_string(), "code": code, "recording": self.path,
                "authority": authority.fingerprint(),
            }));
        }
        let mut out = self.out.lock();
        writeln!(out, "listening on {address}; recording to {}", escape::text(&self.path))?;
        let (kept, ends) = (if made { "made now" } else { "of this project" }, authority.ends().strftime("%Y-%m-%d"));
        writeln!(out, "certificate authority: {kept}, good until {ends}; its key never leaves this machine")?;
        if let Some(code) = proxy.code() {
            writeln!(out, "\n  code for devices: {} {}\n", &code[..4], &code[4..])?;
        }
        if !self.browser && !self.reverse {
            let url = match address.ip() {
                ip if ip.is_unspecified() || ip.is_loopback() => tattletale_proxy::PAGE.to_owned(),
                _ => format!("http://{address}/"),
            };
            if self.drawn && !address.ip().is_loopback() {
                writeln!(out, "{}", qr_for_terminal(&url))?;
            }
            writeln!(out, "on the device: open {url} for the certificate and a check that says whether it works")?;
        }
        writeln!(out, "\n{}", expectations(self.mode, self.reverse, self.browser))?;
        writeln!(out, "Ctrl-C ends the recording\n")?;
        out.flush()
    }

    pub(super) fn event(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Exchange { host, plaintext, sent, received, whole, records } => {
                let row = self.row(&host);
                let first = row.exchanges == 0;
                row.exchanges += 1;
                row.sent += sent;
                row.received += received;
                row.plaintext += u64::from(plaintext);
                let full = self.add(records);
                if self.format == Format::Json {
                    self.json(&serde_json::json!({
                        "event": "exchange", "host": host, "sent": sent, "received": received, "complete": whole,
                        "plaintext": plaintext,
                    }))?;
                } else if first && !self.drawn {
                    let how = if plaintext { " in the clear" } else { "" };
                    line(&mut self.out, &format!("{host}: first told something{how}, {}", said::bytes(sent)))?;
                }
                if full { self.look() } else { Ok(()) }
            }
            Event::Message { sent, length, records } => {
                self.messages += 1;
                if self.format == Format::Json {
                    self.json(&serde_json::json!({ "event": "message", "sent": sent, "bytes": length }))?;
                }
                if self.add(records) { self.look() } else { Ok(()) }
            }
            Event::Blind { host, kind, sent, received, detail, records } => {
                // A name alone may tell; there are few enough of these to wait for the next beat.
                self.add(records);
                let row = self.row(&host);
                row.blind += 1;
                row.sent += sent;
                row.received += received;
                if self.format == Format::Json {
                    return self.json(&serde_json::json!({
                        "event": "blind", "host": host, "kind": kind.name(), "sent": sent, "received": received,
                        "detail": detail,
                    }));
                }
                let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
                self.say(&format!("{host}: not seen: {}{detail}", kind.words()))
            }
            Event::Notice(notice) if self.format == Format::Json => {
                self.json(&serde_json::json!({ "event": "notice", "text": words(&notice) }))
            }
            Event::Notice(notice) => self.say(&words(&notice)),
        }
    }

    /// Keeps what may be a leak; whether it is time to look.
    fn add(&mut self, records: Option<Vec<u8>>) -> bool {
        self.leaks.as_mut().zip(records).is_some_and(|(leaks, records)| leaks.add(&records))
    }

    /// Time has passed.
    pub(super) fn beat(&mut self) -> io::Result<()> {
        self.look()?;
        if !self.drawn {
            return Ok(());
        }
        self.clear()?;
        let mut rows: Vec<(&String, &Row)> = self.rows.iter().collect();
        rows.sort_by_key(|(host, row)| (std::cmp::Reverse((row.leaks, row.sent)), (*host).clone()));
        let more = rows.len().saturating_sub(ROWS);
        let mut text = String::new();
        for (host, row) in rows.iter().take(ROWS) {
            text.push_str(&told(&escape::text(host), row));
            text.push('\n');
        }
        if more > 0 {
            text.push_str(&format!("and {}\n", said::count(more as u64, "other receiver")));
        }
        self.lines = text.lines().count();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// How it ended; whether anything leaked that was looked for.
    pub(super) fn end(&mut self, recorded: &Recorded, failure: Option<&str>) -> io::Result<bool> {
        self.look()?;
        let leaked = self.leaks.as_ref().map_or(0, Leaks::count);
        if self.format == Format::Json {
            self.json(&serde_json::json!({
                "event": "ended", "exchanges": recorded.exchanges, "messages": recorded.messages,
                "blind": recorded.blind, "bytes": recorded.bytes, "complete": failure.is_none(), "failure": failure,
            }))?;
            return Ok(leaked > 0);
        }
        self.clear()?;
        let mut rows: Vec<(&String, &Row)> = self.rows.iter().collect();
        rows.sort_by_key(|(host, row)| (std::cmp::Reverse(row.sent), (*host).clone()));
        let mut out = self.out.lock();
        writeln!(out)?;
        for (host, row) in &rows {
            writeln!(out, "{}", told(&escape::text(host), row))?;
        }
        let blind = match recorded.blind {
            0 => "every connection could be seen".to_owned(),
            n => format!("{} not seen, recorded as such", said::count(n, "connection")),
        };
        writeln!(out, "\n{}, {}; {blind}", said::count(recorded.exchanges, "exchange"), said::bytes(recorded.bytes))?;
        match failure {
            Some(failure) => writeln!(
                out,
                "THE RECORDING STOPPED: {}. What was recorded before is whole; nothing was passed on after.",
                escape::text(failure)
            )?,
            None => writeln!(out, "recording: {0}\nnext: tattletale audit {0}", escape::text(&self.path))?,
        }
        out.flush()?;
        Ok(leaked > 0)
    }

    fn row(&mut self, host: &str) -> &mut Row {
        // Names without end would fill us; the recording has them all.
        let known = self.rows.len() < MOST_HOSTS || self.rows.contains_key(host);
        self.rows.entry(if known { host.to_owned() } else { "(others)".to_owned() }).or_default()
    }

    fn look(&mut self) -> io::Result<()> {
        let found: Vec<Leak> = self.leaks.as_mut().map(Leaks::look).unwrap_or_default();
        for Leak { what, host, disguise } in found {
            self.row(&host).leaks += 1;
            if self.format == Format::Json {
                self.json(&serde_json::json!({ "event": "leak", "host": host, "name": what, "disguise": disguise }))?;
            } else {
                self.say(&format!("LEAK: {host} was told {what} ({disguise})"))?;
            }
        }
        Ok(())
    }

    /// A line that stays above what is drawn.
    fn say(&mut self, text: &str) -> io::Result<()> {
        self.clear()?;
        line(&mut self.out, text)
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.lines > 0 {
            write!(self.out, "\x1b[{}A\x1b[J", self.lines)?;
            self.lines = 0;
        }
        Ok(())
    }

    fn json(&mut self, value: &serde_json::Value) -> io::Result<()> {
        let mut out = self.out.lock();
        writeln!(out, "{value}")?;
        out.flush()
    }
}

fn told(host: &str, row: &Row) -> String {
    let mut text = format!(
        "{:<40} {:>14}  told {:>9}  answered {:>9}",
        said::cut(host, 40),
        said::count(row.exchanges, "exchange"),
        said::bytes(row.sent),
        said::bytes(row.received)
    );
    for (count, word) in [(row.leaks, "leak"), (row.blind, "unseen"), (row.plaintext, "in the clear")] {
        if count > 0 {
            text.push_str(&format!("  {count} {word}"));
        }
    }
    text
}

/// What this set-up can open, and what it cannot.
fn expectations(mode: ModeName, reverse: bool, browser: bool) -> &'static str {
    match (reverse, browser, mode) {
        (true, _, _) => {
            "This set-up opens what clients send to this one server, if they come here for it. Nothing else is seen."
        }
        (_, true, _) => {
            "This set-up opens all that the browser and its pages send over HTTP and WebSocket; it is started on a fresh\n\
             profile that trusts the certificate. What it sends past its proxy settings (its own DNS, WebRTC) is not seen."
        }
        (_, _, ModeName::Proxy) => {
            "This set-up opens what keeps to the device's proxy settings and trusts the certificate:\n\
             \x20 browsers        opened, once the certificate is installed\n\
             \x20 apps            Android 7 and later: only if their maker allows user certificates; else recorded as refusal\n\
             \x20 rooted phone    opened, with the certificate among the system's; pinned apps are recorded as refusal\n\
             \x20 firmware apps   many ignore proxy settings and are not seen at all: use --mode transparent (docs/capture.md)\n\
             \x20 QUIC, UDP       does not come through a proxy; browsers fall back to TCP"
        }
        (_, _, ModeName::Transparent) => {
            "This set-up sees every TCP connection that the firewall redirects here, and opens what trusts the certificate:\n\
             \x20 browsers        opened, once the certificate is installed\n\
             \x20 apps            Android 7 and later: only if their maker allows user certificates; else recorded as refusal\n\
             \x20 rooted phone    opened, with the certificate among the system's; pinned apps are recorded as refusal\n\
             \x20 firmware apps   seen, with names, times and sizes, even where they refuse to be opened\n\
             \x20 QUIC            named and refused where the firewall redirects UDP port 443 too, so that apps fall back to TCP"
        }
    }
}

/// What is left to do on the devices.
pub(super) fn forgotten(found: bool, folder: &Path, out: &mut impl Write) -> io::Result<()> {
    match found {
        true => {
            writeln!(out, "the certificate authority in {} is deleted: nobody can use it any more", folder.display())?
        }
        false => writeln!(out, "there is no certificate authority in {}", folder.display())?,
    }
    writeln!(
        out,
        "\nremove the certificate \"Tattletale capture ....\" where you installed it:\n\
         \x20 Android   Settings, Security, Encryption & credentials, User credentials\n\
         \x20 iPhone    Settings, General, VPN & Device Management, the profile, Remove\n\
         \x20 Firefox   Settings, Privacy & Security, View Certificates, Authorities, Delete\n\
         \x20 Chromium  nothing to do for --browser: its profile is gone\n\
         and set the device's proxy back to none"
    )
}
