//! RDAP-shaped records (RFC 9083): `/rdap/domain/NAME` and `/rdap/ip/ADDRESS`, for the lab's servers only.

use super::{RECORDS, Record, is_lab_name};
use crate::fields::Fields;
use crate::serve::{Reply, Site, typed};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// The registry's server.
pub(crate) struct Rdap;

impl Site for Rdap {
    async fn answer(&self, request: Request<Bytes>, _: &Fields) -> Reply {
        let found = match request.method() {
            &Method::GET | &Method::HEAD => look_up(request.uri().path()),
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "only GET")),
        };
        let (status, body) = match found {
            Ok(record) => (StatusCode::OK, record),
            Err((status, title)) => (status, fault(status, title)),
        };
        typed(status, "application/rdap+json", body.to_string())
    }
}

fn look_up(path: &str) -> Result<Value, (StatusCode, &'static str)> {
    const UNKNOWN: (StatusCode, &str) = (StatusCode::NOT_FOUND, "not a server of this lab");
    if let Some(name) = path.strip_prefix("/rdap/domain/") {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let record = RECORDS.iter().find(|record| record.name == name && is_lab_name(&name));
        return record.map(domain).ok_or(UNKNOWN);
    }
    if let Some(address) = path.strip_prefix("/rdap/ip/") {
        let address: Ipv4Addr = address.parse().map_err(|_| (StatusCode::BAD_REQUEST, "not an IPv4 address"))?;
        return RECORDS.iter().find(|record| record.address == address).map(network).ok_or(UNKNOWN);
    }
    Err((StatusCode::NOT_FOUND, "only /rdap/domain/NAME and /rdap/ip/ADDRESS"))
}

/// Who registered the name: Beijing.
fn domain(record: &Record) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "notices": [specimen()],
        "objectClassName": "domain",
        "handle": format!("LAB-{}", record.name.split('.').next().unwrap_or_default()),
        "ldhName": record.name,
        "status": ["active"],
        "remarks": [{ "title": "Label", "description": [format!("Stands for: {}", record.stands_for)] }],
        "entities": [entity("registrant", "Lab specimen of the reported registrant", "Beijing", "CN")],
        "events": [{ "eventAction": "registration", "eventDate": "2020-04-30T00:00:00Z" }],
        "nameservers": [],
    })
}

/// Who hosts the address: Alibaba, wherever the server is said to stand.
fn network(record: &Record) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "notices": [specimen()],
        "objectClassName": "ip network",
        "handle": format!("LAB-{}", record.address),
        "startAddress": record.address.to_string(),
        "endAddress": record.address.to_string(),
        "ipVersion": "v4",
        "name": "LAB-ALIBABA",
        "type": "ALLOCATED PA",
        "country": record.country,
        "status": ["active"],
        "remarks": [{ "title": "Label", "description": [format!("Stands for a server in {}", record.city)] }],
        "entities": [entity("registrant", "Lab specimen of Alibaba (hosting)", "Hangzhou", "CN")],
    })
}

/// A jCard (RFC 7095) with the little that matters here.
fn entity(role: &str, name: &str, city: &str, country: &str) -> Value {
    json!({
        "objectClassName": "entity",
        "roles": [role],
        "vcardArray": ["vcard", [
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", name],
            ["kind", {}, "text", "org"],
            ["adr", { "cc": country }, "text", ["", "", "", city, "", "", ""]],
        ]],
    })
}

fn specimen() -> Value {
    json!({ "title": "Specimen", "description": ["Made up for a lab on loopback, after what was reported in 2020."] })
}

fn fault(status: StatusCode, title: &str) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "errorCode": status.as_u16(),
        "title": title,
        "description": ["This registry knows the lab's own servers and nothing else."],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_registrant_and_place_are_three_answers() {
        let domain = look_up("/rdap/domain/Singapore-collector.localhost").unwrap();
        assert_eq!(domain["entities"][0]["vcardArray"][1][3][3][3], "Beijing");
        let network = look_up("/rdap/ip/127.0.0.3").unwrap();
        assert_eq!(network["country"], "RU");
        assert!(network["entities"][0].to_string().contains("Alibaba"));
        for path in ["/rdap/domain/example.org", "/rdap/ip/47.241.69.153", "/rdap/domain/localhost", "/rdap/nothing"] {
            assert_eq!(look_up(path).unwrap_err().0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(look_up("/rdap/ip/1::2").unwrap_err().0, StatusCode::BAD_REQUEST);
    }
}
