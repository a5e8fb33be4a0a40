//! The decoded bytes of a file, whether it is plain or gzipped, with the places they come from.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::codec::members::{MAGIC, Members, Piece};
use crate::codec::window::Window;

/// Bytes that are decoded at once.
const CHUNK: usize = 64 << 10;

/// Why no more bytes follow for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The file is over.
    End,
    /// The gzip member at this offset is damaged; what follows comes from behind it.
    Broken {
        /// Offset of the member in the file.
        member: u64,
        /// Whether the file ends in it.
        truncated: bool,
    },
    /// The file unpacks to more than is allowed.
    Limit,
}

enum Format<'r> {
    Plain(Window<'r>),
    Gzip(Box<Members<'r>>),
}

/// Decoded bytes, buffered.
pub(super) struct Source<'r> {
    format: Format<'r>,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes decoded so far; the last of them are what is ahead.
    decoded: u64,
    /// For gzip: from which decoded position on bytes come from which member; the first one is the current.
    members: VecDeque<(u64, u64)>,
    stop: Option<Stop>,
}

impl<'r> Source<'r> {
    /// Looks which of both it is.
    pub(super) fn of(input: &'r mut dyn Read) -> io::Result<Self> {
        let mut window = Window::new(input);
        while window.ahead().len() < MAGIC.len() && window.fill()? {}
        let start = &window.ahead()[..window.ahead().len().min(MAGIC.len())];
        let format = match !start.is_empty() && MAGIC.starts_with(start) {
            true => Format::Gzip(Box::new(Members::over(window))),
            false => Format::Plain(window),
        };
        Ok(Self { format, buffer: Vec::new(), at: 0, decoded: 0, members: VecDeque::new(), stop: None })
    }

    /// What is buffered and not passed.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    /// Passes bytes of [`Self::ahead`].
    pub(super) fn pass(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.buffer.len());
    }

    /// Offset in the file of what is ahead; for gzip, of the member that holds it.
    pub(super) fn offset(&mut self) -> u64 {
        let position = self.decoded - self.ahead().len() as u64;
        if let Format::Plain(_) = self.format {
            return position;
        }
        while self.members.get(1).is_some_and(|&(from, _)| from <= position) {
            self.members.pop_front();
        }
        self.members.front().map_or(0, |&(_, member)| member)
    }

    /// Why [`Self::fill`] brought nothing.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Whether this is a gzipped file.
    pub(super) fn is_gzip(&self) -> bool {
        matches!(self.format, Format::Gzip(_))
    }

    /// After damage: what follows may be read.
    pub(super) fn go_on(&mut self) {
        if let Some(Stop::Broken { .. }) = self.stop {
            self.stop = None;
        }
    }

    /// Does without what is left of a gzip member, and so does not inflate it. Plain files go on as they are.
    pub(super) fn abandon(&mut self) {
        if let Format::Gzip(members) = &mut self.format {
            members.abandon();
            self.at = self.buffer.len();
        }
    }

    /// Buffers more; false when it has to stop.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        self.offset(); // forgets the members that are behind
        if self.at == self.buffer.len() || self.at > CHUNK {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let more = self.decode(&mut buffer);
        self.buffer = buffer;
        more
    }

    /// Moves up to `count` decoded bytes onto `out`, without the detour over the buffer where that is empty.
    pub(super) fn take(&mut self, count: usize, out: &mut Vec<u8>) -> io::Result<usize> {
        let buffered = self.ahead().len().min(count);
        if buffered > 0 {
            out.extend_from_slice(&self.buffer[self.at..self.at + buffered]);
            self.at += buffered;
            return Ok(buffered);
        }
        if count < CHUNK {
            return if self.fill()? { self.take(count, out) } else { Ok(0) };
        }
        let before = out.len();
        self.decode(out)?;
        Ok(out.len() - before)
    }

    /// Decodes up to a chunk onto `out`, whose end is the end of all that was decoded.
    fn decode(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        if self.stop.is_some() {
            return Ok(false);
        }
        let before = out.len();
        self.stop = match &mut self.format {
            Format::Plain(window) => {
                if window.ahead().is_empty() && !window.fill()? {
                    Some(Stop::End)
                } else {
                    let count = window.ahead().len().min(CHUNK);
                    out.extend_from_slice(&window.ahead()[..count]);
                    window.pass(count);
                    None
                }
            }
            Format::Gzip(members) => {
                out.resize(before + CHUNK, 0);
                let piece = members.read(&mut out[before..]);
                out.truncate(before + if let Ok(Piece::Bytes { count, .. }) = piece { count } else { 0 });
                match piece? {
                    Piece::Bytes { member, .. } => {
                        if self.members.back().is_none_or(|&(_, last)| last != member) {
                            self.members.push_back((self.decoded, member));
                        }
                        None
                    }
                    Piece::Broken { member, truncated } => Some(Stop::Broken { member, truncated }),
                    Piece::Limit => Some(Stop::Limit),
                    Piece::End => Some(Stop::End),
                }
            }
        };
        self.decoded += (out.len() - before) as u64;
        Ok(self.stop.is_none())
    }
}
