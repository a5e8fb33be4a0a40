//! `startedDateTime` in every notation seen; HAR 1.2 asks for ISO 8601 with an offset.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use super::object::Json;
use crate::model::Timestamp;

/// The time that a value means; none when it is absent or in no known notation.
///
/// ISO 8601 with any offset (without one: UTC), RFC 2822, .NET's `/Date(ms)/`, or a count since 1970 as number or
/// string, in seconds, milli-, micro- or nanoseconds as its size tells.
pub(super) fn read(value: Json<'_>) -> Option<Timestamp> {
    let text = value.string()?;
    let text = text.trim();
    let bare = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")).unwrap_or(text);
    if let Ok(count) = bare.parse::<f64>() {
        return since_1970(count);
    }
    let written = text.parse::<Timestamp>().ok();
    // The civil parser ignores an offset, so it must not see one; `Timestamp` refuses only what lacks it.
    written.or_else(|| without_offset(text)).or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

fn without_offset(text: &str) -> Option<Timestamp> {
    let clock = text.get(10..).unwrap_or("");
    if clock.contains(['+', '-', 'Z', 'z']) {
        return None;
    }
    TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()
}

/// Counts too small for any unit are not times of a capture (some recorders count from their own start).
fn since_1970(count: f64) -> Option<Timestamp> {
    let nanoseconds = match count {
        1e8..1e11 => count * 1e9,
        1e11..1e14 => count * 1e6,
        1e14..1e17 => count * 1e3,
        1e17..1e20 => count,
        _ => return None,
    };
    // A double holds a present time to about a quarter of a microsecond: whole microseconds are what it says.
    Timestamp::from_microsecond((nanoseconds / 1e3).round() as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::super::object;
    use super::*;

    fn time(json: &str) -> Option<String> {
        let text = format!("{{\"t\":{json}}}");
        let mut nodes = Vec::new();
        let _ = object::read(text.as_bytes(), |_| true, &mut nodes);
        read(Json::root(text.as_bytes(), &nodes).get("t")).map(|at| at.to_string())
    }

    #[test]
    fn every_notation() {
        let same = [
            r#""2026-11-21T02:44:30.100Z""#,
            r#""2026-11-21T02:44:30.100+00:00""#,
            r#""2026-11-21T03:44:30.100+01:00""#,
            r#""2026-11-21T03:44:30.100+0100""#,
            r#""2026-11-20T21:44:30.100-05""#,
            r#""2026-11-21T02:44:30.1""#,
            r#""2026-11-21T02:44:30.1000000Z""#,
            r#""2026-11-21 02:44:30,100""#,
            r#"" 2026-11-21 02:44:30.1Z ""#,
            "1795229070100",
            r#""1795229070100""#,
            "1795229070.1",
            "1795229070100000",
            r#""\/Date(1795229070100)\/""#,
        ];
        for json in same {
            assert_eq!(time(json).as_deref(), Some("2026-11-21T02:44:30.1Z"), "{json}");
        }
        assert_eq!(time(r#""Sat, 21 Nov 2026 02:44:30 GMT""#).as_deref(), Some("2026-11-21T02:44:30Z"));
        for json in ["null", "{}", r#""""#, r#""soon""#, "0", "-1", "12.5", "1e400", r#""2026-11-21T25:00:00Z""#] {
            assert_eq!(time(json), None, "{json}");
        }
    }
}
