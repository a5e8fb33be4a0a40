//! The beginning of what an LZ4 block holds, however the block goes on.
//!
//! EROFS stores blocks of which only a prefix is wanted, and its first images pad them with zeros behind the end,
//! which makes them damaged blocks to a decoder that reads on. `lz4_flex` does whole, exact blocks faster; it is
//! asked first. Format: `lz4_Block_format.md`, 1.6.

/// Fills `out` from the beginning of a block; false when the block gives less than that, or is damaged before.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "bounded by `out`")]
pub fn fill_from_block(block: &[u8], out: &mut [u8]) -> bool {
    lz4_flex::block::decompress_into(block, out).is_ok_and(|made| made == out.len()) || prefix(block, out).is_some()
}

/// Decodes sequence after sequence until `out` is full.
fn prefix(block: &[u8], out: &mut [u8]) -> Option<()> {
    const SHORTEST_MATCH: usize = 4;
    let (mut rest, mut at) = (block, 0);
    loop {
        let token = usize::from(*rest.split_off_first()?);
        let literals = length(token >> 4, &mut rest)?.min(out.len() - at);
        out[at..at + literals].copy_from_slice(rest.split_off(..literals)?);
        at += literals;
        if at == out.len() {
            return Some(());
        }
        let offset = usize::from(u16::from_le_bytes([*rest.split_off_first()?, *rest.split_off_first()?]));
        let matched = (length(token & 15, &mut rest)? + SHORTEST_MATCH).min(out.len() - at);
        if offset == 0 || offset > at {
            return None;
        }
        // The match may reach into what it makes, so it is copied in pieces that exist already.
        let mut copied = 0;
        while copied < matched {
            let piece = offset.min(matched - copied);
            out.copy_within(at - offset..at - offset + piece, at);
            at += piece;
            copied += piece;
        }
        if at == out.len() {
            return Some(());
        }
    }
}

/// A length of four bits, and the bytes that continue it.
fn length(start: usize, rest: &mut &[u8]) -> Option<usize> {
    let mut length = start;
    if start == 15 {
        loop {
            let more = *rest.split_off_first()?;
            length += usize::from(more);
            if more != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_prefix_comes_out_even_before_padding(
            pieces in prop::collection::vec((any::<u8>(), 1..40usize), 1..60),
            padding in 0..20usize,
            cut in 0.0..1.0f64,
        ) {
            let text: Vec<u8> = pieces.iter().flat_map(|&(byte, count)| vec![byte; count]).collect();
            let mut block = lz4_flex::block::compress(&text);
            block.extend(vec![0; padding]);
            let wanted = (text.len() as f64 * cut) as usize;
            let mut out = vec![0; wanted];
            prop_assert!(fill_from_block(&block, &mut out));
            prop_assert_eq!(&out, &text[..wanted]);
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(block in prop::collection::vec(any::<u8>(), 0..300), size in 0..5000usize) {
            let _ = fill_from_block(&block, &mut vec![0; size]);
        }
    }

    #[test]
    fn a_block_that_gives_less_is_refused() {
        let block = lz4_flex::block::compress(b"0123456789");
        assert!(fill_from_block(&block, &mut [0; 10]));
        assert!(!fill_from_block(&block, &mut [0; 11]));
    }
}
