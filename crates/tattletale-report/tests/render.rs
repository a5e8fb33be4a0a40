//! What must hold for every renderer: nothing leaks, nothing acts, any report can be written.

#![expect(clippy::unwrap_used, reason = "a test helper may fail the test")]

mod reports;

use reports::{EMAIL, MARKUP, PASSWORD, TERM, TOKEN, UNPLANTED, UNPLANTED_SECRETS, VISIT};
use sha2::{Digest, Sha256};
use tattletale_core::model::{Fault, FaultKind, Report};
use tattletale_report::render::{HTML, JSON, Options, RENDERERS, Renderer, TEXT, escape};

fn rendered(renderer: &dyn Renderer, report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    renderer.render(report, options, &mut out).unwrap();
    String::from_utf8(out).expect("every output is UTF-8")
}

fn revealing() -> Options {
    Options { reveal: true, ..Options::default() }
}

/// A value as it could stand somewhere: plain, percent-encoded, JSON-escaped, in base64, in hex, digested.
fn forms(value: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let percent = |keep: &str| {
        let byte = |byte: u8| match char::from(byte) {
            c if c.is_ascii_alphanumeric() || keep.contains(c) => c.to_string(),
            _ => format!("%{byte:02X}"),
        };
        value.bytes().map(byte).collect::<String>()
    };
    let base64 = base64_simd::STANDARD_NO_PAD.encode_to_string(value);
    let bare = value.trim_start_matches("https://").to_owned();
    vec![
        value.to_owned(),
        bare,
        percent("-_.~"),
        percent("-_.~:/?=&"),
        value.replace('"', "\\\""),
        base64[..base64.len() / 4 * 4].to_owned(),
        hex(value.as_bytes()),
        hex(&Sha256::digest(value)),
    ]
}

fn assert_absent(text: &str, forms: impl IntoIterator<Item = String>, renderer: &dyn Renderer) {
    let lower = text.to_lowercase();
    for form in forms {
        if let Some(place) = lower.find(&form.to_lowercase()) {
            let start = lower.floor_char_boundary(place.saturating_sub(200));
            panic!("{} leaks {form}: {}", renderer.name(), &lower[start..place + form.len()]);
        }
    }
}

#[test]
fn every_renderer_has_its_own_name_and_survives_any_report() {
    for (position, renderer) in RENDERERS.iter().enumerate() {
        assert!(RENDERERS[..position].iter().all(|other| other.name() != renderer.name()));
        assert!(!renderer.about().is_empty());
        for report in [reports::rich(), reports::nasty(), reports::nothing_found(), reports::empty()] {
            for (reveal, width) in [(false, 100), (true, 20), (true, 0)] {
                let options = Options { reveal, width, truth_file: Some("my truth.toml".into()), ..Options::default() };
                let text = rendered(*renderer, &report, &options);
                assert!(text.ends_with('\n') && text.len() > 20, "{}", renderer.name());
            }
        }
    }
}

#[test]
fn nothing_planted_leaves_in_a_written_report() {
    let report = reports::nasty();
    for renderer in RENDERERS.iter().filter(|renderer| renderer.name() != "text") {
        let text = rendered(*renderer, &report, &Options::default());
        let planted = [EMAIL, VISIT, PASSWORD, TOKEN, TERM].into_iter().flat_map(forms);
        let pieces = [
            "early-menopause",
            "news-4711",
            "clinic.localhost",
            "600123456",
            "600 123 456",
            "klatce",
            "batte",
            "example.org",
        ];
        assert_absent(&text, planted.chain(pieces.map(String::from)), *renderer);
        assert_absent(&text, UNPLANTED.map(String::from), *renderer);
        // One screen names kinds only.
        let named = text.contains("email-1") && text.contains("visit-1") && text.contains("first-party-1");
        assert!(named || renderer.name() == "brief", "{}", renderer.name());
    }
}

