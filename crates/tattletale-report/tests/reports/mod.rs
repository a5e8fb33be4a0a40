//! Reports made by hand, for the tests of the renderers: a rich one, a nasty one, and two with nothing in them.
//!
//! The people are made up. The nasty report holds everything that must not travel or act: planted values where
//! nobody looks for them, secrets, and markup, script and terminal codes in every string that a capture can fill.

use sha2::{Digest, Sha256};
use std::sync::Arc;
use tattletale_core::model::{
    About, Action, Aspect, BlindCount, BlindKind, CaptureInfo, Carrier, Coverage, Excerpt, Fact, Fault, FaultKind,
    Fields, Finding, GroundTruth, Hashes, OpaqueKind, OpaquePlace, Operator, Part, Party, Receiver, ReceiverCoverage,
    Report, Source, Step, Strength, Subject, Timestamp, Value,
};

pub(crate) const START: &str = "2026-11-21T02:44:30Z";

pub(crate) fn at(ms: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    Timestamp::from_millisecond(start.as_millisecond() + ms).unwrap()
}

pub(crate) fn value(name: &str, kind: &'static str, value: &str) -> Value {
    Value { name: name.into(), kind, value: value.into() }
}

pub(crate) fn action(name: &str, kind: &'static str, value: &str, ms: i64) -> Action {
    Action {
        name: name.into(),
        kind,
        value: value.into(),
        at: Some(at(ms)),
        modelled_at: None,
        mode: Some("incognito"),
    }
}

pub(crate) fn step(layer: &'static str, place: &str) -> Step {
    Step { layer, at: (!place.is_empty()).then(|| place.to_owned()) }
}

pub(crate) fn receiver(host: &str, domain: &str, party: Party) -> Receiver {
    Receiver { host: host.into(), domain: (!domain.is_empty()).then(|| domain.into()), party }
}

pub(crate) fn capture(name: &str, exchanges: u64) -> CaptureInfo {
    CaptureInfo {
        name: name.into(),
        sha256: Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes: 1_284_000,
        exchanges,
        span: Some((at(0), at(96_000))),
    }
}

/// A finding with sensible defaults; tests change what they are about.
pub(crate) fn finding(subject: Subject, receiver: Receiver, exchange: usize, path: Vec<Step>) -> Finding {
    let (value, action) = match subject {
        Subject::Value(index) => (Some(index), None),
        Subject::Action(index) => (None, Some(index)),
    };
    Finding {
        value,
        action,
        capture: 0,
        exchange,
        at: Some(at(exchange as i64 * 3100)),
        delay_ms: Some(120),
        receiver,
        mode: Some("incognito"),
        plaintext: false,
        part: Part::Body,
        path,
        range: 12..37,
        excerpt: Excerpt {
            before: br#""time":1763,"properties":{"id":""#.to_vec(),
            found: b"marta@example.org".to_vec(),
            after: br#"","screen":"1080","lib":"js"}"#.to_vec(),
        },
        chance: 1e-19,
        strength: Strength::Strong,
    }
}

fn coverage_row(host: &str, exchanges: u64, read: u64, opaque: u64) -> ReceiverCoverage {
    ReceiverCoverage {
        host: host.into(),
        exchanges,
        captured: read + opaque,
        read,
        opaque,
        bodies: [exchanges, 0, 0, 0, 0],
        addresses: vec![],
        plaintext: 0,
        blind: vec![],
    }
}

/// A connection of every kind that stayed unseen.
fn unseen() -> Vec<(BlindKind, BlindCount)> {
    let count = BlindCount { connections: 2, sent: 517, received: u64::MAX };
    BlindKind::ALL.map(|kind| (kind, count)).to_vec()
}

