//! Which studies verdicts are held against the truth of: the named scenarios, two that no report speaks of, the matrix.

use crate::browser::{IncognitoSwitch, Position};
use crate::scenario::{Release, Scenario};
use crate::variant::Variant;

/// Sessions that are judged one by one and together.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Name of the study.
    pub name: String,
    /// One session each.
    pub scenarios: Vec<Scenario>,
    /// Whether the person agrees to the collection in the middle of the day, whatever the variant asks.
    pub agrees_late: bool,
}

impl Planned {
    fn of(scenario: Scenario) -> Self {
        Self { name: scenario.name.clone(), scenarios: vec![scenario], agrees_late: false }
    }
}

/// Every named scenario by itself; the switch of May 2020 in all positions, obeyed in either polarity and ignored; a
/// consent that comes when much has left.
pub fn named() -> Vec<Planned> {
    let list = Scenario::list();
    let find = |name: &str| list.iter().find(|scenario| scenario.name == name).cloned();
    let mut planned: Vec<Planned> = list.iter().cloned().map(Planned::of).collect();
    if let Some(updated) = find("mint-updated-on") {
        for (name, on_sends, variant) in [
            ("switch obeyed, on sends", true, Variant::Updated),
            ("switch obeyed, on protects", false, Variant::Updated),
            ("switch ignored", true, Variant::Reported),
        ] {
            let incognito = updated.switches.incognito;
            let stands =
                [Position::On, Position::Off].map(|position| IncognitoSwitch { position, on_sends, ..incognito });
            let scenarios = stands.map(|incognito| {
                let mut scenario = Scenario { variant, release: Release::Updated, ..updated.clone() };
                scenario.switches.incognito = incognito;
                scenario.name = format!("{name}: {}", incognito.position.name());
                scenario
            });
            planned.push(Planned { name: name.into(), scenarios: scenarios.into(), agrees_late: false });
        }
    }
    if let Some(observed) = find("redmi-note-8-reported") {
        let scenario = Scenario { name: "consent comes late".into(), ..observed };
        planned.push(Planned { agrees_late: true, ..Planned::of(scenario) });
    }
    planned
}

/// The cells of the matrix; those that differ in the position of the switch only are one study.
pub fn matrix() -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    for cell in Scenario::matrix() {
        let alike = |study: &&mut Planned| {
            let first = &study.scenarios[0];
            let (a, b) = (first.switches, cell.switches);
            (first.model.name, first.product.name, first.release, &first.modes)
                == (cell.model.name, cell.product.name, cell.release, &cell.modes)
                && (a.account, a.history_sync, a.incognito.on_sends)
                    == (b.account, b.history_sync, b.incognito.on_sends)
        };
        match planned.iter_mut().find(alike) {
            Some(study) => study.scenarios.push(cell),
            None => planned.push(Planned::of(cell)),
        }
    }
    planned
}
