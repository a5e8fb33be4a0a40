//! `payload.bin` of update_engine, version 2 (`update_metadata.proto`): partitions as operations that write blocks.
//!
//! Full updates only: a delta changes an older version, which is not here. A partition is unpacked into a temporary
//! file, several operations at a time, since a file system is not read in the order of operations; where one is
//! damaged, the blocks that it would have written cannot be read.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tattletale_core::codec::stream::{Packing, unpack};

use super::format::{Format, Open};
use super::mapped::{From, Mapped};
use super::protobuf::Fields;
use super::walker::{Trouble, Walk};
use crate::source::{Source, Stream, Stretch};

const MAGIC: &[u8; 4] = b"CrAU";
const HEADER: u64 = 24;
/// Manifests have some hundred KB: about 50 bytes for each 2 MB of image.
const MOST_MANIFEST: u64 = 64 << 20;
/// Unpacked bytes of the operations that are done at once.
const MOST_AT_ONCE: u64 = 64 << 20;
/// What one operation may write; those of full updates write 1 or 2 MB.
const MOST_OF_ONE: u64 = 128 << 20;

/// The format.
pub(super) static FORMAT: Format =
    Format { name: "payload.bin", sniff: |head| head.starts_with(MAGIC), open: Open::Anywhere(open) };

/// `InstallOperation`.
#[derive(Debug, Default)]
struct Operation<'m> {
    kind: u64,
    /// In the data behind the manifest.
    offset: u64,
    length: u64,
    /// First block and number of blocks.
    writes: Vec<(u64, u64)>,
    digest: Option<&'m [u8]>,
}

impl Operation<'_> {
    fn blocks(&self) -> u64 {
        self.writes.iter().fold(0, |sum, &(_, blocks)| sum.saturating_add(blocks))
    }
}

/// `PartitionUpdate`.
#[derive(Debug, Default)]
struct Partition<'m> {
    name: String,
    size: Option<u64>,
    operations: Vec<&'m [u8]>,
}

fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let mut header = [0; HEADER as usize];
    source.read_exact_at(0, &mut header)?;
    let number = |at: usize| u64::from_be_bytes(std::array::from_fn(|index| header[at + index]));
    let (version, length, signature) = (number(4), number(12), number(16) & 0xffff_ffff);
    if version != 2 {
        return Err(Trouble::unread(format!("a payload of version {version} is not read")).at(4));
    }
    if length > MOST_MANIFEST {
        return Err(Trouble::unread(format!("a manifest of {length} bytes")).at(12));
    }
    let mut manifest = vec![0; usize::try_from(length.min(source.len())).unwrap_or(usize::MAX)];
    source.read_exact_at(HEADER, &mut manifest).map_err(|error| Trouble::from(error).at(HEADER))?;
    if (manifest.len() as u64) < length {
        return Err(Trouble::truncated(source.len(), "ends inside its manifest"));
    }
    let data = Stretch::new(&**source, HEADER + length + signature, u64::MAX);
    let mut block = 4096;
    let mut partitions = Vec::new();
    for field in Fields(&manifest) {
        match field {
            Some((3, value)) => block = value.number().unwrap_or_default(),
            Some((13, value)) => partitions.push(value.bytes().and_then(partition)),
            Some(_) => {}
            None => walk.fault(path, Trouble::corrupt(HEADER, "the manifest is damaged")),
        }
    }
    if !(512..=1 << 20).contains(&block) {
        return Err(Trouble::corrupt(HEADER, format!("blocks of {block} bytes")));
    }
    for partition in partitions {
        let Some(partition) = partition else {
            walk.fault(path, Trouble::corrupt(HEADER, "a partition of the manifest is damaged"));
            continue;
        };
        let inner = format!("{path}/{}", partition.name);
        let result = match assemble(&data, &partition, block, &inner, walk) {
            Ok(source) => walk.image(&source, &inner),
            Err(trouble) => Err(trouble),
        };
        walk.settle(&inner, result)?;
    }
    Ok(())
}

fn partition(message: &[u8]) -> Option<Partition<'_>> {
    let mut partition = Partition::default();
    for field in Fields(message) {
        match field? {
            (1, name) => partition.name = String::from_utf8_lossy(name.bytes()?).into_owned(),
            (7, info) => {
                let sizes = Fields(info.bytes()?).flatten().filter(|(number, _)| *number == 1);
                partition.size = sizes.last().and_then(|(_, size)| size.number());
            }
            (8, operation) => partition.operations.push(operation.bytes()?),
            _ => {}
        }
    }
    Some(partition)
}

fn operation(message: &[u8]) -> Option<Operation<'_>> {
    let mut operation = Operation::default();
    for field in Fields(message) {
        match field? {
            (1, kind) => operation.kind = kind.number()?,
            (2, offset) => operation.offset = offset.number()?,
            (3, length) => operation.length = length.number()?,
            (6, extent) => {
                let (mut start, mut blocks) = (0, 0);
                for field in Fields(extent.bytes()?) {
                    match field? {
                        (1, value) => start = value.number()?,
                        (2, value) => blocks = value.number()?,
                        _ => {}
                    }
                }
                operation.writes.push((start, blocks));
            }
            (8, digest) => operation.digest = Some(digest.bytes()?),
            _ => {}
        }
    }
    Some(operation)
}

