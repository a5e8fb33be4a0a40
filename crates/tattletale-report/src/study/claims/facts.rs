//! What the sessions of a study show, in the words that rules are written in.
//!
//! Rules ask here and nowhere else, so what is learnt in other ways than by planted values (an id that nobody planted,
//! an action recognised by its repetition) becomes evidence of claims by being told of here.

use super::{Claim, Differing, FindingRef, Ground, Joining, Needed, Rule, Stand, To, kinds};
use crate::study::differences::What;
use crate::study::links::Joined;
use crate::study::{Difference, Dimension, Links, Recognised, Session};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tattletale_core::model::{Coverage, Fidelity, Finding, Party, ReceiverCoverage, Report, Timestamp};

/// All that claims are judged by.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'e> {
    /// The sessions of the study.
    pub sessions: &'e [Session],
    /// What joins the sightings of a study, where that was asked.
    pub links: Option<&'e Links>,
    /// What was recognised by its repetition.
    pub recognised: &'e [Recognised],
    /// How conditions compare.
    pub differences: &'e [Difference],
    /// The organisation behind a host, where that is known, by lower-case host name.
    pub organisations: BTreeMap<String, String>,
}

/// How much, by host.
pub(super) type PerHost = Vec<(String, u64)>;

/// Kinds of what stood in each message, by capture and exchange.
type Messages<'e> = HashMap<(usize, bool, usize), BTreeSet<&'e str>>;

/// A session, ready to be asked.
pub(super) struct Facts<'e> {
    pub(super) index: usize,
    pub(super) session: &'e Session,
    evidence: &'e Evidence<'e>,
    messages: Messages<'e>,
}

impl<'e> Facts<'e> {
    /// Of every session of the study.
    pub(super) fn of(evidence: &'e Evidence<'e>) -> Vec<Self> {
        let sessions = evidence.sessions.iter().enumerate();
        let facts = sessions.map(|(index, session)| {
            let mut messages = Messages::new();
            for finding in &session.report.findings {
                let message = messages.entry(finding.message()).or_default();
                message.extend(told(&session.report, finding));
            }
            Self { index, session, evidence, messages }
        });
        facts.collect()
    }

    /// Whether the claim speaks of sessions like this one.
    pub(super) fn concerns(&self, claim: &Claim) -> bool {
        let about = &self.session.about;
        let among = |wanted: &[String], is: &Option<String>| {
            wanted.is_empty() || is.as_ref().is_some_and(|is| wanted.contains(is))
        };
        among(&claim.app, &about.app) && among(&claim.version, &about.version)
    }

    /// How the claim's switch stood, if the session says.
    pub(super) fn stand(&self, claim: &Claim) -> Option<Stand> {
        let switch = claim.switch.as_ref()?;
        let position = self.session.about.settings.get(&switch.name)?;
        [(&switch.protects, Stand::Protects), (&switch.exposes, Stand::Exposes)]
            .into_iter()
            .find_map(|(said, stand)| (said == position).then_some(stand))
    }

    /// The strong findings that meet a rule.
    pub(super) fn refuting(&self, claim: &Claim, rule: &Rule) -> Vec<FindingRef> {
        let findings = self.session.report.findings.iter().enumerate();
        let refuting = findings.filter(|(_, finding)| self.meets(claim, rule, finding));
        refuting.map(|(finding, _)| FindingRef { session: self.index, finding }).collect()
    }

    /// How many weak findings would meet it.
    pub(super) fn suspected(&self, claim: &Claim, rule: &Rule) -> u64 {
        self.session.report.weak.iter().filter(|finding| self.meets(claim, rule, finding)).count() as u64
    }

    fn meets(&self, claim: &Claim, rule: &Rule, finding: &Finding) -> bool {
        if rule.joins.is_some() || rule.differs.is_some() {
            return false;
        }
        let report = &self.session.report;
        let mut kinds = told(report, finding);
        kinds.any(|kind| rule.told.include(kind))
            && self.is_receiver(claim, &finding.receiver.host)
            && (rule.with.is_empty() || self.beside(rule, finding))
            && rule.mode.is_none_or(|mode| self.mode(finding) == Some(mode))
            && (!rule.plaintext || finding.plaintext)
            && rule.switch.is_none_or(|stand| self.stand(claim) == Some(stand))
            && (!rule.before_consent || self.is_before_consent(claim, finding.at))
            && match rule.to {
                To::Anyone => true,
                To::FirstParty => finding.receiver.party == Party::First,
                To::ThirdParty => finding.receiver.party == Party::Third,
                To::AnotherOrganisation => self.is_another(claim, &finding.receiver.host),
            }
    }

