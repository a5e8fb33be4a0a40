//! Everything that a value or an action may look like once the decoder has taken the encodings off.

use super::edge::Edge;
use super::notation::Notation;
use super::notations::Notations;
use super::{Form, Half, MIN_LEN, Pattern, dates, normal, spellings};
use crate::detect::chance;
use crate::detect::filter::LEAST_DIFFERENCES;
use crate::detect::texts::{Lexicon, Texts};
use crate::model::{GroundTruth, Subject, url};
use rayon::prelude::*;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// Bits that a piece of an address must have to be looked for on its own.
const TELLING: f64 = 30.0;

/// Bits that the differences of a text must have to be looked for: those of one character over and over have none.
const WORTH: f64 = 20.0;

/// Values that are thought about before what they look like is taken down: that needs room until then.
const BATCH: usize = 1 << 12;

/// Normal forms that a value has, about.
const FORMS_EACH: usize = 3;

/// What all values and actions look like, each way once.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) texts: Texts,
    /// The pattern of each of `texts`.
    pub(super) of_text: Vec<u32>,
    /// Which of `texts` are looked for under keys.
    pub(super) keyed: Vec<bool>,
    /// In small letters, and whether it is an address; in the order of `texts`.
    known: Lexicon,
    pub(super) patterns: Vec<Pattern>,
    /// What is digested.
    pub(super) digested: Lexicon,
    /// The pattern of each of `digested`.
    pub(super) of_digested: Vec<u32>,
    /// Which of `digested` are capitals that nobody planted so: rare, and only digested in the customary ways.
    pub(super) capitals: Vec<bool>,
    /// Patterns that several subjects share because of one normal form.
    shared: HashSet<u32>,
    pub(super) notations: Notations,
}

/// What one value or action looks like.
struct Looks<'t> {
    subject: Subject,
    /// As it was planted.
    whole: &'t str,
    texts: Vec<Text>,
    /// With whether they are capitals that nobody planted so.
    digested: Vec<(String, bool)>,
    notations: Vec<Notation>,
    /// Words that are digested alone.
    words: Vec<(Half, String)>,
    /// Bits of surprise in it.
    bits: f64,
    half: Option<Half>,
}

/// One way to write it.
struct Text {
    form: Form,
    edge: Edge,
    text: String,
    bits: f64,
    keyed: bool,
}