#[test]
fn secrets_stay_masked_everywhere() {
    let report = reports::nasty();
    for renderer in RENDERERS {
        let text = rendered(*renderer, &report, &revealing());
        assert!(text.contains(EMAIL) || renderer.name() == "brief", "{} shows what may be shown", renderer.name());
        assert_absent(&text, [PASSWORD, TOKEN].into_iter().flat_map(forms), *renderer);
        assert_absent(&text, UNPLANTED_SECRETS.map(String::from), *renderer);
    }
}

#[test]
fn a_fault_of_a_whole_capture_follows_a_colon() {
    let mut report = reports::nothing_found();
    report.faults = vec![(0, Fault::new(FaultKind::Corrupt, "the file is empty"))];
    let text = rendered(TEXT, &report, &Options::default());
    assert!(text.contains("corrupt  recordings/clinic visit.har: the file is empty"), "{text}");
    let text = rendered(TEXT, &reports::rich(), &Options::default());
    assert!(text.contains("clinic visit.har, exchange 7, body: gzip ends early"), "{text}");
}

#[test]
fn what_is_only_counted_is_said() {
    let mut report = reports::rich();
    let listed = report.faults.len() as u64;
    report.faults_dropped = 2_345 - listed;
    report.findings_dropped = 4_567;
    report.coverage.hosts_dropped = 6_789;
    for renderer in RENDERERS.iter().filter(|renderer| renderer.name() != "brief") {
        let text = rendered(*renderer, &report, &Options::default());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = match renderer.name() {
            "json" => vec![
                format!("\"faults_dropped\": {}", 2_345 - listed),
                "\"findings_dropped\": 4567".into(),
                "\"hosts_dropped\": 6789".into(),
                "\"complete\": false".into(),
            ],
            _ => vec![
                "2,345 places".into(),
                "4,567 more places where the same was told".into(),
                format!("2,3{} more places where something could not be processed", 45 - listed),
                "the hosts of 6,789 messages and connections".into(),
            ],
        };
        let silent: Vec<&String> = said.iter().filter(|said| !text.contains(said.as_str())).collect();
        assert!(silent.is_empty(), "{} does not say {silent:?}", renderer.name());
    }
    let mut report = reports::nothing_found();
    report.faults_dropped = 1;
    assert!(!report.complete());
    for renderer in RENDERERS {
        let text = rendered(*renderer, &report, &Options::default()).to_lowercase();
        let said = ["not complete", "not everything that was there could", "\"complete\": false"];
        assert!(said.iter().any(|said| text.contains(said)), "{}", renderer.name());
    }
}

#[test]
fn no_output_holds_control_or_bidi_characters() {
    for renderer in RENDERERS {
        for options in [Options::default(), revealing()] {
            let text = rendered(*renderer, &reports::nasty(), &options);
            assert_eq!(text.chars().find(|&c| c != '\n' && escape::must_escape(c)), None, "{}", renderer.name());
        }
    }
}

