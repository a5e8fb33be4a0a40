//! DEX files inside other files: VDEX, ODEX and OAT of firmware, and containers of version 041.
//!
//! The layouts around differ with every version of Android (VDEX 006 to 027, OAT inside ELF), the DEX files in them do
//! not: they are found by their magic at four-byte boundaries and believed only with a header that fits. So a version
//! that comes later is read too.

use super::{Dex, DexError, Flavour, magic};
use memchr::memmem;

/// DEX files of one container that are read; the largest app has about 60.
const MOST_FILES: usize = 1024;

/// A container by its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// A DEX file, or a container of version 041 or later with several.
    Dex,
    /// VDEX with its version, for example 21.
    Vdex(u16),
    /// An ELF file: ODEX or OAT.
    Oat,
    /// ODEX of Android before 5: a DEX with a header before it.
    Dey,
}

impl Container {
    /// What the bytes are; none for anything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'v', b'd', b'e', b'x', a, b, c, 0, ..] => {
                let digits = [*a, *b, *c];
                let version = std::str::from_utf8(&digits).ok()?.parse().ok()?;
                Some(Self::Vdex(version))
            }
            [0x7f, b'E', b'L', b'F', ..] => Some(Self::Oat),
            [b'd', b'e', b'y', b'\n', ..] => Some(Self::Dey),
            _ => magic(bytes).map(|_| Self::Dex),
        }
    }
}

/// Every DEX file in the bytes with its offset; those that cannot be read come with their error.
pub fn dex_files(bytes: &[u8]) -> Vec<(usize, Result<Dex<'_>, DexError>)> {
    let mut found = Vec::new();
    if let Some((_, version)) = magic(bytes)
        && version < 41
    {
        return vec![(0, Dex::new(bytes))];
    }
    for start in memmem::find_iter(bytes, b"dex\n0").chain(memmem::find_iter(bytes, b"cdex0")) {
        if start % 4 != 0 && start != 0 || found.len() == MOST_FILES || magic(&bytes[start..]).is_none() {
            continue;
        }
        // What lies inside a file that was found is its content; compact files share what follows them.
        let inside = |(begin, dex): &(usize, Result<Dex<'_>, DexError>)| {
            dex.as_ref().is_ok_and(|dex| {
                let end = begin + dex.size as usize;
                dex.flavour == Flavour::Standard && dex.version < 41 && (*begin..end).contains(&start)
            })
        };
        let dex = Dex::within(bytes, start);
        let first = start == 0;
        if !found.iter().rev().take(1).any(inside) && (dex.is_ok() || first) {
            found.push((start, dex));
        }
    }
    found.sort_by_key(|(start, _)| *start);
    found
}
