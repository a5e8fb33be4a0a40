//! The file cut into records (ISO 28500, clause 4): version line, named fields, empty line, block, two empty lines.
//!
//! After damage the next `WARC/1.` is looked for, so one bad record hides no other. Faults are said once per damaged
//! stretch. Blocks are kept only of records that can become part of an exchange.

use std::io;

use super::own;
use super::source::{Source, Stop};
use crate::import::Faults;
use crate::model::{Fault, FaultKind};

/// Bytes of one block that are kept; of a longer one the start is.
pub(super) const MOST_BLOCK: usize = 256 << 20;
/// Bytes of a record's own header.
const MOST_HEADER: usize = 64 << 10;
/// Fields of one header; further ones are left out, since each costs far more memory than its bytes.
const MOST_FIELDS: usize = 1000;
/// Bytes that belong to no record; where more follow in a gzip member, it is not inflated to its end.
const MOST_GARBAGE: usize = 1 << 20;
/// What every record starts with, whichever version.
const START: &[u8] = b"WARC/1.";
const FILE_ENDS: &str = "the file ends inside this record";

/// How a record's block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As long as stated.
    Whole,
    /// The file ends in it.
    Cut,
    /// The gzip member is damaged in it.
    Broken,
    /// Longer than what is kept.
    TooLong,
}

/// One record.
#[derive(Debug)]
pub(super) struct Record {
    /// Offset in the file, or of the gzip member that it starts in.
    pub(super) offset: u64,
    /// Fields in order, names in lower case.
    pub(super) fields: Vec<(String, String)>,
    /// The block, as far as it goes; empty for kinds that are no part of an exchange.
    pub(super) block: Vec<u8>,
    pub(super) end: End,
}

impl Record {
    /// First value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| &value[..])
    }

    /// Every value of a field.
    pub(super) fn every<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| &value[..])
    }

    /// `WARC-Type` in lower case.
    pub(super) fn kind(&self) -> String {
        self.field("warc-type").unwrap_or("").to_ascii_lowercase()
    }

    /// Whether it can be part of what is handed out.
    fn is_message(&self) -> bool {
        matches!(&*self.kind(), "request" | "response" | "revisit") || own::is_own(self)
    }
}

/// Records one after the other.
pub(super) struct Records<'r> {
    source: Source<'r>,
    most_block: usize,
    faults: Faults,
    /// Damage was told and no record was read since.
    lost: bool,
}

impl<'r> Records<'r> {
    pub(super) fn new(source: Source<'r>, most_block: usize) -> Self {
        Self { source, most_block, faults: Faults::default(), lost: false }
    }

    /// Offset in the file of what comes next.
    pub(super) fn offset(&mut self) -> u64 {
        self.source.offset()
    }

