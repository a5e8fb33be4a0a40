//! Little-endian numbers at offsets of a slice, as on-disk structures hold them; `None` behind its end.

/// The bytes of one number.
fn bytes<const N: usize>(of: &[u8], at: usize) -> Option<[u8; N]> {
    of.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// 16 bits.
pub(crate) fn u16_at(of: &[u8], at: usize) -> Option<u16> {
    bytes(of, at).map(u16::from_le_bytes)
}

/// 32 bits.
pub(crate) fn u32_at(of: &[u8], at: usize) -> Option<u32> {
    bytes(of, at).map(u32::from_le_bytes)
}

/// 64 bits.
pub(crate) fn u64_at(of: &[u8], at: usize) -> Option<u64> {
    bytes(of, at).map(u64::from_le_bytes)
}

/// A name in a field of fixed length, up to its first zero.
pub(crate) fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}
