//! Whole HARs: as tools write them, as they get damaged, and as nobody should write them.

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::model::{Captured, Exchange, FaultKind, Fidelity};

fn import(file: &[u8]) -> Result<(Vec<Exchange>, Vec<Fault>), ImportError> {
    let mut all = Vec::new();
    let faults = Har.read(&mut &file[..], Wanted::ALL, &mut |captured| {
        all.extend(captured.exchange());
        ControlFlow::Continue(())
    })?;
    Ok((all, faults))
}

fn har(entries: &str) -> String {
    format!(r#"{{"log":{{"version":"1.2","entries":[{entries}]}}}}"#)
}

/// The exchange of a HAR with one entry that has nothing wrong around it.
fn one(entry: &str) -> Exchange {
    let (mut all, faults) = import(har(entry).as_bytes()).unwrap();
    assert_eq!((all.len(), faults), (1, vec![]), "{entry}");
    all.remove(0)
}

/// How a tool writes an entry, and what must be read from it.
struct Written {
    tool: &'static str,
    entry: &'static str,
    url: &'static str,
    headers: &'static str,
    cookies: &'static str,
    body: (&'static [u8], Fidelity),
    response: (&'static [u8], Fidelity),
}

const WRITTEN: [Written; 10] = [
    Written {
        tool: "Chrome",
        entry: r#"{"_connectionId":"77","_initiator":{"type":"script","stack":{"callFrames":[{"url":"https://no.example/"}]}},
            "_priority":"High","_resourceType":"Fetch","cache":{},"connection":"443","pageref":"page_1",
            "request":{"method":"POST","url":"https://t.example/e","httpVersion":"h2",
            "headers":[{"name":":authority","value":"t.example"},{"name":"Content-Length","value":"10"},
            {"name":"cookie","value":"a=1; b=2"}],"queryString":[],"cookies":[{"name":"a","value":"1"}],
            "headersSize":-1,"bodySize":9,"postData":{"mimeType":"application/json","text":"{\"a\":\"é\"}"}},
            "response":{"status":200,"headers":[{"name":"content-encoding","value":"br"}],
            "content":{"size":2,"mimeType":"text/html","text":"ok"},"bodySize":-1,"_transferSize":40},
            "startedDateTime":"2026-11-21T02:44:30.100Z","time":1.5,"timings":{"blocked":1}}"#,
        url: "https://t.example/e",
        headers: "host content-length",
        cookies: "a=1 b=2",
        body: ("{\"a\":\"é\"}".as_bytes(), Fidelity::Exact),
        response: (b"ok", Fidelity::Decoded),
    },
    Written {
        tool: "Firefox",
        entry: r#"{"pageref":"page_1","startedDateTime":"2026-11-21T03:44:30.100+01:00","request":{"bodySize":3,"method":"POST",
            "url":"https://t.example/e?x=1","httpVersion":"HTTP/2","headers":[{"name":"Host","value":"t.example"}],
            "cookies":[{"name":"sid","value":"7"}],"queryString":[{"name":"x","value":"1"}],"headersSize":null,
            "postData":{"mimeType":"text/plain","params":[],"text":"a=1"}},
            "response":{"status":200,"headers":[],"content":{"mimeType":"image/png","size":512,"comment":"not included"},
            "bodySize":700},"cache":{},"timings":{},"time":2}"#,
        url: "https://t.example/e?x=1",
        headers: "host",
        cookies: "sid=7",
        body: (b"a=1", Fidelity::Exact),
        response: (b"", Fidelity::Missing),
    },
    Written {
        tool: "Safari",
        entry: r#"{"pageref":"page_0","startedDateTime":"2026-11-21T02:44:30.100Z","time":3,"request":{"method":"GET",
            "url":"https://t.example/p","httpVersion":"","cookies":[],"headers":[],"queryString":[],"headersSize":-1,"bodySize":-1},
            "response":{"status":304,"headers":[{"name":"Content-Length","value":"50"}],"content":{"size":0,"compression":0}}}"#,
        url: "https://t.example/p",
        headers: "",
        cookies: "",
        body: (b"", Fidelity::Exact),
        response: (b"", Fidelity::Exact),
    },
    Written {
        tool: "Charles",
        entry: r#"{"startedDateTime":"2026-11-21T02:44:30.100+0000","time":3,"request":{"method":"POST","url":"http://t.example/f",
            "cookies":[],"headers":[{"name":"Host","value":"t.example"}],"queryString":[],
            "postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"q","value":"a b"},{"name":"é","value":""}]},
            "bodySize":12},"response":{"_charlesStatus":"COMPLETE","status":200,"headers":[],
            "content":{"size":3,"mimeType":"image/gif","text":"R0lG","encoding":"base64"}},"serverIPAddress":"127.0.0.1"}"#,
        url: "http://t.example/f",
        headers: "host",
        cookies: "",
        body: (b"q=a+b&%C3%A9=", Fidelity::Decoded),
        response: (b"GIF", Fidelity::Exact),
    },
    Written {
        tool: "Insomnia",
        entry: r#"{"startedDateTime":"2026-11-21T02:44:30.100Z","request":{"method":"GET","url":"https://t.example/s#top","httpVersion":"HTTP/1.1",
            "cookies":[],"headers":[],"queryString":[{"name":"q","value":"a b"}],"postData":{"mimeType":"","text":""},
            "headersSize":-1,"bodySize":-1},"response":{"status":200,"content":{"size":2,"mimeType":"","text":"[]"},"headers":[]}}"#,
        url: "https://t.example/s?q=a+b#top",
        headers: "",
        cookies: "",
        body: (b"", Fidelity::Exact),
        response: (b"[]", Fidelity::Exact),
    },
    Written {
        tool: "mitmproxy",
        entry: r#"{"startedDateTime":"2026-11-21T02:44:30.100000+00:00","time":1,"request":{"method":"POST","url":"https://t.example/b",
            "httpVersion":"HTTP/2.0","cookies":[],"headers":[{"name":"content-type","value":"application/x-protobuf"}],
            "queryString":[],"headersSize":9,"bodySize":4,"postData":{"mimeType":"application/x-protobuf","text":"\n\u0002\u00e9\u00ff","params":[]}},
            "response":{"status":204,"headers":[{"name":"content-length","value":"0"}],"content":{"size":0,"compression":0,"mimeType":""}}}"#,
        url: "https://t.example/b",
        headers: "content-type",
        cookies: "",
        body: (b"\n\x02\xe9\xff", Fidelity::Exact),
        response: (b"", Fidelity::Exact),
    },
    Written {
        tool: "HTTP Toolkit",
        entry: r#"{"startedDateTime":"2026-11-21T02:44:30.100Z","request":{"method":"POST","url":"https://t.example/h","headers":[
            {"name":"content-encoding","value":"gzip"}],"bodySize":200000,"_requestBodyStatus":"discarded:too-large"},
            "response":{"status":200,"headers":[["x","1"]],"content":{"size":1,"text":"","_"  :1}}}"#,
        url: "https://t.example/h",
        headers: "content-encoding",
        cookies: "",
        body: (b"", Fidelity::Missing),
        response: (b"", Fidelity::Missing),
    },
    Written {
        tool: "PCAPdroid, Reqable",
        entry: r#"{"startedDateTime":1795229070100,"request":{"method":"POST","url":"https://t.example/p","headers":[
            {"name":"content-encoding","value":"gzip"}],"postData":{"mimeType":"application/json","encoding":"base64","text":"H4sIAA=="}},
            "response":{"status":"200","headers":{"content-type":"text/plain; charset=iso-8859-1"},"content":{"text":"é"}}}"#,
        url: "https://t.example/p",
        headers: "content-encoding",
        cookies: "",
        body: (b"\x1f\x8b\x08\0", Fidelity::Exact),
        response: ("é".as_bytes(), Fidelity::Decoded),
    },
    Written {
        tool: "Slack",
        entry: r#"{"startedDateTime":"1795229070100","request":{"method":"POST","url":"https://t.example/api","headers":[["Host","t.example"],
            ["Cookie","d=x"]],"cookies":[],"postData":{"mimeType":"multipart/form-data; boundary=----B","text":"------B\r\n"}},
            "response":{"status":200,"headers":[["A","b"]],"content":null}}"#,
        url: "https://t.example/api",
        headers: "host",
        cookies: "d=x",
        body: (b"------B\r\n", Fidelity::Exact),
        response: (b"", Fidelity::Exact),
    },
    Written {
        tool: "Playwright with attached files",
        entry: r#"{"startedDateTime":"2026-11-21T02:44:30.100Z","request":{"method":"POST","url":"https://t.example/w","headers":[],
            "postData":{"mimeType":"application/json","params":[],"_sha1":"ab.json"},"bodySize":-1},"response":{"status":-1,"headers":[],
            "content":{"size":-1,"mimeType":"x-unknown"}}}"#,
        url: "https://t.example/w",
        headers: "",
        cookies: "",
        body: (b"", Fidelity::Missing),
        response: (b"", Fidelity::Exact),
    },
];

