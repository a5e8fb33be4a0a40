//! The few exact tests that a study needs, and their corrections for having been asked often.
//!
//! All are permutation tests with closed forms or full enumeration, so their error rates hold for any distribution of
//! what is sent; what they assume is said where they are used: that under "no connection" the labels that are permuted
//! could as well have stood elsewhere.

/// Error rate of everything that a study calls recognised or different: the chance that even one of all tests of a
/// question says so without cause.
pub const ALPHA: f64 = 0.01;

/// Drawn labelings when there are too many to try all.
const DRAWN: usize = 5_000;

/// Margins of one stratum of a test of association: `trials` in all, of which `labelled` carry the label and `marked`
/// the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Margins {
    pub(super) trials: usize,
    pub(super) labelled: usize,
    pub(super) marked: usize,
}

impl Margins {
    fn most(self) -> usize {
        self.labelled.min(self.marked)
    }

    fn least(self) -> usize {
        (self.labelled + self.marked).saturating_sub(self.trials)
    }
}

/// Logarithms of factorials, `0!` to `n!`.
pub(super) struct Factorials(Vec<f64>);

impl Factorials {
    pub(super) fn up_to(n: usize) -> Self {
        let sums = (1..=n).scan(0.0, |sum, factor| {
            *sum += (factor as f64).ln();
            Some(*sum)
        });
        Self(std::iter::once(0.0).chain(sums).collect())
    }

    fn choose(&self, n: usize, k: usize) -> f64 {
        self.0[n] - self.0[k] - self.0[n - k]
    }

    /// P(exactly `both` of the marked trials are labelled): the hypergeometric distribution.
    fn point(&self, margins: Margins, both: usize) -> f64 {
        let Margins { trials, labelled, marked } = margins;
        let ways = self.choose(labelled, both) + self.choose(trials - labelled, marked - both);
        (ways - self.choose(trials, marked)).exp()
    }

    /// Smallest p-value that [`Self::at_least`] can have with these margins, whatever was observed.
    pub(super) fn smallest(&self, strata: impl IntoIterator<Item = Margins>) -> f64 {
        strata.into_iter().map(|margins| self.point(margins, margins.most())).product::<f64>().min(1.0)
    }

    /// P(as many or more labelled and marked as `both`): Fisher's exact test, one-sided, over strata that each keep
    /// their margins (the conditional test of Cochran, Mantel and Haenszel in its exact form).
    pub(super) fn at_least(&self, strata: impl IntoIterator<Item = Margins>, both: usize) -> f64 {
        let (mut least, mut distribution) = (0, vec![1.0]);
        for margins in strata {
            let own: Vec<f64> = (margins.least()..=margins.most()).map(|both| self.point(margins, both)).collect();
            let mut sum = vec![0.0; distribution.len() + own.len() - 1];
            for (at, share) in distribution.iter().enumerate() {
                own.iter().enumerate().for_each(|(more, p)| sum[at + more] += share * p);
            }
            (least, distribution) = (least + margins.least(), sum);
        }
        // The smallest terms first, so that they are not lost.
        let tail: f64 = distribution.iter().skip(both.saturating_sub(least)).rev().sum();
        tail.clamp(f64::MIN_POSITIVE, 1.0)
    }

    /// Fisher's exact test of `k` of `n` against `l` of `m`, two-sided: all tables as likely as this one or less.
    pub(super) fn two_sided(&self, (k, n): (usize, usize), (l, m): (usize, usize)) -> f64 {
        let margins = Margins { trials: n + m, labelled: n, marked: k + l };
        let observed = self.point(margins, k);
        let all = (margins.least()..=margins.most()).map(|both| self.point(margins, both));
        all.filter(|p| *p <= observed * (1.0 + 1e-9)).sum::<f64>().min(1.0)
    }
}

/// By how much p-values are to be multiplied, given the smallest one that each test can reach (sorted).
///
/// Tests that cannot reach significance cannot err either and need not be paid for: the smallest factor at which no
/// more tests than the factor can reach `alpha / factor` (R. E. Tarone, "A modified Bonferroni method for discrete
/// data", Biometrics 46, 1990).
pub(super) fn tarone(smallest: &[f64], alpha: f64) -> usize {
    let reaches = |factor: usize| smallest.partition_point(|p| *p <= alpha / factor as f64);
    (1..).find(|factor| reaches(*factor) <= *factor).unwrap_or(usize::MAX)
}

/// Adjusted p-values of the difference in mean between samples in `left` and the others, one for each feature.
///
/// A feature is one number per sample. The statistic is the difference in means over the standard deviation of all
/// samples; its distribution under "no difference" is that of the largest statistic of any feature over relabelings of
/// the samples (single-step maxT of P. Westfall and S. Young, "Resampling-based multiple testing", 1993), so whatever
/// depends on each other among features is accounted for. All relabelings are tried, or so many drawn ones that count
/// themselves in (B. Phipson and G. Smyth, 2010).
pub(super) fn separations(features: &[Vec<f64>], left: &[bool]) -> Vec<f64> {
    let features: Vec<Vec<f64>> = features.iter().map(|values| standardised(values)).collect();
    let count = left.iter().filter(|left| **left).count();
    let statistic = |values: &[f64], left: &[bool]| -> f64 {
        // Standardised values sum to nothing, so one side's sum says it all.
        values.iter().zip(left).filter(|(_, left)| **left).map(|(value, _)| value).sum::<f64>().abs()
    };
    let observed: Vec<f64> = features.iter().map(|values| statistic(values, left)).collect();
    let mut exceeded = vec![0usize; observed.len()];
    let mut order: Vec<usize> = (0..observed.len()).collect();
    order.sort_by(|a, b| observed[*a].total_cmp(&observed[*b]));
    let labelings = labelings(left.len(), count);
    for labels in &labelings {
        let largest = features.iter().map(|values| statistic(values, labels)).fold(0.0, f64::max);
        let reached = order.partition_point(|feature| observed[*feature] <= largest + 1e-9);
        order[..reached].iter().for_each(|feature| exceeded[*feature] += 1);
    }
    exceeded.iter().map(|count| (*count as f64 / labelings.len() as f64).min(1.0)).collect()
}

