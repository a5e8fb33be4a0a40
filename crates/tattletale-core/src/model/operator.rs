//! Who runs a receiver's servers, and where: single facts, each with its source.
//!
//! Network operator, registry country and location estimate are three different questions, and sources disagree on
//! each of them. So nothing here is merged: facts stand side by side, and [`statements`] says where they contradict
//! each other. A country of a registry is where a block of addresses or a name was registered, never where a
//! machine stands; a location is always an estimate.

use std::net::IpAddr;
use std::sync::Arc;

/// What a fact is about a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// Who stands behind the host: `Xiaomi`.
    Organisation,
    /// Who owns that organisation.
    Parent,
    /// Country of the organisation's seat, ISO 3166-1 alpha-2.
    Seat,
    /// Name of the service or tracker: `Google Analytics`.
    Tracker,
    /// What it is for, in the source's own word: `analytics`.
    Category,
    /// Another name that DNS gives for the host (CNAME), which may belong to somebody else.
    Alias,
    /// An address that DNS gave for the host: when it was asked, not when it was captured.
    Address,
    /// Who announces the address: number of the autonomous system, then its name: `AS45102 Alibaba`.
    Network,
    /// Whom a registry names as holder of the address block or of the domain.
    Holder,
    /// Country in which the address block or the domain is registered, ISO 3166-1 alpha-2.
    RegistryCountry,
    /// Where the machine is guessed to stand: ISO 3166-1 alpha-2, then the city if the source has one.
    Location,
}

impl Aspect {
    /// All, in the order of a reader's questions: who, on whose network, where.
    pub const ALL: [Self; 11] = [
        Self::Organisation,
        Self::Parent,
        Self::Seat,
        Self::Tracker,
        Self::Category,
        Self::Alias,
        Self::Address,
        Self::Network,
        Self::Holder,
        Self::RegistryCountry,
        Self::Location,
    ];

    /// Name in the JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Parent => "parent",
            Self::Seat => "seat",
            Self::Tracker => "tracker",
            Self::Category => "category",
            Self::Alias => "alias",
            Self::Address => "address",
            Self::Network => "network-operator",
            Self::Holder => "holder",
            Self::RegistryCountry => "registry-country",
            Self::Location => "location-estimate",
        }
    }

    /// Words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Parent => "parent company",
            Self::Seat => "seat of the organisation",
            Self::Tracker => "known as",
            Self::Category => "category",
            Self::Alias => "alias of",
            Self::Address => "address in DNS",
            Self::Network => "network operator",
            Self::Holder => "registered to",
            Self::RegistryCountry => "registry country",
            Self::Location => "location estimate",
        }
    }
}

/// What a source speaks of: facts on a name and facts on an address never contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// A host or a domain above it, lower case.
    Name(String),
    /// An address of the server.
    Address(IpAddr),
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// Name of the table, the registry or the publication.
    pub name: String,
    /// When the source was made or asked: a date, or a time in UTC, as RFC 3339; none where it says nothing.
    pub date: Option<String>,
    /// How to check it: the version and digest of a file, a publication, the digest of a registry's answer.
    pub evidence: String,
    /// Terms of the data (an SPDX identifier where there is one), if the source states them.
    pub licence: Option<String>,
}

/// One statement of one source on a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it says.
    pub aspect: Aspect,
    /// Of what.
    pub about: About,
    /// The value in the notation of [`Aspect`]; text of the source, to be escaped before it is shown.
    pub value: String,
    /// Who says so.
    pub source: Arc<Source>,
}

impl Fact {
    /// What has to be equal for two sources to agree; none for fields in which names are merely spelt differently.
    fn comparable(&self) -> Option<String> {
        let first = self.value.split([' ', ',']).next().unwrap_or_default().to_ascii_uppercase();
        match self.aspect {
            Aspect::Network => first.strip_prefix("AS").is_some_and(|n| n.parse::<u32>().is_ok()).then_some(first),
            Aspect::Seat | Aspect::RegistryCountry | Aspect::Location => Some(first),
            _ => None,
        }
    }
}