#[test]
fn text_fits_the_width_except_for_commands() {
    for width in [60, 80, 120] {
        for report in [reports::rich(), reports::nasty()] {
            let text = rendered(TEXT, &report, &Options { width, ..Options::default() });
            for line in text.lines().filter(|line| !line.trim_start().starts_with("tattletale show")) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn text_colours_only_when_asked() {
    let report = reports::rich();
    let plain = rendered(TEXT, &report, &Options::default());
    let coloured = rendered(TEXT, &report, &Options { colour: true, ..Options::default() });
    assert!(!plain.contains('\x1b') && coloured.contains("\x1b["));
}

#[test]
fn json_is_the_contract() {
    let text = rendered(JSON, &reports::rich(), &Options::default());
    assert_eq!(text, rendered(JSON, &reports::rich(), &Options::default()));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json["schema"].as_u64(), json["complete"].as_bool()), (Some(1), Some(false)));
    assert_eq!(json["coverage"]["opaque"], 39_400);
    let finding = &json["findings"][0];
    let expected = serde_json::json!({
        "value": "email", "action": null, "kind": "email", "exchange": 3, "part": "body", "strength": "strong",
        "receiver": { "host": "collector.localhost", "domain": "collector.localhost", "party": "third" },
        "path": [
            { "layer": "form", "at": "data_list" }, { "layer": "base64" }, { "layer": "gzip" },
            { "layer": "json", "at": "$[0].properties.email" }
        ],
        "time": "2026-11-21T02:44:39.3Z", "delay_ms": 120, "mode": "incognito", "plaintext": false, "range": [12, 37],
        "command": "tattletale show 'recordings/clinic visit.har' --exchange 3",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&finding[key], value, "{key}");
    }
    assert_eq!(finding["excerpt"]["found"], "[email-1]");
    assert_eq!(json["truth"]["values"][0], serde_json::json!({ "name": "email", "kind": "email", "mask": "email-1" }));
}

#[test]
fn excerpts_keep_field_names_only() {
    let json = |options: &Options| -> serde_json::Value {
        serde_json::from_str(&rendered(JSON, &reports::rich(), options)).unwrap()
    };
    let masked = &json(&Options::default())["findings"][0]["excerpt"];
    assert_eq!(masked["before"], r#""…":…,"properties":{"id":""#);
    assert_eq!(masked["after"], r#"","screen":"…","lib":"…"}"#);
    let revealed = &json(&revealing())["findings"][0]["excerpt"];
    assert_eq!(revealed["found"], EMAIL);
    assert_eq!(revealed["after"], r#"","screen":"1080","lib":"js"}"#);
}

#[test]
fn the_page_takes_nothing_from_the_capture_but_text() {
    let page = rendered(HTML, &reports::nasty(), &revealing());
    let without_style = page.split_once("</style>").unwrap().1;
    for tag in ["<script", "<img", "<iframe", "<style", "<link", " style=", "</style"] {
        assert!(!without_style.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;") && page.contains("default-src 'none'"));
    assert!(MARKUP.iter().all(|markup| !page.contains(markup)));
}

/// Writes the pages for a look at them: `REPORTS_INTO=folder cargo test -p tattletale-report --test render -- pages`.
#[test]
fn pages_for_a_look() {
    let Ok(folder) = std::env::var("REPORTS_INTO") else { return };
    for (name, report) in [("rich", reports::rich()), ("nasty", reports::nasty()), ("none", reports::nothing_found())] {
        for renderer in RENDERERS {
            let options = Options { truth_file: Some("truth.toml".into()), ..Options::default() };
            let file = std::path::Path::new(&folder).join(format!("{name}.{}", renderer.name()));
            std::fs::write(file, rendered(*renderer, &report, &options)).unwrap();
        }
    }
}

#[test]
fn who_runs_a_server_is_told_by_source_and_disagreement_is_said() {
    for renderer in [TEXT, HTML] {
        let text = rendered(renderer, &reports::rich(), &Options { width: 1000, ..Options::default() });
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{}: no {part}: {text}", renderer.name()));
        assert!(
            at("location estimate of 192.0.2.7") < at("table CN, 2026-10-01") && at("3 sources disagree") > at("SG")
        );
        assert_eq!(text.matches("disagree").count(), 1, "one source on the organisation agrees with itself");
    }
    let json: serde_json::Value = serde_json::from_str(&rendered(JSON, &reports::rich(), &Options::default())).unwrap();
    let location = &json["operators"][0]["statements"][1];
    assert_eq!((&location["field"], &location["disagree"]), (&"location-estimate".into(), &true.into()));
    assert_eq!(location["values"][2]["sources"][0]["evidence"], "table SG says SG");
}

#[test]
fn nothing_is_told_of_who_runs_a_masked_site() {
    let mut report = reports::rich();
    report.truth.inferred = true;
    report.operators[0].host = "www.clinic.localhost".into();
    report.coverage.receivers[0].addresses.push([192, 0, 2, 7].into());
    let text = rendered(JSON, &report, &Options::default());
    assert!(!text.contains("192.0.2.7"), "{text}");
    assert!(rendered(JSON, &report, &revealing()).contains("192.0.2.7"));
}
