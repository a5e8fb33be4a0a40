//! Native libraries: whose methods they implement, whose strings they hold, and host names without an address.
//!
//! No structure of ELF is needed for that, and none is trusted: what a library exports to Java stands in it as text
//! (`Java_com_example_Tab_open`, "Resolving Native Method Names" of the Java Native Interface), what it registers by
//! hand as a class name, and constants as text that ends with a zero. Packers damage section tables, not these.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tattletale_core::attribute::Operators;

use super::endpoints::bare_host;
use crate::package::{Kind, Package};
use crate::signature::Signatures;

/// The longest name or string that is looked at.
const LONGEST: usize = 300;
/// The shortest.
const SHORTEST: usize = 4;

/// What one library tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Library {
    /// Where it is.
    pub(crate) place: String,
    /// Classes of SDKs that it has code for, by signature; the first one of each.
    pub(crate) classes: BTreeMap<usize, String>,
    /// Strings of its own of each SDK.
    pub(crate) strings: BTreeMap<usize, BTreeSet<String>>,
    /// Hosts that somebody knows.
    pub(crate) hosts: BTreeSet<String>,
}

/// Looks through every native library.
pub(crate) fn libraries(package: &Package, signatures: &Signatures, operators: &Operators) -> Vec<Library> {
    let mut wanted: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (position, signature) in signatures.list.iter().enumerate() {
        signature.strings.iter().for_each(|string| wanted.entry(string.as_bytes()).or_default().push(position));
    }
    let parts = package.parts.iter().filter(|part| part.kind == Kind::Native);
    parts
        .map(|part| {
            let mut library = Library { place: part.place.clone(), ..Library::default() };
            for string in strings(&part.bytes) {
                for &signature in wanted.get(string).into_iter().flatten() {
                    let text = String::from_utf8_lossy(string).into_owned();
                    library.strings.entry(signature).or_default().insert(text);
                }
                let class = string.strip_prefix(b"Java_").and_then(exported).or_else(|| named(string));
                if let Some((signature, class)) = class.and_then(|class| Some((signatures.of_class(&class)?, class))) {
                    library.classes.entry(signature).or_insert_with(|| class.replace('/', "."));
                }
                if let Some(host) = bare_host(string)
                    && (signatures.of_host(&host).is_some() || !operators.of(&host, &[]).is_empty())
                {
                    library.hosts.insert(host);
                }
            }
            library
        })
        .collect()
}

/// Runs of printable bytes.
fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let runs = bytes.split(|byte| !(b' '..=b'~').contains(byte));
    runs.filter(|run| (SHORTEST..=LONGEST).contains(&run.len()))
}

/// The class of a method that is exported to Java: `com_example_Tab_open` with `_1` for `_`, and behind `__` what its
/// parameters are.
fn exported(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let name = name.split_once("__").map_or(name, |(name, _)| name);
    let mut class = String::new();
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('_', Some('1')) => {
                letters.next();
                class.push('_');
            }
            ('_', _) => class.push('/'),
            _ => class.push(letter),
        }
    }
    class.rsplit_once('/').map(|(class, _)| class.to_owned())
}

/// A class name as code hands it to `FindClass`: with slashes, maybe as a descriptor.
fn named(string: &[u8]) -> Option<String> {
    let bare = string.strip_prefix(b"L").and_then(|rest| rest.strip_suffix(b";")).unwrap_or(string);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'$');
    let is_name = bare.contains(&b'/') && bare[0].is_ascii_lowercase() && bare.iter().all(plain);
    is_name.then(|| String::from_utf8_lossy(bare).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_java_exports_them() {
        assert_eq!(exported(b"com_example_Tab_open").as_deref(), Some("com/example/Tab"));
        assert_eq!(exported(b"com_my_1firm_Tab_go_1on__Ljava_lang_String_2").as_deref(), Some("com/my_firm/Tab"));
        assert_eq!(exported(b"open"), None);
        assert_eq!(named(b"com/example/Tab").as_deref(), Some("com/example/Tab"));
        assert_eq!(named(b"Lcom/example/Tab;").as_deref(), Some("com/example/Tab"));
        for none in [&b"/proc/self/maps"[..], b"a b/c", b"GET /x", b"plain"] {
            assert_eq!(named(none), None);
        }
    }
}
