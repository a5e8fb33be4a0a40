//! The thread that writes the recording.
//!
//! Every record goes to the file as soon as its exchange is over, so that no more than the record in hand is lost
//! when the process dies; once a second the file is synced, so that a power cut loses a second. When the disk refuses,
//! the file is cut back to its last whole record, the proxy is told, and serves nothing from then on: what cannot be
//! recorded must not pass.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tattletale_core::export::warc::{Encoder, HttpMessage, Record, RecordId, SocketMessage, WarcWriter};
use tattletale_core::model::{Blind, Connection};

use super::log::{Entry, Log, Said};
use super::open::{Half, Passed, Upgraded};
use super::spool::{Held, Memory};
use super::{Clock, Seen, Watch};

/// How long a power cut may reach back.
const SYNC: Duration = Duration::from_secs(1);
/// What messages may take in memory, all together, in bytes.
const MEMORY: usize = 16 << 20;

/// Where the recording goes.
#[derive(Debug)]
pub struct Recording {
    /// Opened for writing, positioned at its end; nobody else should be able to read it (0600).
    pub file: File,
    /// Whether the file is empty and begins with a record that says who made it.
    pub begin: bool,
    /// One line on how it was made, for that record.
    pub description: String,
}

/// What is in the recording, as far as the writer counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Exchanges.
    pub exchanges: u64,
    /// WebSocket messages.
    pub messages: u64,
    /// Connections that could not be seen.
    pub blind: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// The thread, and what it counted.
pub(crate) type Writing = JoinHandle<Recorded>;

/// Starts the thread. Without a recording everything is only shown to `watch`, and bodies are not kept.
pub(crate) fn start(
    recording: Option<Recording>,
    folder: &Path,
    clock: Clock,
    watch: Box<dyn Watch>,
) -> io::Result<(Log, Writing)> {
    let (sender, entries) = channel();
    let memory = Memory::new(MEMORY, folder.to_owned());
    let log = Log::new(sender, memory, clock.clone(), recording.is_some());
    let mut writer =
        Writer { out: None, clock, watch, log: log.clone(), counted: Recorded::default(), encoder: Encoder::default() };
    if let Some(Recording { mut file, begin, description }) = recording {
        writer.counted.bytes = file.seek(SeekFrom::End(0))?;
        let mut out = WarcWriter::new(file);
        if begin {
            let software = concat!("tattletale/", env!("CARGO_PKG_VERSION"));
            let fields = [("software", software), ("format", "WARC File Format 1.1"), ("description", &*description)];
            out.info(super::id(), writer.clock.now(), &fields)?;
            writer.counted.bytes = out.get_ref().metadata()?.len();
        }
        writer.out = Some(out);
    }
    let thread = std::thread::Builder::new().name("recording".to_owned());
    let writing = thread.spawn(move || writer.run(&entries))?;
    Ok((log, writing))
}

struct Writer {
    out: Option<WarcWriter<File>>,
    clock: Clock,
    watch: Box<dyn Watch>,
    log: Log,
    counted: Recorded,
    encoder: Encoder,
}

