//! Packet captures (pcap, pcapng) by way of tshark: its rows of fields become a recording in a temporary file, which is
//! then read like any other.
//!
//! tshark decrypts (with a key log, or with secrets inside a pcapng) and takes HTTP/2 apart; its dissector for HTTP/1 is
//! switched off, since the plaintext as it passed is better evidence than fields made of it. What it says per packet
//! streams through: memory is that of the messages that have begun and not ended.
//!
//! What could not be opened is told: TLS without keys, QUIC, protocols that nobody here reads, refused certificates.

mod conversation;
mod http1;
mod http2;
mod messages;
mod recording;
mod rows;
mod segments;
mod tcp;
mod uids;

use crate::failure::Failure;
use conversation::Conversations;
use recording::Recording;
use rows::Row;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use tattletale_core::audit::Origin;
use tattletale_core::model::{Fault, FaultKind};
use tempfile::NamedTempFile;

/// A line of tshark's; a longer one ends the reading. A packet has at most 256 KiB, in hex and twice.
const MOST_LINE: u64 = 16 << 20;

/// Whether a file that starts so is a packet capture.
pub(crate) fn is_packets(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 5] =
        [b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a"];
    MAGIC.iter().any(|magic| head.starts_with(magic))
}

/// A packet capture as a recording.
pub(crate) struct Packets {
    /// The recording, deleted with this.
    pub(crate) warc: NamedTempFile,
    /// What it was made of.
    pub(crate) origin: Origin,
}

/// Reads a packet capture to its end.
pub(crate) fn read(path: &Path, keylog: Option<&Path>) -> Result<Packets, Failure> {
    let (sha256, bytes, apps) = look(path).map_err(Failure::file(path))?;
    let warc = NamedTempFile::new().map_err(Failure::Temporary)?;
    let out = warc.reopen().map_err(Failure::Temporary)?;
    let recording = Recording::new(out).map_err(Failure::Temporary)?;
    let mut faults = Vec::new();
    let mut child = tshark(path, keylog).spawn().map_err(Failure::Tshark)?;
    let stdout = child.stdout.take().ok_or_else(|| Failure::Tshark(io::ErrorKind::BrokenPipe.into()))?;
    // Read on a thread of its own, so that a full pipe stops nobody; only its end is of interest.
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        let _ = stderr.map(|stderr| stderr.take(64 << 10).read_to_string(&mut said));
        said
    });
    let result = follow(BufReader::with_capacity(1 << 20, stdout), apps, recording, &mut faults);
    if result.is_err() {
        // Whatever it was about to say has nowhere to go.
        let _ = child.kill();
    }
    let status = child.wait().map_err(Failure::Tshark)?;
    result.map_err(Failure::Temporary)?;
    let said = said.join().unwrap_or_default();
    if !status.success() {
        let last = said.lines().rev().find(|line| !line.trim().is_empty() && !line.contains("could be dangerous"));
        let why = last.unwrap_or("it gave no reason").trim().to_owned();
        let kind = if why.contains("cut short") { FaultKind::Truncated } else { FaultKind::Corrupt };
        faults.push(Fault::new(kind, format!("tshark could not read all of it: {why}")));
    }
    Ok(Packets { warc, origin: Origin { sha256, bytes, faults } })
}

fn tshark(path: &Path, keylog: Option<&Path>) -> Command {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(path).args(["-n", "-o", "tcp.reassemble_out_of_order:TRUE", "--disable-protocol", "http"]);
    if let Some(keylog) = keylog {
        let mut option = std::ffi::OsString::from("tls.keylog_file:");
        option.push(keylog);
        command.arg("-o").arg(option);
    }
    command.args(["-T", "fields", "-E", "separator=\x1e", "-E", "aggregator=\x1f", "-E", "occurrence=a"]);
    for field in rows::FIELDS {
        command.args(["-e", field]);
    }
    // Its own settings of this user must not change what is read.
    command.env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn follow(
    mut rows: impl BufRead,
    apps: uids::Apps,
    mut recording: Recording,
    faults: &mut Vec<Fault>,
) -> io::Result<()> {
    let mut conversations = Conversations::new(apps);
    let mut line = Vec::new();
    let mut broken = 0u64;
    loop {
        line.clear();
        if rows.by_ref().take(MOST_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match Row::of(line.strip_suffix(b"\n").unwrap_or(&line)) {
            Some(row) => conversations.packet(&row, &mut recording)?,
            None => broken += 1,
        }
    }
    conversations.finish(&mut recording)?;
    if broken > 0 {
        let message = format!("{broken} packets have line breaks in their fields and were left out");
        faults.push(Fault::new(FaultKind::Corrupt, message));
    }
    faults.extend(recording.finish()?);
    Ok(())
}

/// One pass over the file: digest, size, and PCAPdroid's table of apps.
fn look(path: &Path) -> io::Result<(String, u64, uids::Apps)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0u64, vec![0; 1 << 20]);
    let mut scan = uids::Scan::default();
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        scan.bytes(&buffer[..count]);
        bytes += count as u64;
    }
    Ok((hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), bytes, scan.apps()))
}
