//! A DEX with other names: what an obfuscator does to it, done to its string data.
//!
//! Names keep their lengths, so that nothing moves; all tables stay as they are. Only names of classes that the file
//! defines, and of the methods and fields that these declare, are changed, as an obfuscator would.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{HashMap, HashSet};

use tattletale_app::dex::Index;
use tattletale_app::look::unit::Unit;

/// The bytes of every DEX file of an app with other names. Same names become same names in all files.
pub fn renamed(units: &[Unit<'_>], files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let defined: HashSet<&[u8]> =
        units.iter().flat_map(|unit| unit.classes.iter().map(|class| class.descriptor)).collect();
    let mut names: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    for (number, class) in sorted(defined.iter().copied()).into_iter().enumerate() {
        names.insert(class.to_vec(), descriptor(class, number));
    }
    // A name that the platform uses too (`run`, `onCreate`) must stay, as an obfuscator knows. What the code loads as a
    // text is no name, even where both share one entry of the table.
    let mut platform: HashSet<&[u8]> = HashSet::new();
    for unit in units {
        unit.each_body(|_, _, _, code| {
            for (index, row) in code.instructions().filter_map(|instruction| instruction.index()) {
                if index == Index::String {
                    platform.insert(unit.dex.string(row).unwrap());
                }
            }
        });
    }
    let mut own: HashSet<&[u8]> = HashSet::new();
    for unit in units {
        for row in 0..unit.dex.methods() {
            let method = unit.dex.method(row).unwrap();
            let of_app = defined.contains(method.class) && !method.name.starts_with(b"<");
            if of_app {
                own.insert(method.name)
            } else {
                platform.insert(method.name)
            };
        }
        for row in 0..unit.dex.fields() {
            let field = unit.dex.field(row).unwrap();
            if defined.contains(field.class) {
                own.insert(field.name)
            } else {
                platform.insert(field.name)
            };
        }
    }
    for (number, name) in sorted(own.difference(&platform).copied()).into_iter().enumerate() {
        names.insert(name.to_vec(), plain(name.len(), number));
    }
    let replaced = |unit: &Unit<'_>, file: &Vec<u8>| {
        let mut file = file.clone();
        for row in 0..unit.dex.strings() {
            let string = unit.dex.string(row).unwrap();
            let depth = string.iter().take_while(|byte| **byte == b'[').count();
            let Some(new) = names.get(&string[depth..]) else { continue };
            let at = u32::from_le_bytes(file[60..64].try_into().unwrap()) as usize + 4 * row as usize;
            let data = u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            let skip = file[data..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
            file[data + skip + depth..data + skip + string.len()].copy_from_slice(new);
        }
        file
    };
    units.iter().zip(files).map(|(unit, file)| replaced(unit, file)).collect()
}

fn sorted<'n>(names: impl Iterator<Item = &'n [u8]>) -> Vec<&'n [u8]> {
    let mut names: Vec<&[u8]> = names.collect();
    names.sort_unstable();
    names
}

/// A descriptor of the same length without anything of the old name.
fn descriptor(old: &[u8], number: usize) -> Vec<u8> {
    let mut new = vec![b'L'];
    new.extend(plain(old.len() - 2, number));
    new.push(b';');
    new
}

/// Letters that count: different for every number as long as there is room.
fn plain(length: usize, mut number: usize) -> Vec<u8> {
    let mut name: Vec<u8> = vec![b'q'; length];
    for at in (0..length).rev() {
        name[at] = b'a' + (number % 26) as u8;
        number /= 26;
    }
    name
}
