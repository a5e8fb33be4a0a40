//! E-mail addresses.

use super::{Detector, Field, Match, Sure, Traits};
use crate::model::has_known_suffix;

pub(super) struct Email;

/// Endings of files that people write `@2x` into, and of versions after a package's name.
const NO_DOMAINS: &[&str] = &["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "mjs", "ts", "min"];

/// Users of services, not people.
const SERVICES: &[&str] = &["git", "hg", "svn"];

impl Detector for Email {
    fn kind(&self) -> &'static str {
        "email"
    }

    fn about(&self) -> &'static str {
        "local part and domain as RFC 5321 writes them, the domain under a suffix of publicsuffix.org or reserved by \
         RFC 2606; the user of a URL is none"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("text", "write to marta.eaea5ae2@example.org, please")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.ats > 0 && traits.dots > 0
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let belongs = |c: char| c.is_alphanumeric() || "!#$&'*+-/=?^_`{|}~.@%".contains(c);
        for (start, run) in field.runs(6, belongs) {
            let mut after = 0;
            for (at, _) in run.match_indices('@') {
                let local_start = run[after..at].rfind(|c: char| !is_local(c)).map_or(after, |cut| after + cut + 1);
                let end = run[at + 1..].find(|c: char| !is_domain(c)).map_or(run.len(), |cut| at + 1 + cut);
                // Within a name an apostrophe belongs to it; before it, it is a quote.
                let local_start = at - run[local_start..at].trim_start_matches('\'').len();
                let (local, domain) = (&run[local_start..at], run[at + 1..end].trim_end_matches(['.', '-']));
                after = at + 1;
                let before = &field.text[..start + local_start];
                let in_address = before.ends_with("//") || before.ends_with(':') && before.contains("://");
                if !in_address && is_mail(local, domain) {
                    let range = start + local_start..start + at + 1 + domain.len();
                    let value = format!("{local}@{domain}").to_lowercase();
                    out.push(Match { range, value, sure: Sure::Yes });
                }
            }
        }
    }
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "+-_.'".contains(c)
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '.'
}

fn is_mail(local: &str, domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let last = labels.last().copied().unwrap_or_default().to_lowercase();
    let label = |label: &&str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-');
    let reserved = matches!(last.as_str(), "example" | "test" | "localhost" | "invalid");
    let known = || has_known_suffix(&domain.to_lowercase());
    let named = local.chars().any(char::is_alphabetic) && !local.starts_with('.') && !local.ends_with('.');
    local.len() <= 64
        && named
        && labels.len() >= 2
        && labels.iter().all(label)
        && !SERVICES.contains(&local)
        && !NO_DOMAINS.contains(&last.as_str())
        && last.chars().all(|c| !c.is_ascii_digit())
        && (reserved || known())
}
