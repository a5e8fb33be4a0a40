//! Numbers, times and names as words.

use super::super::PersonView;
use super::shown;
use jiff::Timestamp;

/// What the receiver calls a person.
pub(super) fn name(person: &PersonView) -> String {
    match person.account() {
        Some(account) => format!("Person {}, account {}", person.number, shown(account)),
        None => format!("Person {}, no account known", person.number),
    }
}

/// A server's name in full; anything else as it is.
pub(super) fn server(short: &str) -> String {
    match short {
        "singapore" => "Singapore (modelled)".to_owned(),
        "russia" => "Russia (modelled)".to_owned(),
        "plain" => "Singapore, unencrypted (modelled)".to_owned(),
        "sa" => "Browser telemetry".to_owned(),
        "spock" => "System telemetry".to_owned(),
        "aggregate" => "Counts without identity".to_owned(),
        other => shown(other),
    }
}

/// With a thin space between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = (0..digits.len().div_ceil(3))
        .rev()
        .map(|group| &digits[digits.len().saturating_sub(group * 3 + 3)..digits.len() - group * 3])
        .collect();
    groups.join("\u{202f}")
}

/// "1 event", "2 events".
pub(super) fn count(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A time of the person's own clock, in a `strftime` pattern.
pub(super) fn time(at: i64, offset_minutes: i64, pattern: &str) -> String {
    let local = Timestamp::from_millisecond(at.saturating_add(offset_minutes * 60_000));
    local.map_or_else(|_| "at an unknown time".to_owned(), |time| time.strftime(pattern).to_string())
}

/// Which clock the page shows.
pub(super) fn clock(offset_minutes: i64) -> String {
    match offset_minutes {
        0 => "Times are UTC.".to_owned(),
        ahead => format!("Times are local: UTC{:+03}:{:02}, as the device reported.", ahead / 60, ahead.abs() % 60),
    }
}

/// A span of milliseconds.
pub(super) fn span(ms: i64) -> String {
    match ms / 60_000 {
        0 => format!("{} s", ms / 1000),
        minutes @ 1..60 => format!("{minutes} min"),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        assert_eq!(
            [0, 12, 999, 1000, 1_234_567].map(number),
            ["0", "12", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!(count(1, "event"), "1 event");
        assert_eq!(time(0, 480, "%H:%M"), "08:00");
        assert_eq!([59_000, 61_000, 5_400_000].map(span), ["59 s", "1 min", "1 h 30 min"]);
        assert_eq!(clock(-330), "Times are local: UTC-05:30, as the device reported.");
    }
}