/// Three sources on where the server stands, and one on whose it is.
fn operator(host: &str, countries: [&str; 3]) -> Operator {
    let fact = |aspect, about: &About, value: &str, name: &str| {
        let (date, licence) = (Some("2026-10-01T10:00:00Z".to_owned()), Some(value.to_owned()));
        let source = Source { name: name.into(), date, evidence: format!("{name} says {value}"), licence };
        Fact { aspect, about: about.clone(), value: value.into(), source: Arc::new(source) }
    };
    let (server, name) = (About::Address([192, 0, 2, 7].into()), About::Name(host.into()));
    let mut facts = vec![fact(Aspect::Organisation, &name, countries[0], countries[1])];
    facts.extend(countries.map(|country| fact(Aspect::Location, &server, country, &format!("table {country}"))));
    Operator { host: host.into(), facts }
}

/// Five receivers, twenty-odd findings, weak signs, closed places.
pub(crate) fn rich() -> Report {
    let truth = GroundTruth {
        first_party: vec!["clinic.localhost".into()],
        values: vec![
            value("email", "email", "marta@example.org"),
            value("full name", "person-name", "Marta Żółć"),
            value("imei", "imei", "860592041475554"),
            value("android id", "android-id", "7fff2b939ece5e58"),
            value("symptom", "search", "ból w klatce piersiowej"),
            value("login", "password", "correct horse battery"),
            value("home", "latitude", "52.2296756"),
        ],
        actions: vec![
            action("action#0", "visit", "https://clinic.localhost/", 500),
            action("second page", "visit", "https://clinic.localhost/conditions/early-menopause", 12_000),
            action("action#2", "search", "early menopause test", 31_000),
            action("holiday pictures", "open-folder", "DCIM/Camera", 32_500),
            action("action#4", "visit", "https://clinic.localhost/book?doctor=17&day=monday", 61_000),
        ],
        inferred: false,
    };
    let collector = || receiver("collector.localhost", "collector.localhost", Party::Third);
    let stats = |sub: &str| receiver(&format!("{sub}.stats.localhost"), "stats.localhost", Party::Third);
    let clinic = || receiver("api.clinic.localhost", "clinic.localhost", Party::First);
    let maps = || receiver("192.0.2.17", "", Party::Unknown);
    let ads =
        || receiver("pixel.advertising-exchange-network.example", "advertising-exchange-network.example", Party::Third);
    let sdk = |field: &str| vec![step("form", "data_list"), step("base64", ""), step("gzip", ""), step("json", field)];
    let mut findings = Vec::new();
    for exchange in [3, 4, 8, 9, 10, 11] {
        findings.push(finding(Subject::Value(0), collector(), exchange, sdk("$[0].properties.email")));
    }
    for exchange in [5, 12, 13] {
        findings.push(finding(Subject::Action(1), collector(), exchange, sdk("$[0].properties.$url")));
    }
    findings.push(finding(Subject::Value(3), collector(), 3, sdk("$[0].distinct_id")));
    findings.push(Finding {
        mode: Some("normal"),
        plaintext: true,
        delay_ms: Some(-1500),
        ..finding(Subject::Value(4), collector(), 14, sdk("$[1].event.keyword"))
    });
    findings.push(Finding { action: Some(2), ..finding(Subject::Value(4), stats("a"), 15, vec![]) });
    findings.push(finding(Subject::Value(0), stats("b"), 16, vec![step("json", "$.user.em"), step("sha256", "")]));
    findings.push(Finding {
        part: Part::Query,
        mode: Some("normal"),
        plaintext: true,
        ..finding(Subject::Action(1), stats("a"), 17, vec![step("form", "dl")])
    });
    findings
        .push(Finding { part: Part::Header("referer".into()), ..finding(Subject::Action(4), stats("a"), 20, vec![]) });
    findings.push(Finding {
        part: Part::Query,
        ..finding(Subject::Value(0), ads(), 21, vec![step("form", "u"), step("md5", "")])
    });
    findings.push(Finding { part: Part::Cookie("uid".into()), ..finding(Subject::Value(2), ads(), 21, vec![]) });
    findings.push(finding(Subject::Value(6), maps(), 22, vec![step("json", "$.loc[0]")]));
    findings.push(finding(Subject::Action(3), maps(), 23, vec![step("base64", ""), step("json", "$.event")]));
    findings.push(Finding {
        delay_ms: Some(61_000),
        ..finding(Subject::Value(5), clinic(), 24, vec![step("json", "$.password")])
    });
    findings.push(finding(Subject::Value(1), clinic(), 24, vec![step("json", "$.profile.name")]));
    let weak = (0..3)
        .map(|n| Finding {
            strength: Strength::Weak,
            chance: 0.02,
            ..finding(Subject::Value(1), stats("a"), 25 + n, vec![])
        })
        .collect();
    Report {
        captures: vec![capture("recordings/clinic visit.har", 31)],
        truth,
        findings,
        weak,
        not_sought: vec![],
        in_control: Vec::new(),
        carriers: (0..6).map(|n| Carrier { capture: 0, exchange: n, subjects: vec![Subject::Action(0)] }).collect(),
        fields: Fields::default(),
        personal: Vec::new(),
        findings_dropped: 0,
        faults_dropped: 0,
        carriers_dropped: 0,
        personal_dropped: 0,
        coverage: Coverage {
            receivers: vec![
                coverage_row("clinic.localhost", 12, 48_000, 0),
                coverage_row("collector.localhost", 9, 64_200, 18_400),
                coverage_row("a.stats.localhost", 5, 9_300, 0),
                ReceiverCoverage {
                    bodies: [1, 0, 1, 1, 2],
                    blind: unseen(),
                    ..coverage_row("192.0.2.17", 5, 400, 21_000)
                },
            ],
            opaque: vec![OpaquePlace {
                capture: 0,
                exchange: 22,
                host: "192.0.2.17".into(),
                part: Part::Body,
                path: vec![step("json", "$.payload"), step("base64", "")],
                bytes: 20_480,
                entropy: 7.98,
                kind: OpaqueKind::Random,
            }],
            responses: false,
            hosts_dropped: 0,
            hashes: Hashes { seen: 9, explained: 2, tried: 3, untried: 4 },
        },
        operators: vec![operator("collector.localhost", ["US", "CN", "SG"])],
        faults: vec![(
            0,
            Fault { exchange: Some(7), part: Some(Part::Body), ..Fault::new(FaultKind::Truncated, "gzip ends early") }
                .at(4096),
        )],
    }
}

