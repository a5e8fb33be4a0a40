//! Telemetry that only counts: what the maker said it did, and what we would sign.
//!
//! `claimed` sends counts of normal browsing at fixed intervals, under no id. `respectful` asks first, sends one
//! report for the day, and adds the noise on the phone, so that even the receiver learns no count for sure (local
//! differential privacy). A count is clipped to `0..=largest` and gets two-sided geometric noise (Ghosh, Roughgarden,
//! Sundararajan, "Universally utility-maximizing privacy mechanisms", STOC 2009); a yes or no gets randomised
//! response (Warner, "Randomized response", JASA 1965). Each of the report's answers has an equal share of its
//! budget ε, so by composition the whole report is ε-private.

use super::event::{Event, Properties};
use super::outbox::{Form, Outbox};
use super::setup::{Act, Setup, Telemetry};
use crate::clock::ModelTime;
use crate::people::{DeedKind, Mode};
use crate::seeded::Seeded;
use crate::variant::Variant;

/// What is counted.
const COUNTS: [&str; 4] = ["page_loads", "searches", "downloads", "slow_page_loads"];

/// The yes-or-no question of `respectful`.
const QUESTION: &str = "used_incognito_tile";

/// A page load that counts as slow, in milliseconds.
const SLOW: i64 = 3_000;

/// Telemetry that only counts.
pub struct Counting {
    setup: Setup,
    outbox: Outbox,
    counts: [i64; COUNTS.len()],
    used_tile: bool,
    consented: bool,
    reported: ModelTime,
    seeded: Seeded,
}

impl Counting {
    /// `claimed` or `respectful`, as the setup says.
    pub fn new(setup: Setup) -> Self {
        let mut sender = setup.app("");
        sender.agent = "okhttp/3.12.0".into();
        let server = setup.details.browser_server.value;
        Self {
            outbox: setup.sensors("counting", Form::AndroidBatch, server, "statistics", sender),
            counts: [0; COUNTS.len()],
            used_tile: false,
            consented: setup.variant == Variant::Claimed,
            reported: setup.start,
            seeded: Seeded::new(setup.today, "counting"),
            setup,
        }
    }

    fn count(&mut self, kind: &DeedKind) {
        let [fastest, slowest] = self.setup.details.page_load_ms.value;
        let slow = self.seeded.between(fastest, slowest) > SLOW;
        let (searched, downloaded) = match kind {
            DeedKind::Search { .. } | DeedKind::VideoSearch { .. } => (1, 0),
            DeedKind::Download { .. } => (0, 1),
            DeedKind::Visit { quick_dial, .. } => {
                self.used_tile |= quick_dial;
                (0, 0)
            }
            _ => (0, 0),
        };
        for (count, more) in self.counts.iter_mut().zip([1, searched, downloaded, i64::from(slow)]) {
            *count += more;
        }
    }

    fn counted(&self) -> bool {
        self.counts.iter().any(|&count| count > 0)
    }

    fn report(&mut self, now: ModelTime) {
        let noisy = self.setup.variant == Variant::Respectful;
        let share = self.setup.details.epsilon.value / (COUNTS.len() + 1) as f64;
        let largest = self.setup.details.largest_count.value;
        let mut told = Properties::new();
        for (name, count) in COUNTS.into_iter().zip(self.counts) {
            let count = if noisy { noisy_count(count, largest, share, &mut self.seeded) } else { count };
            told.insert(name.into(), count.into());
        }
        if noisy {
            told.insert(QUESTION.into(), randomised_response(self.used_tile, share, &mut self.seeded).into());
        }
        // The form asks for an id: one that is the same for everyone tells nothing.
        let (distinct_id, kind, name) = ("everyone".into(), "track", "usage_statistics");
        let (about, mode) = (None, Some(Mode::Normal));
        // Only the day: the exact time of a report would follow the person's own doings.
        let time = self.setup.start;
        let event = Event { time, kind, name, distinct_id, original_id: None, properties: told, about, mode };
        self.outbox.push(event, now);
        self.counts = [0; COUNTS.len()];
        self.reported = now;
    }
}

