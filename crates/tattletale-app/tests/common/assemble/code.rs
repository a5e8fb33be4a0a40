//! Instructions as units, and compact DEX's way of keeping them.

use super::{Op, Tables, position};

/// Sizes packed into 16 bits, what does not fit before the item and read backwards.
pub(super) fn compact_code(data: &mut Vec<u8>, base: usize, registers: u16, arguments: u16, code: &[u8]) -> u32 {
    while !data.len().is_multiple_of(4) {
        data.push(0);
    }
    let units = (code.len() / 2) as u32;
    let (mut flags, mut before) = (0u16, Vec::new());
    if units > 0x7ff {
        flags |= 0x10;
        before.push(((units & !0x7ff) & 0xffff) as u16);
        before.push((units >> 16) as u16);
    }
    let mut fields = 5u16 << 4;
    if registers > 15 {
        flags |= 1;
        before.push(registers);
    } else {
        fields |= registers << 12;
    }
    fields |= arguments << 8;
    if before.len() % 2 == 1 {
        data.extend([0, 0]);
    }
    before.iter().rev().for_each(|word| data.extend(word.to_le_bytes()));
    let at = data.len() + base;
    data.extend(fields.to_le_bytes());
    data.extend((((units & 0x7ff) as u16) << 5 | flags).to_le_bytes());
    data.extend(code);
    at as u32
}

pub(super) fn units(ops: &[Op], tables: &Tables) -> Vec<u16> {
    let mut units: Vec<u16> = Vec::new();
    let mut payloads: Vec<(usize, &[u8])> = Vec::new();
    let two = |opcode: u8, register: u8| u16::from(opcode) | u16::from(register) << 8;
    for op in ops {
        match op {
            Op::Text(register, text) => {
                let row = position(&tables.strings, &(*text).to_owned());
                units.extend([two(0x1a, *register), row as u16]);
            }
            Op::Small(register, number) => units.push(two(0x12, *register | (*number as u8) << 4)),
            Op::Invoke(opcode, (class, name, parameters, returns), registers) => {
                let proto = ((*returns).to_owned(), parameters.iter().map(|p| (*p).to_owned()).collect());
                let row = position(&tables.methods, &((*class).to_owned(), (*name).to_owned(), proto));
                let word = registers.iter().take(4).rev().fold(0u16, |word, r| word << 4 | u16::from(*r));
                let fifth = registers.get(4).copied().unwrap_or_default();
                units.extend([two(*opcode, (registers.len() as u8) << 4 | fifth), row as u16, word]);
            }
            Op::Result(register) => units.push(two(0x0c, *register)),
            Op::New(register, kind) => {
                units.extend([two(0x22, *register), position(&tables.types, &(*kind).to_owned()) as u16]);
            }
            Op::Bytes(register, bytes) => {
                units.extend([two(0x13, *register), bytes.len() as u16]);
                units.extend([two(0x23, *register | *register << 4), position(&tables.types, &"[B".to_owned()) as u16]);
                payloads.push((units.len(), bytes));
                units.extend([two(0x26, *register), 0, 0]);
            }
            Op::Get(register, class, name, kind) | Op::Put(register, class, name, kind) => {
                let row = position(&tables.fields, &((*class).to_owned(), (*name).to_owned(), (*kind).to_owned()));
                let opcode = if matches!(op, Op::Get(..)) { 0x62 } else { 0x69 };
                units.extend([two(opcode, *register), row as u16]);
            }
            Op::Return => units.push(0x0e),
            Op::Raw(raw) => units.extend(*raw),
        }
    }
    for (from, bytes) in payloads {
        if units.len() % 2 == 1 {
            units.push(0);
        }
        let distance = (units.len() - from) as u32;
        units[from + 1] = distance as u16;
        units[from + 2] = (distance >> 16) as u16;
        units.extend([0x0300, 1, bytes.len() as u16, 0]);
        units
            .extend(bytes.chunks(2).map(|pair| u16::from(pair[0]) | u16::from(pair.get(1).copied().unwrap_or(0)) << 8));
    }
    units
}

pub(super) fn uleb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}