/// Smallest p-value of [`separations`] for so many samples on either side.
pub(super) fn smallest_separation(left: usize, right: usize) -> f64 {
    let same = if left == right { 2.0 } else { 1.0 };
    same / labelings_of(left + right, left).min(DRAWN as f64)
}

fn labelings_of(samples: usize, left: usize) -> f64 {
    (0..left).map(|done| (samples - done) as f64 / (done + 1) as f64).product()
}

fn standardised(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    values.iter().map(|value| if deviation > 0.0 { (value - mean) / deviation } else { 0.0 }).collect()
}

/// All ways to call `left` of the samples left, or drawn ones (the first of which is the identity's stand-in).
fn labelings(samples: usize, left: usize) -> Vec<Vec<bool>> {
    if labelings_of(samples, left) > DRAWN as f64 {
        let mut random = Random(0x5eed);
        return (0..DRAWN).map(|_| random.labels(samples, left)).collect();
    }
    let mut all = Vec::new();
    let mut chosen: Vec<usize> = (0..left).collect();
    loop {
        let mut labels = vec![false; samples];
        chosen.iter().for_each(|at| labels[*at] = true);
        all.push(labels);
        let Some(at) = (0..left).rev().find(|at| chosen[*at] < samples - left + at) else { return all };
        chosen[at] += 1;
        (at + 1..left).for_each(|later| chosen[later] = chosen[later - 1] + 1);
    }
}

/// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): repeatable labels, not secrets.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `left` of `samples` at random.
    pub(super) fn labels(&mut self, samples: usize, left: usize) -> Vec<bool> {
        let mut labels: Vec<bool> = (0..samples).map(|at| at < left).collect();
        for last in (1..samples).rev() {
            labels.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn margins(trials: usize, labelled: usize, marked: usize) -> Margins {
        Margins { trials, labelled, marked }
    }

    #[test]
    fn fishers_lady_tasting_tea() {
        // R. A. Fisher, "The Design of Experiments", 1935: 8 cups, 4 and 4.
        let exact = Factorials::up_to(8);
        assert!((exact.at_least([margins(8, 4, 4)], 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((exact.at_least([margins(8, 4, 4)], 3) - 17.0 / 70.0).abs() < 1e-12);
        assert!((exact.two_sided((3, 4), (1, 4)) - 34.0 / 70.0).abs() < 1e-12);
        assert!((exact.at_least([margins(8, 4, 4)], 0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn fishers_convicts() {
        // Fisher's table of twins of convicts (1935; A. Agresti, "A survey of exact inference", 1992): 10 of 13
        // monozygotic and 2 of 17 dizygotic; one-sided p = 0.00047, two-sided 0.00054.
        let exact = Factorials::up_to(30);
        assert!((exact.at_least([margins(30, 13, 12)], 10) - 0.000_465).abs() < 1e-6);
        assert!((exact.two_sided((10, 13), (2, 17)) - 0.000_537).abs() < 1e-6);
    }

    #[test]
    fn strata_multiply_and_add() {
        let exact = Factorials::up_to(8);
        let two = [margins(8, 4, 4), margins(8, 4, 4)];
        assert!((exact.at_least(two, 8) - (1.0f64 / 70.0).powi(2)).abs() < 1e-12);
        // 7 of 8: four in one and three in the other, either way, or all.
        let expected = (2.0 * 16.0 + 1.0) / 4_900.0;
        assert!((exact.at_least(two, 7) - expected).abs() < 1e-12);
        assert!((exact.smallest(two) - (1.0f64 / 70.0).powi(2)).abs() < 1e-12);
    }

    #[test]
    fn tests_that_cannot_reach_it_are_not_paid_for() {
        let mut smallest = vec![0.5; 10_000];
        smallest.extend([1e-6; 3]);
        smallest.sort_by(f64::total_cmp);
        assert_eq!(tarone(&smallest, 0.01), 3);
        assert_eq!(tarone(&[0.004; 5], 0.01), 3, "at a factor of three none of the five can reach it");
        assert_eq!(tarone(&[], 0.01), 1);
    }

    #[test]
    fn the_largest_of_all_features_is_what_counts() {
        let left: Vec<bool> = (0..10).map(|at| at < 5).collect();
        let split: Vec<f64> = (0..10).map(|at| f64::from(at < 5)).collect();
        let alternating: Vec<f64> = (0..10).map(|at| f64::from(at % 2 == 0)).collect();
        let close = |p: f64, expected: f64| assert!((p - expected).abs() < 1e-12, "{p} for {expected}");
        close(separations(std::slice::from_ref(&split), &left)[0], 2.0 / 252.0);
        // A second feature that some other labeling separates as well makes the first one less surprising.
        close(separations(&[split, alternating, vec![7.0; 10]], &left)[0], 4.0 / 252.0);
        close(smallest_separation(5, 5), 2.0 / 252.0);
        close(smallest_separation(3, 3), 0.1);
        assert_eq!(labelings(30, 15).len(), DRAWN);
    }
}
