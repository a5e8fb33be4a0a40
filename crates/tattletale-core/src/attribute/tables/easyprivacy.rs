//! EasyPrivacy and other lists in the Adblock Plus format: hosts that are listed as a whole.
//!
//! Only rules of the form `||host^` are read, since the question here is who a host is and not whether a request
//! would be blocked. Rules on paths, for some sites only (`domain=`), with wildcards or on elements of pages say
//! nothing of a host as such. A whole engine (the `adblock` crate) would add 50 s of processor time to the build to
//! answer a question that is not asked. An exception (`@@||host^`) takes its host off the list again.

use super::names::Names;
use super::{Facts, Kind, Opened, Origin, Table, TableError, of_file};
use crate::model::{About, Aspect, Fact, Source};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kind of file.
pub(super) struct EasyPrivacy;

/// Bytes in which the head of a list stands.
const HEAD: usize = 4 << 10;

/// One file.
#[derive(Debug)]
struct List {
    source: Arc<Source>,
    names: Names<()>,
}

impl Kind for EasyPrivacy {
    fn name(&self) -> &'static str {
        "easyprivacy"
    }

    fn about(&self) -> &'static str {
        "EasyPrivacy or another list in the Adblock Plus format"
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        let head = &bytes[..bytes.len().min(HEAD)];
        head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).starts_with(b"[Adblock")
            || memchr::memmem::find(head, b"! Title:").is_some()
    }

    fn open(&self, bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError> {
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| TableError::new("is not UTF-8 from here on", error.valid_up_to() as u64))?;
        let head = |name: &str| {
            let comments = text.lines().take_while(|line| line.starts_with(['!', '[', '\u{feff}']));
            let mut found = comments.filter_map(|line| line.trim_start_matches(['!', ' ']).strip_prefix(name));
            found.next().map(|value| value.trim().to_owned())
        };
        let rules: Vec<(bool, &str)> = text.lines().filter_map(rule).collect();
        let excepted: BTreeSet<&str> = rules.iter().filter(|(excepted, _)| *excepted).map(|(_, host)| *host).collect();
        let mut names = Names::default();
        for (_, host) in rules.iter().filter(|(exception, host)| !exception && !excepted.contains(host)) {
            names.insert(host, ());
        }
        if names.len() == 0 {
            return Err(TableError::new("holds no rule on a whole host", bytes.len() as u64));
        }
        let source = Arc::new(Source {
            name: head("Title:").unwrap_or_else(|| origin.file.clone()),
            date: head("Last modified:").or_else(|| head("Version:")),
            evidence: of_file(origin),
            licence: head("Licence:").or_else(|| head("License:")),
        });
        let holds = format!("{} names", names.len());
        let table = Box::new(List { source: Arc::clone(&source), names });
        Ok(Opened { kind: self.name(), source, holds, table })
    }
}

/// The host of a rule on a whole host, and whether the rule is an exception.
fn rule(line: &str) -> Option<(bool, &str)> {
    let line = line.trim();
    let (excepted, line) = line.strip_prefix("@@").map_or((false, line), |rest| (true, rest));
    let (host, rest) = line.strip_prefix("||")?.split_once('^')?;
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let options = match rest.strip_prefix('$') {
        Some(options) => options,
        None if rest.is_empty() => "",
        None => return None,
    };
    let limited =
        options.split(',').any(|option| ["domain=", "from=", "path="].iter().any(|to| option.starts_with(to)));
    (is_host && !limited).then_some((excepted, host))
}

impl Table for List {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        let Some((name, ())) = self.names.of(host).next() else { return };
        let mut facts = Facts { facts, source: &self.source, about: About::Name(name.to_owned()) };
        facts.say(Aspect::Category, "listed as a tracker");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_on_whole_hosts_count() {
        let cases = [
            ("||tracking.miui.com^", Some((false, "tracking.miui.com"))),
            ("||a.example^$third-party,script", Some((false, "a.example"))),
            ("@@||a.example^", Some((true, "a.example"))),
            ("||a.example^$domain=b.example", None),
            ("||a.example^pixel", None),
            ("||a.example/pixel^", None),
            ("||a*.example^", None),
            ("||^", None),
            ("example.org##.ad", None),
            ("! ||a.example^", None),
        ];
        for (line, expected) in cases {
            assert_eq!(rule(line), expected, "{line}");
        }
    }
}
