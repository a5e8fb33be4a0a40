//! Code items and the instructions in them.
//!
//! Compact DEX packs the sizes of an item into 16 bits, and what does not fit stands before the item, read backwards.

use super::Flavour;
use super::opcode::{self, Index, index_kind};
use super::read::{u16_at, u32_at};

/// The code of one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code<'b> {
    /// Registers, with those of the arguments at their end.
    pub registers: u16,
    /// Registers that hold the arguments.
    pub arguments: u16,
    /// The instructions, two bytes a unit.
    pub units: &'b [u8],
}

impl<'b> Code<'b> {
    pub(super) fn read(data: &'b [u8], at: usize, flavour: Flavour) -> Option<Self> {
        let (registers, arguments, count, start) = match flavour {
            Flavour::Standard => (u16_at(data, at)?, u16_at(data, at + 2)?, u32_at(data, at + 12)?, at + 16),
            Flavour::Compact => compact(data, at)?,
        };
        let length = usize::try_from(count).ok()?.checked_mul(2)?;
        Some(Self { registers, arguments, units: data.get(start..start.checked_add(length)?)? })
    }

    /// The instructions, without payloads; ends early where the code is damaged.
    pub fn instructions(&self) -> Instructions<'b> {
        Instructions { units: self.units, at: 0 }
    }

    /// The bytes of an array that `fill-array-data` at this offset (in bytes) puts into an array.
    pub fn array_data(&self, filled_at: usize) -> Option<&'b [u8]> {
        let distance = u32_at(self.units, filled_at + 2)? as i32;
        let at = usize::try_from(i64::try_from(filled_at).ok()? + 2 * i64::from(distance)).ok()?;
        (u16_at(self.units, at)? == 0x0300).then_some(())?;
        let bytes = usize::from(u16_at(self.units, at + 2)?).checked_mul(u32_at(self.units, at + 4)? as usize)?;
        self.units.get(at + 8..(at + 8).checked_add(bytes)?)
    }
}

/// Registers, arguments, units, and where they begin.
fn compact(data: &[u8], at: usize) -> Option<(u16, u16, u32, usize)> {
    let (fields, second) = (u16_at(data, at)?, u16_at(data, at + 2)?);
    let mut before = at;
    let mut previous = || {
        before = before.checked_sub(2)?;
        u16_at(data, before)
    };
    let mut count = u32::from(second >> 5);
    if second & 0x10 != 0 {
        count = count.checked_add(u32::from(previous()?))?.checked_add(u32::from(previous()?) << 16)?;
    }
    let mut registers = fields >> 12;
    let mut arguments = fields >> 8 & 0xf;
    if second & 0x01 != 0 {
        registers = registers.checked_add(previous()?)?;
    }
    if second & 0x02 != 0 {
        arguments = arguments.checked_add(previous()?)?;
    }
    // Registers are stored without those of the arguments.
    Some((registers.checked_add(arguments)?, arguments, count, at + 4))
}

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction<'b> {
    /// Bytes from the start of the code.
    pub at: usize,
    /// As it stands there.
    pub opcode: u8,
    /// All of it, two bytes a unit.
    pub bytes: &'b [u8],
}

