//! Files of each format with the same exchanges, as far as they are read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tattletale_core::export::har::HarWriter;
use tattletale_core::export::warc::{RecordId, WarcWriter};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Captured, Exchange, Header, url};

/// The exchanges of all real captures.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(real).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut all = Vec::new();
    for har in cases.iter().map(|case| case.join("requests.har")).filter(|har| har.is_file()) {
        import::read(File::open(har).unwrap(), Wanted::ALL, |captured| {
            all.extend(Captured::exchange(captured));
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    all
}

/// Writes them over and over until so many bytes of bodies and heads were written; how many. What a SAZ holds is written
/// to `contents` as well.
pub(crate) fn write(format: &str, file: &Path, contents: &Path, exchanges: &[Exchange], bytes: usize) -> u64 {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let size = |exchange: &Exchange| {
        let response = exchange.response.as_ref().map_or(0, |response| response.body.bytes.len());
        1500 + exchange.request.url.len() + exchange.request.body.bytes.len() + response
    };
    let (mut written, mut count) = (0, 0u64);
    let chosen = exchanges.iter().cycle().take_while(|exchange| {
        written += size(exchange);
        written < bytes
    });
    match format {
        "har" => {
            let mut writer = HarWriter::new(out, "bench").unwrap();
            chosen.for_each(|exchange| {
                count += 1;
                writer.exchange(exchange).unwrap();
            });
            writer.finish().unwrap().into_inner().unwrap();
        }
        "warc" => {
            let mut writer = WarcWriter::new(out);
            let mut number = 0u128;
            chosen.for_each(|exchange| {
                count += 1;
                let id = || {
                    number += 1;
                    RecordId::from_random((number << 80 | number).to_be_bytes())
                };
                writer.exchange(id, exchange).unwrap();
            });
            writer.into_inner().into_inner().unwrap();
        }
        "burp" => {
            out.write_all(b"<?xml version=\"1.0\"?>\n<items burpVersion=\"2026.1\" exportTime=\"x\">\n").unwrap();
            chosen.for_each(|exchange| {
                count += 1;
                out.write_all(item_of_burp(exchange).as_bytes()).unwrap();
            });
            out.write_all(b"</items>\n").unwrap();
            out.into_inner().unwrap();
        }
        "saz" => {
            let mut contents = BufWriter::new(File::create(contents).unwrap());
            let about: &[u8] = b"<?xml version=\"1.0\"?><Session><SessionTimers ClientBeginRequest=\
                \"2026-11-21T10:00:00Z\" /></Session>";
            chosen.for_each(|exchange| {
                count += 1;
                let (asked, answered) = messages(exchange);
                for (part, content) in [("c.txt", &asked[..]), ("s.txt", &answered), ("m.xml", about)] {
                    contents.write_all(content).unwrap();
                    out.write_all(&entry(&format!("raw/{count}_{part}"), content)).unwrap();
                }
            });
            contents.into_inner().unwrap();
            out.into_inner().unwrap();
        }
        _ => {
            chosen.for_each(|exchange| {
                count += 1;
                out.write_all(&flow(exchange)).unwrap();
            });
            out.into_inner().unwrap();
        }
    }
    count
}

/// As mitmdump writes it, as far as it is read.
fn flow(exchange: &Exchange) -> Vec<u8> {
    fn item(payload: &[u8], tag: u8) -> Vec<u8> {
        [payload.len().to_string().as_bytes(), b":", payload, &[tag]].concat()
    }
    let dict = |pairs: &[(&str, Vec<u8>)]| {
        let pairs = pairs.iter().flat_map(|(name, value)| [item(name.as_bytes(), b';'), value.clone()].concat());
        item(&pairs.collect::<Vec<u8>>(), b'}')
    };
    let headers = |headers: &[Header]| {
        let pair =
            |header: &Header| item(&[item(header.name.as_bytes(), b','), item(&header.value, b',')].concat(), b']');
        item(&headers.iter().flat_map(pair).collect::<Vec<u8>>(), b']')
    };
    let request = &exchange.request;
    let parts = url::Parts::of(&request.url);
    let path = &request.url[request.url.find(parts.authority).unwrap() + parts.authority.len()..];
    let mut message = vec![
        ("host", item(parts.authority.as_bytes(), b';')),
        ("port", item(b"443", b'#')),
        ("method", item(request.method.as_bytes(), b',')),
        ("scheme", item(parts.scheme.as_bytes(), b',')),
        ("authority", item(parts.authority.as_bytes(), b',')),
        ("path", item(path.as_bytes(), b',')),
        ("http_version", item(b"HTTP/1.1", b',')),
        ("headers", headers(&request.headers)),
        ("content", item(&request.body.bytes, b',')),
        ("timestamp_start", item(b"1795000000.25", b'^')),
    ];
    let mut flow = vec![("version", item(b"21", b'#')), ("type", item(b"http", b';')), ("request", dict(&message))];
    if let Some(response) = &exchange.response {
        message = vec![
            ("status_code", item(response.status.to_string().as_bytes(), b'#')),
            ("headers", headers(&response.headers)),
            ("content", item(&response.body.bytes, b',')),
        ];
        flow.push(("response", dict(&message)));
    }
    dict(&flow)
}

/// The exchange in the form of HTTP/1.1.
pub(crate) fn messages(exchange: &Exchange) -> (Vec<u8>, Vec<u8>) {
    let head = |line: String, headers: &[Header], body: &[u8]| {
        let mut message = line.into_bytes();
        for header in headers.iter().filter(|header| !header.name.starts_with(':')) {
            // Bodies are here without their framing and coding.
            if !["transfer-encoding", "content-encoding", "content-length"].contains(&&*header.name) {
                message.extend([header.name.as_bytes(), b": ", &header.value, b"\r\n"].concat());
            }
        }
        message.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
        message.extend(body);
        message
    };
    let request = &exchange.request;
    let line = format!("{} {} HTTP/1.1\r\n", request.method, request.url);
    let asked = head(line, &request.headers, &request.body.bytes);
    let answered = exchange.response.as_ref().map_or(Vec::new(), |response| {
        head(format!("HTTP/1.1 {} x\r\n", response.status), &response.headers, &response.body.bytes)
    });
    (asked, answered)
}

fn item_of_burp(exchange: &Exchange) -> String {
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let (asked, answered) = messages(exchange);
    format!(
        "<item><time>Sat Nov 21 10:00:00 UTC 2026</time><url><![CDATA[{}]]></url><request base64=\"true\"><![CDATA[{}]]>\
         </request><response base64=\"true\"><![CDATA[{}]]></response></item>\n",
        exchange.request.url,
        base64(&asked),
        base64(&answered)
    )
}

/// An entry of a ZIP, deflated, with its sizes before it.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    let packed = encoder.finish().unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let numbers = [crc.sum(), packed.len() as u32, content.len() as u32, name.len() as u32].map(u32::to_le_bytes);
    [b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0", &numbers.concat()[..], name.as_bytes(), &packed].concat()
}
