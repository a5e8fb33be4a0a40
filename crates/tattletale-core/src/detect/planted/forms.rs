//! Everything that a value or an action may look like once the decoder has taken the encodings off.

use super::edge::Edge;
use super::notations::Notations;
use super::{Form, MIN_LEN, Pattern, dates, normal};
use crate::detect::chance;
use crate::detect::filter::LEAST_DIFFERENCES;
use crate::model::{Subject, url};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

/// Bits that a piece of an address must have to be looked for on its own.
const TELLING: f64 = 30.0;

/// Bits that the differences of a text must have to be looked for: those of one character over and over have none.
const WORTH: f64 = 20.0;

#[derive(Default)]
pub(super) struct Forms {
    pub(super) texts: Vec<Vec<u8>>,
    /// The pattern of each of `texts`.
    pub(super) of_text: Vec<u32>,
    pub(super) patterns: Vec<Pattern>,
    known: HashMap<(Vec<u8>, Form), usize>,
    /// What is digested, each with its pattern.
    pub(super) digested: Vec<(Vec<u8>, u32)>,
    known_digested: HashMap<Vec<u8>, usize>,
    /// What is looked for under keys, each with its pattern.
    pub(super) turned: Vec<(Vec<u8>, u32)>,
    known_turned: HashSet<Vec<u8>>,
    pub(super) notations: Notations,
}

impl Forms {
    /// Adds everything that a value or an action may look like.
    pub(super) fn add(&mut self, subject: Subject, kind: &str, text: &str) {
        let text = text.trim();
        match text.contains("://") && !text.contains(char::is_whitespace) {
            true => self.add_address(subject, text),
            false => self.add_text(subject, text),
        }
        if kind == "birth-date" {
            dates::notations(text).iter().for_each(|notation| self.add_cases(subject, Form::Plain, notation));
        }
        self.add_digested(subject, kind, text);
        self.add_notations(subject, kind, text);
    }

