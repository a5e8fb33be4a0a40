//! Fiddler's session archives (SAZ): a ZIP with the messages of session N in `raw/N_c.txt` and `raw/N_s.txt`, what
//! Fiddler knows of it in `raw/N_m.xml`, WebSocket frames in `raw/N_w.txt`.
//!
//! The archive is read from front to end by its local headers, so it streams; the directory at its end, which needs
//! random access, is not needed. Parts of a session wait for one another in a bounded window. Encrypted archives are a
//! stated fault. A `CONNECT` is Fiddler's own doing and no exchange; where its content was not decrypted it is a
//! connection that could not be seen.

mod archive;
mod frames;

use std::collections::VecDeque;
use std::io::{BufReader, Read};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use archive::{Counted, content, next_entry};

use super::{Each, Faults, ImportError, Importer, Wanted, address, blindness, burp, http_pair};
use crate::model::url::Parts;
use crate::model::{Blind, BlindKind, Connection, Exchange, Fault, FaultKind, Timestamp};

/// Bytes of one entry that are kept.
const MOST_ENTRY: u64 = 256 << 20;
/// Sessions that wait for parts of theirs, and their bytes beyond the newest.
const MOST_WAITING: usize = 64;
const MOST_BYTES: usize = 16 << 20;
/// What may come out of any archive, and for every byte that went in: as of gzipped recordings.
const GRACE: u64 = 1 << 30;
const MOST_EXPANSION: u64 = 250;
const LOCAL: &[u8] = b"PK\x03\x04";

/// The importer.
#[derive(Debug, Clone, Copy)]
pub struct Saz;

impl Importer for Saz {
    fn name(&self) -> &'static str {
        "saz"
    }

    fn about(&self) -> &'static str {
        "session archives (SAZ) of Fiddler"
    }

    fn sniff(&self, head: &[u8]) -> bool {
        let mut names = memchr::memmem::find_iter(head, b"raw/");
        let is_part = |at: usize| {
            let name = head[at + 4..].iter().take(24).copied().collect::<Vec<u8>>();
            let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits == 0 && name.starts_with(LOCAL) || digits > 0 && name.get(digits) == Some(&b'_')
        };
        head.starts_with(LOCAL) && names.any(is_part)
    }

    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
        let mut sessions = Sessions { waiting: VecDeque::new(), position: 0, wanted };
        let mut faults = Faults::default();
        let mut input = Counted::new(BufReader::with_capacity(256 << 10, input));
        let (mut made, mut encrypted) = (0u64, false);
        loop {
            let entry = match next_entry(&mut input, &mut faults) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(source) => {
                    return Err(ImportError::Io { offset: input.passed, entry: sessions.position, source });
                }
            };
            let part = part(&entry.name);
            if entry.is_encrypted() {
                if !encrypted {
                    let message = "the archive is encrypted; save it from Fiddler without a password";
                    faults.push(Fault::new(FaultKind::Corrupt, message).at(entry.offset));
                }
                encrypted = true;
            }
            let wanted = part.is_some() && !entry.is_encrypted();
            let most = if wanted { MOST_ENTRY } else { 0 };
            let room = GRACE.saturating_add(input.passed.saturating_mul(MOST_EXPANSION)).saturating_sub(made);
            let (bytes, trouble) = content(&mut input, &entry, most, room);
            made += bytes.len() as u64;
            if let Some((kind, message)) = trouble {
                faults.push(Fault::new(kind, message).at(entry.offset));
                if kind == FaultKind::Limit && made >= room {
                    break;
                }
            }
            let Some((number, kind)) = part.filter(|_| wanted) else { continue };
            if sessions.take(number, kind, bytes, entry.offset, each).is_break() {
                return Ok(faults.into_list());
            }
        }
        let _ = sessions.hand_out(each, |_, _| true);
        Ok(faults.into_list())
    }
}

/// Number of the session and what of it: `c`, `s`, `m` or `w`.
fn part(name: &str) -> Option<(u64, u8)> {
    let (number, rest) = name.strip_prefix("raw/").or_else(|| name.strip_prefix("raw\\"))?.split_once('_')?;
    let kind = match &*rest.to_ascii_lowercase() {
        "c.txt" => b'c',
        "s.txt" => b's',
        "m.xml" => b'm',
        "w.txt" => b'w',
        _ => return None,
    };
    Some((number.parse().ok()?, kind))
}

/// The parts of one session.
#[derive(Default)]
struct Session {
    number: u64,
    offset: u64,
    client: Option<Vec<u8>>,
    server: Option<Vec<u8>>,
    about: Option<Vec<u8>>,
    frames: Option<Vec<u8>>,
}

impl Session {
    fn bytes(&self) -> usize {
        [&self.client, &self.server, &self.about, &self.frames].into_iter().flatten().map(Vec::len).sum()
    }

    fn is_whole(&self) -> bool {
        self.client.is_some() && self.server.is_some() && self.about.is_some()
    }
}

struct Sessions {
    waiting: VecDeque<Session>,
    position: usize,
    wanted: Wanted,
}

