//! Host names with what a table says of them, found by the name itself or by a name above it.

use std::collections::HashMap;

/// Names, each of which covers itself and everything below it.
#[derive(Debug)]
pub(super) struct Names<T>(HashMap<String, T>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Names<T> {
    /// Takes in a name; what was known of it before is returned.
    pub(super) fn insert(&mut self, name: &str, known: T) -> Option<T> {
        self.0.insert(plain(name), known)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Everything that covers `host`, the most specific first.
    pub(super) fn of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = (&'a str, &'a T)> {
        above(host).filter_map(|name| Some((name, self.0.get(name)?)))
    }
}

/// The name and those above it, down to one label.
pub(super) fn above(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, above)| above))
        .filter(|name| !name.is_empty())
}

/// Lower case, without the dots and stars that lists write around a name.
pub(super) fn plain(name: &str) -> String {
    name.trim().trim_start_matches("*.").trim_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_comes_first_and_labels_are_whole() {
        let mut names = Names::default();
        for name in ["miui.com", "*.intl.MIUI.com.", "sa.api.intl.miui.com"] {
            names.insert(name, name.len());
        }
        let found = |host| names.of(host).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(found("sa.api.intl.miui.com"), ["sa.api.intl.miui.com", "intl.miui.com", "miui.com"]);
        assert_eq!(found("notmiui.com"), [""; 0]);
        assert_eq!(found(""), [""; 0]);
    }
}
