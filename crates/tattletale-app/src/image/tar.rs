//! Tar as a stream: the members of fastboot ROMs (`.tgz`), POSIX ustar and pax (IEEE 1003.1-2017) and GNU long names.

use std::io::{self, Read};

use super::format::{Format, Open};
use super::walker::{Trouble, Walk};
use crate::FaultKind;
use crate::le::text;

const BLOCK: usize = 512;
/// Long names and pax headers above this are refused.
const MOST_NAME: u64 = 64 << 10;

/// The format.
pub(super) static FORMAT: Format = Format {
    name: "tar",
    sniff: |head| head.get(257..262) == Some(b"ustar") && head.get(..BLOCK).is_some_and(sum_is_right),
    open: Open::Stream(open),
};

/// What headers before a member say of it.
#[derive(Debug, Default)]
struct Ahead {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

fn open(input: &mut dyn Read, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    walk.beside(|walk| members(input, path, walk))
}

fn members(input: &mut dyn Read, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let mut at = 0;
    let mut ahead = Ahead::default();
    loop {
        let mut header = [0; BLOCK];
        match read_full(input, &mut header).map_err(|error| Trouble::from(error).at(at))? {
            0 => return Err(Trouble::truncated(at, "ends without the two empty blocks that end a tar")),
            BLOCK => {}
            _ => return Err(Trouble::truncated(at, "ends inside a header")),
        }
        if header == [0; BLOCK] {
            return Ok(());
        }
        let Some(size) = number(&header[124..136]).filter(|_| sum_is_right(&header)) else {
            return Err(Trouble::corrupt(at, "a header whose sum is wrong; what follows cannot be found"));
        };
        at += BLOCK as u64;
        let size = ahead.size.take().unwrap_or(size);
        let mut member = input.take(size);
        match header[156] {
            b'L' => ahead.path = Some(text(&name(&mut member, size, at)?)),
            b'K' => ahead.link = Some(text(&name(&mut member, size, at)?)),
            b'x' => pax(&name(&mut member, size, at)?, &mut ahead),
            kind => {
                let this = std::mem::take(&mut ahead);
                let inner = format!("{path}/{}", this.path.unwrap_or_else(|| short_name(&header)));
                let link = || this.link.unwrap_or_else(|| text(&header[157..257]));
                match kind {
                    b'0' | b'7' | 0 => walk.stream(&mut member, Some(size), &inner)?,
                    b'1' | b'2' => walk.link(&inner, link())?,
                    b'S' => walk.fault(&inner, Trouble::unread("a sparse member of GNU tar is not read").at(at)),
                    _ => walk.count_entry(&inner)?,
                }
            }
        }
        let padded = size.checked_next_multiple_of(BLOCK as u64);
        let padded = padded.ok_or_else(|| Trouble::corrupt(at, format!("a member of {size} bytes")))?;
        let left = padded - (size - member.limit());
        let skipped = io::copy(&mut input.take(left), &mut io::sink()).map_err(|error| Trouble::from(error).at(at))?;
        if skipped < left {
            return Err(Trouble::truncated(at, "ends inside a member"));
        }
        at = at.saturating_add(padded);
    }
}

/// Fills the buffer unless the input ends before; returns how far it got.
fn read_full(input: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match input.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The sum of all bytes, with spaces in its own place.
fn sum_is_right(header: &[u8]) -> bool {
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    let own: u64 = header[148..156].iter().map(|&byte| u64::from(byte)).sum();
    number(&header[148..156]) == Some(sum - own + 8 * u64::from(b' '))
}

/// A number in octal, or in GNU's base 256.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        let (high, low) = field.split_at(field.len() - 8);
        return (high[1..].iter().all(|&byte| byte == 0))
            .then(|| u64::from_be_bytes(low.try_into().unwrap_or_default()));
    }
    let digits = text(field);
    match digits.trim() {
        "" => Some(0),
        digits => u64::from_str_radix(digits, 8).ok(),
    }
}

/// The name in the header itself; the prefix belongs to POSIX only.
fn short_name(header: &[u8; BLOCK]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    match &header[257..263] == b"ustar\0" && !prefix.is_empty() {
        true => format!("{prefix}/{name}"),
        false => name,
    }
}

/// The data of a header that says something of the next member.
fn name(member: &mut dyn Read, size: u64, at: u64) -> Result<Vec<u8>, Trouble> {
    if size > MOST_NAME {
        return Err(Trouble::new(FaultKind::Limit, format!("a name of {size} bytes")).at(at));
    }
    let mut bytes = Vec::new();
    member.read_to_end(&mut bytes).map_err(|error| Trouble::from(error).at(at))?;
    Ok(bytes)
}

/// Records of pax: `length key=value\n`. Damaged ones end the list.
fn pax(mut records: &[u8], ahead: &mut Ahead) {
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length = std::str::from_utf8(&records[..space]).ok().and_then(|length| length.parse::<usize>().ok());
        let Some(record) = length.filter(|&length| length > space + 1).and_then(|length| records.split_off(..length))
        else {
            return;
        };
        let Some(record) = record[space + 1..].strip_suffix(b"\n") else { return };
        let Some(equals) = record.iter().position(|&byte| byte == b'=') else { return };
        let (key, value) = (&record[..equals], String::from_utf8_lossy(&record[equals + 1..]));
        match key {
            b"path" => ahead.path = Some(value.into_owned()),
            b"linkpath" => ahead.link = Some(value.into_owned()),
            b"size" => ahead.size = value.parse().ok(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_kinds_and_pax_records() {
        assert_eq!(number(b"00000001750\0"), Some(1000));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(2 << 32));
        assert_eq!(number(b"0000000175x\0"), None);
        let mut ahead = Ahead::default();
        pax(b"19 path=a/long/name\n15 size=12345\n9999 path=x\n", &mut ahead);
        assert_eq!(ahead.path.as_deref(), None, "a length that does not fit its record");
        pax(b"20 path=a/long/name\n14 size=12345\n9999 path=x\n", &mut ahead);
        assert_eq!((ahead.path.as_deref(), ahead.size), (Some("a/long/name"), Some(12345)));
    }
}
