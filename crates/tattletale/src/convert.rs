//! `tattletale convert`: captures of any format in, one recording (WARC) or HAR out.
//!
//! What the target has no place for is counted and said. Exit code 2 when not all of a capture could be read.

use crate::cli::PacketArgs;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, input};
use clap::{Args, ValueEnum};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tattletale_core::export::har::HarWriter;
use tattletale_core::export::warc::{RecordId, WarcWriter};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Captured, Fault, Fidelity, Timestamp};
use tattletale_report::render::escape;

/// Writes captures of any format as one recording (WARC) or HAR.
///
/// WARC keeps everything; what HAR has no place for is said.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Captures; `-` is standard input
    #[arg(required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// File to write: .warc.gz or .har
    #[arg(required = true, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Format to write, whatever the name of the file
    #[arg(long, value_enum)]
    pub(crate) to: Option<Target>,
    #[command(flatten)]
    pub(crate) packets: PacketArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// WARC 1.1, gzipped
    Warc,
    /// HAR 1.2
    Har,
}

pub(crate) fn run(args: &ConvertArgs) -> Result<Outcome, Failure> {
    let target = args.to.or_else(|| of_name(&args.out)).ok_or_else(|| Failure::Target { path: args.out.clone() })?;
    let sources = input::sources(&args.files, args.packets.keylog.as_deref())?;
    let progress = Progress::new(input::size(&sources));
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out);
    let file = created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists { path: args.out.clone() },
        _ => Failure::File { path: args.out.clone(), error },
    })?;
    let wrote = |error| Failure::File { path: args.out.clone(), error };
    let mut out = Out::new(target, BufWriter::with_capacity(1 << 20, file)).map_err(wrote)?;
    let mut tally = Tally::default();
    for source in &sources {
        let name = source.name().to_owned();
        let opened = source.open().map_err(|error| Failure::File { path: name.clone().into(), error })?;
        let mut trouble = None;
        let read = import::read(progress.watch(opened), Wanted::ALL, |captured| {
            tally.count(&captured, &name, target);
            match out.write(captured) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    trouble = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        if let Some(error) = trouble {
            return Err(wrote(error));
        }
        let imported = read.map_err(|error| Failure::Capture { name: name.clone(), error })?;
        tally.faults(&name, source.faults().iter().chain(&imported.faults));
    }
    out.finish().map_err(wrote)?;
    progress.finish();
    tally.say(&args.out)
}

/// What the name of a file says it is to be.
fn of_name(path: &Path) -> Option<Target> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    match () {
        () if name.ends_with(".har") => Some(Target::Har),
        () if name.ends_with(".warc.gz") || name.ends_with(".warc") => Some(Target::Warc),
        () => None,
    }
}

enum Out {
    Warc(WarcWriter<BufWriter<File>>),
    Har(HarWriter<BufWriter<File>>),
}

impl Out {
    fn new(target: Target, out: BufWriter<File>) -> io::Result<Self> {
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        match target {
            Target::Har => HarWriter::new(out, VERSION).map(Self::Har),
            Target::Warc => {
                let mut writer = WarcWriter::new(out);
                let software = concat!("tattletale/", env!("CARGO_PKG_VERSION"));
                let about = "converted from other captures: heads were put together anew, bodies are as captured";
                let fields = [("software", software), ("format", "WARC File Format 1.1"), ("description", about)];
                writer.info(id()?, Timestamp::now(), &fields)?;
                Ok(Self::Warc(writer))
            }
        }
    }

    fn write(&mut self, captured: Captured) -> io::Result<()> {
        match (self, captured) {
            (Self::Har(writer), Captured::Exchange(exchange)) => writer.exchange(&exchange),
            (Self::Har(_), Captured::Blind(_)) => Ok(()),
            (Self::Warc(writer), Captured::Exchange(exchange)) => {
                // Randomness that fails once is asked for again by the record that needs it.
                let mut random = [[0; 16]; 2];
                for bytes in &mut random {
                    getrandom::fill(bytes).map_err(io::Error::other)?;
                }
                let mut spare = u128::from_be_bytes(random[1]);
                let mut first = Some(random[0]);
                let next = || {
                    spare = spare.wrapping_add(1);
                    RecordId::from_random(first.take().unwrap_or_else(|| spare.to_be_bytes()))
                };
                writer.exchange(next, &exchange)
            }
            (Self::Warc(writer), Captured::Blind(blind)) => {
                writer.blind(id()?, blind.at.unwrap_or_else(Timestamp::now), &blind)
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        let out = match self {
            Self::Warc(writer) => writer.into_inner(),
            Self::Har(writer) => writer.finish()?,
        };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

fn id() -> io::Result<RecordId> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(RecordId::from_random(random))
}

/// What was written, and what had no place.
#[derive(Default)]
struct Tally {
    exchanges: u64,
    unseen: u64,
    lost_unseen: u64,
    lost_bytes: u64,
    partial: u64,
    /// The first of them; of the rest only their number.
    faults: Vec<String>,
    more_faults: u64,
}

impl Tally {
    fn count(&mut self, captured: &Captured, name: &str, target: Target) {
        let exchange = match captured {
            Captured::Exchange(exchange) => exchange,
            Captured::Blind(_) => {
                *(if target == Target::Har { &mut self.lost_unseen } else { &mut self.unseen }) += 1;
                return;
            }
        };
        self.exchanges += 1;
        self.faults(name, exchange.faults.iter());
        let bodies = [Some(&exchange.request.body), exchange.response.as_ref().map(|response| &response.body)];
        self.partial += bodies.iter().flatten().filter(|body| body.fidelity > Fidelity::Decoded).count() as u64;
        if target == Target::Har {
            let headers = exchange.request.headers.iter().chain(&exchange.request.cookies);
            let headers = headers.chain(exchange.response.iter().flat_map(|response| &response.headers));
            self.lost_bytes += headers.filter(|header| std::str::from_utf8(&header.value).is_err()).count() as u64;
        }
    }

    fn faults<'f>(&mut self, name: &str, faults: impl Iterator<Item = &'f Fault>) {
        const LISTED: usize = 20;
        for fault in faults {
            match self.faults.len() < LISTED {
                true => self.faults.push(shown(name, fault)),
                false => self.more_faults += 1,
            }
        }
    }

    fn say(&self, out: &Path) -> Result<Outcome, Failure> {
        let mut stdout = io::stdout().lock();
        let unseen = if self.unseen > 0 { format!(", {} that could not be seen", self.unseen) } else { String::new() };
        writeln!(stdout, "{}: {} exchanges{unseen}", escape::text(&out.display().to_string()), self.exchanges)?;
        let lines = [
            (self.lost_unseen, "connections that could not be seen: HAR has no place for them"),
            (self.lost_bytes, "header values that are no text: HAR has no bytes for them"),
        ];
        for (count, what) in lines.into_iter().filter(|(count, _)| *count > 0) {
            writeln!(stdout, "not kept: {count} {what}")?;
        }
        if self.partial > 0 {
            writeln!(stdout, "{} bodies were missing, cut or damaged in the captures already", self.partial)?;
        }
        for fault in &self.faults {
            writeln!(stdout, "could not be processed: {fault}")?;
        }
        if self.more_faults > 0 {
            writeln!(stdout, "and {} more", self.more_faults)?;
        }
        stdout.flush()?;
        Ok(if self.faults.is_empty() { Outcome::NothingFound } else { Outcome::Incomplete })
    }
}

fn shown(name: &str, fault: &Fault) -> String {
    escape::text(&format!("{name}: {fault}"))
}
