//! What is found in an app whose contents are known to the letter, in every format that it can come in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/assemble/mod.rs"]
mod assemble;

use assemble::{Call, Class, Op, STATIC, archive, cdex, class, dex};
use tattletale_app::look::{Knowledge, keyfile, look};
use tattletale_app::package::{Limits, Package};
use tattletale_core::decode::keys;
use tattletale_core::model::app::{Contents, KeyKind, Sureness};

const TRACK: Call = ("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;", "track", &["Ljava/lang/String;"], "V");
const SEND: Call = ("Lcom/example/Sender;", "send", &["Ljava/lang/String;"], "V");
const CRYPT: Call = ("Lcom/example/Crypt;", "key", &["Ljava/lang/String;"], "V");
const BYTES: Call = ("Ljava/lang/String;", "getBytes", &[], "[B");
const BASE64: Call = ("Landroid/util/Base64;", "decode", &["Ljava/lang/String;", "I"], "[B");
const KEY: Call = ("Ljavax/crypto/spec/SecretKeySpec;", "<init>", &["[B", "Ljava/lang/String;"], "V");
const VECTOR: Call = ("Ljavax/crypto/spec/IvParameterSpec;", "<init>", &["[B"], "V");
const SECURE: Call = (
    "Landroid/provider/Settings$Secure;",
    "getString",
    &["Landroid/content/ContentResolver;", "Ljava/lang/String;"],
    "Ljava/lang/String;",
);
const IMEI: Call = ("Landroid/telephony/TelephonyManager;", "getImei", &[], "Ljava/lang/String;");

/// A made-up browser: it sends what is opened in incognito to Sensors Analytics, and has keys.
fn browser() -> Vec<Class> {
    vec![
        class("Lcom/example/IncognitoTab;").method(
            STATIC,
            ("open", &["Ljava/lang/String;"], "V"),
            1,
            &[Op::Invoke(0x71, SEND, &[1]), Op::Return],
        ),
        class("Lcom/example/Sender;").method(
            STATIC,
            ("send", &["Ljava/lang/String;"], "V"),
            1,
            &[
                Op::Text(0, "https://sa.api.intl.miui.com/sa?project=made-up"),
                Op::Invoke(0x6e, TRACK, &[0, 1]),
                Op::Return,
            ],
        ),
        class("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;").text("VERSION", "3.2.10").method(
            0,
            ("track", &["Ljava/lang/String;"], "V"),
            2,
            &[Op::Text(0, "android_id"), Op::Small(1, 0), Op::Invoke(0x71, SECURE, &[1, 0]), Op::Result(0), Op::Return],
        ),
        class("Lcom/example/Crypt;")
            // A key that a caller brings.
            .method(
                STATIC,
                ("key", &["Ljava/lang/String;"], "V"),
                3,
                &[
                    Op::Invoke(0x6e, BYTES, &[3]),
                    Op::Result(0),
                    Op::New(1, "Ljavax/crypto/spec/SecretKeySpec;"),
                    Op::Text(2, "AES"),
                    Op::Invoke(0x70, KEY, &[1, 0, 2]),
                    Op::Return,
                ],
            )
            // A key in base64 from a field, and a vector from an array.
            .text("SECRET", "AAECAwQFBgcICQoLDA0ODw==")
            .method(
                STATIC,
                ("own", &[], "V"),
                3,
                &[
                    Op::Get(0, "Lcom/example/Crypt;", "SECRET", "Ljava/lang/String;"),
                    Op::Small(1, 0),
                    Op::Invoke(0x71, BASE64, &[0, 1]),
                    Op::Result(0),
                    Op::New(1, "Ljavax/crypto/spec/SecretKeySpec;"),
                    Op::Text(2, "AES/CBC/PKCS5Padding"),
                    Op::Invoke(0x70, KEY, &[1, 0, 2]),
                    Op::Bytes(0, b"fedcba9876543210"),
                    Op::New(1, "Ljavax/crypto/spec/IvParameterSpec;"),
                    Op::Invoke(0x70, VECTOR, &[1, 0]),
                    Op::Return,
                ],
            ),
        class("Lcom/example/Caller;").method(
            STATIC,
            ("go", &["Landroid/telephony/TelephonyManager;"], "V"),
            1,
            &[
                Op::Invoke(0x6e, IMEI, &[1]),
                Op::Result(0),
                Op::Text(0, "0123456789abcdef"),
                Op::Invoke(0x71, CRYPT, &[0]),
                Op::Return,
            ],
        ),
    ]
}

fn looked(bytes: &[u8], place: &str) -> Contents {
    let mut package = Package::new("browser");
    assert!(package.add(&bytes.to_vec(), place, &Limits::default()));
    look(&package, &Knowledge::default())
}