impl Forms {
    /// Everything that the values and actions of a ground truth may look like.
    pub(super) fn of<'t>(truth: &'t GroundTruth) -> Self {
        let values = truth.values.iter().enumerate().map(|(at, v)| (Subject::Value(at), v.kind, v.value.as_str()));
        let actions = truth.actions.iter().enumerate().map(|(at, a)| (Subject::Action(at), a.kind, a.value.as_str()));
        let all: Vec<(Subject, &str, &str)> = values.chain(actions).collect();
        let mut forms = Self {
            known: Lexicon::with_room(all.len()),
            digested: Lexicon::with_room(all.len() * FORMS_EACH),
            ..Self::default()
        };
        let looks = |batch: &[(Subject, &'t str, &'t str)]| -> Vec<Looks<'t>> {
            batch.par_iter().map(|(subject, kind, text)| Looks::of(*subject, kind, text)).collect()
        };
        let mut batches = all.chunks(BATCH);
        let mut thought = batches.next().map(looks);
        // What one batch looks like is taken down by one core while the others think about the next.
        while let Some(batch) = thought {
            let next = batches.next();
            let take = || batch.into_iter().for_each(|looks| forms.take(looks));
            (_, thought) = rayon::join(take, || next.map(looks));
        }
        forms.count_tries(truth);
        forms.patterns.shrink_to_fit();
        forms.texts.seal();
        forms.notations.seal();
        forms
    }

    fn take(&mut self, looks: Looks<'_>) {
        looks.texts.into_iter().for_each(|text| self.push(looks.subject, looks.half, text));
        self.add_digested(looks.subject, &looks.digested, looks.bits, None);
        for (half, word) in looks.words {
            let bits = chance::bits(&word);
            self.add_digested(looks.subject, &[(word, false)], bits, Some(half));
        }
        self.add_notations(looks.subject, &looks.notations, looks.bits, looks.half);
    }

    fn push(&mut self, subject: Subject, half: Option<Half>, found: Text) {
        let Text { form, edge, text, bits, keyed } = found;
        let mut key = text.to_ascii_lowercase().into_bytes();
        key.push(form as u8);
        let Some((at, new)) = self.known.add(&key) else { return };
        if !new {
            self.keyed[at as usize] |= keyed;
            self.patterns[self.of_text[at as usize] as usize].subjects.join(subject);
            return;
        }
        if self.texts.push(text.as_bytes()).is_some() {
            self.of_text.push(self.patterns.len() as u32);
            self.keyed.push(keyed);
            // As it is, in small letters and in capitals; other scripts have a pattern for each.
            let tried = if text.is_ascii() { 3.0 } else { 1.0 };
            self.patterns.push(Pattern { subjects: subject.into(), form, edge, bits, tried, half });
        }
    }

    /// What is compared field by field gets a pattern of its own, which stands wherever the comparison says.
    fn add_notations(&mut self, subject: Subject, notations: &[Notation], bits: f64, half: Option<Half>) {
        let pattern = self.patterns.len() as u32;
        let mut new = false;
        for notation in notations {
            new |= self.notations.add(notation, pattern);
        }
        if new {
            let (form, edge) = (Form::Plain, Edge::Free);
            self.patterns.push(Pattern { subjects: subject.into(), form, edge, bits, tried: 0.0, half });
        }
    }

    /// Each normal form is digested once. Where two values have one in common, a hit on it is a hit on both.
    fn add_digested(&mut self, subject: Subject, forms: &[(String, bool)], bits: f64, half: Option<Half>) {
        let mut own = None;
        for (form, capitals) in forms {
            let Some((at, new)) = self.digested.add(form.as_bytes()) else { return };
            if new {
                let owner = *own.get_or_insert_with(|| {
                    self.patterns.push(Pattern { half, ..Pattern::digest(subject.into(), bits) });
                    self.patterns.len() as u32 - 1
                });
                self.of_digested.push(owner);
                self.capitals.push(*capitals);
                continue;
            }
            self.capitals[at as usize] &= capitals;
            let owner = &mut self.of_digested[at as usize];
            let known = &mut self.patterns[*owner as usize];
            if self.shared.contains(owner) {
                known.subjects.join(subject);
                continue;
            }
            let mut subjects = known.subjects.clone();
            if subjects.join(subject) {
                let shared = Pattern::digest(subjects, known.bits);
                *owner = self.patterns.len() as u32;
                self.shared.insert(*owner);
                self.patterns.push(shared);
            }
        }
    }

    /// How many ways to write it were tried for each subject: what chance is multiplied with.
    fn count_tries(&mut self, truth: &GroundTruth) {
        let (values, actions) = (truth.values.len(), truth.actions.len());
        let number = |subject: &Subject| match *subject {
            Subject::Value(at) => at,
            Subject::Action(at) => values + at,
        };
        let mut tried = vec![0.0; values + actions];
        for pattern in self.patterns.iter().filter(|pattern| pattern.form != Form::Digest) {
            pattern.subjects.iter().for_each(|subject| tried[number(subject)] += pattern.tried);
        }
        for pattern in &mut self.patterns {
            pattern.tried = pattern.subjects.iter().map(|subject| tried[number(subject)]).fold(1.0, f64::max);
        }
    }
}

