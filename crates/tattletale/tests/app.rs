//! `tattletale app` as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "says what it skipped")]

#[path = "../../tattletale-app/tests/common/assemble/mod.rs"]
mod assemble;
mod common;

use assemble::{Call, Class, Op, STATIC, archive, class, dex, manifest};
use common::Run;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

const TRACK: Call = ("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;", "track", &["Ljava/lang/String;"], "V");
const VECTOR: Call = ("Ljavax/crypto/spec/IvParameterSpec;", "<init>", &["[B"], "V");
const KEY: Call = ("Ljavax/crypto/spec/SecretKeySpec;", "<init>", &["[B", "Ljava/lang/String;"], "V");

fn tab(last: &'static str) -> Class {
    class("Lcom/example/IncognitoTab;").method(
        STATIC,
        ("open", &["Ljava/lang/String;"], "V"),
        4,
        &[
            Op::Text(0, "https://collector.localhost/sa"),
            Op::Invoke(0x71, TRACK, &[0]),
            Op::Bytes(1, b"0123456789abcdef"),
            Op::New(2, "Ljavax/crypto/spec/SecretKeySpec;"),
            Op::Text(3, "AES"),
            Op::Invoke(0x70, KEY, &[2, 1, 3]),
            Op::Bytes(1, b"fedcba9876543210"),
            Op::New(2, "Ljavax/crypto/spec/IvParameterSpec;"),
            Op::Invoke(0x70, VECTOR, &[2, 1]),
            Op::Text(0, "one"),
            Op::Text(0, "two"),
            Op::Text(0, "three"),
            Op::Text(0, last),
            Op::Return,
        ],
    )
}

/// A made-up browser in a package; `last` is a text that one method of it loads.
fn browser(folder: &Path, name: &str, last: &'static str) -> PathBuf {
    let sdk = class("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;").text("VERSION", "3.2.10").method(
        STATIC,
        ("track", &["Ljava/lang/String;"], "V"),
        0,
        &[Op::Return],
    );
    let loads: Vec<Op> =
        ["a", "b", "c"].iter().cycle().take(60).map(|text| Op::Text(0, text)).chain([Op::Return]).collect();
    let rest = class("Lcom/example/Rest;").method(STATIC, ("all", &[], "V"), 1, &loads);
    let path = folder.join(name);
    std::fs::write(&path, archive(&[("classes.dex", &dex(&[tab(last), sdk, rest]))])).unwrap();
    path
}

fn json(run: &str) -> Json {
    serde_json::from_str(run).unwrap()
}

#[test]
fn an_app_its_keys_and_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let app = browser(folder.path(), "browser.apk", "four");
    let (keys, page) = (folder.path().join("keys.toml"), folder.path().join("app.html"));
    let run = Run::new(["app", "--keys"]).arg(&keys).arg("--report").arg(&page).arg(&app).done();
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    for part in [
        "Sensors Analytics 3.2.10",
        "collector.localhost",
        "IncognitoTab.open reaches Sensors Analytics",
        "AES key of 16 bytes",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("30313233"), "the key itself is shown only when asked for");
    let written = std::fs::read_to_string(&keys).unwrap();
    assert!(written.contains("key = \"30313233343536373839616263646566\""), "{written}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(keys.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.contains("Sensors Analytics") && page.contains("default-src 'none'") && !page.contains("<script"));

    let run = Run::new(["app", "--format", "json"]).arg(&app).done();
    let contents = json(&run.stdout);
    assert_eq!((contents["complete"].as_bool(), &contents["sdks"][0]["version"]), (Some(true), &Json::from("3.2.10")));
    assert_eq!(contents["keys"][0]["value"], Json::Null);
}

/// `{"imei":"490154203237518","url":"https://clinic.localhost/conditions/early-menopause"}` as
/// `openssl enc -aes-128-cbc -K $(printf 0123456789abcdef | xxd -p) -iv $(printf fedcba9876543210 | xxd -p)` closes it.
const SEALED: &str = "2DIWjOP9c58W3jj6Bmt1uVQyhoJ8nI+uNBjXIXamXjeI1jQfPgxz1LG4RTCaUIK8\
HcYQ3FcPzh2+ho2rQq1feOILbRk73b8yJiZCfdXYkcVrFnMsY9OAhk9thn+Nr3ek";