/// What has to be found in the browser, in whatever it comes.
fn all_found(contents: &Contents) {
    assert_eq!(contents.faults, []);
    assert_eq!(contents.classes(), 5);
    let [sensors] = &contents.sdks[..] else { panic!("{:?}", contents.sdks) };
    assert_eq!((&*sensors.id, sensors.version.as_deref()), ("sensors-analytics", Some("3.2.10")));
    assert_eq!((sensors.sureness, sensors.classes), (Sureness::Named, 1));
    let [endpoint] = &contents.endpoints[..] else { panic!("{:?}", contents.endpoints) };
    assert_eq!(endpoint.host, "sa.api.intl.miui.com");
    assert_eq!(endpoint.places[0].class, "com.example.Sender");
    assert!(endpoint.facts.iter().any(|fact| fact.value == "Xiaomi"), "{:?}", endpoint.facts);

    let keys: Vec<_> =
        contents.keys.iter().map(|key| (key.kind, &key.bytes[..], key.written, key.method.as_str())).collect();
    let from_base64: Vec<u8> = (0..16).collect();
    assert_eq!(
        keys,
        [
            (KeyKind::Aes, &b"0123456789abcdef"[..], "text", "go"),
            (KeyKind::Aes, &from_base64[..], "base64", "own"),
            (KeyKind::Vector, &b"fedcba9876543210"[..], "array", "own"),
        ]
    );
    let asked: Vec<_> = contents.identifiers.iter().map(|asked| (asked.kind, asked.sdks.len())).collect();
    assert_eq!(asked, [("imei", 0), ("android-id", 1)]);
    let [path] = &contents.private[..] else { panic!("{:?}", contents.private) };
    assert_eq!(
        path.methods,
        [
            "com.example.IncognitoTab.open",
            "com.example.Sender.send",
            "com.sensorsdata.analytics.android.sdk.SensorsDataAPI.track"
        ]
    );
}

#[test]
fn everything_is_found_in_every_format() {
    let (standard, compact) = (dex(&browser()), cdex(&browser()));
    all_found(&looked(&standard, "classes.dex"));
    all_found(&looked(&compact, "browser.cdex"));
    let vdex = [b"vdex021\x00002\x00".as_slice(), &[0; 16], &compact].concat();
    all_found(&looked(&vdex, "browser.vdex"));
    let odex = [b"\x7fELF".as_slice(), &[7; 60], &standard].concat();
    all_found(&looked(&odex, "browser.odex"));
    let apk = archive(&[("res/x.png", b"x"), ("classes.dex", &standard)]);
    all_found(&looked(&apk, ""));
    let xapk = archive(&[("icon.png", b"x"), ("base.apk", &apk), ("config.en.apk", &archive(&[("res/x", b"x")]))]);
    all_found(&looked(&xapk, ""));
}

#[test]
fn a_key_file_opens_with_the_reader_of_keys() {
    let contents = looked(&dex(&browser()), "classes.dex");
    let file = keyfile::write(&contents).unwrap();
    let keys = keys::parse(&file).unwrap();
    let secrets: Vec<_> = keys.iter().map(|key| &key.secret).collect();
    let (text, array) = (b"0123456789abcdef".to_vec(), (0..16).collect::<Vec<u8>>());
    let vector = keys::Secret::Vector(b"fedcba9876543210".to_vec());
    assert_eq!(secrets, [&keys::Secret::Aes(text), &keys::Secret::Aes(array), &vector]);
    assert!(keyfile::write(&Contents::default()).is_none());
}

#[test]
fn a_renamed_sdk_looks_like_itself() {
    let strings = ["$AppStart", "$AppViewScreen", "$is_first_day", "$lib_method", "_flush_time", "distinct_id"];
    let loads: Vec<Op> = strings.iter().map(|string| Op::Text(0, string)).chain([Op::Return]).collect();
    let renamed = [class("La/b/c;").method(STATIC, ("a", &[], "V"), 1, &loads)];
    let contents = looked(&dex(&renamed), "classes.dex");
    let [sensors] = &contents.sdks[..] else { panic!("{:?}", contents.sdks) };
    assert_eq!((&*sensors.id, sensors.sureness, sensors.classes), ("sensors-analytics", Sureness::LooksLike, 1));
    assert_eq!(sensors.traces.len(), 6);
    // Two of its strings are anybody's.
    let few = [class("La/b/c;").method(STATIC, ("a", &[], "V"), 1, &[loads[0].clone(), loads[5].clone(), Op::Return])];
    assert_eq!(looked(&dex(&few), "classes.dex").sdks, []);
}

