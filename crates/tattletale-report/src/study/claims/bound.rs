//! What nothing in n tries says about the next: the bound that absence gives.
//!
//! Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983), 1743-1745: when none of
//! n independent tries shows it, its rate is at most 1 - 0.05^(1/n) with 95 % confidence, which nears 3/n.

/// An upper bound on a rate, from none in `tries`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Tries, none of which showed it.
    pub tries: u32,
    /// The rate that is not exceeded with 95 % confidence, 0 to 1.
    pub at_most: f64,
}

impl Bound {
    /// One minus the confidence.
    const DOUBT: f64 = 0.05;

    /// The bound from none in `tries`; none without a try.
    pub fn of_none_in(tries: u32) -> Option<Self> {
        (tries > 0).then(|| Self { tries, at_most: 1.0 - Self::DOUBT.powf(1.0 / f64::from(tries)) })
    }

    /// In per cent with one decimal, rounded up: a bound that is shown must still hold.
    pub fn percent(self) -> String {
        format!("{:.1} %", (self.at_most * 1_000.0).ceil() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_for_few_and_three_over_n_for_many() {
        assert_eq!(Bound::of_none_in(0), None);
        let at_most = |tries| Bound::of_none_in(tries).unwrap().at_most;
        assert!((at_most(1) - 0.95).abs() < 1e-12);
        assert!((at_most(5) - 0.450_720).abs() < 1e-6);
        for tries in [30, 100, 10_000] {
            let (exact, rule) = (at_most(tries), 3.0 / f64::from(tries));
            assert!(exact < rule && exact > 0.94 * rule, "{tries}: {exact} and {rule}");
        }
        // The bound is the rate at which none in n happens once in twenty.
        assert!(((1.0 - at_most(13)).powi(13) - 0.05).abs() < 1e-12);
    }

    #[test]
    fn shown_rounded_up() {
        assert_eq!(Bound::of_none_in(5).unwrap().percent(), "45.1 %");
        assert_eq!(Bound { tries: 1, at_most: 0.2 }.percent(), "20.0 %");
        assert_eq!(Bound { tries: 1, at_most: 0.2001 }.percent(), "20.1 %");
    }
}