#[test]
fn a_key_found_in_an_app_opens_what_the_app_sent() {
    let folder = tempfile::tempdir().unwrap();
    let app = browser(folder.path(), "browser.apk", "four");
    let (keys, capture, truth) =
        (folder.path().join("keys.toml"), folder.path().join("one.har"), folder.path().join("truth.toml"));
    let mut recording = json(&har(&["https://collector.localhost/sa"]));
    recording["log"]["entries"][0]["request"]["postData"] =
        serde_json::json!({ "mimeType": "application/json", "text": format!("{{\"d\":\"{SEALED}\"}}") });
    std::fs::write(&capture, recording.to_string()).unwrap();
    std::fs::write(&truth, "[[value]]\nname = \"imei\"\nkind = \"imei\"\nvalue = \"490154203237518\"\n").unwrap();

    let closed = Run::new(["audit", "--format", "json", "--truth"]).arg(&truth).arg(&capture).done();
    assert_eq!((closed.code, json(&closed.stdout)["findings"].as_array().unwrap().len()), (0, 0), "{}", closed.stdout);
    let run = Run::new(["app", "--keys"]).arg(&keys).arg(&app).done();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let open = Run::new(["audit", "--format", "json", "--truth"]).arg(&truth).arg("--keys").arg(&keys).arg(&capture);
    let open = open.done();
    assert_eq!(open.code, 1, "{}{}", open.stdout, open.stderr);
    let findings = &json(&open.stdout)["findings"];
    let finding = &findings[0];
    assert_eq!((finding["value"].as_str(), finding["strength"].as_str()), (Some("imei"), Some("strong")));
    let layers: Vec<&str> =
        finding["path"].as_array().unwrap().iter().map(|step| step["layer"].as_str().unwrap()).collect();
    assert_eq!(layers, ["json", "base64", "aes-cbc", "json"]);
}

/// A recording of empty requests to these addresses.
fn har(urls: &[&str]) -> String {
    let entry = |url: &&str| {
        serde_json::json!({
            "startedDateTime": "2026-11-21T10:00:00.000Z", "time": 1, "cache": {},
            "timings": { "send": 0, "wait": 1, "receive": 0 },
            "request": {
                "method": "POST", "url": url, "httpVersion": "HTTP/1.1", "headers": [], "queryString": [],
                "cookies": [], "headersSize": -1, "bodySize": 0,
            },
            "response": {
                "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
                "content": { "size": 0, "mimeType": "text/plain" }, "redirectURL": "", "headersSize": -1, "bodySize": 0,
            },
        })
    };
    let entries: Vec<Json> = urls.iter().map(entry).collect();
    let creator = serde_json::json!({ "name": "made up", "version": "1" });
    serde_json::json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } }).to_string()
}

#[test]
fn the_same_code_but_for_one_method() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (browser(folder.path(), "a.apk", "four"), browser(folder.path(), "b.apk", "five"));
    let same = Run::new(["app", "compare"]).arg(&a).arg(&a).done();
    assert!(same.code == 1 && same.stdout.contains(" is the same code as "), "{}", same.stdout);
    let run = Run::new(["app", "compare"]).arg(&a).arg(&b).done();
    assert!(run.stdout.starts_with("a.apk is the same code as b.apk but for 1 method"), "{}", run.stdout);
    assert!(
        run.stdout.contains("com.example.IncognitoTab: ") && run.stdout.contains("open(String): "),
        "{}",
        run.stdout
    );
    let run = Run::new(["app", "compare", "--format", "json"]).arg(&a).arg(&b).done();
    let result = &json(&run.stdout)["result"];
    assert_eq!(
        (run.code, &result["methods"]["changed"], &result["methods"]["same"]),
        (1, &Json::from(1), &Json::from(2))
    );
    assert_eq!(result["changed"][0]["methods"][0]["a"], "open(String)");
    let none = folder.path().join("none.apk");
    std::fs::write(&none, archive(&[("res/x.png", b"x")])).unwrap();
    let run = Run::new(["app", "compare"]).arg(&a).arg(&none).done();
    assert!(run.code == 2 && run.stderr.contains("holds no code"), "{}", run.stderr);
}

