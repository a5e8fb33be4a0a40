//! Encoded values: what static fields hold before any code ran.

use super::read::uleb;

/// Values of one array that are read.
const MOST_VALUES: u32 = 65_536;

/// An initial value, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant<'b> {
    /// Any integral number.
    Number(i64),
    /// Number of a string.
    String(u32),
    /// Something else, as its raw bytes.
    Other(&'b [u8]),
}

/// The values of an `encoded_array` at an offset; ends where it is damaged or nests an array.
pub(super) fn array(data: &[u8], offset: usize) -> Vec<Constant<'_>> {
    let mut at = offset;
    let Some(count) = uleb(data, &mut at) else { return Vec::new() };
    (0..count.min(MOST_VALUES)).map_while(|_| value(data, &mut at)).collect()
}

fn value<'b>(data: &'b [u8], at: &mut usize) -> Option<Constant<'b>> {
    let header = *data.get(*at)?;
    *at += 1;
    let (kind, argument) = (header & 0x1f, usize::from(header >> 5));
    let length = match kind {
        0x1e | 0x1f => 0,
        // Arrays and annotations nest; no field that matters here holds one.
        0x1c | 0x1d => return None,
        _ => argument + 1,
    };
    let bytes = data.get(*at..*at + length)?;
    *at += length;
    let unsigned = || bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    Some(match kind {
        0x00 | 0x02 | 0x04 | 0x06 => {
            let shift = 64 - 8 * length as u32;
            Constant::Number((unsigned() << shift) as i64 >> shift)
        }
        0x03 => Constant::Number(unsigned() as i64),
        0x17 => Constant::String(unsigned() as u32),
        0x1f => Constant::Number(argument as i64),
        _ => Constant::Other(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_strings_and_damage() {
        // byte -1, int 0x1234 in two bytes, string 0x0102, true, null, then an array, which ends it.
        let bytes = [6, 0x00, 0xff, 0x24, 0x34, 0x12, 0x37, 0x02, 0x01, 0x3f, 0x1e, 0x1c, 0];
        assert_eq!(
            array(&bytes, 0),
            [
                Constant::Number(-1),
                Constant::Number(0x1234),
                Constant::String(0x0102),
                Constant::Number(1),
                Constant::Other(&[])
            ]
        );
        assert_eq!(array(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0x04], 0), []);
        assert_eq!(array(&[], 7), []);
    }
}
