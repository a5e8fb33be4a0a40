//! The compressor of lz-string in its four forms; the decoder was written from the format, not from this.

use super::texts::text;

/// The compressor of lz-string, for units of `width` bits.
pub(super) fn lzstring(bytes: &[u8], width: u32) -> Vec<u16> {
    use std::collections::{HashMap, HashSet};
    let mut bits: Vec<bool> = Vec::new();
    let number =
        |bits: &mut Vec<bool>, value: usize, count: u32| (0..count).for_each(|bit| bits.push(value >> bit & 1 == 1));
    let (mut entries, mut fresh): (HashMap<Vec<u16>, usize>, HashSet<Vec<u16>>) = Default::default();
    let (mut word, mut until_wider, mut code_bits) = (Vec::new(), 2usize, 2u32);
    let mut flush =
        |word: &Vec<u16>, entries: &HashMap<Vec<u16>, usize>, fresh: &mut HashSet<Vec<u16>>, bits: &mut Vec<bool>| {
            let mut wider = |code_bits: &mut u32| {
                until_wider -= 1;
                if until_wider == 0 {
                    until_wider = 1 << *code_bits;
                    *code_bits += 1;
                }
            };
            if fresh.remove(word) {
                let wide = word[0] > 255;
                number(bits, usize::from(wide), code_bits);
                number(bits, usize::from(word[0]), if wide { 16 } else { 8 });
                wider(&mut code_bits);
            } else {
                number(bits, entries[word], code_bits);
            }
            wider(&mut code_bits);
            code_bits
        };
    let mut last_bits = 2;
    for unit in text(bytes).encode_utf16() {
        let size = entries.len() + 3;
        if let std::collections::hash_map::Entry::Vacant(entry) = entries.entry(vec![unit]) {
            entry.insert(size);
            fresh.insert(vec![unit]);
        }
        let longer = [word.clone(), vec![unit]].concat();
        if !entries.contains_key(&longer) {
            last_bits = flush(&word, &entries, &mut fresh, &mut bits);
            let size = entries.len() + 3;
            entries.insert(longer, size);
            word = vec![unit];
        } else {
            word = longer;
        }
    }
    if !word.is_empty() {
        last_bits = flush(&word, &entries, &mut fresh, &mut bits);
    }
    number(&mut bits, 2, last_bits);
    bits.push(false);
    while !bits.len().is_multiple_of(width as usize) {
        bits.push(false);
    }
    bits.chunks(width as usize).map(|unit| unit.iter().fold(0, |value, &bit| value << 1 | u16::from(bit))).collect()
}

pub(super) fn letters(units: &[u16], alphabet: &[u8]) -> Vec<u8> {
    units.iter().map(|&unit| alphabet[unit as usize]).collect()
}

pub(super) const ORDER64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
