//! Which apps a person has: a list of package names.

use super::{Detector, Field, Match, Sure, Traits};

/// So many packages in one list are what is installed, not what is running.
const LIST: usize = 5;

/// First labels of packages: reversed domains (Android's documentation, "Set the application ID").
const ROOTS: &[&str] = &[
    "com", "org", "net", "io", "de", "fr", "uk", "pl", "it", "es", "nl", "cz", "ru", "cn", "jp", "kr", "in", "br",
    "me", "app", "dev", "co", "tv", "eu", "us", "ch", "at", "se", "no", "fi", "dk", "tr", "ua", "info", "mobi", "ai",
];

pub(super) struct Apps;

impl Detector for Apps {
    fn kind(&self) -> &'static str {
        "installed-app"
    }

    fn about(&self) -> &'static str {
        "at least five different Android application ids (reversed domain, small letters) in one list"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("apps[]", "com.whatsapp,org.telegram.messenger,com.grindrapp.android,de.hafas.android.db,com.tinder")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.dots >= 1 && traits.length <= 65_536
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        for (start, run) in field.runs(5, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_') {
            if is_package(run) {
                out.push(Match { range: start..start + run.len(), value: run.to_owned(), sure: Sure::InListOf(LIST) });
            }
        }
    }
}

fn is_package(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_lowercase())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    (2..=8).contains(&labels.len()) && ROOTS.contains(&labels[0]) && labels.iter().all(|part| label(part))
}
