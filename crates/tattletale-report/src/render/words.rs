//! Numbers and paths in words that a reader takes in at once.

use tattletale_core::model::{BlindCount, BlindKind, Coverage, Finding, Party, ReceiverCoverage, Step};

/// `1 thing`, `1,204 things`; for nouns that take an s.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `1,204`
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `exchange 3`; `unseen connection 3` where only its name is known.
pub fn place(finding: &Finding) -> String {
    let among = if finding.is_unseen() { "unseen connection" } else { "exchange" };
    format!("{among} {}", finding.exchange)
}

/// `3 connections to 2 hosts could not be seen, and silence there says nothing`; none where there were none.
pub fn unseen(coverage: &Coverage) -> Option<String> {
    let hosts = coverage.receivers.iter().filter(|receiver| receiver.hidden() > 0).count() as u64;
    (hosts > 0).then(|| {
        let connections = count(coverage.total(ReceiverCoverage::hidden), "connection");
        format!("{connections} to {} could not be seen, and silence there says nothing", count(hosts, "host"))
    })
}

/// `2 × refused the recorder's certificate, 512 bytes sent, 1.2 kB received`
pub fn blind(kind: BlindKind, count: BlindCount) -> String {
    let times = if count.connections > 1 { format!("{} × ", number(count.connections)) } else { String::new() };
    let sizes = match (count.sent, count.received) {
        (0, 0) => String::new(),
        (sent, received) => format!(", {} sent, {} received", bytes(sent), bytes(received)),
    };
    format!("{times}{}{sizes}", kind.words())
}

/// `512 bytes`, `1.2 kB`, `34 MB`: decimal units.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return count(n, "byte");
    }
    let mut size = n as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    if size < 9.95 { format!("{size:.1} {}", UNITS[unit]) } else { format!("{size:.0} {}", UNITS[unit]) }
}

/// A share as a percentage that says 0 or 100 only when it is exactly that.
pub fn percent(part: u64, whole: u64) -> String {
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    match share {
        _ if part == whole => "100 %".to_owned(),
        _ if part == 0 => "0 %".to_owned(),
        share if share < 1.0 => "under 1 %".to_owned(),
        share if share > 99.0 => "over 99 %".to_owned(),
        share => format!("{share:.0} %"),
    }
}

/// `0.1 s after`, `1.5 s before`, `3 min after` the action.
pub fn delay(ms: i64) -> String {
    let side = if ms < 0 { "before" } else { "after" };
    format!("{} {side}", duration(ms.unsigned_abs()))
}

/// `0.1 s`, `12 s`, `3 min`, `2.5 h`, `4 days`
pub fn duration(ms: u64) -> String {
    let seconds = ms as f64 / 1000.0;
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// Positions in order, runs of three and more drawn together: `3, 4, 8–11`.
pub fn ranges(positions: &[usize]) -> String {
    let mut sorted = positions.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let runs: Vec<String> = sorted
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [one] => one.to_string(),
            [one, two] => format!("{one}, {two}"),
            [first, .., last] => format!("{first}–{last}"),
            [] => String::new(),
        })
        .collect();
    runs.join(", ")
}

/// `a`, `a and b`, `a, b and c`
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `third party`
pub fn party(party: Party) -> &'static str {
    match party {
        Party::First => "first party",
        Party::Third => "third party",
        Party::Unknown => "party unknown",
    }
}

/// `third`, as in the JSON contract.
pub fn party_name(party: Party) -> &'static str {
    match party {
        Party::First => "first",
        Party::Third => "third",
        Party::Unknown => "unknown",
    }
}

/// Layers that order data without hiding any from a reader.
const STRUCTURE: &[&str] = &[
    "form",
    "json",
    "ndjson",
    "url",
    "query",
    "path",
    "percent",
    "multipart",
    "xml",
    "text",
    "key",
    "csv",
    "params",
    "auth",
    "guarded",
    "sse",
    "envelope",
    "http",
    "escapes",
    "entities",
];

/// How a value was disguised: `not disguised`, `form › base64 › gzip › json`, `sent as SHA-256, in json`.
pub fn disguise(path: &[Step]) -> String {
    // Digests stand last: of a digest of a digest the one that is written comes first.
    let digests: Vec<&str> = path.iter().rev().map_while(Step::digest).collect();
    let mut layers: Vec<&str> = path[..path.len() - digests.len()].iter().map(|step| step.layer).collect();
    layers.dedup();
    let digest = (!digests.is_empty()).then(|| digests.into_iter().rev().collect::<Vec<_>>().join(" of "));
    let hiding = layers.iter().rposition(|layer| !STRUCTURE.contains(layer));
    let hidden = hiding.is_some();
    if let Some(last) = hiding {
        // What stood inside is told by its first layer; the finer places are for the evidence.
        layers.truncate(last + 2);
    }
    let chain = layers.join(" › ");
    match (digest, layers.is_empty()) {
        (Some(digest), true) => format!("sent as {digest}"),
        (Some(digest), false) => format!("sent as {digest}, in {chain}"),
        (None, _) if hidden => chain,
        (None, _) => "not disguised".to_owned(),
    }
}

/// At most that many characters, with `…` where something was left out.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words() {
        assert_eq!((count(1, "thing"), count(1204, "thing")), ("1 thing".into(), "1,204 things".into()));
        assert_eq!(number(1_234_567), "1,234,567");
        let sizes = [(0, "0 bytes"), (1, "1 byte"), (1200, "1.2 kB"), (34_000_000, "34 MB"), (999_999, "1.0 MB")];
        assert!(sizes.iter().all(|&(n, words)| bytes(n) == words), "{:?}", sizes.map(|(n, _)| bytes(n)));
        assert_eq!(
            [percent(999, 1000), percent(1, 1000), percent(5, 5), percent(1, 2)],
            ["over 99 %", "under 1 %", "100 %", "50 %"]
        );
        let delays = [(100, "0.1 s after"), (-1500, "1.5 s before"), (42_000, "42 s after"), (180_000, "3 min after")];
        assert!(delays.iter().all(|&(ms, words)| delay(ms) == words));
        assert_eq!(delay(i64::MIN).split(' ').next_back(), Some("before"));
        assert_eq!(ranges(&[11, 3, 4, 8, 9, 10, 3]), "3, 4, 8–11");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn disguises_in_words() {
        let path = |layers: &[&'static str]| layers.iter().map(|&layer| Step { layer, at: None }).collect::<Vec<_>>();
        assert_eq!(disguise(&[]), "not disguised");
        assert_eq!(disguise(&path(&["form", "json", "json"])), "not disguised");
        assert_eq!(disguise(&path(&["form", "base64", "gzip", "json"])), "form › base64 › gzip › json");
        assert_eq!(disguise(&path(&["json", "sha256"])), "sent as SHA-256, in json");
        assert_eq!(disguise(&path(&["md5"])), "sent as MD5");
        assert_eq!(disguise(&path(&["form", "sha256", "md5"])), "sent as SHA-256 of MD5, in form");
        assert_eq!(disguise(&path(&["form", "md5", "md5"])), "sent as MD5 of MD5, in form");
        assert_eq!((cut("abcdef", 4), cut("abcd", 4)), ("abc…".into(), "abcd".into()));
    }
}
