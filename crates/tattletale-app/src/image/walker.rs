//! The walk itself: recognises what comes, goes in, tells files, keeps to the limits and collects faults.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::format::{self, Format, HEAD, Open};
use super::split::{self, Part};
use super::told::Told;
use super::{Each, Entry, ImageError, Options, packed, spool, zip};
use crate::source::{Source, Stream};
use crate::{Fault, FaultKind};

/// Images inside images; a zip with a tgz with a sparse super image with a file system is four.
const MOST_DEPTH: usize = 10;
/// Faults that are kept one by one; the rest is one more that counts them.
const MOST_FAULTS: usize = 1000;

/// Why an image could not be read to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The consumer has enough, or a limit of the whole walk is met; nothing more is told.
    Stop,
    /// This image ends here, others go on.
    Fault { kind: FaultKind, offset: Option<u64>, message: String },
}

impl Trouble {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self::Fault { kind, offset: None, message: message.into() }
    }

    pub(super) fn corrupt(offset: u64, message: impl Into<String>) -> Self {
        Self::Fault { kind: FaultKind::Corrupt, offset: Some(offset), message: message.into() }
    }

    pub(super) fn truncated(offset: u64, message: impl Into<String>) -> Self {
        Self::Fault { kind: FaultKind::Truncated, offset: Some(offset), message: message.into() }
    }

    /// Something that is known and not read.
    pub(super) fn unread(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Limit, message)
    }

    /// The same at an offset, if it has none.
    pub(super) fn at(self, place: u64) -> Self {
        match self {
            Self::Fault { kind, offset, message } => Self::Fault { kind, offset: offset.or(Some(place)), message },
            Self::Stop => Self::Stop,
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault { kind: fault.kind, offset: fault.offset, message: fault.message }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        let message = match error.kind() {
            // Without words of its own.
            kind if error.get_ref().is_none() && kind == io::ErrorKind::UnexpectedEof => "ends too early".to_owned(),
            _ => error.to_string(),
        };
        Self::new(kind_of(error.kind()), message)
    }
}

/// Whose error it was.
fn kind_of(kind: io::ErrorKind) -> FaultKind {
    match kind {
        io::ErrorKind::UnexpectedEof => FaultKind::Truncated,
        io::ErrorKind::FileTooLarge | io::ErrorKind::Unsupported | io::ErrorKind::StorageFull => FaultKind::Limit,
        _ => FaultKind::Corrupt,
    }
}

/// The first bytes of a source.
pub(super) fn head_of(source: &dyn Source) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let count = source.read_at(0, &mut head)?;
    head.truncate(count);
    Ok(head)
}

/// The format, if it is one to be opened; `longer` gives so many first bytes.
fn recognise(head: &[u8], path: &str, longer: impl FnOnce(usize) -> io::Result<Vec<u8>>) -> Option<&'static Format> {
    let format = format::recognise(head, path, false)?;
    match format.open {
        // Damage in its first bytes is damage of the file that is told.
        Open::Packed(packing) => longer(packed::HEAD_FOR_KNOWING)
            .is_ok_and(|head| packed::holds_image(packing, &head, path))
            .then_some(format),
        _ => Some(format),
    }
}

