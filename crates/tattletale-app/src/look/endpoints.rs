//! Hosts that an app names: addresses in its code, resources, texts and native libraries, and bare host names that a
//! table or a signature knows.
//!
//! A bare host name cannot be told from a package name (`com.example.app` ends in a top-level domain), so without an
//! address around it a name counts only where somebody knows it as a host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

use memchr::memmem;
use tattletale_core::attribute::Operators;
use tattletale_core::model::app::{Endpoint, Place};
use tattletale_core::model::{has_known_suffix, registrable_domain};

use super::Shown;
use super::native::Library;
use super::references::{ASKED, Marks, Use};
use super::sdks::Owners;
use super::unit::java_name;
use crate::arsc::Resources;
use crate::dex::Index;
use crate::package::Kind;

/// Addresses and places of one host that are listed.
const LISTED: usize = 5;
/// Hosts of one app that are listed.
const MOST_HOSTS: usize = 20_000;
/// Bytes of an address that are kept.
const LONGEST: usize = 200;

/// Names of schemas, licences and documentation that are written as addresses and never contacted.
const NAMES_ONLY: &[&str] = &[
    "schemas.android.com",
    "www.w3.org",
    "xmlpull.org",
    "xml.org",
    "www.apache.org",
    "apache.org",
    "ns.adobe.com",
    "schemas.xmlsoap.org",
    "json-schema.org",
    "java.sun.com",
    "xml.apache.org",
    "www.slf4j.org",
    "schemas.microsoft.com",
    "developer.android.com",
    "issuetracker.google.com",
    "opensource.org",
    "www.gnu.org",
    "creativecommons.org",
];

/// Hosts by the row of the string that names them, with their addresses.
pub(crate) type Rows = BTreeMap<u32, Vec<(String, Option<String>)>>;

/// What is known of one host so far.
#[derive(Default)]
struct Found {
    urls: BTreeSet<String>,
    places: BTreeSet<Place>,
}

/// The hosts of a file's strings, by row; they are marked so that their places are noted.
pub(crate) fn mark(
    strings: &[Option<&[u8]>],
    shown: (&Operators, &crate::signature::Signatures),
    marks: &mut Marks,
) -> Rows {
    let mut rows = BTreeMap::new();
    for (number, string) in (0..).zip(strings) {
        let Some(string) = *string else { continue };
        let mut hosts: Vec<(String, Option<String>)> = addresses(string).collect();
        if hosts.is_empty()
            && let Some(host) = bare_host(string)
            && (shown.1.of_host(&host).is_some() || !shown.0.of(&host, &[]).is_empty())
        {
            hosts.push((host, None));
        }
        if !hosts.is_empty() {
            marks.strings[number as usize] |= ASKED;
            rows.insert(number, hosts);
        }
    }
    rows
}

/// The hosts of the whole app. Those in the code of an SDK are told to `sdk_hosts` by its signature's position.
pub(crate) fn find(
    shown: &Shown<'_, '_>,
    libraries: &[Library],
    rows: &[Rows],
    uses: &[Vec<Use>],
    owners: &Owners,
    sdk_hosts: &mut BTreeMap<usize, BTreeSet<String>>,
) -> Vec<Endpoint> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut note = |host: &str, url: Option<&str>, place: Option<Place>| {
        if !found.contains_key(host) && found.len() == MOST_HOSTS {
            return;
        }
        let found = found.entry(host.to_owned()).or_default();
        if found.urls.len() < LISTED {
            found.urls.extend(url.map(str::to_owned));
        }
        if found.places.len() < LISTED {
            found.places.extend(place);
        }
    };
    for (file, (rows, uses)) in rows.iter().zip(uses).enumerate() {
        let unit = &shown.units[file];
        for used in uses.iter().filter(|used| used.index == Index::String) {
            for (host, url) in rows.get(&used.row).into_iter().flatten() {
                let class = java_name(unit.classes[used.class as usize].descriptor);
                note(host, url.as_deref(), Some(Place { file: unit.place.clone(), class }));
                if let Some(owner) = owners[file][used.class as usize] {
                    sdk_hosts.entry(owner).or_default().insert(host.clone());
                }
            }
        }
        // What no code loads may be a static value or an annotation.
        for (host, url) in rows.values().flatten() {
            note(host, url.as_deref(), None);
        }
    }
    for part in &shown.package.parts {
        let place = Place { file: part.place.clone(), class: String::new() };
        match part.kind {
            Kind::Native | Kind::Text => {
                addresses(&part.bytes).for_each(|(host, url)| note(&host, url.as_deref(), Some(place.clone())));
            }
            Kind::Resources => {
                for string in Resources::read(&part.bytes).iter().flat_map(Resources::strings) {
                    addresses(string.as_bytes())
                        .for_each(|(host, url)| note(&host, url.as_deref(), Some(place.clone())));
                }
            }
            Kind::Code | Kind::Version => {}
        }
    }
    for library in libraries {
        let place = Place { file: library.place.clone(), class: String::new() };
        library.hosts.iter().for_each(|host| note(host, None, Some(place.clone())));
    }
    for (place, manifest) in &shown.package.manifests {
        let file =
            if place.is_empty() { "AndroidManifest.xml".to_owned() } else { format!("{place}/AndroidManifest.xml") };
        for (_, value) in &manifest.settings {
            let place = || Some(Place { file: file.clone(), class: String::new() });
            addresses(value.as_bytes()).for_each(|(host, url)| note(&host, url.as_deref(), place()));
        }
    }
    let endpoint = |(host, found): (String, Found)| Endpoint {
        name_only: NAMES_ONLY.contains(&host.as_str()),
        facts: shown.operators.of(&host, &[]),
        urls: found.urls.into_iter().collect(),
        places: found.places.into_iter().collect(),
        host,
    };
    found.into_iter().map(endpoint).collect()
}