    /// Whether something of the other kinds stood in the same message.
    fn beside(&self, rule: &Rule, finding: &Finding) -> bool {
        let message = self.messages.get(&finding.message());
        message.is_some_and(|message| message.iter().any(|kind| rule.with.include(kind)))
    }

    /// Mode in which it was done: an action's own, where it has one. What has none was done outside of the browser,
    /// whatever the browser's last mode was.
    fn mode(&self, finding: &Finding) -> Option<&'static str> {
        let whole = self.session.about.mode;
        match finding.action {
            Some(action) => self.session.report.truth.actions[action].mode.or(whole),
            None => whole.or(finding.mode),
        }
    }

    /// Whether what a row counts may have gone to whom the claim is about: hosts beyond a bound share rows.
    fn counts(&self, claim: &Claim, row: &ReceiverCoverage) -> bool {
        let shared = self.session.report.coverage.hosts_dropped > 0;
        let holds = |name: &String| name.strip_suffix(row.host.as_str()).is_some_and(|rest| rest.ends_with('.'));
        self.is_receiver(claim, &row.host) || (shared && (row.is_anybody() || claim.receivers.iter().any(holds)))
    }

    pub(super) fn is_receiver(&self, claim: &Claim, host: &str) -> bool {
        let within =
            |name: &String| host == name || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
        claim.receivers.is_empty() || claim.receivers.iter().any(within)
    }

    fn is_another(&self, claim: &Claim, host: &str) -> bool {
        let organisation = self.evidence.organisations.get(host);
        claim.maker.as_ref().zip(organisation).is_some_and(|(maker, other)| !maker.eq_ignore_ascii_case(other))
    }

    /// Whether the user had not agreed by then. Where neither the actions nor the settings of a session speak of the
    /// consent, nothing is known of it and nothing was before it.
    fn is_before_consent(&self, claim: &Claim, at: Option<Timestamp>) -> bool {
        let Some((name, value)) = claim.consent.as_deref().and_then(|consent| consent.split_once('=')) else {
            return false;
        };
        let consent = format!("{name}={value}");
        let actions = &self.session.report.truth.actions;
        let given = actions.iter().filter(|action| action.kind == "setting" && action.value == consent);
        let mut given = given.peekable();
        if given.peek().is_some() {
            let first = given.filter_map(|action| action.at).min();
            return at.zip(first).is_some_and(|(at, first)| at < first);
        }
        self.session.about.settings.get(name).is_some_and(|stands| stands != value)
    }

    /// How often each word of a need was done (or planted) here, of what could have been recognised.
    pub(super) fn done(&self, what: &Needed, mode: Option<&'static str>) -> Vec<(&'static str, u32)> {
        let report = &self.session.report;
        let sought = |subject| !report.not_sought.contains(&subject);
        let (words, present): (_, Vec<&str>) = match what {
            Needed::Done(words) => {
                let actions = report.truth.actions.iter().enumerate();
                let mode_of = |own: Option<&'static str>| own.or(self.session.about.mode);
                let actions = actions.filter(|(index, action)| {
                    sought(tattletale_core::model::Subject::Action(*index))
                        && mode.is_none_or(|mode| mode_of(action.mode) == Some(mode))
                });
                (words, actions.map(|(_, action)| action.kind).collect())
            }
            Needed::Planted(words) => {
                let values = report.truth.values.iter().enumerate();
                let values = values.filter(|(index, _)| sought(tattletale_core::model::Subject::Value(*index)));
                (words, values.map(|(_, value)| value.kind).collect())
            }
        };
        let count = |word: &&'static str| present.iter().filter(|kind| kinds::includes(word, kind)).count();
        words.words().iter().map(|word| (*word, count(word).try_into().unwrap_or(u32::MAX))).collect()
    }

    /// What of this session stayed closed, of what the claim is about: bytes per host, bodies per host.
    pub(super) fn closed(&self, claim: &Claim) -> (PerHost, PerHost) {
        let (mut opaque, mut bodies) = (Vec::new(), Vec::new());
        let coverage: &Coverage = &self.session.report.coverage;
        for row in coverage.receivers.iter().filter(|row| self.counts(claim, row)) {
            if row.opaque > 0 {
                opaque.push((row.host.clone(), row.opaque));
            }
            let lost = [Fidelity::Lossy, Fidelity::Truncated, Fidelity::Missing];
            let lost: u64 = lost.into_iter().map(|fidelity| row.bodies[fidelity as usize]).sum();
            if lost > 0 {
                bodies.push((row.host.clone(), lost));
            }
        }
        (opaque, bodies)
    }

    /// Connections of which the content is not known, per host; one without a name may be to whom the claim is about.
    pub(super) fn blind(&self, claim: &Claim) -> PerHost {
        let rows = self.session.report.coverage.receivers.iter();
        let rows = rows.filter(|row| row.hidden() > 0 && (row.is_nameless() || self.counts(claim, row)));
        rows.map(|row| (row.host.clone(), row.hidden())).collect()
    }

    /// Unencrypted messages per host.
    pub(super) fn plaintext(&self, claim: &Claim) -> PerHost {
        let rows = self.session.report.coverage.receivers.iter();
        let rows = rows.filter(|row| row.plaintext > 0 && self.counts(claim, row));
        rows.map(|row| (row.host.clone(), row.plaintext)).collect()
    }
}