    /// What is wrong with the file besides what is wrong with a message.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults.into_list()
    }

    /// The next record of any kind; none at the end of the file.
    pub(super) fn next_record(&mut self) -> io::Result<Option<Record>> {
        while self.find_start()? {
            let offset = self.source.offset();
            let Some(length) = self.header_length(offset)? else { continue };
            let fields = fields(&self.source.ahead()[..length]);
            self.source.pass(length);
            let mut record = Record { offset, fields, block: Vec::new(), end: End::Whole };
            let stated = record.field("content-length").and_then(|length| length.trim().parse::<u64>().ok());
            let Some(stated) = stated else {
                self.tell(FaultKind::Corrupt, offset, "a record without a length; the next one was looked for");
                continue;
            };
            record.end = self.block(&mut record, stated)?;
            match record.end {
                End::Whole | End::TooLong => self.lost = false,
                // Told with the exchange.
                End::Cut | End::Broken if record.is_message() => self.lost = true,
                End::Cut => self.tell(FaultKind::Truncated, offset, FILE_ENDS),
                End::Broken => {}
            }
            return Ok(Some(record));
        }
        Ok(None)
    }

    /// Goes to the start of a record; false at the end of the file.
    fn find_start(&mut self) -> io::Result<bool> {
        let mut garbage = 0;
        loop {
            let blank = self.source.ahead().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.source.pass(blank);
            // Blank lines separate records, but nobody needs a mebibyte of them.
            garbage += blank;
            if self.source.ahead().starts_with(START) {
                return Ok(true);
            }
            if self.source.ahead().len() < START.len() {
                if !self.source.fill()? && !self.pass_stop()? {
                    return Ok(false);
                }
            } else {
                garbage += self.pass_garbage();
            }
            if garbage > MOST_GARBAGE && !self.source.ahead().starts_with(START) {
                self.source.abandon();
                garbage = 0;
            }
        }
    }

    /// Goes to what may be a start, or to the end of what is buffered; says how far.
    fn pass_garbage(&mut self) -> usize {
        let offset = self.source.offset();
        self.tell(FaultKind::Corrupt, offset, "what stands here is no WARC record; the next one was looked for");
        let ahead = self.source.ahead();
        let next = memchr::memmem::find(ahead, START).unwrap_or((ahead.len() + 1).saturating_sub(START.len()));
        self.source.pass(next);
        next
    }

    /// Says why nothing more came, where that was not said yet, and goes on behind damage; false where nothing is.
    fn pass_stop(&mut self) -> io::Result<bool> {
        let offset = self.source.offset();
        let left = self.source.ahead();
        let (cut, nothing) = (START.starts_with(left), left.is_empty());
        self.source.pass(usize::MAX);
        match self.source.stop() {
            Some(Stop::Broken { member, truncated: true }) => self.tell(FaultKind::Truncated, member, FILE_ENDS),
            Some(Stop::Broken { member, .. }) => {
                self.tell(FaultKind::Corrupt, member, "a gzip member is damaged; the next one was looked for");
            }
            Some(Stop::Limit) => {
                self.tell(FaultKind::Limit, offset, "the file unpacks to more than is read of one of its size");
                return Ok(false);
            }
            Some(Stop::End) | None => {
                match (nothing, cut) {
                    (true, _) => {}
                    (_, true) => self.tell(FaultKind::Truncated, offset, FILE_ENDS),
                    _ => self.tell(FaultKind::Corrupt, offset, "what stands here is no WARC record"),
                }
                return Ok(false);
            }
        }
        self.source.go_on();
        Ok(true)
    }

    /// Buffers a record's own header and says how long it is, with the empty line; none where there is none.
    fn header_length(&mut self, offset: u64) -> io::Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let ahead = self.source.ahead();
            match end_of_header(ahead, searched) {
                Some(HeaderEnd::Whole(length)) => return Ok(Some(length)),
                Some(HeaderEnd::NextRecord(at)) => {
                    self.tell(FaultKind::Corrupt, offset, "a record's header breaks off where another record starts");
                    self.source.pass(at);
                    return Ok(None);
                }
                None => {}
            }
            // The last line may still turn out to be empty or the start of a record.
            let (length, last_line) = (ahead.len(), memchr::memrchr(b'\n', ahead).unwrap_or(0));
            searched = last_line.max(searched);
            if length > MOST_HEADER {
                let message = "a record's header is longer than the limit; the next one was looked for";
                self.tell(FaultKind::Limit, offset, message);
                self.source.pass(length - START.len());
                return Ok(None);
            }
            if !self.source.fill()? {
                if self.source.stop() == Some(Stop::End) {
                    self.tell(FaultKind::Truncated, offset, FILE_ENDS);
                }
                self.source.pass(usize::MAX);
                return Ok(None);
            }
        }
    }

    /// Reads or passes over the block.
    fn block(&mut self, record: &mut Record, stated: u64) -> io::Result<End> {
        let kept = match record.is_message() {
            true => usize::try_from(stated).unwrap_or(usize::MAX).min(self.most_block),
            false => 0,
        };
        // A stated length is only a claim: memory follows what is really there.
        record.block.reserve(kept.min(1 << 20));
        while record.block.len() < kept {
            let room = kept - record.block.len();
            if self.source.take(room, &mut record.block)? == 0 {
                return Ok(self.stopped());
            }
        }
        let mut left = stated - kept as u64;
        let end = if kept > 0 && left > 0 { End::TooLong } else { End::Whole };
        if end == End::TooLong && self.source.is_gzip() {
            // Not inflated only to be thrown away.
            self.source.abandon();
            return Ok(end);
        }
        while left > 0 {
            let passed = usize::try_from(left).unwrap_or(usize::MAX).min(self.source.ahead().len());
            self.source.pass(passed);
            left -= passed as u64;
            if left > 0 && !self.source.fill()? {
                return Ok(if end == End::TooLong { end } else { self.stopped() });
            }
        }
        Ok(end)
    }

    /// How a block ends where nothing more came.
    fn stopped(&self) -> End {
        match self.source.stop() {
            Some(Stop::Broken { truncated: false, .. } | Stop::Limit) => End::Broken,
            _ => End::Cut,
        }
    }

    fn tell(&mut self, kind: FaultKind, offset: u64, message: &str) {
        if !self.lost || kind == FaultKind::Limit {
            self.faults.push(Fault::new(kind, message).at(offset));
        }
        self.lost = true;
    }
}

/// What ends a header.
enum HeaderEnd {
    /// An empty line; length up to and with it.
    Whole(usize),
    /// A line that starts a record, where it begins.
    NextRecord(usize),
}

/// The end of a header, looked for from `from` on; lines may end in a bare line feed.
fn end_of_header(bytes: &[u8], from: usize) -> Option<HeaderEnd> {
    let mut ends = memchr::memchr_iter(b'\n', &bytes[from..]).map(|end| from + end + 1);
    ends.find_map(|end| match &bytes[end..] {
        [b'\n', ..] => Some(HeaderEnd::Whole(end + 1)),
        [b'\r', b'\n', ..] => Some(HeaderEnd::Whole(end + 2)),
        line if line.starts_with(START) => Some(HeaderEnd::NextRecord(end)),
        _ => None,
    })
}

/// The named fields behind the version line; folded lines are joined. Bytes that are no UTF-8 are replaced.
fn fields(header: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in header.split(|&byte| byte == b'\n').skip(1) {
        let line = String::from_utf8_lossy(line);
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), fields.last_mut()) {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':')
            && fields.len() < MOST_FIELDS
        {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}