static SEPARATOR: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"://"));

/// Hosts with their addresses in some bytes: `scheme://host...`, wherever they stand.
pub(crate) fn addresses(bytes: &[u8]) -> impl Iterator<Item = (String, Option<String>)> + '_ {
    SEPARATOR.find_iter(bytes).filter_map(move |at| {
        let scheme = bytes[..at].iter().rev().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let named = &bytes[at - scheme..at];
        const SCHEMES: [&[u8]; 8] = [b"http", b"https", b"ws", b"wss", b"tcp", b"ssl", b"mqtt", b"mqtts"];
        // In a library strings follow each other, so that a letter may stand before the scheme.
        let scheme = SCHEMES
            .iter()
            .filter(|known| named.to_ascii_lowercase().ends_with(known))
            .map(|known| known.len())
            .max()?;
        let rest = &bytes[at + 3..];
        let end = rest.iter().take(LONGEST).position(|byte| !visible(*byte)).unwrap_or(rest.len().min(LONGEST));
        let authority = rest[..end].split(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\' | b',' | b';')).next()?;
        let authority = authority.rsplit(|byte| *byte == b'@').next()?;
        let host = authority.split(|byte| *byte == b':').next()?;
        let host = valid(host)?;
        let url = String::from_utf8_lossy(&bytes[at - scheme..at + 3 + end]).into_owned();
        Some((host, Some(url)))
    })
}

/// Bytes that stand in an address as people write it.
fn visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'(' | b')' | b'|' | b'^')
}

/// A string that is a host name as a whole. Most strings are not, and are told so without a look at any list.
pub(crate) fn bare_host(string: &[u8]) -> Option<String> {
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let plain = (4..=100).contains(&string.len()) && string.contains(&b'.') && string.iter().all(named);
    // A class of Java begins with a capital after its packages; no host is written so.
    (plain && !string.iter().any(u8::is_ascii_uppercase)).then(|| valid(string))?
}

/// A host in lower case, if it is one that can be reached from a phone: an address, or a name below a known suffix.
fn valid(host: &[u8]) -> Option<String> {
    let host = std::str::from_utf8(host).ok()?.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return (!address.is_loopback() && !address.is_unspecified()).then_some(host);
    }
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain && !label.is_empty() && label.len() <= 63 && !label.starts_with('-')
    };
    let last = host.rsplit('.').next()?;
    let named = host.contains('.')
        && host.split('.').all(label)
        && last.len() >= 2
        && last.bytes().all(|b| b.is_ascii_alphabetic());
    // Names of the lab end in `.localhost`, which no list has.
    let real = has_known_suffix(&host) || last == "localhost";
    (named && real && registrable_domain(&host).is_some()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_they_are_written() {
        let hosts = |text: &str| addresses(text.as_bytes()).map(|(host, _)| host).collect::<Vec<_>>();
        assert_eq!(hosts("https://sa.api.intl.miui.com/sa?project=x&r="), ["sa.api.intl.miui.com"]);
        assert_eq!(
            hosts("a HTTP://U:p@Data.Example.COM:8443, b wss://x.example.org"),
            ["data.example.com", "x.example.org"]
        );
        assert_eq!(hosts("xhttp://47.241.69.153/x\0http://127.0.0.1:80"), ["47.241.69.153"]);
        for none in [
            "content://com.android.browser/x",
            "https://%s/x",
            "http://localhost",
            "://",
            "http://",
            "https://a..b.com",
        ] {
            assert_eq!(hosts(none), [""; 0], "{none}");
        }
        let url = addresses(b"zzhttps://a.example.com/p?q=1 tail").next().unwrap().1.unwrap();
        assert_eq!(url, "https://a.example.com/p?q=1");
        assert_eq!(bare_host(b"tracking.intl.miui.com").as_deref(), Some("tracking.intl.miui.com"));
        assert_eq!(bare_host(b"no host.com"), None);
    }
}
