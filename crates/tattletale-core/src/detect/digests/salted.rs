//! Digests made with something of the same message as salt or key: a time, a nonce, an id.
//!
//! There is no table for those, since every message has other salts: each value is digested with each salt in each
//! customary way, and only for runs that have the shape of a whole digest and that nothing else explains. So the
//! work is bounded by message and by capture (and by field: see `audit::salting`), and what was not tried is counted.
//! The length of a run tells the algorithm: 32 digits are tried as MD5 alone. Most salts come again, like the name of
//! the device, so what is made with one stands for itself ([`Keys`]) and is compared with many runs.

use super::Seen;
use super::blocks::{self, Blocks, Keyed, joined};
use super::lanes::LANES;
use crate::detect::chance;
use crate::detect::planted::{MIN_LEN, normal};
use crate::model::{GroundTruth, Odds, Subject};

/// With more values than this, nothing is tried: it would take longer than all the rest.
const VALUES: usize = 200;

/// Normal forms of each value, the likeliest.
const FORMS: usize = 4;

/// What stands between salt and value: as many as are tried side by side.
const SEPARATORS: [&[u8]; LANES] = [b"", b":", b"|", b"-", b"_", b".", b",", b"&"];

/// Digests that are made of one text with one salt: it stands before it, behind it, or is the key.
const EACH: usize = 2 * SEPARATORS.len() + 1;

/// Digests that are made for one message, the first or where those before it needed few: ten milliseconds.
pub const PER_MESSAGE: u64 = 100_000;

/// Digests that every message with something to try adds to what may be made for the next.
pub const FOR_EACH: u64 = 2_500;

/// Digests that are made for one capture: half a second of one core.
pub const PER_CAPTURE: u64 = 5_000_000;

/// The values of a ground truth, ready to be digested with salts.
#[derive(Default)]
pub struct Salted {
    texts: Vec<Text>,
}

/// A normal form of a value.
struct Text {
    subject: Subject,
    bytes: Vec<u8>,
    /// Bits of surprise in the value.
    bits: f64,
}

/// How a run was explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Whose digest it is.
    pub subject: Subject,
    /// Name of the algorithm, as a step of a path is named.
    pub layer: &'static str,
    /// Which of the salts.
    pub salt: usize,
    /// What the salt is to the digest.
    pub role: Role,
    /// What chance would have had to do.
    pub odds: Odds,
}

/// What a salt is to a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It stands before the value.
    Before,
    /// It stands behind the value.
    Behind,
    /// It is the key of an HMAC.
    Key,
}

/// The first 64 bits of everything that is made of the values with one salt by one algorithm, in order.
#[derive(Debug)]
pub struct Keys(Vec<u64>);

impl Role {
    /// Words for a path: with what the digest was made.
    pub fn words(self) -> &'static str {
        match self {
            Self::Before => "salt before it:",
            Self::Behind => "salt behind it:",
            Self::Key => "key:",
        }
    }
}

/// Which of the texts a run was made of with a salt, and how.
type MadeOf = fn(&[u8], &[Text], &[u8]) -> Option<(usize, Role)>;

/// One algorithm in the three ways to use it; the length of a run tells it.
struct Algorithm {
    plain: &'static str,
    keyed: &'static str,
    made_of: MadeOf,
    keys: fn(&[Text], &[u8]) -> Keys,
    /// The key of a run, if it has the length.
    key: fn(&[u8]) -> Option<u64>,
}

/// How many algorithms are tried.
pub const COUNT: usize = 4;

static ALGORITHMS: [Algorithm; COUNT] = [
    algorithm::<blocks::Md5>("md5", "hmac-md5"),
    algorithm::<blocks::Sha1>("sha1", "hmac-sha1"),
    algorithm::<blocks::Sha256>("sha256", "hmac-sha256"),
    algorithm::<blocks::Sha512>("sha512", "hmac-sha512"),
];

const fn algorithm<B: Blocks>(plain: &'static str, keyed: &'static str) -> Algorithm {
    Algorithm { plain, keyed, made_of: made_of::<B>, keys: keys::<B>, key: |run| B::read(run).as_ref().map(B::key) }
}

fn made_of<B: Blocks>(run: &[u8], texts: &[Text], salt: &[u8]) -> Option<(usize, Role)> {
    let run = B::read(run)?;
    each::<B, _>(texts, salt, |text, role, made| (*made == run).then_some((text, role)))
}

fn keys<B: Blocks>(texts: &[Text], salt: &[u8]) -> Keys {
    let mut keys = Vec::with_capacity(texts.len() * EACH);
    each::<B, ()>(texts, salt, |_, _, made| {
        keys.push(B::key(made));
        None
    });
    keys.sort_unstable();
    Keys(keys)
}

/// Makes everything of the texts with a salt until `look` has something to say of it; it is told of which text and how.
fn each<B: Blocks, T>(
    texts: &[Text],
    salt: &[u8],
    mut look: impl FnMut(usize, Role, &B::Words) -> Option<T>,
) -> Option<T> {
    // What only the salt decides is made once for all texts: two of four blocks of an HMAC.
    let keyed = Keyed::<B>::new(salt);
    for (number, some) in texts.chunks(LANES).enumerate() {
        let mut side_by_side: [&[u8]; LANES] = [&[]; LANES];
        side_by_side.iter_mut().zip(some).for_each(|(place, text)| *place = &text.bytes);
        let made = keyed.of(&side_by_side);
        let found = (number * LANES..texts.len()).zip(&made).find_map(|(text, made)| look(text, Role::Key, made));
        if found.is_some() {
            return found;
        }
    }
    texts.iter().enumerate().find_map(|(number, Text { bytes: text, .. })| {
        let ways = [(Role::Before, salt, text.as_slice()), (Role::Behind, text, salt)];
        ways.into_iter().find_map(|(role, first, last)| {
            joined::<B>(first, &SEPARATORS, last).iter().find_map(|made| look(number, role, made))
        })
    })
}