impl<'t> Looks<'t> {
    fn of(subject: Subject, kind: &str, whole: &'t str) -> Self {
        let text = whole.trim();
        let capitals =
            |form: &String| form != text && form.contains(char::is_uppercase) && !form.contains(char::is_lowercase);
        let digested = normal::forms(kind, text).into_iter().filter(|form| form.len() >= MIN_LEN);
        let digested = digested
            .map(|form| {
                let rare = capitals(&form);
                (form, rare)
            })
            .collect();
        let (bits, notations) = (chance::bits(text), Notation::all(kind, text));
        let (words, half) = (normal::words(kind, text), Half::of(kind));
        let mut looks = Self { subject, whole: text, texts: Vec::new(), digested, notations, words, bits, half };
        match text.contains("://") && !text.contains(char::is_whitespace) {
            true => looks.add_address(text),
            false => looks.add_text(text),
        }
        spellings::all(kind, text).iter().for_each(|spelling| looks.add_cases(Form::Plain, spelling));
        if kind == "birth-date" {
            dates::notations(text).iter().for_each(|notation| looks.add_cases(Form::Plain, notation));
        }
        looks
    }

    fn add_text(&mut self, text: &str) {
        let path = text.starts_with('/');
        let text = if path { text.trim_end_matches('/') } else { text };
        self.add_cases(Form::Plain, text);
        if path {
            self.add_cases(Form::Plain, &String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), false)));
        }
    }

    fn add_address(&mut self, text: &str) {
        let Some(bare) = url::bare(text) else { return };
        for plus in [false, true] {
            let decoded = url::percent_decode(bare.as_bytes(), plus);
            self.add_cases(Form::Address, &String::from_utf8_lossy(&decoded));
        }
        self.add_cases(Form::Address, &bare);
        // Blanks are written in either way, and what is not ASCII mostly escaped.
        let read = String::from_utf8_lossy(&url::percent_decode(bare.as_bytes(), true)).into_owned();
        for blank in ["%20", "+"] {
            self.add_cases(Form::Address, &url::percent_encode(&read, blank));
        }
        self.add_pieces_of_address(text);
    }

    /// Host and path without the query, the path with the query and without it, if they say enough by themselves.
    fn add_pieces_of_address(&mut self, text: &str) {
        let parts = url::Parts::of(text);
        let path = parts.path.trim_end_matches('/');
        if !parts.query.is_empty() && chance::bits(path) >= TELLING {
            self.add_cases(Form::Address, &format!("{}{path}", parts.authority.to_ascii_lowercase()));
        }
        let with_query = (!parts.query.is_empty()).then(|| format!("{path}?{}", parts.query));
        for behind in with_query.into_iter().chain([path.to_owned()]) {
            if behind.starts_with('/') && chance::bits(&behind) >= TELLING {
                self.add_cases(Form::Plain, &behind);
                let decoded = url::percent_decode(behind.as_bytes(), true);
                self.add_cases(Form::Plain, &String::from_utf8_lossy(&decoded));
            }
        }
    }

    /// The filter folds ASCII case; other scripts get their whole lower and upper form, composed and taken apart
    /// (Unicode Standard Annex 15).
    fn add_cases(&mut self, form: Form, text: &str) {
        let bits = if text == self.whole { self.bits } else { chance::bits(text) };
        let mut variants = vec![text.to_owned()];
        if !text.is_ascii() {
            variants.extend([text.to_lowercase(), text.to_uppercase()]);
            let composed: Vec<String> = variants.iter().map(|text| text.nfc().collect()).collect();
            let apart: Vec<String> = variants.iter().map(|text| text.nfd().collect()).collect();
            variants.extend(composed.into_iter().chain(apart));
        }
        for (number, text) in variants.into_iter().enumerate().filter(|(_, text)| text.len() >= MIN_LEN) {
            let edge = Edge::of(&text, form);
            let worth = |text: &str| chance::of_turned(bits, text.as_bytes(), 1.0).bits > WORTH;
            // As it is and in small letters, in any script.
            let keyed =
                number < 2 && text.len() > LEAST_DIFFERENCES && (worth(&text) || worth(&text.to_ascii_lowercase()));
            if !self.texts.iter().any(|known| known.form == form && known.text == text) {
                self.texts.push(Text { form, edge, text, bits, keyed });
            }
        }
    }
}
