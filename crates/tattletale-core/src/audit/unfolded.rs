//! What unfolding one part yields, and a bounded memory of it: payloads that come again are opened once.
//!
//! Apps repeat themselves: the same user agent with every request, the same batch until a server answers. What a part
//! yields depends on its bytes, on what is declared about them and on whom they are sent to, and on nothing else, so
//! that it may be looked up by a digest of these. The digest is a cryptographic one, since what is read comes from the
//! party under test, which must not be able to pass one payload off as another.

use super::fields::Leaves;
use super::watchers::Watchers;
use crate::decode::{Hint, Limits, PartView, Walked};
use crate::detect::personal::{Recognised, Recogniser};
use crate::detect::{Places, Planted, Seen, look_beside};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is wanted of a part beside planted values.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The receiver's site; none for what is not asked for personal data.
    pub(super) personal_to: Option<&'a str>,
    /// What every field held.
    pub(super) fields: bool,
}

/// What one part yields.
pub(super) struct Unfolded {
    pub(super) seen: Seen,
    pub(super) walked: Walked,
    pub(super) places: Places,
    pub(super) recognised: Vec<Recognised>,
    pub(super) leaves: Option<Leaves>,
}

impl Unfolded {
    fn of(planted: &Planted, limits: &Limits, view: &PartView<'_>, asked: Asked<'_>) -> Self {
        let mut places = Places::default();
        let mut watchers =
            Watchers { recogniser: asked.personal_to.map(Recogniser::new), leaves: asked.fields.then(Leaves::default) };
        let (seen, walked) = look_beside(planted, view.bytes, view.hint, limits, &mut places, &mut watchers);
        let Watchers { recogniser, leaves } = watchers;
        let recognised = recogniser.map(Recogniser::recognised).unwrap_or_default();
        Self { seen, walked, places, recognised, leaves }
    }

    /// About how many bytes of memory it takes.
    fn weight(&self) -> usize {
        /// A thing with its path.
        const THING: usize = 512;
        let Seen { sightings, opaque, unexplained, crowded, .. } = &self.seen;
        let things = sightings.len() + opaque.len() + unexplained.len() + crowded.len();
        let things = things + self.recognised.len() + self.walked.faults.len();
        let fields = self.leaves.as_ref().map_or(0, Leaves::weight);
        size_of::<Self>() + things * THING + fields
    }
}

/// Shortest part that is remembered: finding it again costs about as much as looking into less.
const SHORTEST: usize = 32;

/// Memory of each generation, in bytes.
const WEIGHT: usize = 16 << 20;

type Key = [u8; 32];

/// What parts yielded that came lately: two generations, of which the older is forgotten when the younger is full.
#[derive(Default)]
pub(super) struct Memo {
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<Unfolded>>,
    old: HashMap<Key, Arc<Unfolded>>,
    weight: usize,
}

impl Memo {
    /// What `view` yields, remembered or found out.
    pub(super) fn unfolded(
        &self,
        planted: &Planted,
        limits: &Limits,
        view: &PartView<'_>,
        asked: Asked<'_>,
    ) -> Arc<Unfolded> {
        if view.bytes.len() < SHORTEST {
            return Arc::new(Unfolded::of(planted, limits, view, asked));
        }
        let key = key(view.bytes, view.hint, asked);
        if let Some(known) = self.lock().get(&key) {
            return known;
        }
        let unfolded = Arc::new(Unfolded::of(planted, limits, view, asked));
        self.lock().keep(key, &unfolded);
        unfolded
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        // Whoever panicked left whole entries behind.
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn get(&mut self, key: &Key) -> Option<Arc<Unfolded>> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let known = self.old.remove(key)?;
        self.keep(*key, &known);
        Some(known)
    }

    fn keep(&mut self, key: Key, unfolded: &Arc<Unfolded>) {
        let weight = unfolded.weight();
        if weight > WEIGHT / 8 {
            return;
        }
        if self.weight + weight > WEIGHT {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        self.young.insert(key, unfolded.clone());
    }
}

/// A digest of everything that the outcome depends on within one audit.
fn key(bytes: &[u8], hint: Hint<'_>, asked: Asked<'_>) -> Key {
    let Hint { media_type, content_encoding, query } = hint;
    let mut hasher = blake3::Hasher::new();
    for text in [media_type, content_encoding, asked.personal_to] {
        // Told apart: nothing, and a text of no length.
        hasher.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hasher.update(text.unwrap_or_default().as_bytes());
    }
    hasher.update(&[u8::from(query), u8::from(asked.fields)]);
    *hasher.update(bytes).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GroundTruth, Part};

    fn view<'v>(bytes: &'v [u8], hint: Hint<'v>) -> PartView<'v> {
        PartView { part: Part::Body, bytes, hint, at: None }
    }

    const ASKED: Asked<'_> = Asked { personal_to: Some("a.example"), fields: true };

    #[test]
    fn what_comes_again_is_opened_once_and_anything_else_anew() {
        let (memo, planted, limits) = (Memo::default(), Planted::new(&GroundTruth::default()), Limits::default());
        let body = br#"{"imei":"490154203237518","event":"open"}"#;
        let first = memo.unfolded(&planted, &limits, &view(body, Hint::default()), ASKED);
        let again = memo.unfolded(&planted, &limits, &view(&body.clone(), Hint::default()), ASKED);
        assert!(Arc::ptr_eq(&first, &again));
        let declared = Hint { media_type: Some("text/plain"), ..Hint::default() };
        let query = Hint { query: true, ..Hint::default() };
        let others = [
            (declared, ASKED),
            (query, ASKED),
            (Hint::default(), Asked { personal_to: Some("b.example"), ..ASKED }),
            (Hint::default(), Asked { personal_to: None, ..ASKED }),
            (Hint::default(), Asked { fields: false, ..ASKED }),
        ];
        for (hint, asked) in others {
            assert!(!Arc::ptr_eq(&first, &memo.unfolded(&planted, &limits, &view(body, hint), asked)));
        }
    }

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let (memo, planted, limits) = (Memo::default(), Planted::new(&GroundTruth::default()), Limits::default());
        let often = view(b"the same user agent with every request", Hint::default());
        let first = memo.unfolded(&planted, &limits, &often, ASKED);
        for number in 0..20_000 {
            let body = format!("{{\"number\":{number},\"text\":\"what comes only once\"}}");
            memo.unfolded(&planted, &limits, &view(body.as_bytes(), Hint::default()), ASKED);
            if number % 1000 == 0 {
                memo.unfolded(&planted, &limits, &often, ASKED);
            }
        }
        let generations = memo.lock();
        assert!(generations.weight <= WEIGHT && !generations.old.is_empty());
        let weights = |kept: &HashMap<Key, Arc<Unfolded>>| kept.values().map(|one| one.weight()).sum::<usize>();
        assert!(weights(&generations.young) + weights(&generations.old) <= 2 * WEIGHT);
        drop(generations);
        assert!(Arc::ptr_eq(&first, &memo.unfolded(&planted, &limits, &often, ASKED)));
    }
}
