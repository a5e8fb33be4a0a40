//! What an instruction is by its opcode: how long, and what the number in it refers to.
//!
//! One string over all 256 opcodes for the lengths. Source: the Dalvik bytecode page of source.android.com; opcodes
//! E3 to F2 as ART's `dex_instruction_list.h` of Android 10 has them: quickened instructions that firmware carries.

/// What the number in an instruction refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Nothing.
    None,
    /// A string.
    String,
    /// A type.
    Type,
    /// A field.
    Field,
    /// A method.
    Method,
}

/// Code units of 16 bits of every opcode, sixteen a line.
const LENGTHS: &[u8; 256] = b"\
1123123123111111\
1112322352232112\
2122333112333222\
2222222222222211\
1111222222222222\
2222222222222222\
2222222222222233\
3331333331111111\
1111111111111111\
2222222222222222\
2222222222222222\
1111111111111111\
1111111111111111\
2222222222222222\
2222222223322222\
2221111111443322";

/// Code units of an instruction; payloads in the code have their own lengths.
#[inline]
pub(super) fn length(opcode: u8) -> usize {
    usize::from(LENGTHS[usize::from(opcode)] - b'0')
}

/// What the number in an instruction refers to.
#[inline]
pub fn index_kind(opcode: u8) -> Index {
    match opcode {
        0x1a | 0x1b => Index::String,
        0x1c | 0x1f | 0x20 | 0x22..=0x25 => Index::Type,
        0x52..=0x6d => Index::Field,
        0x6e..=0x72 | 0x74..=0x78 | 0xfa | 0xfb => Index::Method,
        _ => Index::None,
    }
}

/// Whether it is an instruction that ART rewrote when it installed the app, and that lost its reference.
#[inline]
pub fn is_quickened(opcode: u8) -> bool {
    matches!(opcode, 0xe3..=0xf2)
}

/// The opcode that a quickened instruction had before, and any other opcode as it is.
pub fn unquickened(opcode: u8) -> u8 {
    match opcode {
        0xe3..=0xe5 => 0x52 + (opcode - 0xe3),
        0xe6..=0xe8 => 0x59 + (opcode - 0xe6),
        0xe9 => 0x6e,
        0xea => 0x74,
        0xeb..=0xee => 0x5c + (opcode - 0xeb),
        0xef..=0xf2 => 0x55 + (opcode - 0xef),
        // return-void-no-barrier
        0x73 => 0x0e,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_in_the_specification() {
        let cases = [
            (0x00, 1),
            (0x03, 3),
            (0x0e, 1),
            (0x12, 1),
            (0x13, 2),
            (0x14, 3),
            (0x18, 5),
            (0x19, 2),
            (0x1a, 2),
            (0x1b, 3),
            (0x1d, 1),
            (0x1f, 2),
            (0x21, 1),
            (0x22, 2),
            (0x24, 3),
            (0x26, 3),
            (0x27, 1),
            (0x28, 1),
            (0x29, 2),
            (0x2a, 3),
            (0x2b, 3),
            (0x2d, 2),
            (0x32, 2),
            (0x3d, 2),
            (0x3e, 1),
            (0x43, 1),
            (0x44, 2),
            (0x52, 2),
            (0x6d, 2),
            (0x6e, 3),
            (0x72, 3),
            (0x73, 1),
            (0x74, 3),
            (0x78, 3),
            (0x79, 1),
            (0x7b, 1),
            (0x8f, 1),
            (0x90, 2),
            (0xaf, 2),
            (0xb0, 1),
            (0xcf, 1),
            (0xd0, 2),
            (0xe2, 2),
            (0xe3, 2),
            (0xe8, 2),
            (0xe9, 3),
            (0xea, 3),
            (0xeb, 2),
            (0xf2, 2),
            (0xf3, 1),
            (0xf9, 1),
            (0xfa, 4),
            (0xfb, 4),
            (0xfc, 3),
            (0xfd, 3),
            (0xfe, 2),
            (0xff, 2),
        ];
        for (opcode, units) in cases {
            assert_eq!(length(opcode), units, "{opcode:02x}");
        }
        assert_eq!((unquickened(0xe5), unquickened(0xe9), unquickened(0xf2)), (0x54, 0x6e, 0x58));
    }
}
