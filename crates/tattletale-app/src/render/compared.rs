//! Comparisons and searches, put into words once for every output.

use tattletale_core::model::app::Fault;
use tattletale_report::render::words::{count, number};

use super::words::{LISTED, fault, item, said, section};
use super::{Named, Search, Sheet, Tone};
use crate::compare::{ChangedMethod, Comparison, Counts};

/// `97.3 %`; 100 only for what is equal in everything.
fn share(part: f64) -> String {
    match part {
        p if p >= 1.0 => "100 %".to_owned(),
        p if p > 0.999 => "over 99.9 %".to_owned(),
        p => format!("{:.1} %", p * 100.0),
    }
}

fn counts(what: &str, counts: &Counts) -> String {
    format!(
        "{what}: {} the same, {} changed, {} only in the first, {} only in the second",
        number(counts.same),
        number(counts.changed),
        number(counts.only_a),
        number(counts.only_b)
    )
}

/// Two apps by their names and versions, or by their files where these say nothing; the same names with the files.
fn the_two(a: &Named, b: &Named) -> (String, String) {
    let last = |file: &str| file.rsplit('/').next().unwrap_or(file).to_owned();
    let file = |named: &Named| match last(&a.file) == last(&b.file) {
        true => said(&named.file),
        false => said(&last(&named.file)),
    };
    match (&a.app, &b.app) {
        (Some(one), Some(other)) if one != other => (said(one), said(other)),
        (Some(one), Some(_)) => (format!("{} of {}", said(one), file(a)), format!("the one of {}", file(b))),
        _ => (file(a), file(b)),
    }
}

/// Two apps.
pub fn comparison(a: &Named, b: &Named, compared: &Comparison, faults: &[Fault]) -> Sheet {
    let differing = compared.methods.changed + compared.methods.only_a + compared.methods.only_b;
    let (first, second) = the_two(a, b);
    let headline = match compared.similarity {
        None => {
            format!("Of all code {} is the same; one of the two has none of its own.", share(compared.with_libraries))
        }
        Some(_) if differing == 0 && compared.classes.only_a + compared.classes.only_b == 0 => {
            format!("{first} is the same code as {second}.")
        }
        Some(similarity) if similarity > 0.9 => {
            let methods = count(differing, "method");
            format!("{first} is the same code as {second} but for {methods} ({} the same).", share(similarity))
        }
        Some(similarity) if similarity < 0.1 => {
            format!("{first} and {second} are different code: {} is the same.", share(similarity))
        }
        Some(similarity) => format!("{} of {first} and {second} is the same code.", share(similarity)),
    };
    let about = vec![
        format!("first: {}", described(a)),
        format!("second: {}", described(b)),
        format!("with common libraries: {} the same", share(compared.with_libraries)),
        counts("classes", &compared.classes),
        counts("methods", &compared.methods),
    ];
    let method = |method: &ChangedMethod| match (&method.a, &method.b) {
        (Some(a), Some(b)) if a == b => format!("{}: {} the same", said(a), share(method.similarity)),
        (Some(a), Some(b)) => format!("{} is {}: {} the same", said(a), said(b), share(method.similarity)),
        (Some(a), None) => format!("{}: only in the first", said(a)),
        (None, b) => format!("{}: only in the second", said(b.as_deref().unwrap_or_default())),
    };
    let class = |class: &crate::compare::ChangedClass| {
        let head = match class.a == class.b {
            true => said(&class.a),
            false => format!("{} is {}", said(&class.a), said(&class.b)),
        };
        let facts = class.methods.iter().take(LISTED).map(method).collect();
        item(Tone::Plain, format!("{head}: {} the same", share(class.similarity)), facts)
    };
    let names = |names: &[String]| names.iter().map(|name| item(Tone::Plain, said(name), Vec::new())).collect();
    Sheet {
        headline,
        about,
        complete: faults.is_empty(),
        sections: vec![
            section("changed", "What differs", None, compared.changed.iter().map(class).collect()),
            section("only-first", "Classes only in the first", None, names(&compared.only_a)),
            section("only-second", "Classes only in the second", None, names(&compared.only_b)),
            section("faults", "Not seen", None, faults.iter().map(fault).collect()),
        ],
    }
}

fn described(named: &Named) -> String {
    match &named.app {
        Some(app) => format!("{}, from {}", said(app), said(&named.file)),
        None => said(&named.file),
    }
}

/// A search.
pub fn search(search: &Search) -> Sheet {
    let found = search.hits.len() as u64;
    let looked = count(search.apps, "app");
    let headline = match found {
        0 => format!("{} is in none of {looked}.", said(&search.sought)),
        _ => format!("{} is in {} of {looked}.", said(&search.sought), number(found)),
    };
    let hit = |hit: &super::Hit| {
        let names = [hit.package.as_deref(), hit.version.as_deref()];
        let names = names.iter().flatten().map(|name| said(name)).collect::<Vec<_>>().join(" ");
        let mut facts: Vec<String> = (!names.is_empty()).then_some(names).into_iter().collect();
        match &hit.found.comparison {
            Some(compared) => {
                let contained = compared.contained.map(share).unwrap_or_default();
                facts.push(format!("{contained} of the code sought is in it"));
                facts.push(counts("methods", &compared.methods));
            }
            None => {
                facts.push(format!("{} places", number(hit.found.count)));
                facts.extend(hit.found.places.iter().map(|place| said(place)));
            }
        }
        facts.extend(hit.sha256.as_ref().map(|digest| format!("SHA-256 {digest}")));
        item(Tone::Alarm, said(&hit.file), facts)
    };
    Sheet {
        headline,
        about: Vec::new(),
        complete: search.faults.is_empty(),
        sections: vec![
            section("found", "Where it is", None, search.hits.iter().map(hit).collect()),
            section("faults", "Not seen", None, search.faults.iter().map(fault).collect()),
        ],
    }
}
