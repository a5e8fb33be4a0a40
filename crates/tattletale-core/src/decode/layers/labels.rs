//! The labels of a host name: other scripts, and what was encoded into one to be looked up or asked for.
//!
//! Asked last, and only for labels that no person chose: names of packages and of files have dots, too.

use super::punycode::PREFIX;
use crate::decode::look::{DASH, DIGIT, DOT, HEX_LOWER, HEX_UPPER, HIGH, LOWER, PUNCTUATION, UPPER};
use crate::decode::{At, Layer, Look, Needs, Opening, View};

pub(super) struct Labels;

/// Shorter labels are words.
const SHORTEST: usize = 16;

const OF_A_NAME: u32 = LOWER | UPPER | HEX_LOWER | HEX_UPPER | DIGIT | DASH | PUNCTUATION | HIGH;

impl Layer for Labels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn about(&self) -> &'static str {
        "Labels of a host name (RFC 1035, 2.3.1) that are encoded: other scripts, and hex or base32 as DNS tunnels write it, joined where they were cut (MITRE ATT&CK T1071.004)."
    }

    fn example(&self) -> &'static [u8] {
        b"7a6f65406d61696c2e74657374.t.example.test"
    }

    fn needs(&self) -> Needs {
        const OTHER_SCRIPT: Needs = Needs::NOTHING.text().from(PREFIX.len() + 1).some(DOT).some(DASH).only(OF_A_NAME);
        let encoded = Needs::NOTHING.text().from(SHORTEST + 1).some(DOT).some(DIGIT).only(OF_A_NAME);
        encoded.or(&OTHER_SCRIPT)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let dotted = memchr::memchr(b'.', bytes).is_some();
        if !dotted || !view.look.text() || !view.look.only(OF_A_NAME) || bytes.len() > out.room() {
            return;
        }
        let labels = || bytes.split(|&byte| byte == b'.');
        let full = labels().take_while(|label| is_encoded(label)).count();
        // What is left over for the last one may be short.
        let rest = labels().nth(full).is_some_and(|label| label.len() > 1 && label.iter().any(u8::is_ascii_digit));
        let cut = full + usize::from(full > 0 && rest);
        if cut > 1 {
            let joined: Vec<u8> = labels().take(cut).flatten().copied().collect();
            return out.unescaped(At::Word("joined"), 0..joined.len() + cut - 1, &joined);
        }
        let mut start = 0;
        for (number, label) in labels().enumerate() {
            let script = label.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX));
            if script || is_encoded(label) {
                out.piece(At::Index(number), start..start + label.len());
            }
            start += label.len() + 1;
        }
    }
}

/// Long, in one case, with digits and letters and nothing else.
fn is_encoded(label: &[u8]) -> bool {
    if label.len() < SHORTEST {
        return false;
    }
    let look = Look::of(label);
    let one_case = look.only(DIGIT | LOWER | HEX_LOWER) || look.only(DIGIT | UPPER | HEX_UPPER);
    one_case && look.has(DIGIT) && look.has(!DIGIT)
}