    fn add_text(&mut self, subject: Subject, text: &str) {
        let path = text.starts_with('/');
        let text = if path { text.trim_end_matches('/') } else { text };
        self.add_cases(subject, Form::Plain, text);
        if path {
            self.add_cases(
                subject,
                Form::Plain,
                &String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), false)),
            );
        }
    }

    fn add_address(&mut self, subject: Subject, text: &str) {
        let Some(bare) = url::bare(text) else { return };
        for plus in [false, true] {
            let decoded = url::percent_decode(bare.as_bytes(), plus);
            self.add_cases(subject, Form::Address, &String::from_utf8_lossy(&decoded));
        }
        self.add_cases(subject, Form::Address, &bare);
        // Blanks are written in either way, and what is not ASCII mostly escaped.
        let read = String::from_utf8_lossy(&url::percent_decode(bare.as_bytes(), true)).into_owned();
        for blank in ["%20", "+"] {
            self.add_cases(subject, Form::Address, &url::percent_encode(&read, blank));
        }
        self.add_pieces_of_address(subject, text);
    }

    /// Host and path without the query, path and query without the host, if they say enough by themselves.
    fn add_pieces_of_address(&mut self, subject: Subject, text: &str) {
        let parts = url::Parts::of(text);
        let path = parts.path.trim_end_matches('/');
        if !parts.query.is_empty() && chance::bits(path) >= TELLING {
            self.add_cases(subject, Form::Address, &format!("{}{path}", parts.authority.to_ascii_lowercase()));
        }
        let behind = if parts.query.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.query) };
        if behind.starts_with('/') && chance::bits(&behind) >= TELLING {
            self.add_cases(subject, Form::Plain, &behind);
            let decoded = url::percent_decode(behind.as_bytes(), true);
            self.add_cases(subject, Form::Plain, &String::from_utf8_lossy(&decoded));
        }
    }

    /// The filter folds ASCII case; other scripts get their whole lower and upper form, composed and taken apart
    /// (Unicode Standard Annex 15).
    fn add_cases(&mut self, subject: Subject, form: Form, text: &str) {
        let bits = chance::bits(text);
        let mut variants = vec![text.to_owned()];
        if !text.is_ascii() {
            variants.extend([text.to_lowercase(), text.to_uppercase()]);
            let composed: Vec<String> = variants.iter().map(|text| text.nfc().collect()).collect();
            let apart: Vec<String> = variants.iter().map(|text| text.nfd().collect()).collect();
            variants.extend(composed.into_iter().chain(apart));
        }
        for variant in variants {
            let edge = Edge::of(&variant, form);
            self.push(subject, form, edge, variant.into_bytes(), bits);
        }
        for variant in [text.to_owned(), text.to_lowercase()] {
            let worth =
                variant.len() > LEAST_DIFFERENCES && chance::of_turned(bits, variant.as_bytes(), 1.0).bits > WORTH;
            let pattern = self.known.get(&(variant.to_ascii_lowercase().into_bytes(), form));
            if let (true, Some(pattern)) = (worth, pattern)
                && self.known_turned.insert(variant.clone().into_bytes())
            {
                self.turned.push((variant.into_bytes(), *pattern as u32));
            }
        }
    }

    fn push(&mut self, subject: Subject, form: Form, edge: Edge, text: Vec<u8>, bits: f64) {
        if text.len() < MIN_LEN {
            return;
        }
        let key = (text.to_ascii_lowercase(), form);
        let index = *self.known.entry(key).or_insert_with(|| {
            self.of_text.push(self.patterns.len() as u32);
            // As it is, in small letters and in capitals; other scripts have a pattern for each.
            let tried = if text.is_ascii() { 3.0 } else { 1.0 };
            self.texts.push(text);
            self.patterns.push(Pattern { subjects: Vec::new(), form, edge, bits, tried });
            self.patterns.len() - 1
        });
        join(&mut self.patterns[index].subjects, subject);
    }

    /// What is compared field by field gets a pattern of its own, which stands wherever the comparison says.
    fn add_notations(&mut self, subject: Subject, kind: &str, text: &str) {
        let pattern = self.patterns.len();
        if self.notations.add(kind, text, pattern as u32) {
            let bits = chance::bits(text);
            self.patterns.push(Pattern {
                subjects: vec![subject],
                form: Form::Plain,
                edge: Edge::Free,
                bits,
                tried: 0.0,
            });
        }
    }

    /// Each normal form is digested once. Where two values have one in common, a hit on it is a hit on both.
    fn add_digested(&mut self, subject: Subject, kind: &str, text: &str) {
        let mut own = None;
        for form in normal::forms(kind, text) {
            if form.len() < MIN_LEN {
                continue;
            }
            match self.known_digested.entry(form.clone().into_bytes()) {
                Entry::Vacant(at) => {
                    at.insert(self.digested.len());
                    let bits = || chance::bits(text);
                    let owner = *own.get_or_insert_with(|| {
                        self.patterns.push(Pattern::digest(vec![subject], bits()));
                        self.patterns.len() as u32 - 1
                    });
                    self.digested.push((form.into_bytes(), owner));
                }
                Entry::Occupied(at) => {
                    let owner = &mut self.digested[*at.get()].1;
                    let known = &self.patterns[*owner as usize];
                    let mut subjects = known.subjects.clone();
                    join(&mut subjects, subject);
                    if subjects.len() > known.subjects.len() {
                        let shared = Pattern::digest(subjects, known.bits);
                        *owner = self.patterns.len() as u32;
                        self.patterns.push(shared);
                    }
                }
            }
        }
    }

    /// How many ways to write it were tried for each subject: what chance is multiplied with.
    pub(super) fn count_tries(&mut self) {
        let mut tried: HashMap<Subject, f64> = HashMap::new();
        for pattern in self.patterns.iter().filter(|pattern| pattern.form != Form::Digest) {
            pattern.subjects.iter().for_each(|subject| *tried.entry(*subject).or_default() += pattern.tried);
        }
        for pattern in &mut self.patterns {
            let most =
                pattern.subjects.iter().filter_map(|subject| tried.get(subject)).fold(1.0, |a: f64, b| a.max(*b));
            pattern.tried = most;
        }
    }
}

/// Of actions with the same text only the first is kept.
fn join(subjects: &mut Vec<Subject>, subject: Subject) {
    let repeated_action =
        matches!(subject, Subject::Action(_)) && subjects.iter().any(|known| matches!(known, Subject::Action(_)));
    if !subjects.contains(&subject) && !repeated_action {
        subjects.push(subject);
    }
}
