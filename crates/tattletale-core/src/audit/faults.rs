//! What could not be processed in one capture's exchanges, within bounds: a body that is damaged in every message
//! must neither fill memory nor hide what else is damaged.

use crate::model::{Fault, FaultKind, Part, Report};
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

/// Sorts that are told apart; whoever writes the capture may think of more.
const SORTS: usize = 256;

/// Faults in the order of the capture; those of a whole file are bounded by its importer.
#[derive(Default)]
pub(super) struct Faults {
    kept: Vec<Fault>,
    dropped: u64,
    of_sort: HashMap<Sort, usize>,
}

/// What faults of one sort have in common: what happened, and roughly where.
#[derive(PartialEq, Eq, Hash)]
struct Sort {
    kind: FaultKind,
    part: Option<Discriminant<Part>>,
    layer: Option<&'static str>,
    /// The message up to its first number, or to its length in others.
    says: String,
}

impl Sort {
    fn of(fault: &Fault) -> Self {
        const LONG: usize = 48;
        Self {
            kind: fault.kind,
            part: fault.part.as_ref().map(discriminant),
            layer: fault.path.last().map(|step| step.layer),
            says: fault.message.chars().take_while(|c| !c.is_ascii_digit()).take(LONG).collect(),
        }
    }
}

impl Faults {
    /// Keeps one, unless there are enough of them already.
    pub(super) fn add(&mut self, fault: Fault, report: &Report) {
        let sort = Sort::of(&fault);
        let known = self.of_sort.len() < SORTS || self.of_sort.contains_key(&sort);
        let of_one = known.then(|| self.of_sort.entry(sort).and_modify(|count| *count += 1).or_insert(1));
        let room = report.faults.len() + self.kept.len() < Fault::KEPT;
        match room || of_one.is_some_and(|count| *count <= Fault::KEPT_OF_ONE) {
            true => self.kept.push(fault),
            false => self.dropped += 1,
        }
    }

    /// Counts some that are not kept.
    pub(super) fn drop(&mut self, faults: u64) {
        self.dropped += faults;
    }

    pub(super) fn settle(self, capture: usize, report: &mut Report) {
        report.faults.extend(self.kept.into_iter().map(|fault| (capture, fault)));
        report.faults_dropped += self.dropped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_often_hides_nothing_and_sorts_have_an_end() {
        let (mut faults, mut report) = (Faults::default(), Report::default());
        let fault = |message: String| Fault { part: Some(Part::Body), ..Fault::new(FaultKind::Corrupt, message) };
        for number in 0..2 * Fault::KEPT {
            faults.add(fault(format!("is damaged; {number} bytes came out before")), &report);
        }
        faults.add(fault("the chunks of a body break off".into()), &report);
        faults.add(Fault { part: Some(Part::Message), ..fault("is damaged".into()) }, &report);
        assert_eq!((faults.kept.len(), faults.dropped), (Fault::KEPT + 2, Fault::KEPT as u64));
        let name = |number: usize| number.to_string().bytes().map(|digit| char::from(digit + b'1')).collect::<String>();
        let many = 2 * SORTS * Fault::KEPT_OF_ONE;
        (0..many).for_each(|number| faults.add(fault(name(number)), &report));
        assert_eq!((faults.kept.len(), faults.of_sort.len()), (Fault::KEPT + SORTS - 1, SORTS));
        faults.drop(7);
        faults.settle(3, &mut report);
        assert_eq!(report.unprocessed() as usize, 2 * Fault::KEPT + 2 + many + 7);
        assert!(report.faults.iter().all(|(capture, _)| *capture == 3));
    }
}