impl Writer {
    fn run(mut self, entries: &Receiver<Entry>) -> Recorded {
        let mut synced = Instant::now();
        let mut dirty = false;
        loop {
            let wait = if dirty { SYNC.saturating_sub(synced.elapsed()) } else { Duration::from_secs(3600) };
            match entries.recv_timeout(wait) {
                Ok(Entry::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(entry) => {
                    self.enter(entry);
                    if !dirty {
                        (dirty, synced) = (true, Instant::now());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if dirty && synced.elapsed() >= SYNC {
                self.sync();
                dirty = false;
            }
        }
        self.sync();
        self.counted
    }

    fn sync(&mut self) {
        if let Some(out) = &self.out
            && let Err(error) = out.get_ref().sync_data()
        {
            self.give_up(&error);
        }
    }

    fn enter(&mut self, entry: Entry) {
        let result = match entry {
            Entry::Exchange(passed, room) => {
                let result = self.exchange(*passed);
                drop(room);
                result
            }
            Entry::Message { of, message, room } => {
                let result = self.message(&of, &message);
                drop(room);
                result
            }
            Entry::Blind(blind) => self.blind(&blind),
            Entry::Notice(notice) => {
                self.watch.see(Seen::Notice(&notice));
                Ok(())
            }
            Entry::End => Ok(()),
        };
        if let Err(error) = result {
            self.give_up(&error);
        }
    }

    fn exchange(&mut self, passed: Passed) -> io::Result<()> {
        let Passed { id, connection, url, request, response, reserialised } = passed;
        let (sent, received) = (request.spool.length(), response.spool.length());
        let whole = request.whole && response.whole;
        let answered = response.at.is_some();
        let mut members = Members::default();
        if self.out.is_some() {
            let side = Side { target: &url, connection: &connection, reserialised };
            // An answer, even a broken one, says that the request was whole as far as it mattered.
            self.half(request, id, None, &side, whole || answered, &mut members)?;
            if answered {
                self.half(response, super::id(), Some(id), &side, whole, &mut members)?;
            }
        }
        self.counted.exchanges += 1;
        self.watch.see(Seen::Exchange { url: &url, sent, received, whole, records: members.whole() });
        Ok(())
    }

    fn half(
        &mut self,
        half: Half,
        id: RecordId,
        of: Option<RecordId>,
        side: &Side<'_>,
        whole: bool,
        members: &mut Members,
    ) -> io::Result<()> {
        let held = half.spool.finish()?;
        let (bytes, packed) = match held {
            Held::Memory(bytes) => (bytes, None),
            Held::Packed(packed, spool) => (Vec::new(), Some((packed, spool))),
        };
        let message = HttpMessage {
            at: half.at.unwrap_or_else(|| self.clock.now()),
            target: side.target,
            connection: side.connection,
            bytes: &bytes,
            cut_off: !whole,
            reserialised: side.reserialised,
            resource: None,
        };
        match packed {
            None => {
                let record = match of {
                    None => Record::request(id, &message),
                    Some(of) => Record::response(id, of, &message),
                };
                let member = self.append(&record)?;
                members.add(&member);
            }
            Some((packed, mut spool)) => {
                let record = match of {
                    None => Record::packed_request(id, &message, &packed),
                    Some(of) => Record::packed_response(id, of, &message, &packed),
                };
                let Some(out) = &mut self.out else { return Ok(()) };
                out.append_packed(&record, &packed, &mut spool)?;
                self.counted.bytes = out.get_ref().metadata()?.len();
                members.too_large = true;
            }
        }
        Ok(())
    }

    fn message(&mut self, of: &Upgraded, said: &Said) -> io::Result<()> {
        let length = said.bytes.len() as u64 + said.cut;
        let mut member = Vec::new();
        if self.out.is_some() {
            let message = SocketMessage {
                at: said.at,
                target: &of.url,
                connection: &of.connection,
                request: of.id,
                sent: said.sent,
                text: said.text,
                bytes: &said.bytes,
            };
            member = self.append(&Record::message(super::id(), &message))?;
        }
        self.counted.messages += 1;
        self.watch.see(Seen::Message { sent: said.sent, length, records: &member });
        Ok(())
    }

    fn blind(&mut self, blind: &Blind) -> io::Result<()> {
        let member = match self.out {
            Some(_) => self.append(&Record::blind(super::id(), self.clock.now(), blind))?,
            None => Vec::new(),
        };
        self.counted.blind += 1;
        self.watch.see(Seen::Blind { blind, records: &member });
        Ok(())
    }

    /// Writes a record; its bytes as they stand in the file.
    fn append(&mut self, record: &Record<'_>) -> io::Result<Vec<u8>> {
        let member = record.member(&mut self.encoder)?;
        if let Some(out) = &mut self.out {
            out.append_member(&member)?;
            self.counted.bytes += member.len() as u64;
        }
        Ok(member)
    }

    /// The recording ends at its last whole record.
    fn give_up(&mut self, error: &io::Error) {
        if let Some(out) = self.out.take() {
            let mut file = out.into_inner();
            let cut = file.set_len(self.counted.bytes).and_then(|()| file.seek(SeekFrom::End(0)));
            // Readers pass over an unfinished member too; the reason that is told is the first one.
            let _ = cut.and_then(|_| file.sync_data());
        }
        self.log.fail(error);
    }
}

/// What both messages of an exchange have in common.
struct Side<'a> {
    target: &'a str,
    connection: &'a Connection,
    reserialised: bool,
}

/// The records of one exchange, for whoever watches.
#[derive(Default)]
struct Members {
    bytes: Vec<u8>,
    too_large: bool,
}

impl Members {
    fn add(&mut self, member: &[u8]) {
        self.bytes.extend_from_slice(member);
    }

    fn whole(&self) -> &[u8] {
        if self.too_large { &[] } else { &self.bytes }
    }
}
