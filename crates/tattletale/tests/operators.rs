//! Who runs the servers: the user's tables, the lab's registry and DNS, evidence used again, and no network unasked.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on has failed")]

mod common;
#[path = "../../tattletale-core/tests/mmdb_writer/mod.rs"]
mod mmdb_writer;

use common::{Done, Run};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use tattletale_core::model::Timestamp;
use tattletale_lab::clock::ModelTime;
use tattletale_lab::lab;
use tattletale_lab::scenario::Scenario;
use tattletale_lab::stage::Stage;

const COLLECTOR: &str = "singapore-collector.localhost";
const BUILT: u64 = 1_790_812_800; // 2026-10-01

/// A running lab, and a day on it that was recorded.
struct Lived {
    folder: tempfile::TempDir,
    stage: Stage,
}

impl Lived {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::up(lab::Options::default()).unwrap();
        let mut plan = Scenario::by_name("redmi-note-8-reported").unwrap().plan(7);
        let record = File::create(folder.path().join("day.warc.gz")).unwrap();
        let lived = stage.live(&mut plan, record, &mut |_: ModelTime| Timestamp::now()).unwrap();
        std::fs::write(folder.path().join("truth.toml"), lived.truth_toml()).unwrap();
        Self { folder, stage }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An audit as JSON; the user's own folder stays out of it.
    fn audit(&self) -> Run {
        let run = Run::new(["audit", "--format", "json"]).arg(self.path("day.warc.gz"));
        run.arg("--truth").arg(self.path("truth.toml")).arg("--data").arg(self.path("data"))
    }
}

fn json(done: &Done) -> Json {
    assert_eq!(done.code, 1, "{}", done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

/// The values that a report has for a question about a host.
fn values(report: &Json, host: &str, field: &str) -> Vec<String> {
    let operators = report["operators"].as_array().unwrap().iter();
    let statements = operators
        .filter(|operator| operator["host"] == host)
        .flat_map(|operator| operator["statements"].as_array().unwrap().iter().filter(|said| said["field"] == field));
    let values = statements.flat_map(|said| said["values"].as_array().unwrap());
    values.map(|value| value["value"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn registry_and_dns_are_asked_once_and_their_answers_used_again() {
    let lived = Lived::new();
    let endpoints = lived.stage.lab().endpoints().clone();
    let rdap = format!("http://{}/rdap?lab_token={}", endpoints.rdap, endpoints.token.as_str());
    let evidence = lived.path("evidence.jsonl");
    let online = || {
        let run = lived.audit().arg("--online").arg("--rdap").arg(&rdap);
        run.arg("--resolver").arg(endpoints.dns.to_string()).arg("--evidence").arg(&evidence).done()
    };
    let done = online();
    assert_eq!(done.stderr, "");
    let asked = json(&done);
    let of = |field| values(&asked, COLLECTOR, field);
    assert_eq!(of("address"), ["127.0.0.2"]);
    assert_eq!(
        of("registry-country"),
        ["CN", "SG"],
        "the name is registered in Beijing, the network in Singapore: two questions, no contradiction"
    );
    assert!(of("holder").iter().any(|holder| holder.contains("Alibaba")), "{:?}", of("holder"));
    assert!(!done.stdout.contains("\"disagree\": true"));
    let rows = asked["coverage"]["receivers"].as_array().unwrap();
    let row = rows.iter().find(|row| row["host"] == COLLECTOR).unwrap();
    assert_eq!(row["addresses"], json!(["127.0.0.2"]), "as the recording says");

    let kept = std::fs::read_to_string(&evidence).unwrap();
    assert!(!kept.contains(endpoints.token.as_str()), "the token of the registry is none of the evidence");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&evidence).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(json(&online())["operators"], asked["operators"]);
    assert_eq!(std::fs::read_to_string(&evidence).unwrap(), kept, "nothing is asked twice");

    drop(lived.stage);
    let lived = Offline { folder: lived.folder };
    let again = lived.audit().arg("--evidence").arg(&evidence).done();
    assert_eq!(json(&again)["operators"], asked["operators"], "the lab is gone; the answers are not");
    let without = json(&lived.audit().done());
    assert_eq!(without["operators"], json!([]), "the bundled tables do not know the lab");

    std::fs::write(&evidence, kept.replace("LAB-ALIBABA", "LAB-NOBODY")).unwrap();
    let changed = lived.audit().arg("--evidence").arg(&evidence).done();
    assert!(
        changed.code == 2 && changed.stderr.contains("SHA-256") && changed.stderr.contains("byte"),
        "{}",
        changed.stderr
    );
}

/// The recording, after the lab has gone.
struct Offline {
    folder: tempfile::TempDir,
}

impl Offline {
    fn audit(&self) -> Run {
        let at = |name: &str| self.folder.path().join(name);
        let run = Run::new(["audit", "--format", "json"]).arg(at("day.warc.gz"));
        run.arg("--truth").arg(at("truth.toml")).arg("--data").arg(at("data"))
    }
}

/// One visit that is told to the host that was reported.
fn har(folder: &Path) -> PathBuf {
    let path = folder.join("one.har");
    let entry = |url: &str, kind: &str, mode: &str, address: &str| {
        let headers = json!([{ "name": "Sec-Fetch-Mode", "value": mode }, { "name": "Sec-Fetch-Dest", "value": kind }]);
        json!({ "startedDateTime": "2026-11-21T02:44:30.100Z", "serverIPAddress": address, "_resourceType": kind,
            "request": { "method": "GET", "url": url, "headers": headers } })
    };
    let page = "https://clinic.example/conditions/early-menopause";
    let told = entry(&format!("https://sa.api.intl.miui.com/sa?url={page}"), "empty", "no-cors", "47.241.69.153");
    let har = json!({ "log": { "entries": [entry(page, "document", "navigate", "192.0.2.1"), told] } });
    std::fs::write(&path, har.to_string()).unwrap();
    path
}

#[test]
fn tables_are_added_listed_used_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, har) = (folder.path().join("data"), har(folder.path()));
    let run = |args: &[&str]| {
        let run = args.iter().fold(Run::new(["data"]), |run, arg| run.arg(arg));
        run.arg("--data").arg(&data).done()
    };
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    for (name, country) in [("one.mmdb", "US"), ("two.mmdb", "CN")] {
        let record = json!({ "country_code": country, "autonomous_system_number": 45102 });
        let file = write(name, &mmdb_writer::database(name, BUILT, &[("47.241.0.0/16", record)]));
        let added = run(&["add", &file]);
        assert!(added.code == 0 && added.stdout.contains("2026-10-01"), "{}{}", added.stdout, added.stderr);
    }
    let report = json(&Run::new(["audit", "--format", "json", "--data"]).arg(&data).arg(&har).done());
    let of = |field| values(&report, "sa.api.intl.miui.com", field);
    assert_eq!(of("location-estimate"), ["SG", "US", "CN"]);
    assert_eq!((of("organisation"), of("network-operator")), (vec!["Xiaomi".into()], vec!["AS45102".into()]));
    let text = Run::new(["audit", "--data"]).arg(&data).arg(&har).done().stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("location estimate of 47.241.69.153: SG (hosts named in public reports, 2026-11-21); US"),
        "{text}"
    );
    assert!(words.contains("3 sources disagree"), "{text}");

    let listed: Json = serde_json::from_str(&run(&["list", "--format", "json"]).stdout).unwrap();
    assert_eq!(listed["tables"][1]["name"], "two.mmdb");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let stored = data.join(listed["tables"][0]["sha256"].as_str().unwrap());
        assert_eq!((mode(&data), mode(&stored), mode(&data.join("tables.json"))), (0o700, 0o600, 0o600));
    }

    let record = json!({ "country_code": "DE" });
    let newer = write("two.mmdb", &mmdb_writer::database("two", BUILT, &[("47.241.0.0/16", record)]));
    assert!(run(&["add", &newer]).stdout.contains("in place of"));
    assert_eq!(run(&["remove", "one.mmdb"]).code, 0);
    let gone = run(&["remove", "one.mmdb"]);
    assert!(gone.code == 2 && gone.stderr.contains("there are: two.mmdb"), "{}", gone.stderr);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 2, "one table and the index");

    for (name, bytes, wanted) in [
        ("cut.json", &b"{\"organizations\": {}, \"patterns\": "[..], "cut.json: EOF"),
        ("no.table", b"\x89PNG", "is no table of a known kind"),
    ] {
        let refused = run(&["add", &write(name, bytes)]);
        assert!(
            refused.code == 2 && refused.stderr.contains(wanted) && refused.stderr.contains("(byte "),
            "{}",
            refused.stderr
        );
    }
    let stored = data.join(listed["tables"][1]["sha256"].as_str().unwrap());
    assert!(!stored.exists(), "what was replaced is gone");
    let listed: Json = serde_json::from_str(&run(&["list", "--format", "json"]).stdout).unwrap();
    std::fs::write(data.join(listed["tables"][0]["sha256"].as_str().unwrap()), b"changed").unwrap();
    let changed = Run::new(["audit", "--data"]).arg(&data).arg(&har).done();
    assert!(changed.code == 2 && changed.stderr.contains("not the file any more"), "{}", changed.stderr);
}

