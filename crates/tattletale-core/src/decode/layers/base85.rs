//! Base85 in its three alphabets: Ascii85 with its frame, Z85, and that of RFC 1924, which Git and Python use.

use super::base64::may_begin_text;
use crate::decode::look::{BREAK, CONTROL, HIGH, SPACE};
use crate::decode::{Digits, Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Base85;

static Z85: [u8; 256] =
    values(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#");
static RFC1924: [u8; 256] =
    values(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");
const SHORTEST: usize = 20;
const ENOUGH: usize = 16;

impl Layer for Base85 {
    fn name(&self) -> &'static str {
        "base85"
    }

    fn about(&self) -> &'static str {
        "Base85: Ascii85 between `<~` and `~>`, Z85 (ZeroMQ RFC 32) and the alphabet of RFC 1924 (Git, Python); the last two only where they become text."
    }

    fn example(&self) -> &'static [u8] {
        b"<~H>d@[D..-p/p(ZGF<GmJAH~>"
    }

    fn digits(&self) -> Option<Digits> {
        Some(Digits { group: 5, read: any_text })
    }

    fn needs(&self) -> Needs {
        const FRAMED: Needs = Needs::NOTHING.from(5).first(b"<").only(!(HIGH | CONTROL));
        Needs::NOTHING.from(SHORTEST).only(!(HIGH | CONTROL | SPACE | BREAK)).richer_than_hex().or(&FRAMED)
    }

    fn glance(&self, view: &View<'_>) -> bool {
        // So many digits of 85 are none but those of 16 only if they are those.
        let bare = view.bytes.len() >= SHORTEST && !view.look.has(SPACE | BREAK) && !view.look.hexadecimal();
        view.bytes.starts_with(b"<~")
            || (bare && (begins_text(&view.bytes[..SHORTEST], &RFC1924) || begins_text(&view.bytes[..SHORTEST], &Z85)))
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.look.has(HIGH | CONTROL) || view.bytes.len() > out.room() {
            return;
        }
        if let Some(framed) = view.bytes.strip_prefix(b"<~").and_then(|rest| rest.strip_suffix(b"~>")) {
            if let Some(decoded) = decode(framed, ascii85, false) {
                let text = Look::of(&decoded).text();
                out.made(&decoded, if text { Proof::Sure } else { Proof::Guess });
            }
            return;
        }
        if !self.glance(view) {
            return;
        }
        for table in [&RFC1924, &Z85] {
            let decoded = decode(view.bytes, digit(table), true);
            if let Some(decoded) = decoded.filter(|bytes| bytes.len() >= ENOUGH && Look::of(bytes).text()) {
                return out.made(&decoded, Proof::Sure);
            }
        }
    }
}

/// What whole groups stand for in the alphabet in which they are a text.
fn any_text(text: &[u8]) -> Option<Vec<u8>> {
    let of = |table| decode(text, digit(table), true).filter(|bytes| Look::of(bytes).text());
    of(&RFC1924).or_else(|| of(&Z85)).or_else(|| decode(text, ascii85, true))
}

fn ascii85(letter: u8) -> Option<u8> {
    letter.checked_sub(b'!').filter(|&value| value < 85)
}

/// Whether whole groups become what may be the start of a text.
fn begins_text(groups: &[u8], table: &[u8; 256]) -> bool {
    let mut head = [0; SHORTEST / 5 * 4];
    let (groups, _) = groups.as_chunks::<5>();
    let (places, _) = head.as_chunks_mut::<4>();
    groups.iter().zip(places).all(|(group, place)| {
        let number = group.iter().try_fold(0, |number, &letter| Some(number * 85 + u64::from(digit(table)(letter)?)));
        let Some(number) = number.and_then(|number| u32::try_from(number).ok()) else { return false };
        *place = number.to_be_bytes();
        !Look::of(place).has(CONTROL)
    }) && may_begin_text(&head)
}

const fn values(alphabet: &[u8; 85]) -> [u8; 256] {
    let mut table = [u8::MAX; 256];
    let mut value = 0;
    while value < alphabet.len() {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table
}

fn digit(table: &[u8; 256]) -> impl Fn(u8) -> Option<u8> {
    move |letter| Some(table[letter as usize]).filter(|&value| value < 85)
}

/// Five letters make four bytes; the last group may be shorter by as many as bytes are missing.
///
/// None as soon as it is no text, where only that is wanted.
fn decode(text: &[u8], value: impl Fn(u8) -> Option<u8>, only_text: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 4 / 5);
    for group in text.chunks(5) {
        if group.len() == 1 {
            return None;
        }
        let mut number = 0u64;
        for position in 0..5 {
            let digit = group.get(position).map_or(Some(84), |&letter| value(letter))?;
            number = number * 85 + u64::from(digit);
        }
        let bytes = u32::try_from(number).ok()?.to_be_bytes();
        let bytes = &bytes[..group.len() - 1];
        if only_text && Look::of(bytes).has(CONTROL) {
            return None;
        }
        out.extend_from_slice(bytes);
    }
    Some(out)
}
