//! What is in an app beside what was seen: present is not active.
//!
//! A static look lists what an app could do, a recording what it did while somebody watched. Each SDK is seen talking,
//! or only present; one whose servers were reached though its code is not in the app came with a page, or under another
//! name. A host is contacted when a session recorded with that app had an exchange with it.

use crate::study::Session;
use std::collections::BTreeMap;
use tattletale_core::model::app::Contents;

/// What was seen of an SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In the app, and one of its servers was contacted.
    Talking,
    /// Not in the app as far as names tell, and its server was contacted.
    TalkingOnly,
    /// In the app; none of its servers was contacted, or none is known.
    Present,
}

impl Standing {
    /// The word in reports for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Talking => "talking",
            Self::TalkingOnly => "talking-only",
            Self::Present => "present",
        }
    }
}

/// One SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdkSeen {
    /// Name for people.
    pub name: String,
    /// Version, if the code states one.
    pub version: Option<String>,
    /// What was seen of it.
    pub standing: Standing,
    /// Its servers that were contacted, with the number of sessions.
    pub contacted: BTreeMap<String, usize>,
    /// Whether any server of it is known at all: without, it cannot be seen talking.
    pub has_hosts: bool,
}

/// An app and its recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSeen {
    /// What a static look found.
    pub contents: Contents,
    /// Positions of the sessions that were recorded with it.
    pub sessions: Vec<usize>,
    /// Its SDKs: those that talk first.
    pub sdks: Vec<SdkSeen>,
    /// Hosts that it names and that were contacted, with the number of sessions.
    pub contacted: BTreeMap<String, usize>,
    /// Hosts that it names and that were not.
    pub silent: Vec<String>,
    /// Hosts that were contacted and that it does not name, with the number of sessions.
    pub unnamed: BTreeMap<String, usize>,
}

/// Puts an app beside the sessions at these positions.
pub fn seen(contents: Contents, positions: Vec<usize>, sessions: &[Session]) -> AppSeen {
    let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
    for session in positions.iter().filter_map(|position| sessions.get(*position)) {
        let contacted = session.report.coverage.receivers.iter().filter(|receiver| receiver.exchanges > 0);
        contacted.for_each(|receiver| *hosts.entry(receiver.host.as_str()).or_default() += 1);
    }
    let at = |wanted: &[String]| -> BTreeMap<String, usize> {
        let of = |host: &str| wanted.iter().any(|name| host == name || below(host, name));
        hosts.iter().filter(|(host, _)| of(host)).map(|(host, count)| ((*host).to_owned(), *count)).collect()
    };
    let mut sdks = Vec::new();
    for sdk in &contents.sdks {
        let contacted = at(&sdk.hosts);
        sdks.push(SdkSeen {
            name: sdk.name.clone(),
            version: sdk.version.clone(),
            standing: if contacted.is_empty() { Standing::Present } else { Standing::Talking },
            contacted,
            has_hosts: !sdk.hosts.is_empty(),
        });
    }
    for absent in &contents.absent {
        let contacted = at(&absent.hosts);
        if !contacted.is_empty() {
            let (name, version) = (absent.name.clone(), None);
            sdks.push(SdkSeen { name, version, standing: Standing::TalkingOnly, contacted, has_hosts: true });
        }
    }
    sdks.sort_by(|a, b| (a.standing, &a.name).cmp(&(b.standing, &b.name)));
    let named = |host: &str| contents.endpoints.iter().any(|endpoint| endpoint.host == host);
    let real = contents.endpoints.iter().filter(|endpoint| !endpoint.name_only);
    let (contacted, silent): (Vec<_>, Vec<_>) = real.partition(|endpoint| hosts.contains_key(endpoint.host.as_str()));
    let unnamed = hosts.iter().filter(|(host, _)| !named(host)).map(|(host, count)| ((*host).to_owned(), *count));
    AppSeen {
        contacted: contacted.iter().map(|endpoint| (endpoint.host.clone(), hosts[endpoint.host.as_str()])).collect(),
        silent: silent.iter().map(|endpoint| endpoint.host.clone()).collect(),
        unnamed: unnamed.collect(),
        sessions: positions,
        sdks,
        contents,
    }
}

/// Whether a host lies below a name.
fn below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::About;
    use tattletale_core::model::app::{Absent, Endpoint, Sdk, Sureness};
    use tattletale_core::model::{ReceiverCoverage, Report};

    fn sdk(name: &str, hosts: &[&str]) -> Sdk {
        Sdk {
            id: name.to_owned(),
            name: name.to_owned(),
            organisation: None,
            category: None,
            version: None,
            sureness: Sureness::Named,
            classes: 1,
            places: Vec::new(),
            traces: Vec::new(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            evidence: "made up".to_owned(),
        }
    }

    fn session(hosts: &[&str]) -> Session {
        let mut report = Report::default();
        let row = |host: &&str| ReceiverCoverage { host: (*host).to_owned(), exchanges: 1, ..Default::default() };
        report.coverage.receivers = hosts.iter().map(row).collect();
        Session::new(About::default(), report)
    }

    #[test]
    fn present_talking_and_talking_without_being_there() {
        let endpoint = |host: &str| Endpoint {
            host: host.to_owned(),
            urls: Vec::new(),
            places: Vec::new(),
            name_only: host.starts_with("schemas."),
            facts: Vec::new(),
        };
        let contents = Contents {
            sdks: vec![sdk("Quiet", &["quiet.example"]), sdk("Loud", &["loud.example"]), sdk("Hostless", &[])],
            absent: vec![
                Absent { name: "Renamed".to_owned(), hosts: vec!["renamed.example".to_owned()] },
                Absent { name: "Nowhere".to_owned(), hosts: vec!["nowhere.example".to_owned()] },
            ],
            endpoints: ["a.loud.example", "quiet.example", "schemas.example"].map(endpoint).to_vec(),
            ..Contents::default()
        };
        let sessions = [
            session(&["a.loud.example", "renamed.example"]),
            session(&["a.loud.example"]),
            session(&["quiet.example"]),
        ];
        // The third was recorded with another app.
        let seen = seen(contents, vec![0, 1], &sessions);
        let told: Vec<_> = seen.sdks.iter().map(|sdk| (sdk.name.as_str(), sdk.standing, sdk.contacted.len())).collect();
        assert_eq!(
            told,
            [
                ("Loud", Standing::Talking, 1),
                ("Renamed", Standing::TalkingOnly, 1),
                ("Hostless", Standing::Present, 0),
                ("Quiet", Standing::Present, 0),
            ]
        );
        assert_eq!(seen.contacted, BTreeMap::from([("a.loud.example".to_owned(), 2)]));
        assert_eq!(seen.silent, ["quiet.example"]);
        assert_eq!(seen.unnamed, BTreeMap::from([("renamed.example".to_owned(), 1)]));
    }
}
