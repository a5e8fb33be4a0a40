//! third-party-web (npm, MIT): which organisation a host of the web belongs to, and what it is for.
//!
//! The table is compiled in as sorted lines and searched where it lies: nothing is parsed or allocated before
//! something is found. `scripts/third-party-web` makes it again from the npm package.
//!
//! A line is `pattern TAB organisation TAB service TAB category`. A pattern `*.name` covers the name and what is
//! below it, any other pattern itself alone.

use super::names::above;
use super::{Facts, Table};
use crate::model::{About, Aspect, Fact, Source};
use std::sync::Arc;

const TABLE: &str = include_str!("../../../data/third-party-web.tsv");

/// The table.
#[derive(Debug, Clone)]
pub struct ThirdPartyWeb {
    source: Arc<Source>,
    rows: &'static str,
}

impl Default for ThirdPartyWeb {
    fn default() -> Self {
        let (first, rows) = TABLE.split_once('\n').unwrap_or(("", TABLE));
        let mut words = first.trim_start_matches(['#', ' ']).split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (name, version, date, licence, integrity) = (word(), word(), word(), word(), word());
        let source = Source {
            evidence: format!("npm {name} {version}, {integrity}"),
            name,
            date: Some(date),
            licence: Some(licence),
        };
        Self { source: Arc::new(source), rows }
    }
}

impl ThirdPartyWeb {
    fn row(&self, pattern: &str) -> Option<[&'static str; 4]> {
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            // The line around the middle; it cannot begin before `low`, where one begins.
            let middle = low + (high - low) / 2;
            let start = memchr::memrchr(b'\n', &self.rows.as_bytes()[low..middle]).map_or(low, |end| low + end + 1);
            let line = self.rows[start..].split('\n').next().unwrap_or_default();
            let mut columns = line.split('\t');
            let mut column = || columns.next().unwrap_or_default();
            let row = [column(), column(), column(), column()];
            match row[0].cmp(pattern) {
                std::cmp::Ordering::Equal => return Some(row),
                std::cmp::Ordering::Less => low = start + line.len() + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }
}

impl Table for ThirdPartyWeb {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        let covering = || above(host).find_map(|name| Some((name, self.row(&format!("*.{name}"))?)));
        let Some((name, [_, organisation, tracker, category])) =
            self.row(host).map(|row| (host, row)).or_else(covering)
        else {
            return;
        };
        let mut facts = Facts { facts, source: &self.source, about: About::Name(name.to_owned()) };
        facts.say(Aspect::Organisation, organisation);
        facts.say(Aspect::Tracker, tracker);
        facts.say(Aspect::Category, category);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_and_the_head_says_where_it_is_from() {
        let table = ThirdPartyWeb::default();
        assert_eq!((&*table.source.name, table.source.licence.as_deref()), ("third-party-web", Some("MIT")));
        assert!(table.source.evidence.contains("sha512-") && table.source.date.is_some());
        let rows: Vec<&str> = table.rows.lines().collect();
        assert!(
            rows.len() > 3000 && rows.windows(2).all(|pair| pair[0].split('\t').next() < pair[1].split('\t').next())
        );
        for row in rows {
            let pattern = row.split('\t').next().unwrap();
            assert_eq!(table.row(pattern).map(|row| row.join("\t")), Some(row.to_owned()));
        }
    }

    #[test]
    fn stars_cover_what_is_below_and_other_patterns_do_not() {
        let table = ThirdPartyWeb::default();
        let found = |host: &str| {
            let mut facts = Vec::new();
            table.of_name(host, &mut facts);
            facts.into_iter().map(|fact| fact.value).collect::<Vec<_>>()
        };
        let doubleclick = ["Google", "Google/Doubleclick Ads", "ad"];
        assert_eq!(found("doubleclick.net"), doubleclick);
        assert_eq!(found("a.b.doubleclick.net"), doubleclick);
        assert_eq!(found("adservice.google.de"), doubleclick);
        for host in
            ["x.adservice.google.de", "notdoubleclick.net", "", "net", "singapore-collector.localhost", "zzzz.zzzz"]
        {
            assert_eq!(found(host), [""; 0], "{host}");
        }
    }
}
