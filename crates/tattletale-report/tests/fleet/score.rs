//! Holds links against the truth of a fleet.

use super::Fleet;
use super::kinds::Life;
use std::collections::BTreeSet;
use tattletale_core::model::Part;
use tattletale_report::study::links::{Id, Joined, LinkField, Links, Turnover, Verdict};

/// One row of the table: what was to be found, what was found.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) wanted: usize,
    pub(crate) found: usize,
    pub(crate) right: usize,
    /// Named, `missing` or `wrong` first.
    pub(crate) wrong: Vec<String>,
}

impl Row {
    fn of(what: &'static str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) -> Self {
        let missing = wanted.difference(found).map(|item| format!("missing {item}"));
        let extra = found.difference(wanted).map(|item| format!("wrong {item}"));
        let right = wanted.intersection(found).count();
        Self { what, wanted: wanted.len(), found: found.len(), right, wrong: missing.chain(extra).collect() }
    }

    pub(crate) fn precision(&self) -> f64 {
        if self.found == 0 { 1.0 } else { self.right as f64 / self.found as f64 }
    }

    pub(crate) fn recall(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.right as f64 / self.wanted as f64 }
    }
}

/// Fields that identify, fields that are drawn anew with each session, joins, sign-ins.
pub(crate) fn score(fleet: &Fleet, links: &Links) -> Vec<Row> {
    let truth = &fleet.truth;
    let named: Vec<(String, &LinkField)> = links
        .fields
        .iter()
        .map(|field| {
            let known = truth.fields.iter().find(|((host, name), _)| *host == field.host && is_named(field, name));
            let words = known.map_or_else(|| "not of the fleet".to_owned(), |(_, (kind, _))| format!("{kind:?}"));
            (format!("{} {} {:?} ({words})", field.host, field.part, field.path), field)
        })
        .collect();
    let wanted = |life: Life| -> BTreeSet<String> {
        let of_life = truth.fields.iter().filter(|(_, (_, own))| *own == life);
        of_life
            .map(|((host, name), (kind, _))| {
                let found = links.fields.iter().position(|field| field.host == *host && is_named(field, name));
                found.map_or_else(|| format!("{host} {name} ({kind:?})"), |index| named[index].0.clone())
            })
            .collect()
    };
    let found = |verdict: &dyn Fn(&LinkField) -> bool| -> BTreeSet<String> {
        named.iter().filter(|(_, field)| verdict(field)).map(|(name, _)| name.clone()).collect()
    };
    let root = |id: &Id| -> String {
        let texts = id.forms.iter().filter_map(|form| std::str::from_utf8(&form.value).ok());
        let roots: BTreeSet<&str> = texts.filter_map(|text| truth.roots.get(text)).map(|root| &root[..]).collect();
        // Two identifiers taken for one are no identifier of the truth.
        roots.into_iter().collect::<Vec<_>>().join(" and ")
    };
    let joins: BTreeSet<String> = links
        .joins
        .iter()
        .map(|join| {
            let root = root(&links.ids[join.id]);
            match &join.what {
                Joined::Modes => format!("{root} modes"),
                Joined::Sessions(sessions) => format!("{root} sessions {:?}", sessions.iter().collect::<BTreeSet<_>>()),
                Joined::Receivers(hosts) => format!("{root} receivers {:?}", hosts.iter().collect::<BTreeSet<_>>()),
            }
        })
        .collect();
    let sign_ins = links.sign_ins.iter();
    let sign_ins: BTreeSet<String> = sign_ins
        .map(|join| format!("{} -> {}", root(&links.ids[join.before]), root(&links.ids[join.account])))
        .collect();
    vec![
        Row::of("fields that identify", &wanted(Life::Lasting), &found(&|field| field.verdict == Verdict::Identifier)),
        Row::of(
            "new with each session",
            &wanted(Life::Session),
            &found(&|field| field.verdict == Verdict::Rotating(Turnover::Session)),
        ),
        Row::of(
            "new after a time",
            &wanted(Life::Hour),
            &found(&|field| field.verdict == Verdict::Rotating(Turnover::Time)),
        ),
        Row::of("joins", &truth.joins, &joins),
        Row::of("sign-ins", &truth.sign_ins, &sign_ins),
    ]
}

fn is_named(field: &LinkField, name: &str) -> bool {
    let part = match &field.part {
        Part::Header(header) => header.strip_prefix("x-") == Some(name),
        Part::Cookie(cookie) => cookie == name,
        _ => false,
    };
    part || field.path.split(" › ").any(|layer| {
        let place = layer.split_once(' ').map_or("", |(_, place)| place);
        place.rsplit('.').next() == Some(name)
    })
}
