//! Signatures: what an SDK is recognised by. Data files with evidence, ours bundled, others from the user.
//!
//! Ours are TOML (`signatures/*.toml`); a rule about somebody's software without a source that a reader can look up is
//! refused. The list of Exodus Privacy is read as its service gives it, regular expressions over names of classes and
//! over hosts; it is under the ODbL and never bundled.

mod exodus;
mod expressions;
mod written;

use expressions::Expressions;

/// What is known of one SDK.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// Identity: `sensors-analytics`, `exodus-49`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Who makes it.
    pub organisation: Option<String>,
    /// What for.
    pub category: Option<String>,
    /// Beginnings of class names as Java writes them, ending in a dot or being a whole name.
    pub classes: Vec<String>,
    /// Hosts that it sends to; what lies below one of them counts too.
    pub hosts: Vec<String>,
    /// Strings of its own, by which it is known when its classes have other names.
    pub strings: Vec<String>,
    /// How many of them must come together.
    pub least: usize,
    /// Beginnings of names of files that state its version.
    pub version_files: Vec<String>,
    /// Why, and where from.
    pub evidence: String,
    /// Regular expression over class names, in the manner of Exodus.
    pub code: Option<String>,
    /// Regular expression over hosts.
    pub network: Option<String>,
}

/// Why a file of signatures cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignatureError(pub String);

/// All signatures, ready to be asked.
#[derive(Debug, Clone)]
pub struct Signatures {
    /// In the order in which they were added.
    pub list: Vec<Signature>,
    /// Beginnings of class names, with whose each is.
    classes: Vec<(String, usize)>,
    code: Expressions,
    network: Expressions,
}

static BUNDLED: &[&str] = &[
    include_str!("../../signatures/sensors.toml"),
    include_str!("../../signatures/xiaomi.toml"),
    include_str!("../../signatures/google.toml"),
];

impl Signatures {
    /// Ours.
    pub fn bundled() -> Self {
        let list: Vec<Signature> = BUNDLED.iter().flat_map(|text| written::parse(text).unwrap_or_default()).collect();
        Self { classes: beginnings(&list), list, code: Expressions::default(), network: Expressions::default() }
    }

    /// Adds those of a file: TOML as ours, or the JSON of Exodus.
    ///
    /// # Errors
    /// When it is neither, a signature lacks its evidence, or an expression is none.
    pub fn add(&mut self, bytes: &[u8]) -> Result<usize, SignatureError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SignatureError("is no text".to_owned()))?;
        let added =
            match text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) && !text.contains("[[") {
                true => exodus::parse(text)?,
                false => written::parse(text)?,
            };
        let count = added.len();
        self.list.extend(added);
        self.classes = beginnings(&self.list);
        self.code = set(&self.list, |signature| signature.code.as_deref())?;
        self.network = set(&self.list, |signature| signature.network.as_deref())?;
        Ok(count)
    }

    /// Positions of the signatures that know a class, by its bare descriptor (`com/example/Tab`).
    pub fn of_class(&self, bare: &str) -> Option<usize> {
        let begins = |prefix: &str| {
            let rest = bare
                .as_bytes()
                .get(..prefix.len())
                .filter(|start| start.iter().zip(prefix.bytes()).all(|(a, b)| *a == b || *a == b'/' && b == b'.'));
            let after = bare.as_bytes().get(prefix.len());
            rest.is_some() && (prefix.ends_with('.') || after.is_none_or(|next| matches!(next, b'/' | b'$')))
        };
        let ours = self.classes.iter().find(|(prefix, _)| begins(prefix)).map(|(_, position)| *position);
        // Exodus searches names with slashes; its expressions write dots, which fit both.
        ours.or_else(|| self.code.first(bare))
    }

    /// The signature that knows a host.
    pub fn of_host(&self, host: &str) -> Option<usize> {
        let below =
            |name: &String| host == name || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
        let ours = self.list.iter().position(|signature| signature.hosts.iter().any(below));
        ours.or_else(|| self.network.first(host))
    }
}

/// The beginnings of class names of all signatures, in their order.
fn beginnings(list: &[Signature]) -> Vec<(String, usize)> {
    let all = list.iter().enumerate();
    all.flat_map(|(position, signature)| signature.classes.iter().map(move |prefix| (prefix.clone(), position)))
        .collect()
}

/// The expressions of all signatures, and whose each is.
fn set<'s>(
    list: &'s [Signature],
    of: impl Fn(&'s Signature) -> Option<&'s str>,
) -> Result<Expressions, SignatureError> {
    let written = list.iter().enumerate().filter_map(|(position, signature)| Some((position, of(signature)?)));
    Expressions::new(written).map_err(|error| SignatureError(format!("has an expression that cannot be used: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_signature_is_whole() {
        let mut seen = Vec::new();
        for text in BUNDLED {
            let list = written::parse(text).unwrap();
            assert!(!list.is_empty());
            seen.extend(list.into_iter().map(|signature| signature.id));
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "an identity is used twice");
    }

    #[test]
    fn classes_and_hosts_ours_and_those_of_exodus() {
        let mut signatures = Signatures::bundled();
        let id = |signatures: &Signatures, found: Option<usize>| found.map(|at| signatures.list[at].id.clone());
        let sensors = Some("sensors-analytics".to_owned());
        assert_eq!(
            id(&signatures, signatures.of_class("com/sensorsdata/analytics/android/sdk/SensorsDataAPI")),
            sensors
        );
        assert_eq!(signatures.of_class("com/sensorsdatum/Other"), None);
        let exodus = br#"{"trackers":{"7":{"name":"Made Up","code_signature":"com.madeup.ads.|net.madeup",
            "network_signature":"madeup\\.example|ads\\.madeup","website":"https://madeup.example"},
            "8":{"name":"None","code_signature":"","network_signature":""}}}"#;
        assert_eq!(signatures.add(exodus).unwrap(), 1);
        let made_up = Some("exodus-7".to_owned());
        assert_eq!(id(&signatures, signatures.of_class("com/madeup/ads/View")), made_up);
        assert_eq!(id(&signatures, signatures.of_host("x.ads.madeup.example")), made_up);
        assert_eq!(signatures.of_host("example.org"), None);
        assert!(
            signatures.add(b"[[signature]]\nid = \"x\"\nname = \"X\"\nclasses = [\"x.\"]\n").is_err(),
            "no evidence"
        );
        assert!(signatures.add(br#"{"trackers":{"9":{"name":"A","code_signature":"(((("}}}"#).is_err());
    }
}