impl Sessions {
    fn take(&mut self, number: u64, kind: u8, bytes: Vec<u8>, offset: u64, each: &mut Each<'_>) -> ControlFlow<()> {
        let at = self.waiting.iter().position(|session| session.number == number).unwrap_or_else(|| {
            self.waiting.push_back(Session { number, offset, ..Session::default() });
            self.waiting.len() - 1
        });
        let session = &mut self.waiting[at];
        *(match kind {
            b'c' => &mut session.client,
            b's' => &mut session.server,
            b'm' => &mut session.about,
            _ => &mut session.frames,
        }) = Some(bytes);
        let newest = self.waiting.len();
        let mut held: usize = self.waiting.iter().rev().skip(1).map(Session::bytes).sum();
        // A session that is whole may still get its frames, which stand behind its other parts.
        self.hand_out(each, move |session, left| {
            let goes = left > MOST_WAITING || held > MOST_BYTES || (session.is_whole() && left > 1 && newest > 1);
            held = held.saturating_sub(session.bytes());
            goes
        })
    }

    /// Hands out from the front while `goes` says so.
    fn hand_out(&mut self, each: &mut Each<'_>, mut goes: impl FnMut(&Session, usize) -> bool) -> ControlFlow<()> {
        while self.waiting.front().is_some_and(|session| goes(session, self.waiting.len())) {
            let Some(session) = self.waiting.pop_front() else { break };
            self.session(session, each)?;
        }
        ControlFlow::Continue(())
    }

    fn session(&mut self, session: Session, each: &mut Each<'_>) -> ControlFlow<()> {
        let about = About::of(session.about.as_deref().unwrap_or_default());
        let mut faults = Vec::new();
        let bytes = session.client.unwrap_or_default();
        let mut request = http_pair::request(&bytes, "", self.wanted, &mut faults);
        if request.method == "CONNECT" {
            return match about.tunnel(&request.url) {
                Some(blind) => each(blind.into()),
                None => ControlFlow::Continue(()),
            };
        }
        let index = self.position;
        self.position += 1;
        if bytes.is_empty() {
            let message = format!("session {} has no request in the archive", session.number);
            faults.push(Fault::new(FaultKind::Corrupt, message));
        }
        let server = session.server.filter(|bytes| !bytes.is_empty());
        let response = server.map(|bytes| http_pair::response(&bytes, &request.method, self.wanted, &mut faults));
        if request.url.starts_with("//") {
            request.url = format!("http:{}", request.url);
        }
        let placed = |fault: Fault| Fault { exchange: Some(index), offset: Some(session.offset), ..fault };
        let exchange = Exchange {
            index,
            at: about.at,
            connection: (!about.connection.is_empty()).then(|| Arc::new(about.connection)),
            request,
            response,
            messages: frames::messages(session.frames.as_deref().unwrap_or_default(), self.wanted),
            faults: faults.into_iter().map(placed).collect(),
            ..Exchange::default()
        };
        each(exchange.into())
    }
}

/// What Fiddler knows of a session.
struct About {
    at: Option<Timestamp>,
    connection: Connection,
    text: String,
}

impl About {
    fn of(xml: &[u8]) -> Self {
        let text = String::from_utf8_lossy(xml).into_owned();
        let flag = |name: &str| flag(&text, name);
        let at = ["ClientBeginRequest", "ClientConnected"].iter().find_map(|name| {
            let time: Timestamp = burp::attribute(text.as_bytes(), name)?.parse().ok()?;
            // A timer that never ran stands at the year 1.
            (time.as_second() > 0).then_some(time)
        });
        let client = flag("x-clientip").and_then(|ip| address(&ip)).zip(flag("x-clientport"));
        let client = client.and_then(|(ip, port)| Some(SocketAddr::new(ip, port.parse().ok()?)));
        // `name:1234`
        let process = flag("x-processinfo").map(|info| info.split(':').next().unwrap_or_default().to_owned());
        let connection = Connection {
            client,
            server: flag("x-hostip").and_then(|ip| address(&ip)),
            sni: flag("https-client-snihostname"),
            app: process.filter(|name| !name.is_empty()),
            ..Connection::default()
        };
        Self { at, connection, text }
    }

    /// What a tunnel hid, if it hid anything.
    fn tunnel(self, target: &str) -> Option<Blind> {
        let error = ["x-https-decryption-error", "https-client-error", "x-securityerror"]
            .into_iter()
            .find_map(|name| flag(&self.text, name));
        let kind = match (&error, flag(&self.text, "x-no-decrypt")) {
            (Some(error), _) => blindness::of_error(error),
            (None, Some(_)) => BlindKind::PassedThrough,
            (None, None) => return None,
        };
        let authority = format!("//{target}");
        let (host, port) = (Parts::of(&authority).host(), target.rsplit_once(':').map(|(_, port)| port));
        let connection = Connection { port: port.and_then(|port| port.parse().ok()), ..self.connection };
        Some(Blind {
            at: self.at,
            connection: Arc::new(connection),
            host: Some(host),
            detail: error,
            ..Blind::new(kind)
        })
    }
}

/// `<SessionFlag N="name" V="value" />`, names in any letter case.
fn flag(text: &str, name: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(&format!("n=\"{name}\""))?;
    let end = text[at..].find('>').map_or(text.len(), |end| at + end);
    let value = burp::attribute(&text.as_bytes()[at..end], "V")?;
    let mut resolved = Vec::new();
    burp::resolve(value.as_bytes(), &mut resolved);
    Some(String::from_utf8_lossy(&resolved).into_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
