//! Verdicts on claims held against what the truth implies.
//!
//! What truly left a lived day ([`implied`]) says what the verdict on each ready-made claim must be; the audit and its
//! judge see the recording and the ground truth only. The two come to their verdicts by different ways and must agree.

mod implied;
mod planned;

pub use implied::{Day, implied};
pub use planned::{Planned, matrix, named};

use crate::emitter::counting::CONSENT;
use crate::scenario::{Lived, Release, Scenario};
use crate::stage::{self, Stage};
use crate::variant::Variant;
use std::io::{self, Seek};
use tattletale_core::audit::{self, AuditError, Capture};
use tattletale_core::model::Timestamp;
use tattletale_report::study::claims::{self, Evidence, Switch, ready};
use tattletale_report::study::links;
use tattletale_report::study::{About, Claim, Judged, Session, Verdict};

/// Name of the setting that says how the switch of May 2020 stands.
const INCOGNITO_SWITCH: &str = "incognito-collection";

/// A verdict beside the one that the truth implies.
#[derive(Debug, Clone)]
pub struct Held {
    /// Sessions that were judged, by their names.
    pub sessions: Vec<String>,
    /// What was judged.
    pub judged: Judged,
    /// What the truth implies.
    pub implied: Verdict,
}

impl Held {
    /// Whether both agree.
    pub fn agrees(&self) -> bool {
        self.judged.verdict == self.implied
    }
}

/// Why a study could not be held against its truth.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A day could not be lived.
    #[error(transparent)]
    Stage(#[from] stage::Error),
    /// Its recording could not be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Lives every session of a study as fast as it goes, audits the recordings, and judges: every ready-made claim by each
/// session alone, and those about a switch by all sessions together where there are several.
pub fn hold(stage: &Stage, planned: &Planned, seed: u64) -> Result<Vec<Held>, Error> {
    let mut lived: Vec<Lived> = Vec::new();
    let mut sessions: Vec<Session> = Vec::new();
    for scenario in &planned.scenarios {
        let mut plan = scenario.plan(seed);
        if planned.agrees_late {
            plan.agree_at_noon();
        }
        // Without a name: gone with this value, whatever ends the process.
        let recording = tempfile::tempfile().map_err(stage::Error::from)?;
        let record = recording.try_clone().map_err(stage::Error::from)?;
        let day = stage.live(&mut plan, record, &mut |_| Timestamp::now())?;
        let open = || {
            let mut from_start = recording.try_clone()?;
            from_start.rewind()?;
            Ok(Box::new(from_start) as Box<dyn io::Read>)
        };
        let capture = Capture { name: scenario.name.clone(), open: Box::new(open), origin: None };
        let options = audit::Options { fields: true, ..audit::Options::default() };
        let report = audit::audit(&[capture], Some(day.truth.clone()), &options)?;
        sessions.push(Session::new(about(scenario), report));
        lived.push(day);
    }
    let days: Vec<Day<'_>> =
        planned.scenarios.iter().zip(&lived).map(|(scenario, lived)| Day { scenario, lived }).collect();
    let mut held = Vec::new();
    for (position, scenario) in planned.scenarios.iter().enumerate() {
        let of = position..position + 1;
        held.extend(judged(&claims_on(scenario), &sessions[of.clone()], &days[of]));
    }
    if let (Some(first), true) = (planned.scenarios.first(), planned.scenarios.len() > 1) {
        let together: Vec<Claim> = claims_on(first).into_iter().filter(|claim| claim.switch.is_some()).collect();
        held.extend(judged(&together, &sessions, &days));
    }
    Ok(held)
}

fn judged(claims: &[Claim], sessions: &[Session], days: &[Day<'_>]) -> Vec<Held> {
    let names: Vec<String> = sessions.iter().map(|session| session.about.name.clone()).collect();
    let links = links::links(sessions);
    let evidence = Evidence { sessions, links: Some(&links), ..Evidence::default() };
    let judged = claims::judge(claims, &evidence).into_iter();
    let held = |judged: Judged| Held { sessions: names.clone(), implied: implied(&judged.claim.name, days), judged };
    judged.map(held).collect()
}

/// The ready-made claims, with the polarity of the switch that this scenario takes for promised.
pub fn claims_on(scenario: &Scenario) -> Vec<Claim> {
    let mut claims = ready::all();
    for claim in claims.iter_mut().filter(|claim| claim.name == "incognito-switch-obeyed") {
        let (protects, exposes) = if scenario.switches.incognito.on_sends { ("off", "on") } else { ("on", "off") };
        let name = INCOGNITO_SWITCH.to_owned();
        claim.switch = Some(Switch { name, protects: protects.to_owned(), exposes: exposes.to_owned() });
    }
    claims
}

/// What a person who recorded this would write down.
pub fn about(scenario: &Scenario) -> About {
    let on = |on: bool| if on { "on" } else { "off" };
    let mut settings = vec![("history-sync", on(scenario.switches.history_sync))];
    if scenario.release == Release::Updated {
        settings.push((INCOGNITO_SWITCH, scenario.switches.incognito.position.name()));
    }
    if asked_and_refused(scenario) {
        settings.push((CONSENT.split('=').next().unwrap_or(CONSENT), "off"));
    }
    About {
        name: scenario.name.clone(),
        device: Some(scenario.model.name.to_owned()),
        app: Some(scenario.product.name.to_owned()),
        version: Some(scenario.version().to_owned()),
        mode: None,
        settings: settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        repeat: None,
    }
}

/// Only `respectful` asks.
fn asked_and_refused(scenario: &Scenario) -> bool {
    scenario.variant == Variant::Respectful && !scenario.switches.consents
}
