//! One person's events in several forms, and what is made of them.

use super::*;
use crate::store::Channel;
use serde_json::{Map, Value, json};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn event(name: &str, id: &str, at: i64, properties: Value) -> Event {
    let mut event = Event::new(Channel::SensorsAnalytics, "gzip list", "track");
    event.event = Some(name.to_owned());
    event.distinct_id = Some(id.to_owned());
    event.time = Some(1_588_200_000_000 + at);
    event.properties = map(properties);
    event.server = "singapore".to_owned();
    event
}

const UUID: &str = "0f1e2d3c-4b5a-4678-9abc-def012345678";
const ANDROID_ID: &str = "a1b2c3d4e5f60718";

#[test]
fn before_and_after_sign_in_is_one_person() {
    let mut signup = event("$SignUp", "10017", 60_000, json!({}));
    signup.kind = "track_signup".to_owned();
    signup.original_id = Some(UUID.to_owned());
    let mut hidden = event("$AppStart", "bTkzNDU2Nzg5", 80_000, json!({}));
    hidden.properties.insert("$anonymization_id".into(), "YTFiMmMzZDRlNWY2MDcxOA==".into());
    let mut spock = Event::new(Channel::Spock, "spock", "track");
    spock.event = Some("folder_open".into());
    spock.distinct_id = Some("adv-1234".into());
    spock.properties = map(json!({ "path": "/sdcard/diary", "H": { "g": "adv-1234", "b": "004999010640000" } }));
    let events = [
        event("page_load_event_start", UUID, 0, json!({ "url": "https://clinic.localhost/a", "uuid": UUID })),
        signup,
        event(
            "search",
            "10017",
            70_000,
            json!({ "search_word": "panic", "imei": "004999010640000", "$device_id": ANDROID_ID }),
        ),
        hidden,
        spock,
        event("search", "somebody-else", 90_000, json!({ "search_word": "trams", "mac": "02:00:00:00:00:00" })),
        event("search", "a third one", 90_000, json!({ "search_word": "boats", "mac": "02:00:00:00:00:00" })),
    ];
    let people = people(&events);
    assert_eq!(people.iter().map(|person| person.events).collect::<Vec<_>>(), [5, 1, 1]);
    let one = &people[0];
    assert_eq!(one.account(), Some("10017"));
    let kinds: BTreeSet<&str> = one.identifiers.iter().map(|identifier| identifier.kind).collect();
    for kind in ["account", "IMEI", "advertising id", "ANDROID_ID", "ANDROID_ID in base64"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert!(one.links.iter().any(|link| link.event == "$SignUp"));
}

#[test]
fn sessions_habits_and_boxes() {
    let minute = 60_000;
    let visit = |at, page: &str| event("page_load_event_start", UUID, at, json!({ "url": page, "incognito": at == 0 }));
    let done = |at, page: &str| event("page_load_event_finish", UUID, at, json!({ "url": page }));
    let events = [
        visit(0, "https://clinic.localhost/menopause"),
        done(900, "https://clinic.localhost/menopause"),
        visit(29 * minute, "https://clinic.localhost/book"),
        visit(60 * minute, "https://bishop.localhost/"),
        done(60 * minute + 2500, "https://bishop.localhost/"),
    ];
    let people = people(&events);
    let [person] = &people[..] else { panic!("{people:?}") };
    assert_eq!(person.sessions.iter().map(|session| session.moments).collect::<Vec<_>>(), [3, 2]);
    let sites: Vec<_> = person.pattern.sites.iter().map(|site| (&site.host[..], site.visits, site.incognito)).collect();
    assert_eq!(sites, [("clinic.localhost", 2, 1), ("bishop.localhost", 1, 0)]);
    assert_eq!(person.pattern.slow.iter().map(|page| page.took).collect::<Vec<_>>(), [2500, 900]);
    let names: Vec<&str> = person.segments.iter().map(|segment| segment.name).collect();
    assert_eq!(names, ["Health", "Uses private browsing"]);
    assert_eq!(person.incognito(), 1);
}

#[test]
fn an_impossible_clock_gives_way_to_the_receivers() {
    for time in [0, -5, i64::MIN, i64::MAX, 86_400_000] {
        let mut event = event("search", UUID, 0, json!({ "search_word": "x", "$timezone_offset": i64::MIN }));
        event.time = Some(time);
        event.received_at = 1_600_000_000_000;
        assert_eq!(people(&[event])[0].moments[0].at, 1_600_000_000_000, "{time}");
    }
}

#[test]
fn events_as_the_labs_phones_send_them() {
    let cases = [
        (
            "usage",
            json!({ "usage_sequence": [{ "package": "org.example.chess", "duration": 5 }] }),
            Kind::App,
            "org.example.chess",
        ),
        ("open_folder", json!({ "path": "/sdcard/diary" }), Kind::Folder, "/sdcard/diary"),
        ("open_screen", json!({ "screen": "status-bar" }), Kind::Screen, "status-bar"),
        ("setting_change", json!({ "setting": "nfc=on" }), Kind::Setting, "nfc=on"),
        ("play_music", json!({ "title": "Night Tram", "$model": "Mi 10" }), Kind::Music, "Night Tram"),
        ("play_video", json!({ "title": "Wypadek" }), Kind::Video, "Wypadek"),
        (
            "history_sync",
            json!({ "url": "https://a.localhost/", "visited_at": 1 }),
            Kind::Synced,
            "https://a.localhost/",
        ),
        ("quick_dial", json!({ "url": "https://a.localhost/" }), Kind::Tile, "https://a.localhost/"),
        ("youtube_search_op", json!({ "op": "search", "search_word": "yoga" }), Kind::VideoSearch, "yoga"),
        ("rv_crashed", json!({ "cause": "OutOfMemory" }), Kind::Crash, "OutOfMemory"),
        ("something_new", json!({ "$model": "Mi 10", "platform": "AndroidApp", "note": "x" }), Kind::Other, "x"),
    ];
    for (name, properties, kind, what) in cases {
        let moment = &people(&[event(name, UUID, 0, properties)])[0].moments[0];
        assert_eq!((moment.kind, &moment.what[..]), (kind, what), "{name}");
    }
    let private = event("download_files", UUID, 0, json!({ "type": "privacy", "url": "u" }));
    assert_eq!(people(&[private])[0].incognito(), 1);
    assert!(people(&[event("usage_statistics", "everyone", 0, json!({ "page_loads": 3 }))]).is_empty());
}

#[test]
fn what_has_no_time_lies_beside_what_was_received_with_it() {
    let mut events = [("search", 0), ("$pageview", 0), ("search", 60_000)]
        .map(|(name, at)| event(name, UUID, at, json!({ "url": "https://a.localhost/" })));
    events[1].time = None;
    for (event, received) in events.iter_mut().zip([0, 40, 50]) {
        event.received_at = 1_700_000_000_000 + received;
    }
    let moments = &people(&events)[0].moments;
    assert_eq!(moments.iter().map(|moment| moment.at - 1_588_200_000_000).collect::<Vec<_>>(), [0, 40, 60_000]);
}