#[test]
fn as_tools_write_it() {
    for written in WRITTEN {
        let exchange = one(written.entry);
        let tool = written.tool;
        assert_eq!(exchange.faults, [], "{tool}");
        assert_eq!(exchange.at.map(|at| at.as_millisecond()), Some(1_795_229_070_100), "{tool}");
        let request = &exchange.request;
        assert_eq!(request.url, written.url, "{tool}");
        let names: Vec<&str> = request.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names.join(" "), written.headers, "{tool}");
        let cookie = |c: &crate::model::Header| format!("{}={}", c.name, String::from_utf8_lossy(&c.value));
        assert_eq!(request.cookies.iter().map(cookie).collect::<Vec<_>>().join(" "), written.cookies, "{tool}");
        let response = exchange.response.map(|response| response.body).unwrap_or_default();
        assert_eq!((&request.body.bytes[..], request.body.fidelity), written.body, "{tool}");
        assert_eq!((&response.bytes[..], response.fidelity), written.response, "{tool}");
    }
}

#[test]
fn urls_from_what_is_there() {
    let url = |request: &str| one(&format!(r#"{{"request":{{"method":"GET",{request}}}}}"#)).request.url;
    assert_eq!(url(r#""url":" http://a/b ""#), "http://a/b");
    let pseudo =
        r#"[{"name":":scheme","value":"https"},{"name":":authority","value":"a:8"},{"name":":path","value":"/b?c"}]"#;
    assert_eq!(url(&format!(r#""headers":{pseudo}"#)), "https://a:8/b?c");
    assert_eq!(url(r#""url":"/b","headers":[["Host","a"]]"#), "//a/b");
    assert_eq!(url(r#""url":"http://a/b?","queryString":[["c","d"]]"#), "http://a/b?");
}

#[test]
fn the_address_of_the_server() {
    let peer = |field: &str| one(&format!(r#"{{{field}"request":{{"method":"GET","url":"http://a/"}}}}"#)).peer();
    assert_eq!(peer(r#""serverIPAddress":"[2001:db8::1]","#), Some("2001:db8::1".parse().unwrap()));
    assert_eq!((peer(r#""serverIPAddress":"","#), peer(r#""serverIPAddress":[],"#), peer("")), (None, None, None));
}

#[test]
fn faults_of_a_file_are_counted_where_there_are_many() {
    for (entry, what) in [("null,", "entries"), (r#"{"request":{"url":"http://a/"}} ; "#, "what stands between them")] {
        let (_, faults) = import(har(&entry.repeat(5_000)).as_bytes()).unwrap();
        let last = faults.iter().rev().find(|fault| fault.message.contains("more places of the file"));
        assert!(faults.len() < 1_010 && last.is_some(), "{what}: {} {last:?}", faults.len());
    }
}

#[test]
fn entries_without_url_or_method() {
    let file =
        har(r#"{"request":{"method":"GET"}},null,{"request":{"url":"http://a/"}},{"x":1},{"request":{"url":null}}"#);
    let (all, faults) = import(file.as_bytes()).unwrap();
    assert_eq!(all.iter().map(|exchange| exchange.index).collect::<Vec<_>>(), [2]);
    assert_eq!(all[0].faults.len(), 1);
    assert_eq!((all[0].faults[0].exchange, all[0].faults[0].kind), (Some(2), FaultKind::Corrupt));
    assert_eq!(faults.iter().map(|fault| fault.exchange).collect::<Vec<_>>(), [Some(0), Some(1), Some(3), Some(4)]);
    assert!(faults.iter().all(|fault| fault.offset.is_some()));
}

#[test]
fn web_socket_messages() {
    let exchange = one(r#"{"request":{"method":"GET","url":"wss://a/"},"_webSocketMessages":[
        {"type":"send","time":1795229070.1,"opcode":1,"data":"hi"},{"type":"receive","time":1795229070.2,"opcode":2,"data":"/wA="},
        {"type":"Request","time":"2026-11-21T02:44:30.1Z","payload":"x"},{"type":"send","opcode":2,"data":"not base64!"},7]}"#);
    let seen: Vec<(bool, &[u8])> = exchange.messages.iter().map(|m| (m.sent, &m.bytes[..])).collect();
    assert_eq!(seen, [(true, &b"hi"[..]), (false, b"\xff\0"), (true, b"x"), (true, b"not base64!")]);
    assert_eq!(exchange.messages[0].at, exchange.messages[2].at);
}

#[test]
fn unwanted_bodies_state_their_fidelity() {
    for written in WRITTEN {
        let full = one(written.entry);
        let mut bare = Vec::new();
        let mut keep = |captured: Captured| {
            bare.extend(captured.exchange());
            ControlFlow::Continue(())
        };
        Har.read(&mut har(written.entry).as_bytes(), Wanted::HEADERS, &mut keep).unwrap();
        assert!(bare[0].request.body.bytes.is_empty());
        assert_eq!(bare[0].request.body.fidelity, full.request.body.fidelity);
        let fidelity = |exchange: &Exchange| exchange.response.as_ref().map(|response| response.body.fidelity);
        assert_eq!(fidelity(&bare[0]), fidelity(&full));
    }
}

#[test]
fn cut_at_every_byte() {
    let file = har(&WRITTEN.map(|written| written.entry).join(",\n"));
    let (whole, _) = import(file.as_bytes()).unwrap();
    let mut ends = Vec::new();
    let mut at = 0;
    for written in &WRITTEN {
        at += file[at..].find(written.entry).unwrap() + written.entry.len();
        ends.push(at);
    }
    for end in 0..file.len() {
        let before = ends.iter().filter(|&&entry| entry <= end).count();
        match import(&file.as_bytes()[..end]) {
            Ok((all, faults)) => {
                assert!(all.len() >= before && all.len() <= before + 1, "{end}");
                assert!(all.iter().zip(&whole).take(before).all(|(cut, whole)| cut.request.url == whole.request.url));
                let in_exchange = all.get(before).map_or(0, |cut| cut.faults.len());
                let truncated = faults.iter().chain(all.iter().flat_map(|exchange| &exchange.faults));
                assert!(truncated.clone().any(|fault| fault.kind == FaultKind::Truncated), "{end}");
                assert!(faults.len() + in_exchange == 1, "{end}: {faults:?}");
            }
            Err(ImportError::Broken { offset, .. }) => assert_eq!((before, offset), (0, end as u64)),
            Err(ImportError::NoEntries { .. }) => assert_eq!(end, 0),
            Err(other) => panic!("{end}: {other}"),
        }
    }
}

#[test]
fn a_cut_body_is_kept_as_far_as_it_goes() {
    let file = r#"{"log":{"entries":[{"request":{"method":"POST","url":"http://a/","postData":{"encoding":"base64","text":"aGVsbG8"#;
    let (all, _) = import(file.as_bytes()).unwrap();
    assert_eq!((&all[0].request.body.bytes[..], all[0].request.body.fidelity), (&b"hel"[..], Fidelity::Truncated));
    assert_eq!(all[0].faults[0].offset, Some(file.len() as u64));
}

#[test]
fn files_without_entries() {
    let error = |file: &str| import(file.as_bytes()).unwrap_err();
    assert!(matches!(error(r#"{"log":{"pages":[]}}"#), ImportError::NoEntries { offset: 20 }));
    assert!(matches!(error(r#"{"log":{"entries":null}}"#), ImportError::NoEntries { .. }));
    assert!(matches!(error(r#"{"log":{"pages":"#), ImportError::Broken { offset: 16, .. }));
    assert!(matches!(error(r#"{"log":{"x":"a "b"}}"#), ImportError::Broken { offset: 16, .. }));
    assert_eq!(import(br#"{"log":{"entries":[]}}"#).unwrap().0.len(), 0);
}

#[test]
fn an_entry_beyond_the_limit_hides_no_other() {
    let long = format!(r#"{{"request":{{"url":"http://a/{}"}}}}"#, "x".repeat(600_000));
    let small = r#"{"request":{"url":"http://b/","method":"GET"}}"#;
    let mut indices = Vec::new();
    let mut each = |captured: Captured| {
        indices.extend(captured.exchange().map(|exchange| exchange.index));
        ControlFlow::Continue(())
    };
    let file = har(&format!("{small},{long},{small}"));
    let faults = read(&mut file.as_bytes(), 10_000, Wanted::ALL, &mut each).unwrap();
    assert_eq!(indices, [0, 2]);
    assert_eq!((faults.len(), faults[0].kind, faults[0].exchange), (1, FaultKind::Limit, Some(1)));
}

/// A reader that gives one byte at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        self.0.read(&mut buffer[..count])
    }
}

#[test]
fn reads_the_same_however_it_arrives() {
    let file = har(&WRITTEN.map(|written| written.entry).join(","));
    let mut dripped = Vec::new();
    let mut each = |captured: Captured| {
        dripped.extend(captured.exchange());
        ControlFlow::Continue(())
    };
    Har.read(&mut Drip(file.as_bytes()), Wanted::ALL, &mut each).unwrap();
    let (whole, _) = import(file.as_bytes()).unwrap();
    assert_eq!(format!("{dripped:?}"), format!("{whole:?}"));
}

/// Work grows with the input, not with its square: a square of these would take hours.
#[test]
fn hostile_shapes_stay_linear() {
    let open = |text: &str| format!(r#"{{"log":{{"entries":[{{"request":{{"url":"http://a/","x":{text}"#);
    let million = 1_000_000;
    let shapes = [
        open(&"[".repeat(20 * million)),
        open(&format!("\"{}\"}}}}]}}}}", "x".repeat(20 * million))),
        open(&format!("\"{}\"}}}}]}}}}", "\\\"".repeat(2 * million))),
        open(&format!("[{}0]}}}}]}}}}", "0,".repeat(2 * million))),
        har(&vec![r#"{"request":{"url":"http://a/","method":"GET"}}"#; million / 10].join(",")),
        har(&vec![r#"{"request":{"url":"http://a/" x"#; million / 10].join(",")),
        har(&vec![r#"{"request" x"#; million / 10].join("")),
        har(&format!(r#"{{"a" x{}"#, "{ \"".repeat(million))),
        har(&format!(r#"{{"a" x{}"#, "{          ".repeat(million / 4))),
        format!("{}{}", "[".repeat(million), "]".repeat(million)),
    ];
    for shape in shapes {
        let _ = import(shape.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = import(&bytes);
        let _ = Har.sniff(&bytes);
    }

    #[test]
    fn random_structure_never_panics(text in r#"[{}\[\],:"\\ntu0-9a ]{0,200}"#, tool in 0..WRITTEN.len()) {
        let _ = import(har(&text).as_bytes());
        let _ = import(har(&format!("{},{text},{}", WRITTEN[tool].entry, WRITTEN[tool].entry)).as_bytes());
    }

    /// Bytes changed, lost or doubled in the second of three entries leave the first and the third readable.
    #[test]
    fn damage_stays_in_its_entry(tool in 0..WRITTEN.len(), at in 0.02..0.98f64, lost in 0..200usize, put in "[a-z\"{}\\[\\],: ]{0,6}") {
        let bad = WRITTEN[tool].entry;
        let mut at = (bad.len() as f64 * at) as usize;
        while !bad.is_char_boundary(at) { at += 1; }
        let mut end = (at + lost).min(bad.len());
        while !bad.is_char_boundary(end) { end += 1; }
        let good = r#"{"startedDateTime":"2026-11-21T02:44:30Z","request":{"method":"GET","url":"http://good/"}}"#;
        let file = har(&format!("{good},{}{put}{},{good}", &bad[..at], &bad[end..]));
        let (all, _) = import(file.as_bytes()).unwrap();
        prop_assert_eq!(all.iter().filter(|exchange| exchange.request.url == "http://good/").count(), 2, "{}", file);
    }
}
