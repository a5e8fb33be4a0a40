//! Claims that come ready made: those of the case that this project grew out of, for any maker's traffic.
//!
//! They stand in `claims/*.toml` of this crate, in the language that everybody writes. `use = "NAME"` takes one with an
//! app's own words for its switch, its consent or its receivers. The files are part of the program: a fault in one is a
//! failing test.

use super::{Claim, read};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Names of all ready-made claims, in the order of the case.
        pub const NAMES: &[&str] = &[$($name),*];
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../claims/", $name, ".toml")))),*];
    };
}

files![
    "anonymous",
    "aggregated-only",
    "no-incognito-browsing",
    "history-sync-opt-in",
    "not-shared",
    "encrypted",
    "consent-first",
    "incognito-switch-obeyed",
];

/// The one called `name`.
pub fn by_name(name: &str) -> Option<Claim> {
    let (_, text) = FILES.iter().find(|(known, _)| *known == name)?;
    read(text).ok()?.pop()
}

/// All of them, in the order of the case.
pub fn all() -> Vec<Claim> {
    NAMES.iter().filter_map(|name| by_name(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_holds_the_claim_of_its_name_and_its_source() {
        for (name, text) in FILES {
            let claims = read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(claims.len(), 1, "{name}");
            assert_eq!(claims[0].name, *name);
            assert!(claims[0].source.len() > 10 && claims[0].says.ends_with('.'), "{name}");
        }
        assert_eq!(all().len(), NAMES.len());
        assert_eq!(by_name("nothing"), None);
    }

    #[test]
    fn what_traffic_cannot_show_is_never_called_not_contradicted() {
        for name in ["not-shared", "consent-first"] {
            assert!(by_name(name).unwrap().otherwise_untested.is_some(), "{name}");
        }
    }
}