/// Values that are planted in the nasty report.
pub(crate) const EMAIL: &str = "marta@example.org";
pub(crate) const VISIT: &str = "https://clinic.localhost/conditions/early-menopause?ref=news-4711";
pub(crate) const PASSWORD: &str = "correct&horse \"battery\"";
pub(crate) const TOKEN: &str = "tk-9f8e7d6c5b4a";
pub(crate) const TERM: &str = "ból w klatce";

/// What nobody planted and no written report may show.
pub(crate) const UNPLANTED: [&str; 3] = ["jan.kowalski", "hunter2-unplanted", "private-page"];

/// Of those, what may not even be shown with `--reveal` or on the terminal.
pub(crate) const UNPLANTED_SECRETS: [&str; 2] = ["hunter2-unplanted", "ess10n-c00kie"];

/// Markup and codes that would act if they arrived unescaped.
pub(crate) const MARKUP: [&str; 5] = [
    "</style><script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "\" onload=\"document.title='ran'\" x=\"",
    "</title></svg></td><iframe srcdoc='<script>top.document.title=1</script>'>",
    "\u{1b}]0;ran\u{7}\u{1b}[2J\u{202e}gpj.\u{200b}\r\n",
];

/// Everything that a capture can fill is hostile.
pub(crate) fn nasty() -> Report {
    let mut truth = GroundTruth {
        first_party: vec!["clinic.localhost".into()],
        values: vec![
            value("email", "email", EMAIL),
            value("pw", "password", PASSWORD),
            value("tok", "token", TOKEN),
            value("term", "search", TERM),
            value("phone", "phone", "+48 600 123 456"),
        ],
        actions: vec![
            Action { mode: None, ..action("action#0", "visit", VISIT, 100) },
            action(MARKUP[0], "visit", "https://clinic.localhost/reset?access_token=hunter2-unplanted&x=1", 200),
        ],
        inferred: true,
    };
    truth.values.extend(MARKUP.iter().enumerate().map(|(n, markup)| value(&format!("{markup}{n}"), "text", markup)));
    let encoded = "marta%40example.org";
    let base64 = "bWFydGFAZXhhbXBsZS5vcmc";
    let hex = "6d61727461406578616d706c652e6f7267";
    let digest: String = Sha256::digest(EMAIL).iter().map(|byte| format!("{byte:02x}")).collect();
    let places = [
        format!("$.users['{EMAIL}'].id"),
        format!("$.{encoded}"),
        format!("$.k_{base64}"),
        format!("$.{hex}"),
        format!("$.{digest}"),
        "$.b\u{f3}l w klatce".into(),
        r"$.b\u00f3l w klatce".into(),
        "clinic.localhost/conditions/early-menopause".into(),
        "early-menopause".into(),
        "$.48600123456".into(),
        TOKEN.into(),
        format!("{}@{}", "x".repeat(5000), EMAIL),
    ];
    let mut findings = Vec::new();
    for (n, place) in places.iter().chain(MARKUP.map(String::from).iter()).enumerate() {
        let host = match n % 3 {
            0 => format!("{digest}.collector.localhost"),
            1 => format!("t{n}.localhost{}", MARKUP[n % 5]),
            _ => "sub.clinic.localhost".into(),
        };
        let party = if n % 3 == 2 { Party::First } else { Party::Third };
        let mut finding = finding(Subject::Value(n % 5), receiver(&host, &host, party), n, vec![step("json", place)]);
        finding.part = match n % 4 {
            0 => Part::Cookie(place.clone()),
            1 => Part::Header(MARKUP[n % 5].into()),
            2 => Part::Response(Box::new(Part::Header("set-cookie".into()))),
            _ => Part::Body,
        };
        finding.excerpt.found = truth.values[n % 5].value.clone().into_bytes();
        findings.push(finding);
    }
    let excerpts: [(&[u8], &[u8], &[u8]); 12] = [
        (
            b"le.org\",\"password\":\"hunter2-unplanted\",\"e\":\"",
            EMAIL.as_bytes(),
            b"\",\"token\":\"hunter2-unplanted\"}",
        ),
        (
            b"rse \"battery\"\",\"name\":\"jan.kowalski\",\"e\":\"",
            EMAIL.as_bytes(),
            b"\",\"u\":\"https://clinic.localhost/condi",
        ),
        (b"&a=marta%40example.org&x=private-page&em=", EMAIL.as_bytes(), b"&next=correct%26horse%20%22batte"),
        (b"rta@example.org&session_id=ess10n-c00kie&em=", EMAIL.as_bytes(), b"&t=tk-9f8e7d6c5b"),
        (
            b"{\"marta@example.org\":1,\"ref=news-4711&x\":\"",
            TERM.as_bytes(),
            b"\",\"early-menopause\":2,\"\xff\xfe\x1b[2J",
        ),
        (b"jan.kowalski", EMAIL.as_bytes(), b"</style><script>document.title='ran'</script>"),
        (b"\",\"pwd\":\"x:hunter2-unplanted ", EMAIL.as_bytes(), b" hunter2-unplanted\",\"z\":1"),
        (b"c2Vzc2lvbg==;6d61727461406578616d", EMAIL.as_bytes(), b"bWFydGFAZXhhbXBsZS5vcmc="),
        (b"", b"https://clinic.localhost/reset?access_token=hunter2-unplanted&x=1", b""),
        (b"", b"clinic.localhost/reset?access_token=hunter2-unplanted&x=1", b""),
        (b"password: hunter2-unplanted\nem: ", EMAIL.as_bytes(), b"\npin: hunter2-unplanted"),
        (b"d\",\"value\":\"hunter2-unplanted ", EMAIL.as_bytes(), b" hunter2-unplanted\"}"),
    ];
    for (n, (before, found, after)) in excerpts.into_iter().enumerate() {
        let subject = if n == 8 || n == 9 { Subject::Action(1) } else { Subject::Value(if n == 4 { 3 } else { 0 }) };
        let mut finding = finding(subject, receiver("t.localhost", "t.localhost", Party::Unknown), 40 + n, vec![]);
        finding.excerpt = Excerpt { before: before.to_vec(), found: found.to_vec(), after: after.to_vec() };
        findings.push(finding);
    }
    for subject in [Subject::Value(1), Subject::Value(2), Subject::Action(0), Subject::Action(1)] {
        let mut finding = finding(subject, receiver("t.localhost", "t.localhost", Party::Third), 60, vec![]);
        finding.excerpt.found = PASSWORD.into();
        findings.push(finding);
    }
    for n in 5..truth.values.len() {
        let mut finding = finding(Subject::Value(n), receiver("m.localhost", "", Party::Third), 70 + n, vec![]);
        finding.excerpt.found = truth.values[n].value.clone().into_bytes();
        finding.at = None;
        findings.push(finding);
    }
    let weak =
        findings.iter().map(|finding| Finding { strength: Strength::Weak, chance: f64::INFINITY, ..finding.clone() });
    let names = MARKUP.map(String::from).into_iter().chain([format!("{EMAIL}.har"), format!("{encoded}/{TOKEN}.har")]);
    let mut coverage = Coverage::default();
    for host in ["sub.clinic.localhost", "clinic.localhost"].into_iter().chain(MARKUP) {
        let row = coverage_row(host, u64::from(u32::MAX), 0, 1 << 40);
        coverage.receivers.push(ReceiverCoverage { blind: unseen(), ..row });
        coverage.opaque.push(OpaquePlace {
            capture: 99,
            exchange: usize::MAX,
            host: format!("{EMAIL}.{host}"),
            part: Part::Cookie(TOKEN.into()),
            path: vec![step("gzip", host), step("json", EMAIL)],
            bytes: u64::MAX,
            entropy: f64::NAN,
            kind: OpaqueKind::Structured,
        });
    }
    let all = [EMAIL, VISIT, PASSWORD, TOKEN, TERM, "clinic.localhost"].into_iter().chain(MARKUP);
    let operators = all.map(|text| operator(text, [text, EMAIL, TOKEN])).collect();
    Report {
        captures: names.map(|name| capture(&name, 1)).collect(),
        weak: weak.collect(),
        not_sought: vec![],
        in_control: Vec::new(),
        carriers: vec![Carrier { capture: 0, exchange: 0, subjects: vec![Subject::Value(99), Subject::Action(0)] }],
        faults: [EMAIL, encoded, base64, TOKEN, VISIT, "clinic.localhost"]
            .into_iter()
            .chain(MARKUP)
            .map(|text| {
                (
                    0,
                    Fault {
                        part: Some(Part::Header(text.into())),
                        path: vec![step("json", text)],
                        ..Fault::new(FaultKind::Corrupt, format!("cannot read `{text}`"))
                    },
                )
            })
            .collect(),
        truth,
        findings,
        fields: Fields::default(),
        personal: Vec::new(),
        findings_dropped: 0,
        faults_dropped: 0,
        carriers_dropped: 0,
        personal_dropped: 0,
        coverage,
        operators,
    }
}

/// Values were looked for in readable captures, and were not there.
pub(crate) fn nothing_found() -> Report {
    let rich = rich();
    Report { findings: vec![], weak: vec![], faults: vec![], ..rich }
}

/// Not even a capture.
pub(crate) fn empty() -> Report {
    Report {
        captures: vec![],
        truth: GroundTruth::default(),
        findings: vec![],
        weak: vec![],
        not_sought: vec![],
        in_control: Vec::new(),
        carriers: vec![],
        fields: Fields::default(),
        personal: Vec::new(),
        findings_dropped: 0,
        faults_dropped: 0,
        carriers_dropped: 0,
        personal_dropped: 0,
        coverage: Coverage::default(),
        operators: vec![],
        faults: vec![],
    }
}
