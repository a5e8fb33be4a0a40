//! What registries (RDAP) and DNS answered, as evidence: each answer raw, with its time and digest.
//!
//! Asking needs a network and is the binary's work, and only when its user wants it. Here is what to ask, and what
//! an answer says. Since the answer itself is kept, one JSON object a line, a report can be made again later and
//! elsewhere without asking anybody, and a reader can check what it rests on.

mod dns;
mod question;
mod rdap;

use super::tables::Table;
use crate::model::{About, Aspect, Fact, Report, Source, registrable_domain};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

pub use question::{Question, Record, is_public_address, is_public_name};

/// Longest answer that is kept, in bytes.
pub const LONGEST_ANSWER: usize = 1 << 20;

/// One answer as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// When it came, UTC, RFC 3339.
    pub time: String,
    /// What was asked, as [`Question`] writes it.
    pub question: Question,
    /// Who answered: scheme, host and port, or address and port; without path and query.
    pub from: String,
    /// HTTP status of an RDAP answer, response code of a DNS answer.
    pub status: u16,
    /// SHA-256 of the answer's bytes, lower-case hex.
    pub sha256: String,
    /// The bytes: RDAP as text, DNS messages in base64.
    pub answer: String,
}

impl Answer {
    /// From the bytes that came; what is longer than [`LONGEST_ANSWER`] or no text is kept as an empty answer.
    pub fn new(time: String, question: Question, from: String, status: u16, bytes: &[u8]) -> Self {
        let bytes = if bytes.len() > LONGEST_ANSWER { &[] } else { bytes };
        let answer = match question {
            Question::Records { .. } => base64_simd::STANDARD.encode_to_string(bytes),
            _ => std::str::from_utf8(bytes).unwrap_or_default().to_owned(),
        };
        let mut new = Self { time, question, from, status, sha256: String::new(), answer };
        new.sha256 = new.digest();
        new
    }

    /// One line of an evidence file, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn bytes(&self) -> Vec<u8> {
        match self.question {
            Question::Records { .. } => base64_simd::STANDARD.decode_to_vec(&self.answer).unwrap_or_default(),
            _ => self.answer.clone().into_bytes(),
        }
    }

    fn digest(&self) -> String {
        Sha256::digest(self.bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why a file is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct EvidenceError {
    /// Line, from 1.
    pub line: usize,
    /// Start of that line, in bytes.
    pub offset: u64,
    /// What is wrong with it.
    pub message: String,
}

/// Answers, in the order in which they came.
#[derive(Debug, Default)]
pub struct Evidence {
    asked: BTreeSet<Question>,
    known: Vec<Known>,
}

/// What one answer says.
#[derive(Debug)]
struct Known {
    scope: Scope,
    facts: Vec<(Aspect, String)>,
    source: Arc<Source>,
}

/// What an answer holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    /// A domain and what is below it.
    Domain(String),
    /// One host.
    Host(String),
    /// Addresses from the first to the last.
    Range(IpAddr, IpAddr),
}

impl Evidence {
    /// Receivers that are asked about; a capture can name any number of hosts.
    pub const RECEIVERS: usize = 64;

    /// Reads an evidence file.
    pub fn read(text: &str) -> Result<Self, EvidenceError> {
        let mut evidence = Self::default();
        let mut offset = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if !line.trim().is_empty() {
                let wrong = |message: String| EvidenceError { line: number + 1, offset, message };
                let answer: Answer = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
                if answer.digest() != answer.sha256 {
                    return Err(wrong("the answer is not the one whose SHA-256 stands beside it".to_owned()));
                }
                evidence.add(&answer);
            }
            offset += line.len() as u64;
        }
        Ok(evidence)
    }

    /// Takes in an answer.
    pub fn add(&mut self, answer: &Answer) {
        self.asked.insert(answer.question.clone());
        let read = match &answer.question {
            Question::Domain(name) if answer.status == 200 => rdap::domain(name, &answer.answer),
            Question::Address(address) if answer.status == 200 => rdap::network(*address, &answer.answer),
            Question::Records { name, .. } if answer.status == 0 => dns::records(name, &answer.bytes()),
            _ => None,
        };
        let Some((scope, facts)) = read else { return };
        let protocol = if matches!(answer.question, Question::Records { .. }) { "DNS" } else { "RDAP" };
        let source = Arc::new(Source {
            name: protocol.to_owned(),
            date: Some(answer.time.clone()),
            evidence: format!("answer of {} to {}, SHA-256 {}", answer.from, answer.question, answer.sha256),
            licence: None,
        });
        self.known.push(Known { scope, facts, source });
    }

    /// Names to ask DNS for: hosts that learnt something, as far as they were not asked for yet.
    pub fn open_records(&self, report: &Report) -> Vec<Question> {
        let hosts = receivers(report).into_iter().filter(|host| host.parse::<IpAddr>().is_err());
        let records =
            hosts.flat_map(|name| Record::ALL.map(|record| Question::Records { name: name.to_owned(), record }));
        records.filter(|question| !self.asked.contains(question)).collect()
    }

    /// Domains and addresses to ask registries for: of hosts that learnt something, as far as no answer covers them.
    pub fn open_registrations(&self, report: &Report) -> Vec<Question> {
        let mut questions = Vec::new();
        for host in receivers(report) {
            questions.extend(registrable_domain(host).map(str::to_owned).map(Question::Domain));
            let row = report.coverage.receivers.iter().find(|row| row.host == host);
            let mut facts = Vec::new();
            self.of_name(host, &mut facts);
            let resolved = facts.iter().filter(|fact| fact.aspect == Aspect::Address);
            let resolved = resolved.filter_map(|fact| fact.value.parse().ok());
            let addresses = row.into_iter().flat_map(|row| row.addresses.iter().copied());
            let all = addresses.chain(host.parse().ok()).chain(resolved);
            questions.extend(all.filter(|address| !self.covers(*address)).map(Question::Address));
        }
        let mut seen = BTreeSet::new();
        questions.retain(|question| !self.asked.contains(question) && seen.insert(question.clone()));
        questions
    }

    fn covers(&self, address: IpAddr) -> bool {
        self.known.iter().any(|known| known.scope.holds_address(address))
    }
}

