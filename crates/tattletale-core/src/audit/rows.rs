//! Rows of the coverage: one for each host, until somebody names a new host with every message. Later hosts share the
//! row of their site, and at last that of nobody: what passed is counted, whose it was is known less well.

use crate::model::{Blind, Coverage, ReceiverCoverage, registrable_domain};
use std::collections::HashMap;

/// Where the row of each name is.
#[derive(Default)]
pub(super) struct Rows {
    at: HashMap<String, usize>,
}

impl Rows {
    /// Those that there are already.
    pub(super) fn of(coverage: &Coverage) -> Self {
        let rows = coverage.receivers.iter().enumerate();
        Self { at: rows.map(|(at, row)| (row.host.clone(), at)).collect() }
    }

    /// The row in which so many exchanges or connections of a host count.
    pub(super) fn row(&mut self, host: &str, count: u64, coverage: &mut Coverage) -> usize {
        if let Some(&row) = self.at.get(host) {
            return row;
        }
        let name = name_of_row(host, self.at.len(), |name| self.at.contains_key(name));
        if name != host {
            coverage.hosts_dropped += count;
        }
        let new = self.at.len();
        let row = *self.at.entry(name.to_owned()).or_insert(new);
        if row == new {
            coverage.receivers.push(ReceiverCoverage { host: name.to_owned(), ..ReceiverCoverage::default() });
        }
        row
    }
}

/// What the row of a host is called, where there are so many rows.
pub(super) fn name_of_row(host: &str, rows: usize, is_row: impl Fn(&str) -> bool) -> &str {
    if rows < Coverage::HOSTS || is_row(host) {
        return host;
    }
    let site = registrable_domain(host).filter(|site| rows < 2 * Coverage::HOSTS || is_row(site));
    site.unwrap_or(Blind::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_without_end_share_rows() {
        let mut coverage = Coverage::default();
        let mut rows = Rows::of(&coverage);
        let mut row = |host: String| {
            let row = rows.row(&host, 1, &mut coverage);
            coverage.receivers[row].exchanges += 1;
            coverage.receivers[row].host.clone()
        };
        for number in 0..Coverage::HOSTS {
            assert_eq!(row(format!("u{number}.tracker.example")), format!("u{number}.tracker.example"));
        }
        assert_eq!(row("u7.tracker.example".into()), "u7.tracker.example", "what has a row keeps it");
        assert_eq!([row("more.tracker.example".into()), row("198.51.100.7".into())], ["tracker.example", "unknown"]);
        for number in 0..2 * Coverage::HOSTS {
            row(format!("in.maker{number}.example"));
        }
        assert_eq!(row("in.maker5.example".into()), "maker5.example");
        assert_eq!(row("in.late.example".into()), "unknown");
        assert_eq!(coverage.receivers.len(), 2 * Coverage::HOSTS);
        assert_eq!(coverage.hosts_dropped as usize, 2 * Coverage::HOSTS + 4);
        assert_eq!(coverage.total(|row| row.exchanges) as usize, 3 * Coverage::HOSTS + 5);
        assert_eq!(Rows::of(&coverage).at.len(), coverage.receivers.len());
    }
}
