//! Segments of TCP put in order: they come in any order and more than once, and some do not come.

use std::collections::BTreeMap;

use super::rows::Segment;

/// Bytes that wait for a segment before them.
const MOST_WAITING: usize = 4 << 20;

/// One direction of a connection.
#[derive(Default)]
pub(super) struct Direction {
    next: Option<u32>,
    waiting: BTreeMap<u32, Vec<u8>>,
    pub(super) bytes: u64,
    /// First bytes, until it is known what they are.
    pub(super) start: Vec<u8>,
    pub(super) fin: bool,
}

impl Direction {
    /// Whether something waits for a segment that did not come.
    pub(super) fn lacks(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What of the stream is in order with this segment.
    pub(super) fn take(&mut self, segment: &Segment) -> Vec<u8> {
        let first = segment.seq.wrapping_add(u32::from(segment.syn));
        if segment.syn {
            self.next = Some(first);
        }
        if segment.payload.is_empty() {
            return Vec::new();
        }
        let next = *self.next.get_or_insert(first);
        let waiting: usize = self.waiting.values().map(Vec::len).sum();
        if waiting < MOST_WAITING {
            let longer = self.waiting.get(&first).is_none_or(|known| known.len() < segment.payload.len());
            if longer && first.wrapping_sub(next) as i32 > -(segment.payload.len() as i32) {
                self.waiting.insert(first, segment.payload.clone());
            }
        }
        let mut whole = Vec::new();
        loop {
            let next = self.next.unwrap_or(first);
            let reaches = |(&at, bytes): (&u32, &Vec<u8>)| {
                let behind = next.wrapping_sub(at);
                ((behind as usize) < bytes.len()).then_some((at, behind as usize))
            };
            let Some((at, behind)) = self.waiting.iter().find_map(reaches) else { break };
            let Some(bytes) = self.waiting.remove(&at) else { break };
            whole.extend_from_slice(&bytes[behind..]);
            self.next = Some(next.wrapping_add((bytes.len() - behind) as u32));
        }
        // What lies before the place that was reached has been seen.
        let next = self.next.unwrap_or(first);
        self.waiting
            .retain(|at, bytes| (next.wrapping_sub(*at) as usize) < bytes.len() || (at.wrapping_sub(next) as i32) > 0);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    fn segment(seq: u32, payload: &str) -> Segment {
        let end: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let (length, payload) = (payload.len() as u64, payload.as_bytes().to_vec());
        Segment { stream: 0, from: end, to: end, syn: false, ack: true, fin: false, rst: false, seq, length, payload }
    }

    #[test]
    fn segments_in_any_order_and_twice() {
        let start = u32::MAX - 2;
        let mut direction = Direction { next: Some(start), ..Direction::default() };
        let mut whole = String::new();
        for (offset, text) in [(3, "def"), (0, "abc"), (0, "abc"), (8, "ij"), (5, "fgh"), (1, "bc"), (10, "k")] {
            let taken = direction.take(&segment(start.wrapping_add(offset), text));
            whole.push_str(std::str::from_utf8(&taken).unwrap());
        }
        assert_eq!(whole, "abcdefghijk");
        assert!(direction.waiting.is_empty());
        direction.take(&segment(start.wrapping_add(100), "gap"));
        assert_eq!(direction.waiting.len(), 1);
    }
}