/// One walk.
pub(super) struct Walk<'w> {
    options: &'w Options<'w>,
    each: &'w mut Each<'w>,
    faults: Vec<Fault>,
    more_faults: usize,
    entries: u64,
    unpacked: u64,
    /// Bytes that consumers read.
    told: u64,
    depth: usize,
    /// Parts of split images that wait for those beside them.
    parts: Vec<Part>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(options: &'w Options<'w>, each: &'w mut Each<'_>) -> Self {
        // Shortens the lifetime inside the trait object.
        let each: &'w mut Each<'w> = each;
        Self {
            options,
            each,
            faults: Vec::new(),
            more_faults: 0,
            entries: 0,
            unpacked: 0,
            told: 0,
            depth: 0,
            parts: Vec::new(),
        }
    }

    /// Walks the outermost images, which lie beside one another.
    pub(super) fn whole(mut self, images: Vec<(Arc<dyn Source>, String)>) -> Result<Vec<Fault>, ImageError> {
        let mut known = Vec::new();
        for (source, name) in images {
            let head = head_of(&*source)?;
            let format = format::recognise(&head, &name, true).ok_or(ImageError::Unknown)?;
            known.push((format, source, name));
        }
        // A stop is no error: whoever asked for it knows, and a limit has left its fault.
        let _stopped =
            self.beside(|walk| known.iter().try_for_each(|(format, source, name)| walk.open(format, source, name)));
        if self.more_faults > 0 {
            let name = known.first().map(|(_, _, name)| name.as_str()).unwrap_or_default();
            let message = format!("{} more faults are not listed", self.more_faults);
            self.faults.push(Fault::new(FaultKind::Limit, name, message));
        }
        Ok(self.faults)
    }

    /// Opens what lies beside one another, in a folder or an archive: parts of one image wait until all are there.
    pub(super) fn beside(&mut self, inside: impl FnOnce(&mut Self) -> Result<(), Trouble>) -> Result<(), Trouble> {
        let outer = std::mem::take(&mut self.parts);
        let result = inside(self);
        let parts = std::mem::replace(&mut self.parts, outer);
        match result {
            Err(Trouble::Stop) => Err(Trouble::Stop),
            result => split::open(parts, self).and(result),
        }
    }

    /// Keeps a part of a split image until what lies beside it was opened; gives it back when there is no room.
    pub(super) fn wait(&mut self, part: Part) -> Option<Part> {
        if self.parts.len() == split::MOST_PARTS {
            return Some(part);
        }
        self.parts.push(part);
        None
    }

    /// How many faults were stated until now.
    pub(super) fn faults(&self) -> usize {
        self.faults.len() + self.more_faults
    }

    /// States a fault.
    pub(super) fn fault(&mut self, path: &str, trouble: Trouble) {
        let Trouble::Fault { kind, offset, message } = trouble else { return };
        match self.faults.len() < MOST_FAULTS {
            true => self.faults.push(Fault { kind, entry: path.to_owned(), offset, message }),
            false => self.more_faults += 1,
        }
    }

    /// Turns the trouble of one image into a fault; a stop goes on outwards.
    pub(super) fn settle(&mut self, path: &str, result: Result<(), Trouble>) -> Result<(), Trouble> {
        match result {
            Err(Trouble::Stop) => Err(Trouble::Stop),
            Err(trouble) => {
                self.fault(path, trouble);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// An image that can be read in any order: opened if its format is known, else told as a file.
    pub(super) fn image(&mut self, source: &Arc<dyn Source>, path: &str) -> Result<(), Trouble> {
        let recognised = match head_of(&**source) {
            Ok(head) => recognise(&head, path, |most| {
                let mut longer = Vec::new();
                Stream::new(&**source).take(most as u64).read_to_end(&mut longer)?;
                Ok(longer)
            }),
            Err(error) => return self.settle(path, Err(error.into())),
        };
        match recognised {
            Some(format) => self.open(format, source, path),
            None => self.file(path, source.len(), &mut Stream::new(&**source)),
        }
    }

    /// What can only be read once: opened if its format is known, else told as a file of `size` bytes; without a size
    /// it must be known.
    pub(super) fn stream(&mut self, input: &mut dyn Read, size: Option<u64>, path: &str) -> Result<(), Trouble> {
        let mut head = Vec::new();
        let mut input = input.take(size.unwrap_or(u64::MAX));
        if let Err(error) = (&mut input).take(HEAD as u64).read_to_end(&mut head) {
            return self.settle(path, Err(error.into()));
        }
        let start = head.clone();
        let recognised = recognise(&start, path, |most| {
            let most = most.saturating_sub(head.len()) as u64;
            (&mut input).take(most).read_to_end(&mut head)?;
            Ok(head.clone())
        });
        let mut whole = head.chain(input);
        match (recognised, size) {
            (Some(format), _) => self.enter(format, &mut whole, path),
            (None, Some(size)) => self.file(path, size, &mut whole),
            (None, None) => self.settle(path, Err(Trouble::unread("holds no image or archive that is known"))),
        }
    }

    /// Whether [`Self::image`] would go into it.
    pub(super) fn opens(&self, source: &dyn Source, path: &str) -> bool {
        head_of(source).is_ok_and(|head| format::recognise(&head, path, false).is_some())
    }

    fn open(&mut self, format: &Format, source: &Arc<dyn Source>, path: &str) -> Result<(), Trouble> {
        let result = match format.open {
            Open::Anywhere(open) => self.deeper(|walk| open(source, path, walk)),
            Open::Zip => self.deeper(|walk| zip::open(source, path, walk)),
            _ => return self.enter(format, &mut Stream::new(&**source), path),
        };
        self.settle(path, result)
    }

    fn enter(&mut self, format: &Format, input: &mut dyn Read, path: &str) -> Result<(), Trouble> {
        let result = match format.open {
            Open::Stream(open) => self.deeper(|walk| open(input, path, walk)),
            Open::Packed(packing) => self.deeper(|walk| packed::open(packing, input, path, walk)),
            Open::Unread | Open::UnreadImage => Err(Trouble::unread(format!("{} is not read", format.name))),
            Open::Anywhere(_) | Open::Zip => match self.spool(input) {
                Ok((source, trouble)) => {
                    if let Some(trouble) = trouble {
                        self.fault(path, trouble);
                    }
                    return self.open(format, &source, path);
                }
                Err(trouble) => Err(trouble),
            },
        };
        self.settle(path, result)
    }

    fn deeper(&mut self, inside: impl FnOnce(&mut Self) -> Result<(), Trouble>) -> Result<(), Trouble> {
        if self.depth == MOST_DEPTH {
            return Err(Trouble::unread(format!("more than {MOST_DEPTH} images inside one another")));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Puts a stream where it can be read in any order. What came before trouble is kept, beside the trouble.
    pub(super) fn spool(&mut self, input: &mut dyn Read) -> Result<(Arc<dyn Source>, Option<Trouble>), Trouble> {
        let mut spool = spool::Spool::new((self.options.scratch)()?);
        let (most, progress) = (self.most_unpacked(), self.options.progress);
        let trouble = spool.fill(input, most, progress)?;
        self.unpacked = self.unpacked.saturating_add(spool.len());
        Ok((Arc::new(spool.finish()?), trouble.map(Trouble::from)))
    }

    /// A new file to write to.
    pub(super) fn scratch(&self) -> io::Result<spool::Spool> {
        Ok(spool::Spool::new((self.options.scratch)()?))
    }

    /// How much may still be unpacked.
    pub(super) fn most_unpacked(&self) -> u64 {
        self.options.most_unpacked.saturating_sub(self.unpacked)
    }

    /// Counts bytes that were unpacked.
    pub(super) fn count_unpacked(&mut self, bytes: u64) {
        self.unpacked = self.unpacked.saturating_add(bytes);
        (self.options.progress)(bytes);
    }

    /// Counts a file, folder or link against the limit.
    pub(super) fn count_entry(&mut self, path: &str) -> Result<(), Trouble> {
        self.entries += 1;
        if self.entries > self.options.most_entries {
            let message = format!("more than {} files and folders in all", self.options.most_entries);
            self.fault(path, Trouble::unread(message));
            return Err(Trouble::Stop);
        }
        Ok(())
    }

    /// Tells a regular file.
    pub(super) fn file(&mut self, path: &str, size: u64, stream: &mut dyn Read) -> Result<(), Trouble> {
        self.tell(Entry { path: path.to_owned(), size, link: None }, stream)
    }

    /// Tells a link.
    pub(super) fn link(&mut self, path: &str, target: String) -> Result<(), Trouble> {
        self.tell(Entry { path: path.to_owned(), size: 0, link: Some(target) }, &mut io::empty())
    }

    fn tell(&mut self, entry: Entry, stream: &mut dyn Read) -> Result<(), Trouble> {
        self.count_entry(&entry.path)?;
        let most = self.options.most_unpacked.saturating_sub(self.told);
        let mut told = Told::new(stream, entry.size, most, self.options.progress);
        let flow = (self.each)(&entry, &mut told);
        let (at, trouble) = (told.at, told.trouble);
        self.told = self.told.saturating_add(at);
        if let Some((kind, message)) = trouble {
            self.fault(&entry.path, Trouble::new(kind_of(kind), message).at(at));
        }
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Trouble::Stop),
        }
    }
}
