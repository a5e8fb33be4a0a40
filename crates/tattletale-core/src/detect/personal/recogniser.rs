//! Follows a walk and shows every leaf to the detectors; settles what takes more than one field of a part.

use super::field::write_words;
use super::names::{self, Asked};
use super::{DETECTORS, Detector, Field, Match, Sure, Traits};
use crate::decode::{At, Chain, Ending, Interest, Look, Node, Tally, Visitor};
use crate::model::Step;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// An id lasts when it came in so many exchanges with one receiver: a page view sends several at once.
pub const UUID_LASTS: usize = 3;

/// Places kept per part: whoever sends a list of a million addresses is reported for the first of them.
const KEPT: usize = 1_000;

/// Longest text that detectors are shown, in bytes.
const LONGEST: usize = 65_536;

/// Personal data at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// One of [`crate::model::truth::VALUE_KINDS`].
    pub kind: &'static str,
    /// In its normal form.
    pub value: String,
    /// Layers from the part down to the place.
    pub path: Vec<Step>,
    /// Bytes in the innermost layer.
    pub range: Range<usize>,
    /// False when the check alone passes, and much else passes it.
    pub sure: bool,
    /// True when it counts only if it comes again: see [`UUID_LASTS`].
    pub if_it_lasts: bool,
}

/// Watches one part.
pub struct Recogniser<'s> {
    site: &'s str,
    found: Vec<(Recognised, Sure)>,
    /// Distinct values of a list, by its path without positions.
    lists: HashMap<(&'static str, String), HashSet<String>>,
    /// Places that were not kept.
    pub crowded: u64,
    /// Texts that some detector was shown.
    told: u64,
    /// Of the name of the field that is looked at.
    words: String,
}

impl<'s> Recogniser<'s> {
    /// For a part on its way to a receiver of that site (registrable domain).
    pub fn new(site: &'s str) -> Self {
        Self { site, found: Vec::new(), lists: HashMap::new(), crowded: 0, told: 0, words: String::new() }
    }

    /// After the walk, in its order; of a list of packages one entry stands for all.
    pub fn recognised(self) -> Vec<Recognised> {
        let beside: HashSet<(&'static str, String)> = self
            .found
            .iter()
            .filter(|(_, sure)| *sure == Sure::WithSibling)
            .map(|(found, _)| (found.kind, around(&found.path)))
            .collect();
        let has_sibling = |found: &Recognised| {
            let other = if found.kind == "latitude" { "longitude" } else { "latitude" };
            beside.contains(&(other, around(&found.path)))
        };
        let mut listed: HashSet<(&'static str, String)> = HashSet::new();
        let mut kept = Vec::new();
        for (mut found, sure) in self.found {
            let keeps = match sure {
                Sure::Yes | Sure::No | Sure::IfItLasts => true,
                Sure::WithSibling => has_sibling(&found),
                Sure::InListOf(least) => {
                    let list = (found.kind, list(&found.path));
                    let long = self.lists.get(&list).is_some_and(|values| values.len() >= least);
                    long && listed.insert(list)
                }
            };
            if keeps {
                found.sure = sure != Sure::No;
                found.if_it_lasts = sure == Sure::IfItLasts;
                kept.push(found);
            }
        }
        kept
    }
}

impl Visitor for Recogniser<'_> {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        let leaf = !ending.opened;
        // One with escapes is read once they are resolved.
        let address = node.bytes.starts_with(b"http") && !node.bytes.contains(&b'\\');
        if !(leaf || address) || node.guess || node.again || node.bytes.len() > LONGEST {
            return;
        }
        let Ok(text) = std::str::from_utf8(node.bytes) else { return };
        let traits = Traits::of(text);
        let wanting = wanting(&traits, leaf);
        if wanting == 0 || node.chain.is_in_name() {
            // The same text may come as a value.
            self.told += u64::from(wanting & names::of_any() != 0);
            return;
        }
        let name = node.chain.name();
        let asked = wanting & (names::of_any() | name.map_or(0, names::of));
        if asked == 0 {
            return;
        }
        self.told += 1;
        write_words(&name.map(|name| name.meaning()).unwrap_or_default(), &mut self.words);
        let field = Field::new(text, traits, &self.words, self.site);
        let mut matches: Vec<Match> = Vec::new();
        for (_, detector) in (0..).zip(DETECTORS).filter(|(number, _)| asked >> number & 1 == 1) {
            detector.look(&field, &mut matches);
            if matches.is_empty() {
                continue;
            }
            let path = node.chain.path();
            for Match { range, value, sure } in matches.drain(..) {
                if let Sure::InListOf(least) = sure {
                    let values = self.lists.entry((detector.kind(), list(&path))).or_default();
                    // A set that is large enough says all that it can.
                    if values.len() < least {
                        values.insert(value.clone());
                    }
                }
                if self.found.len() >= KEPT {
                    self.crowded += 1;
                    continue;
                }
                let kind = detector.kind();
                let path = path.clone();
                self.found.push((Recognised { kind, value, path, range, sure: false, if_it_lasts: false }, sure));
            }
        }
    }

    /// Which texts are wanted depends on themselves and on the name of their field, and on nothing else.
    fn looks_for(&self) -> Option<Interest> {
        Some(Interest { id: 1, names: true })
    }