#[test]
fn found_in_a_firmware_image() {
    let folder = tempfile::tempdir().unwrap();
    let app = browser(folder.path(), "browser.apk", "four");
    let other = archive(&[(
        "classes.dex",
        &dex(&[class("Lorg/other/Thing;").method(STATIC, ("a", &[], "V"), 1, &[Op::Text(0, "x"), Op::Return])]),
    )]);
    let image = folder.path().join("ota.zip");
    let bytes = std::fs::read(&app).unwrap();
    std::fs::write(
        &image,
        archive(&[
            ("META-INF/com/google/android/updater-script", b"#"),
            ("system/app/Browser/Browser.apk", &bytes),
            ("system/app/Other/Other.apk", &other),
        ]),
    )
    .unwrap();
    for sought in ["sensors-analytics", "com.example.", "text:collector.localhost", app.to_str().unwrap()] {
        let run = Run::new(["app", "find", "--format", "json", sought]).arg(&image).done();
        let found = json(&run.stdout);
        assert_eq!((run.code, &found["apps"]), (1, &Json::from(2)), "{sought}: {}{}", run.stdout, run.stderr);
        let found = found["found"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{sought}");
        assert!(
            found[0]["file"].as_str().unwrap().ends_with("/system/app/Browser/Browser.apk"),
            "{sought}: {}",
            found[0]
        );
    }
    let run = Run::new(["app", "find", "org.nowhere."]).arg(&image).done();
    assert!(run.code == 0 && run.stdout.contains("is in none of 2 apps"), "{}", run.stdout);
    let run = Run::new(["app", "find", "nothing"]).arg(&image).done();
    assert!(run.code == 2 && run.stderr.contains("no signature"), "{}", run.stderr);
    let run = Run::new(["app"]).arg(&image).done();
    assert!(run.code == 1 && run.stdout.contains("Browser.apk"), "{}", run.stdout);
}

#[test]
fn what_is_no_app_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader").unwrap();
    let run = Run::new(["app"]).arg(&path).done();
    assert!(run.code == 2 && run.stdout.contains("is no app"), "{}{}", run.stdout, run.stderr);
    let run = Run::new(["app", "no-such-file.apk"]).done();
    assert!(run.code == 2 && run.stderr.contains("no-such-file.apk"), "{}", run.stderr);
    let list = folder.path().join("list.json");
    std::fs::write(&list, "{\"trackers\": {}}").unwrap();
    let app = browser(folder.path(), "browser.apk", "four");
    let run = Run::new(["app", "--signatures"]).arg(&list).arg(&app).done();
    assert!(run.code == 2 && run.stderr.contains("code_signature"), "{}", run.stderr);
}

#[test]
fn a_study_says_what_is_in_the_app_and_what_was_seen_talking() {
    let folder = tempfile::tempdir().unwrap();
    browser(folder.path(), "browser.apk", "four");
    let har = har(&["https://sa.api.intl.miui.com/sa", "https://other.example.org/"]);
    std::fs::write(folder.path().join("one.har"), har).unwrap();
    let study = folder.path().join("study.toml");
    std::fs::write(&study, "[[session]]\nname = 'one'\ncapture = 'one.har'\napp_file = 'browser.apk'\n").unwrap();
    let page = folder.path().join("study.html");
    let run = Run::new(["study", "--report"]).arg(&page).arg(&study).done();
    assert!(run.code < 2, "{}{}", run.stdout, run.stderr);
    let talks = "Sensors Analytics 3.2.10: in the app, and seen talking to sa.api.intl.miui.com";
    assert!(run.stdout.replace("\n    ", " ").contains(talks), "{}", run.stdout);
    assert!(std::fs::read_to_string(&page).unwrap().contains("Sensors Analytics 3.2.10: in the app, and seen talking"));
    let run = Run::new(["study", "--format", "json"]).arg(&study).done();
    let app = &json(&run.stdout)["apps"][0];
    assert_eq!((app["sdks"][0]["standing"].as_str(), app["sdks"].as_array().unwrap().len()), (Some("talking"), 1));
    assert_eq!(app["not_contacted"], serde_json::json!(["collector.localhost"]));
    assert_eq!(app["contacted_and_not_named"].as_array().unwrap().len(), 2);
    std::fs::write(&study, "[[session]]\nname = 'one'\ncapture = 'one.har'\napp_file = 'gone.apk'\n").unwrap();
    let run = Run::new(["study"]).arg(&study).done();
    assert!(run.code == 2 && run.stderr.contains("gone.apk"), "{}", run.stderr);
}

const BROWSER: &str = "org.example.browser";

/// A package of the made-up browser, with a manifest: the base, or a split of it.
fn package(split: Option<&str>, class: Class) -> Vec<u8> {
    let manifest = manifest(BROWSER, split, 7, "android.permission.READ_PHONE_STATE");
    archive(&[("AndroidManifest.xml", &manifest), ("classes.dex", &dex(&[class]))])
}