#[test]
fn what_may_be_asked_of_whom() {
    let folder = tempfile::tempdir().unwrap();
    let har = har(folder.path());
    let run = |args: &[&str]| args.iter().fold(Run::new(["audit"]).arg(&har), |run, arg| run.arg(arg)).done();
    for args in [&["--rdap", "https://rdap.org"][..], &["--resolver", "127.0.0.1"]] {
        let refused = run(args);
        assert!(refused.code == 2 && refused.stderr.contains("--online"), "{}", refused.stderr);
    }
    let kept = run(&["--online"]);
    assert!(kept.code == 2 && kept.stderr.contains("--evidence FILE"), "{}", kept.stderr);
    let file = folder.path().join("evidence.jsonl").display().to_string();
    let plain = run(&["--online", "--evidence", &file, "--rdap", "http://rdap.example/"]);
    assert!(plain.code == 2 && plain.stderr.contains("no https address"), "{}", plain.stderr);
}

/// The system itself is asked which sockets an audit opens. With `strace` only.
#[test]
fn without_online_no_socket_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (har, calls) = (har(folder.path()), folder.path().join("calls"));
    let traced = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=network", "-o"])
        .arg(&calls)
        .args([env!("CARGO_BIN_EXE_tattletale"), "audit", "--format", "json", "--data"])
        .arg(folder.path().join("data"))
        .arg(&har)
        .output();
    let Ok(traced) = traced.inspect_err(|error| eprintln!("skipped: strace: {error}")) else { return };
    if !String::from_utf8_lossy(&traced.stdout).contains("\"schema\"") {
        eprintln!("skipped: strace may not trace here: {}", String::from_utf8_lossy(&traced.stderr));
        return;
    }
    let calls = std::fs::read_to_string(&calls).unwrap();
    assert!(!calls.contains("socket("), "{calls}");
}