/// Hosts that learnt something, in order.
fn receivers(report: &Report) -> Vec<&str> {
    let hosts: BTreeSet<&str> = report.findings.iter().map(|finding| finding.receiver.host.as_str()).collect();
    hosts.into_iter().take(Evidence::RECEIVERS).collect()
}

impl Scope {
    fn holds_name(&self, host: &str) -> Option<&str> {
        match self {
            Self::Host(name) => (host == name).then_some(name),
            Self::Domain(name) => {
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                below.then_some(name)
            }
            Self::Range(..) => None,
        }
    }

    fn holds_address(&self, address: IpAddr) -> bool {
        match self {
            Self::Range(first, last) => first.is_ipv4() == address.is_ipv4() && (first..=last).contains(&&address),
            _ => false,
        }
    }
}

impl Known {
    fn say(&self, about: &About, facts: &mut Vec<Fact>) {
        facts.extend(self.facts.iter().map(|(aspect, value)| Fact {
            aspect: *aspect,
            about: about.clone(),
            value: value.clone(),
            source: Arc::clone(&self.source),
        }));
    }
}

impl Table for Evidence {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        for known in &self.known {
            if let Some(name) = known.scope.holds_name(host) {
                known.say(&About::Name(name.to_owned()), facts);
            }
        }
    }

    fn of_address(&self, address: IpAddr, facts: &mut Vec<Fact>) {
        for known in self.known.iter().filter(|known| known.scope.holds_address(address)) {
            known.say(&About::Address(address), facts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(question: Question, text: &str) -> Answer {
        let (time, from) = ("2026-11-21T09:00:00Z".to_owned(), "https://rdap.example".to_owned());
        Answer::new(time, question, from, 200, text.as_bytes())
    }

    const NETWORK: &str =
        r#"{"startAddress":"192.0.2.0","endAddress":"192.0.2.127","country":"sg","name":"NET-A","entities":[]}"#;

    #[test]
    fn an_answer_holds_for_its_network_and_survives_the_file() {
        let asked = answer(Question::Address([192, 0, 2, 1].into()), NETWORK);
        let evidence = Evidence::read(&format!("{}\n\n", asked.line())).unwrap();
        let country = |address: [u8; 4]| {
            let mut facts = Vec::new();
            evidence.of_address(address.into(), &mut facts);
            facts.into_iter().find(|fact| fact.aspect == Aspect::RegistryCountry).map(|fact| (fact.value, fact.source))
        };
        let (value, source) = country([192, 0, 2, 100]).unwrap();
        assert_eq!((&*value, &*source.name, source.date.as_deref()), ("SG", "RDAP", Some("2026-11-21T09:00:00Z")));
        assert!(source.evidence.contains(&asked.sha256));
        assert_eq!(country([192, 0, 2, 128]), None);
    }

    #[test]
    fn what_was_changed_is_no_evidence() {
        let line = answer(Question::Address([192, 0, 2, 1].into()), NETWORK).line();
        let error = Evidence::read(&format!("{line}\n{}\n", line.replace("NET-A", "NET-B"))).unwrap_err();
        assert_eq!((error.line, error.offset), (2, line.len() as u64 + 1));
        assert!(Evidence::read("{}").is_err() && Evidence::read("x").is_err());
        assert!(Evidence::read("").is_ok());
    }

    #[test]
    fn too_long_an_answer_says_nothing() {
        let long = format!("{}{}", NETWORK, " ".repeat(LONGEST_ANSWER));
        assert_eq!(answer(Question::Address([192, 0, 2, 1].into()), &long).answer, "");
    }
}