#[test]
fn an_app_in_splits_is_one_app_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (phone, other) = (folder.path().join("phone"), folder.path().join("other"));
    let track = ("track", &["Ljava/lang/String;"][..], "V");
    let sdk = class("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;").method(STATIC, track, 0, &[Op::Return]);
    for at in [&phone, &other] {
        std::fs::create_dir(at).unwrap();
        std::fs::write(at.join("base.apk"), package(None, tab("four"))).unwrap();
        std::fs::write(at.join("split_sdk.apk"), package(Some("sdk"), sdk.clone())).unwrap();
    }
    for files in [vec![phone.clone()], vec![phone.join("base.apk"), phone.join("split_sdk.apk")]] {
        let run = files.iter().fold(Run::new(["app", "--format", "json"]), Run::arg).done();
        let app = json(&run.stdout);
        assert_eq!((run.code, &app["package"], &app["classes"]), (1, &Json::from(BROWSER), &Json::from(2)));
        assert_eq!(app["sdks"][0]["places"][0]["file"], "split_sdk.apk/classes.dex");
        assert_eq!(app["private"][0]["methods"][0], "com.example.IncognitoTab.open");
    }
    let run = Run::new(["app", "compare"]).arg(&phone).arg(&other).done();
    let said = run.stdout.replace("\n  ", " ");
    assert!(run.code == 1 && said.contains("is the same code as the one of "), "{}", run.stdout);
    assert!(
        run.stdout.starts_with("org.example.browser of ") && run.stdout.contains("phone/base.apk"),
        "{}",
        run.stdout
    );

    std::fs::write(folder.path().join("one.har"), har(&["https://sa.api.intl.miui.com/sa"])).unwrap();
    let study = folder.path().join("study.toml");
    std::fs::write(&study, "[[session]]\nname = 'one'\ncapture = 'one.har'\napp_file = 'phone'\n").unwrap();
    let run = Run::new(["study", "--format", "json"]).arg(&study).done();
    let app = &json(&run.stdout)["apps"][0];
    assert_eq!((run.code < 2, app["sdks"][0]["standing"].as_str()), (true, Some("talking")), "{}", run.stdout);
    // One damaged part makes the study incomplete.
    std::fs::write(phone.join("split_more.apk"), b"PK\x03\x04 and no more").unwrap();
    let run = Run::new(["study"]).arg(&study).done();
    assert_eq!(run.code, 2, "{}", run.stdout);
}

/// Runs a tool for images; false, said, when it is missing.
fn tool(name: &str, args: &[&Path]) -> bool {
    match std::process::Command::new(name).args(args).output() {
        Ok(output) => {
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            eprintln!("skipped: parts of images need {name} (Debian: e2fsprogs android-sdk-libsparse-utils)");
            false
        }
    }
}

#[test]
fn found_in_a_system_image_that_comes_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("tree/system/app/Browser")).unwrap();
    std::fs::create_dir(at("rom")).unwrap();
    let app = browser(&at("tree/system/app/Browser"), "Browser.apk", "four");
    // What lies around an app fills the parts.
    let noise: Vec<u8> = (0..2_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    std::fs::write(at("tree/system/noise"), noise).unwrap();
    let (tree, raw) = (at("tree"), at("raw.img"));
    let mut ext4 = ["-q", "-F", "-b", "4096", "-d"].map(Path::new).to_vec();
    ext4.extend([&*tree, &*raw, Path::new("8M")]);
    if !tool("mkfs.ext4", &ext4) || !tool("img2simg", &[&at("raw.img"), &at("sparse.img")]) {
        return;
    }
    if !tool("simg2simg", &[&at("sparse.img"), &at("rom/system.img_sparsechunk"), Path::new("600000")]) {
        return;
    }
    let run = Run::new(["app", "find", "--format", "json"]).arg(&app).arg(at("rom")).done();
    let found = json(&run.stdout);
    assert_eq!((run.code, &found["apps"]), (1, &Json::from(1)), "{}{}", run.stdout, run.stderr);
    let file = found["found"][0]["file"].as_str().unwrap();
    assert!(file.ends_with("rom/system.img/system/app/Browser/Browser.apk"), "{file}");

    std::fs::remove_file(at("rom/system.img_sparsechunk.1")).unwrap();
    let run = Run::new(["app", "find", "com.sensorsdata."]).arg(at("rom")).done();
    assert!(run.code == 2 && run.stdout.contains("parts of this split image are missing: number 1"), "{}", run.stdout);
}

#[test]
fn an_archive_without_apps_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vendor.zip");
    std::fs::write(&path, archive(&[("vendor/etc/hosts", b"127.0.0.1 localhost")])).unwrap();
    let run = Run::new(["app"]).arg(&path).done();
    assert!(run.code == 0 && run.stdout.starts_with("No app is in "), "{}{}", run.stdout, run.stderr);
}