/// A public key of 512 bits, made for this test.
const PUBLIC: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANeHp/yVxnupPUa0UHsg6RkNPa6Z3+NvSdA550eA03kFhyBxLFAZdCV/GTaf\
HtMwAF4sWGNQLpfvFX5y59dRTjMCAwEAAQ==";

#[test]
fn libraries_settings_and_versions_beside_the_code() {
    let library =
        [b"\x7fELF\0junk\0".as_slice(), b"https://native.example.com/log\0", PUBLIC.as_bytes(), b"\0"].concat();
    let apk = archive(&[
        (
            "classes.dex",
            &dex(&[class("Lcom/google/firebase/analytics/A;").method(STATIC, ("a", &[], "V"), 1, &[Op::Return])]),
        ),
        ("lib/arm64-v8a/libx.so", &library),
        ("assets/config.json", br#"{"server": "https://settings.example.com:8443/x"}"#),
        ("firebase-analytics.properties", b"version=21.5.0\nclient=firebase-analytics\n"),
    ]);
    let contents = looked(&apk, "");
    assert_eq!(contents.faults, []);
    let hosts: Vec<(&str, &str)> =
        contents.endpoints.iter().map(|found| (found.host.as_str(), found.places[0].file.as_str())).collect();
    assert_eq!(
        hosts,
        [("native.example.com", "lib/arm64-v8a/libx.so"), ("settings.example.com", "assets/config.json")]
    );
    assert_eq!(contents.sdks[0].version.as_deref(), Some("21.5.0"));
    let [key] = &contents.keys[..] else { panic!("{:?}", contents.keys) };
    assert_eq!((key.kind, key.place.file.as_str()), (KeyKind::RsaPublic, "lib/arm64-v8a/libx.so"));
}

/// What a library exports, registers and holds; damage to its tables changes nothing of that.
#[test]
fn the_native_part_of_an_sdk() {
    let exports = b"\x7fELF\0Java_com_sensorsdata_analytics_android_sdk_Native_track__Ljava_lang_String_2\0";
    let registers = b"\x7fELF\0com/xiaomi/onetrack/Core\0data.mistat.xiaomi.com\0not.a.known.host.example.com\0";
    let strings = b"\x7fELF\0$AppStart\0$AppViewScreen\0$is_first_day\0_flush_time\0distinct_id\0";
    let code = dex(&[class("Lcom/sensorsdata/analytics/android/sdk/SensorsDataAPI;").method(
        STATIC,
        ("a", &[], "V"),
        1,
        &[Op::Return],
    )]);
    let with = |library: &[u8]| looked(&archive(&[("classes.dex", &code), ("lib/arm64-v8a/libx.so", library)]), "");
    let sensors = &with(exports).sdks[0];
    let files: Vec<&str> = sensors.places.iter().map(|place| place.file.as_str()).collect();
    assert_eq!((sensors.classes, files), (1, vec!["classes.dex", "lib/arm64-v8a/libx.so"]));
    assert_eq!(sensors.places[1].class, "com.sensorsdata.analytics.android.sdk.Native");

    let contents = with(registers);
    let told: Vec<(&str, Sureness)> = contents.sdks.iter().map(|sdk| (sdk.id.as_str(), sdk.sureness)).collect();
    assert_eq!(
        told,
        [("sensors-analytics", Sureness::Named), ("onetrack", Sureness::Named), ("mistat", Sureness::Address),]
    );
    let hosts: Vec<&str> = contents.endpoints.iter().map(|endpoint| endpoint.host.as_str()).collect();
    assert_eq!(hosts, ["data.mistat.xiaomi.com"]);

    let alone = looked(&archive(&[("lib/arm64-v8a/libx.so", strings)]), "");
    assert_eq!((&*alone.sdks[0].id, alone.sdks[0].sureness), ("sensors-analytics", Sureness::LooksLike));
    assert_eq!(alone.sdks[0].traces.len(), 5);
}

#[test]
fn code_that_a_phone_compiled_says_what_it_lost() {
    // iget-quick and invoke-virtual-quick, as ART writes them.
    let quick = Op::Raw(&[0x10e3, 8, 0x10e9, 12, 0]);
    let bytes = dex(&[class("La/b/c;").method(0, ("a", &[], "V"), 1, &[quick, Op::Return])]);
    let contents = looked(&[b"vdex019\0".as_slice(), &bytes].concat(), "app.vdex");
    assert_eq!((contents.code[0].quickened, contents.code[0].methods), (2, 1));
    let empty = looked(b"vdex027\0\0\0\0\0", "app.vdex");
    assert!(empty.faults[0].message.contains("from Android 12 on"), "{:?}", empty.faults);
}