/// The other answers of a study that meet a rule, in the sessions that the claim concerns.
pub(super) fn grounds(claim: &Claim, rule: &Rule, concerned: &[&Facts<'_>], evidence: &Evidence<'_>) -> Vec<Ground> {
    let concerns = |session: usize| concerned.iter().any(|facts| facts.index == session);
    let is_receiver = |host: &str| concerned.first().is_some_and(|facts| facts.is_receiver(claim, host));
    if let Some(joining) = rule.joins {
        return evidence.links.map_or_else(Vec::new, |links| {
            let host = |id: usize| {
                let places = &links.ids[id].places;
                places.iter().any(|place| concerns(place.session) && is_receiver(&links.fields[place.field].host))
            };
            let joins = links.joins.iter().enumerate().filter(|(_, join)| join.sure && host(join.id));
            let joins = joins.filter(|(_, join)| match (&join.what, joining) {
                (Joined::Modes, Joining::Modes) | (Joined::Sessions(_), Joining::Sessions) => true,
                (Joined::Receivers(hosts), Joining::Receivers) => {
                    hosts.windows(2).any(|pair| !tattletale_core::attribute::same_site(&pair[0], &pair[1]))
                }
                _ => false,
            });
            let sign_ins = links.sign_ins.iter().enumerate();
            let sign_ins = sign_ins.filter(|(_, sign_in)| joining == Joining::Account && concerns(sign_in.session));
            let joins = joins.map(|(index, _)| Ground::Join(index));
            joins.chain(sign_ins.map(|(index, _)| Ground::SignIn(index))).collect()
        });
    }
    if let Some(differing) = rule.differs {
        let meets = |difference: &Difference| {
            let told = match &difference.what {
                What::Told { data, host } => rule.told.include(data.kind) && is_receiver(host),
                What::Field { .. } | What::Fields => false,
            };
            told && difference.is_one() && is_in(&difference.dimension, differing)
        };
        let differences = evidence.differences.iter().enumerate().filter(|(_, difference)| meets(difference));
        return differences.map(|(index, _)| Ground::Difference(index)).collect();
    }
    // What has no text of its own was told of, too; whatever else a rule asks, repetition does not say of one message.
    let plain = rule.with.is_empty() && rule.mode.is_none() && rule.switch.is_none() && !rule.before_consent;
    if !plain || rule.plaintext || rule.to != To::Anyone {
        return Vec::new();
    }
    let meets = |found: &Recognised| {
        rule.told.include(found.kind)
            && is_receiver(&found.host)
            && found.told.iter().any(|(session, _)| concerns(*session))
    };
    let recognised = evidence.recognised.iter().enumerate().filter(|(_, found)| meets(found));
    recognised.map(|(index, _)| Ground::Recognised(index)).collect()
}

fn is_in(dimension: &Dimension, differing: Differing) -> bool {
    matches!(
        (dimension, differing),
        (Dimension::Mode, Differing::Mode)
            | (Dimension::Version, Differing::Version)
            | (Dimension::Setting(_), Differing::Setting)
            | (Dimension::Device, Differing::Device)
            | (Dimension::App, Differing::App)
    )
}

/// Kinds of what a finding told: its value's and its action's.
pub(super) fn told<'r>(report: &'r Report, finding: &Finding) -> impl Iterator<Item = &'r str> {
    let value = finding.value.map(|value| report.truth.values[value].kind);
    let action = finding.action.map(|action| report.truth.actions[action].kind);
    [value, action].into_iter().flatten()
}