/// Carries out the operations of a partition.
fn assemble(
    data: &Stretch<'_>,
    partition: &Partition<'_>,
    block: u64,
    path: &str,
    walk: &mut Walk<'_>,
) -> Result<Arc<dyn Source>, Trouble> {
    let damaged = || Trouble::new(crate::FaultKind::Corrupt, "an operation of the manifest is damaged");
    let operations: Vec<Operation<'_>> =
        partition.operations.iter().map(|message| operation(message)).collect::<Option<_>>().ok_or_else(damaged)?;
    if let Some(delta) = operations.iter().find(|operation| !matches!(operation.kind, 0 | 1 | 6 | 7 | 8)) {
        let message = "is a delta of an older version, which is not here (operation of kind ";
        return Err(Trouble::unread(format!("{message}{})", delta.kind)));
    }
    let end = |&(start, blocks): &(u64, u64)| start.checked_add(blocks)?.checked_mul(block);
    let ends = operations.iter().flat_map(|operation| &operation.writes).map(end);
    let reached = ends.collect::<Option<Vec<_>>>().ok_or_else(damaged)?.into_iter().max().unwrap_or_default();
    let size = partition.size.unwrap_or(reached);
    if reached > size.next_multiple_of(block) {
        return Err(Trouble::new(crate::FaultKind::Corrupt, format!("writes to {reached} of {size} bytes")));
    }
    if size > walk.most_unpacked() {
        return Err(Trouble::unread(format!("{size} bytes are more than is allowed")));
    }
    let mut spool = walk.scratch()?;
    let mut lost = Vec::new();
    let mut rest = &operations[..];
    while !rest.is_empty() {
        let mut sum = 0_u64;
        let fitting = rest.iter().take_while(|operation| {
            sum = sum.saturating_add(operation.blocks().saturating_mul(block));
            sum <= MOST_AT_ONCE
        });
        let (batch, later) = rest.split_at(fitting.count().max(1));
        rest = later;
        let made: Vec<_> = batch.par_iter().map(|operation| carry_out(data, operation, block)).collect();
        for (operation, bytes) in batch.iter().zip(made) {
            match bytes {
                Ok(None) => {}
                Ok(Some(bytes)) => {
                    walk.count_unpacked(bytes.len() as u64);
                    let mut at = 0;
                    for &(start, blocks) in &operation.writes {
                        let count = usize::try_from(blocks * block).unwrap_or(usize::MAX).min(bytes.len() - at);
                        spool.write_at(start * block, &bytes[at..at + count])?;
                        at += count;
                    }
                    if walk.most_unpacked() == 0 {
                        return Err(Trouble::unread("more comes out than is allowed"));
                    }
                }
                Err(trouble) => {
                    walk.fault(path, trouble);
                    lost.extend(operation.writes.iter().map(|&(start, blocks)| (start * block, blocks * block)));
                }
            }
        }
    }
    spool.extend_to(size);
    let written: Arc<dyn Source> = Arc::new(spool.finish()?);
    let whole: Arc<dyn Source> = Arc::new(Mapped::stretch(&written, 0, size));
    Ok(if lost.is_empty() { whole } else { without(&whole, lost) })
}

/// What an operation writes, up to whole blocks; nothing for zeros.
fn carry_out(data: &Stretch<'_>, operation: &Operation<'_>, block: u64) -> Result<Option<Vec<u8>>, Trouble> {
    let packing = match operation.kind {
        0 => None,
        1 => Some(Packing::Bzip2),
        8 => Some(Packing::Xz),
        _ => return Ok(None),
    };
    let size = operation.blocks().saturating_mul(block);
    let place = operation.offset;
    if size > MOST_OF_ONE {
        return Err(Trouble::unread(format!("an operation that writes {size} bytes")).at(place));
    }
    let packed = Stretch::new(data, place, operation.length);
    if packed.len() < operation.length {
        return Err(Trouble::truncated(place, "ends before the data of an operation"));
    }
    if let Some(digest) = operation.digest
        && sum(&packed)?[..] != *digest
    {
        return Err(Trouble::corrupt(place, "the data of an operation do not have their SHA-256"));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    let stream = BufReader::with_capacity(64 << 10, Stream::new(&packed));
    let read = match packing {
        Some(packing) => unpack(packing, stream, size).read_to_end(&mut bytes),
        None => stream.take(size).read_to_end(&mut bytes),
    };
    read.map_err(|error| Trouble::from(error).at(place))?;
    // The last block of a partition may be written in part.
    if size - (bytes.len() as u64) >= block || (packing.is_none() && operation.length > size) {
        return Err(Trouble::corrupt(place, "an operation does not write as many bytes as it says"));
    }
    Ok(Some(bytes))
}

fn sum(packed: &Stretch<'_>) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 64 << 10];
    let mut stream = Stream::new(packed);
    loop {
        match stream.read(&mut chunk)? {
            0 => return Ok(digest.finalize().into()),
            count => digest.update(&chunk[..count]),
        }
    }
}

/// The same with stretches that cannot be read.
fn without(whole: &Arc<dyn Source>, mut lost: Vec<(u64, u64)>) -> Arc<dyn Source> {
    lost.sort_unstable();
    let size = whole.len();
    let mut mapped = Mapped::new(Arc::clone(whole), size);
    let mut at = 0;
    for (start, length) in lost {
        let (start, end) = (start.clamp(at, size), start.saturating_add(length).clamp(at, size));
        // The stretches are sorted and cut, so they always fit.
        let _fits = mapped.push(at, start - at, From::Source(at)) && mapped.push(start, end - start, From::Lost);
        at = end;
    }
    let _fits = mapped.push(at, size - at, From::Source(at));
    Arc::new(mapped)
}