/// Everything known of who runs one receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// Host of the receiver, as in the coverage.
    pub host: String,
    /// In the order of the tables that were asked.
    pub facts: Vec<Fact>,
}

/// All that was said to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'f> {
    /// The question.
    pub aspect: Aspect,
    /// Of what.
    pub about: &'f About,
    /// The different values, each with who says so, in the order of the facts.
    pub values: Vec<(&'f str, Vec<&'f Source>)>,
    /// True when the sources contradict each other: different autonomous systems or countries.
    pub disagree: bool,
}

/// Facts by question, in the order of [`Aspect::ALL`]; what several hosts have in common is said once.
pub fn statements<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<Statement<'f>> {
    let mut sorted: Vec<&Fact> = facts.into_iter().collect();
    sorted.sort_by_key(|fact| (fact.aspect, &fact.about));
    sorted.chunk_by(|a, b| (a.aspect, &a.about) == (b.aspect, &b.about)).map(statement).collect()
}

fn statement<'f>(facts: &[&'f Fact]) -> Statement<'f> {
    let mut values: Vec<(&str, Vec<&Source>)> = Vec::new();
    for fact in facts {
        match values.iter_mut().find(|(value, _)| *value == fact.value) {
            Some((_, sources)) if sources.contains(&fact.source.as_ref()) => {}
            Some((_, sources)) => sources.push(&fact.source),
            None => values.push((&fact.value, vec![&fact.source])),
        }
    }
    let mut compared: Vec<String> = facts.iter().filter_map(|fact| fact.comparable()).collect();
    compared.sort_unstable();
    compared.dedup();
    Statement { aspect: facts[0].aspect, about: &facts[0].about, values, disagree: compared.len() > 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(aspect: Aspect, address: u8, value: &str, source: &str) -> Fact {
        let source = Source { name: source.into(), date: None, evidence: String::new(), licence: None };
        let about = About::Address(IpAddr::from([192, 0, 2, address]));
        Fact { aspect, about, value: value.into(), source: Arc::new(source) }
    }

    #[test]
    fn disagreement_is_said_and_nothing_is_merged() {
        let facts = [
            fact(Aspect::Location, 1, "US", "a"),
            fact(Aspect::Network, 1, "AS45102 Alibaba (US)", "a"),
            fact(Aspect::Location, 1, "CN, Hangzhou", "b"),
            fact(Aspect::Location, 1, "SG", "c"),
            fact(Aspect::Network, 1, "AS45102 ALIBABA-CN-NET", "b"),
            fact(Aspect::Location, 2, "RU", "a"),
        ];
        let statements = statements(&facts);
        let shown: Vec<_> = statements.iter().map(|said| (said.aspect, said.values.len(), said.disagree)).collect();
        assert_eq!(
            shown,
            [(Aspect::Network, 2, false), (Aspect::Location, 3, true), (Aspect::Location, 1, false)],
            "two spellings of one system agree, three countries do not, another address is another question"
        );
        assert_eq!(
            statements[1].values.iter().map(|(value, _)| *value).collect::<Vec<_>>(),
            ["US", "CN, Hangzhou", "SG"]
        );
    }

    #[test]
    fn a_city_does_not_contradict_its_country_and_sources_of_one_value_stand_together() {
        let facts = [
            fact(Aspect::Location, 1, "SG", "a"),
            fact(Aspect::Location, 1, "SG, Singapore", "b"),
            fact(Aspect::Location, 1, "SG", "c"),
            fact(Aspect::Location, 1, "SG", "c"),
            fact(Aspect::Organisation, 1, "Xiaomi", "a"),
            fact(Aspect::Organisation, 1, "Xiaomi Inc.", "b"),
        ];
        let statements = statements(&facts);
        assert!(statements.iter().all(|said| !said.disagree));
        assert_eq!(statements[1].values[0].1.len(), 2);
    }

    #[test]
    fn every_field_is_listed_in_its_order() {
        assert!(Aspect::ALL.is_sorted());
        let names: std::collections::BTreeSet<_> = Aspect::ALL.iter().map(|aspect| aspect.name()).collect();
        assert_eq!(names.len(), Aspect::ALL.len());
    }
}