impl Instruction<'_> {
    /// The number of the string, type, field or method that it refers to.
    #[inline]
    pub fn index(&self) -> Option<(Index, u32)> {
        match index_kind(self.opcode) {
            Index::None => None,
            Index::String if self.opcode == 0x1b => Some((Index::String, u32_at(self.bytes, 2)?)),
            kind => Some((kind, u16_at(self.bytes, 2)?.into())),
        }
    }

    /// The number that it puts into a register, for the `const` family.
    pub fn literal(&self) -> Option<i64> {
        let low = || u16_at(self.bytes, 2).map(|low| i64::from(low as i16));
        match self.opcode {
            0x12 => Some(i64::from(self.bytes[1] as i8 >> 4)),
            0x13 | 0x16 => low(),
            0x14 | 0x17 => Some(i64::from(u32_at(self.bytes, 2)? as i32)),
            0x15 => Some(low()? << 16),
            0x18 => Some(i64::from(u32_at(self.bytes, 6)? as i32) << 32 | i64::from(u32_at(self.bytes, 2)?)),
            0x19 => Some(low()? << 48),
            _ => None,
        }
    }

    /// The register that it writes first, or for stores the one it reads first.
    pub fn first(&self) -> u16 {
        match self.opcode {
            // Formats with the first register in four bits.
            0x01
            | 0x04
            | 0x07
            | 0x12
            | 0x20
            | 0x21
            | 0x23
            | 0x52..=0x5f
            | 0x7b..=0x8f
            | 0xb0..=0xd7
            | 0xe3..=0xe8
            | 0xeb..=0xf2 => u16::from(self.bytes[1] & 0xf),
            0x03 | 0x06 | 0x09 => u16_at(self.bytes, 2).unwrap_or_default(),
            _ => u16::from(self.bytes[1]),
        }
    }

    /// The register that a move, a conversion or a field access reads.
    pub fn second(&self) -> u16 {
        match self.opcode {
            0x02 | 0x05 | 0x08 => u16_at(self.bytes, 2).unwrap_or_default(),
            0x03 | 0x06 | 0x09 => u16_at(self.bytes, 4).unwrap_or_default(),
            _ => u16::from(self.bytes[1] >> 4),
        }
    }

    /// The registers that a call or a filled array takes, in order.
    pub fn arguments(&self) -> impl Iterator<Item = u16> + use<> {
        let range = matches!(self.opcode, 0x25 | 0x74..=0x78 | 0xea | 0xfb | 0xfd);
        let (count, last) = match range {
            true => (u16::from(self.bytes[1]), 0),
            false => (u16::from(self.bytes[1] >> 4).min(5), u16::from(self.bytes[1] & 0xf)),
        };
        let word = u16_at(self.bytes, 4).unwrap_or_default();
        (0..count).map(move |position| match (range, position) {
            (true, _) => word.saturating_add(position),
            (false, 4) => last,
            (false, _) => word >> (4 * position) & 0xf,
        })
    }
}

/// The instructions of a code item, one after another.
#[derive(Debug, Clone)]
pub struct Instructions<'b> {
    units: &'b [u8],
    at: usize,
}

impl Instructions<'_> {
    /// Bytes of a payload (the data of a switch or an array) that stands where an instruction could; none for others.
    fn payload(&self) -> Option<usize> {
        let size = || u16_at(self.units, self.at + 2).map(usize::from);
        match u16_at(self.units, self.at)? {
            0x0100 => Some(8 + 4 * size()?),
            0x0200 => Some(4 + 8 * size()?),
            0x0300 => {
                let bytes = size()?.checked_mul(u32_at(self.units, self.at + 4)? as usize)?;
                Some(bytes.checked_add(8 + bytes % 2)?)
            }
            _ => None,
        }
    }
}

impl<'b> Iterator for Instructions<'b> {
    type Item = Instruction<'b>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.units.get(self.at) == Some(&0) {
            match self.payload() {
                Some(bytes) => self.at = self.at.saturating_add(bytes),
                None => break,
            }
        }
        let at = self.at;
        let opcode = *self.units.get(at)?;
        let bytes = self.units.get(at..at.checked_add(2 * opcode::length(opcode))?)?;
        self.at += bytes.len();
        Some(Instruction { at, opcode, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_around_payloads() {
        // const-string v1, string@2; a switch payload of one; invoke-static {v1, v2}, method@3; return-void
        let units = [0x1a, 1, 2, 0, 0, 1, 1, 0, 9, 9, 9, 9, 8, 8, 8, 8, 0x71, 0x20, 3, 0, 0x21, 0, 0x0e, 0];
        let code = Code { registers: 3, arguments: 0, units: &units };
        let found: Vec<_> = code.instructions().map(|i| (i.at, i.opcode, i.index())).collect();
        assert_eq!(found[0], (0, 0x1a, Some((Index::String, 2))));
        assert_eq!(found[1], (16, 0x71, Some((Index::Method, 3))));
        assert_eq!(found[2], (22, 0x0e, None));
        let call = code.instructions().nth(1).unwrap();
        assert_eq!(call.arguments().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_compact_item_with_everything_before_it() {
        // insns: 3 units here + 0x0001_0000 is too many; so only registers and arguments overflow.
        let mut data = vec![5, 0, 7, 0];
        data.extend([0x21u8, 0x11, 0x03 | 1 << 5, 0, 0x0e, 0]);
        // fields 0x1121: registers 1, arguments 1; before the item, read backwards: registers + 7, arguments + 5.
        let code = Code::read(&data, 4, Flavour::Compact).unwrap();
        assert_eq!((code.registers, code.arguments, code.units), (1 + 7 + 1 + 5, 6, &[0x0e, 0][..]));
        assert_eq!(Code::read(&data[2..], 2, Flavour::Compact), None);
    }
}