    fn minds(&mut self, around: &Chain<'_>, at: &At<'_>) -> bool {
        at.name().or_else(|| around.name()).is_some_and(|name| names::of(name) != 0)
    }

    fn tally(&self) -> Tally {
        Tally { told: self.told, searched: 0 }
    }

    /// Nobody is shown a text in a field whose name means nothing.
    fn lets_pass(&self, bytes: &[u8], _: Look) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return true };
        bytes.len() > LONGEST || wanting(&Traits::of(text), true) & names::of_any() == 0
    }
}

/// The detectors that want to see a leaf, or an address that was taken apart.
fn wanting(traits: &Traits, leaf: bool) -> Asked {
    let wants = |detector: &dyn Detector| (leaf || detector.reads_addresses()) && detector.wants(traits);
    let bit = |(number, detector): (u32, &&dyn Detector)| Asked::from(wants(*detector)) << number;
    (0..).zip(DETECTORS).map(bit).sum()
}

/// The place around a field: its path without the last name.
fn around(path: &[Step]) -> String {
    let Some((last, before)) = path.split_last() else { return String::new() };
    let at = last.at.as_deref().unwrap_or_default();
    let parent = at.rfind(['.', '[', '/']).map_or("", |cut| &at[..cut]);
    format!("{}{}{parent}", crate::model::display_path(before), last.layer)
}

/// The list that an element belongs to: its path without positions.
fn list(path: &[Step]) -> String {
    crate::model::display_path(path).chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Hint, Limits, walk};
    use crate::detect::personal::DETECTORS;

    fn recognised(body: &str) -> Vec<(&'static str, String)> {
        let mut recogniser = Recogniser::new("tracker.example");
        walk(body.as_bytes(), Hint::default(), &Limits::default(), &mut recogniser);
        let sure = recogniser.recognised().into_iter().filter(|found| found.sure);
        sure.map(|found| (found.kind, found.value)).collect()
    }

    fn kinds(body: &str) -> Vec<&'static str> {
        recognised(body).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn every_detector_recognises_its_example() {
        for detector in DETECTORS {
            let (field, text) = detector.example();
            let body = serde_json::json!({ field: text }).to_string();
            assert!(kinds(&body).contains(&detector.kind()), "{}: {body}: {:?}", detector.kind(), recognised(&body));
            assert!(!crate::model::truth::words(detector.kind()).is_empty());
        }
    }

    #[test]
    fn what_only_looks_like_it() {
        let nothing = [
            r#"{"time":1588000000,"ms":1588000000123,"us":"1588000000123456"}"#,
            r#"{"phone":1588000000}"#,
            r#"{"duration":"864040504207201","id":"864040504207201"}"#,
            r#"{"x":0.4539578763621486,"y":"4539578763621486"}"#,
            r#"{"icon":"logo@2x.png","package":"react-dom@18.2.0","dsn":"https://abcdef@o1.ingest.example.com/3"}"#,
            r#"{"mac":"02:00:00:00:00:00","bssid":"00:00:00:00:00:00","group":"01:00:5e:00:00:fb"}"#,
            r#"{"gaid":"00000000-0000-0000-0000-000000000000","imei":"000000000000000"}"#,
            r#"{"lat":"0.123456","latency":"12.3456"}"#,
            r#"{"lat":0.0,"lon":0.0,"position":"12.5,7.25"}"#,
            r#"{"url":"https://cdn.example/app.js","schema":"https://w3.example/2000/svg"}"#,
            r#"{"url":"https://api.tracker.example/v1/collect","page":"https://clinic.example/"}"#,
            r#"{"ssid":"<unknown ssid>","wifi_ssid":"true"}"#,
            r#"{"sdk":"com.example.app","class":"com.example.app.MainActivity"}"#,
            r#"{"a":"1+601234567","b":"x=+48601234567"}"#,
            r#"{"iban":"DE89370400440532013001","text":"DE89 3704 0044 0532 0130"}"#,
        ];
        for body in nothing {
            assert_eq!(recognised(body), [], "{body}");
        }
    }

    #[test]
    fn a_place_takes_both_halves() {
        assert_eq!(kinds(r#"{"a":{"lat":52.005386,"lon":21.028079}}"#), ["latitude", "longitude"]);
        assert_eq!(kinds(r#"{"a":{"lat":52.005386},"b":{"lon":21.028079}}"#), [""; 0]);
    }

    #[test]
    fn a_list_of_packages_is_told_once() {
        let body = r#"{"installed":["com.whatsapp","org.telegram.messenger","com.tinder","de.hafas.android.db","com.spotify.music","net.one.two"]}"#;
        assert_eq!(kinds(body), ["installed-app"]);
        assert_eq!(
            kinds(r#"{"installed":["com.whatsapp","com.tinder","com.whatsapp","com.tinder","com.whatsapp"]}"#),
            [""; 0]
        );
    }

    #[test]
    fn numbers_in_any_notation() {
        for body in [r#"{"tel":"0048 601-234-567"}"#, r#"{"x":"+48 (60) 123.45.67"}"#, r#"{"phone":"48601234567"}"#] {
            assert_eq!(recognised(body), [("phone", "+48601234567".to_owned())], "{body}");
        }
        assert_eq!(recognised(r#"{"wifi_mac":"02A33366EAFE"}"#), [("mac", "02a33366eafe".to_owned())]);
    }
}