impl Telemetry for Counting {
    fn observe(&mut self, act: &Act<'_>) {
        // Nothing that happens in incognito mode may even move the time of a report.
        let elapsed = act.at - self.reported >= self.setup.details.claimed_report_ms.value;
        if self.setup.variant == Variant::Claimed && act.mode == Some(Mode::Normal) && elapsed && self.counted() {
            self.report(act.at);
        }
        match act.kind {
            DeedKind::Setting(CONSENT) => self.consented = true,
            kind if act.mode == Some(Mode::Normal) && self.consented => self.count(kind),
            _ => {}
        }
    }

    fn close(&mut self, now: ModelTime) {
        // `respectful` reports zeros too: whether a report comes says nothing about the day.
        if self.consented && (self.counted() || self.setup.variant == Variant::Respectful) {
            self.report(now);
        }
    }

    fn outboxes(&mut self) -> Vec<&mut Outbox> {
        vec![&mut self.outbox]
    }
}

/// The setting by which a person agrees to `respectful`.
pub const CONSENT: &str = "share_statistics=on";

/// A count clipped to `0..=largest` plus two-sided geometric noise: P(k) ∝ α^|k| with α = e^(−ε/largest).
///
/// `largest` is the sensitivity: any person's count may be replaced by any other. The result may be negative; clipping
/// it would be allowed but would bias sums.
pub fn noisy_count(count: i64, largest: i64, epsilon: f64, seeded: &mut Seeded) -> i64 {
    let alpha = (-epsilon / largest.max(1) as f64).exp();
    // The difference of two geometric variables has the two-sided distribution; inverse transform for each.
    let mut geometric = || ((1.0 - seeded.unit()).ln() / alpha.ln()).floor() as i64;
    count.clamp(0, largest) + geometric() - geometric()
}

/// The true answer with probability e^ε / (1 + e^ε), else the other one.
pub fn randomised_response(answer: bool, epsilon: f64, seeded: &mut Seeded) -> bool {
    let truthful = epsilon.exp() / (1.0 + epsilon.exp());
    if seeded.unit() < truthful { answer } else { !answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: usize = 20_000;

    #[test]
    fn noise_is_unbiased_and_of_the_stated_size() {
        let (largest, epsilon) = (20, 1.0);
        let mut seeded = Seeded::new(1, "noise");
        let noise: Vec<i64> = (0..DRAWS).map(|_| noisy_count(7, largest, epsilon, &mut seeded) - 7).collect();
        let mean = noise.iter().sum::<i64>() as f64 / DRAWS as f64;
        let variance = noise.iter().map(|noise| noise * noise).sum::<i64>() as f64 / DRAWS as f64;
        let alpha = (-epsilon / largest as f64).exp();
        let expected = 2.0 * alpha / (1.0 - alpha).powi(2);
        assert!(mean.abs() < 4.0 * (expected / DRAWS as f64).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.1, "{variance} for {expected}");
    }

    #[test]
    fn neighbours_differ_by_at_most_the_budget() {
        let epsilon = 1.0;
        let share = |count: i64| {
            let mut seeded = Seeded::new(2, "neighbours");
            let zeros = (0..DRAWS).filter(|_| noisy_count(count, 3, epsilon, &mut seeded) == 0).count();
            zeros as f64 / DRAWS as f64
        };
        let ratio = share(0) / share(3);
        assert!((1.0..=1.15 * epsilon.exp()).contains(&ratio), "{ratio}");
    }

    #[test]
    fn answers_are_true_as_often_as_the_budget_says() {
        let mut seeded = Seeded::new(3, "answers");
        let truthful = (0..DRAWS).filter(|_| randomised_response(true, 1.0, &mut seeded)).count() as f64;
        assert!((truthful / DRAWS as f64 - 0.731).abs() < 0.015);
    }
}