impl Salted {
    /// Takes the values and actions of a ground truth, unless there are too many.
    pub fn new(truth: &GroundTruth) -> Self {
        let values = truth.values.iter().enumerate().map(|(at, v)| (Subject::Value(at), v.kind, v.value.as_str()));
        let actions = truth.actions.iter().enumerate().map(|(at, a)| (Subject::Action(at), a.kind, a.value.as_str()));
        let known: Vec<_> = values.chain(actions).collect();
        if known.len() > VALUES {
            return Self::default();
        }
        let mut texts: Vec<Text> = Vec::new();
        for (subject, kind, text) in known {
            for form in normal::forms(kind, text).into_iter().take(FORMS) {
                // The first to have a text keeps it.
                let known = texts.iter().any(|known| known.bytes == form.as_bytes());
                if form.len() >= MIN_LEN && !known {
                    texts.push(Text { subject, bytes: form.into_bytes(), bits: chance::bits(text) });
                }
            }
        }
        Self { texts }
    }

    /// Digests that one algorithm makes with one salt; zero when there is nothing to try.
    pub fn work(&self) -> u64 {
        (self.texts.len() * EACH) as u64
    }

    /// The algorithm that a run may be of, by a number below [`COUNT`].
    pub fn algorithm(run: &[u8]) -> Option<usize> {
        ALGORITHMS.iter().position(|algorithm| (algorithm.key)(run).is_some())
    }

    /// Makes all digests of an algorithm with a salt.
    pub fn make(&self, algorithm: usize, salt: &[u8]) -> Keys {
        (ALGORITHMS[algorithm].keys)(&self.texts, salt)
    }

    /// What a run is, if it was made with one of these salts; each comes with what its algorithm made with it.
    pub fn explain(&self, run: &[u8], salts: &[(&[u8], &Keys)]) -> Option<Explained> {
        let algorithm = &ALGORITHMS[Self::algorithm(run)?];
        let key = (algorithm.key)(run)?;
        let alike = salts.iter().enumerate().filter(|(_, (_, Keys(keys)))| keys.binary_search(&key).is_ok());
        let made_of = |salt: &[u8]| (algorithm.made_of)(run, &self.texts, salt);
        let (salt, (text, role)) =
            alike.map(|(at, (salt, _))| (at, made_of(salt))).find_map(|(at, of)| Some((at, of?)))?;
        let Text { subject, bits, .. } = self.texts[text];
        let layer = if role == Role::Key { algorithm.keyed } else { algorithm.plain };
        let odds = chance::of_digest(bits, run.len() * 8, (self.work() * salts.len() as u64) as f64);
        Some(Explained { subject, layer, salt, role, odds })
    }
}

/// The bytes of a run that may be a whole digest.
pub(in crate::detect) fn bytes_of(text: &[u8]) -> Option<Vec<u8>> {
    let letters = text.iter().rposition(|&byte| byte != b'=').map_or(text, |last| &text[..=last]);
    let of_letters = || Seen::bytes(&crate::codec::base64::decode(letters)?);
    let seen = Seen::hex(letters).or_else(of_letters)?;
    Some(seen.known().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;
    use hmac::{Hmac, KeyInit, Mac};
    use md5::{Digest, Md5};
    use sha1::Sha1;
    use sha2::Sha256;

    fn salted(values: &[&str]) -> Salted {
        let value = |text: &&str| Value { name: (*text).into(), kind: "email", value: (*text).into() };
        Salted::new(&GroundTruth { values: values.iter().map(value).collect(), ..GroundTruth::default() })
    }

    fn explained(run: &[u8], salts: &[&[u8]]) -> Option<Explained> {
        let salted = salted(&["bob@example.org", "Ann@example.org"]);
        let algorithm = Salted::algorithm(run).unwrap();
        let keys: Vec<Keys> = salts.iter().map(|salt| salted.make(algorithm, salt)).collect();
        assert!(keys.iter().all(|Keys(keys)| keys.len() as u64 == salted.work()));
        let salts: Vec<_> = salts.iter().copied().zip(&keys).collect();
        salted.explain(run, &salts)
    }

    #[test]
    fn salts_before_behind_and_as_keys() {
        let salts: [&[u8]; 2] = [b"none", b"1588000000000"];
        let assert_explained = |run: &[u8], layer, role| {
            let by = explained(run, &salts).unwrap();
            assert_eq!((by.subject, by.layer, by.salt, by.role), (Subject::Value(1), layer, 1, role));
        };
        assert_explained(&Sha256::digest("1588000000000ann@example.org"), "sha256", Role::Before);
        assert_explained(&Md5::digest("Ann@example.org:1588000000000"), "md5", Role::Behind);
        let keyed = <Hmac<Sha1> as KeyInit>::new_from_slice(b"1588000000000").unwrap();
        let keyed = keyed.chain_update(b"ann@example.org").finalize().into_bytes();
        assert_explained(&keyed, "hmac-sha1", Role::Key);
        assert_eq!(explained(&Sha256::digest("something else"), &salts), None);
    }

    #[test]
    fn too_many_values_are_not_tried() {
        let many: Vec<String> = (0..=VALUES).map(|n| format!("ann{n}@example.org")).collect();
        assert_eq!(salted(&many.iter().map(String::as_str).collect::<Vec<_>>()).work(), 0);
        assert_eq!(Salted::algorithm(&[0; 15]), None);
    }
}
