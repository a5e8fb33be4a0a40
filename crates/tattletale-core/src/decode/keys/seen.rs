//! Keys that a capture shows itself: some apps send the key beside what it closes, or fetch it from their maker.
//!
//! Only a field that is called like a key and holds as many bytes as one is taken. A wrong one opens nothing, so a
//! name that misleads costs time and no truth.

use super::{Key, Secret, unwritten};
use crate::decode::{Ending, Node, Visitor};

/// Keys kept of all captures together: each is tried on everything that stays closed.
const MOST: usize = 8;

/// Collects them over any number of walks.
#[derive(Debug, Default)]
pub struct SeenKeys {
    keys: Vec<Key>,
    exchange: usize,
}

impl SeenKeys {
    /// The walks that follow are over parts of this exchange: keys are named after it.
    pub fn at(&mut self, exchange: usize) {
        self.exchange = exchange;
    }

    /// What was seen.
    pub fn keys(self) -> Vec<Key> {
        self.keys
    }

    fn add(&mut self, secret: Secret) {
        if self.keys.len() < MOST && !self.keys.iter().any(|key| key.secret == secret) {
            self.keys.push(Key { name: format!("seen in exchange {}", self.exchange), secret });
        }
    }
}

impl Visitor for SeenKeys {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        // 16 letters, and 32 bytes in hex.
        if node.again || !ending.text || !(16..=64).contains(&node.bytes.len()) {
            return;
        }
        let named = node.chain.field().is_some_and(|name| is_named_like_a_key(&name));
        let Some(text) = named.then(|| std::str::from_utf8(node.bytes).ok()).flatten() else { return };
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let letters = !hex && !text.ends_with('=') && text.bytes().all(|byte| byte.is_ascii_graphic());
        for bytes in unwritten(text).into_iter().chain(letters.then(|| text.as_bytes().to_vec())) {
            if bytes.len() == 32 {
                self.add(Secret::ChaCha20(bytes.clone()));
            }
            if matches!(bytes.len(), 16 | 24 | 32) {
                self.add(Secret::Aes(bytes));
            }
        }
    }
}

/// `key`, `aesKey`, `secret_key`, `k`: but no key of an interface, which is a name and closes nothing.
fn is_named_like_a_key(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let ends = ["key", "secret", "aes", "cipher"].iter().any(|word| name.ends_with(word));
    name == "k" || (ends && !name.ends_with("apikey") && !name.ends_with("appkey"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Hint, Limits, walk};

    fn seen(body: &str) -> Vec<Secret> {
        let mut seen = SeenKeys::default();
        walk(body.as_bytes(), Hint::default(), &Limits::default(), &mut seen);
        seen.keys().into_iter().map(|key| key.secret).collect()
    }

    #[test]
    fn by_name_and_size() {
        let aes = Secret::Aes((0..16).collect());
        assert_eq!(seen(r#"{"aesKey":"000102030405060708090a0b0c0d0e0f"}"#), std::slice::from_ref(&aes));
        assert_eq!(seen("v=1&secret_key=AAECAwQFBgcICQoLDA0ODw%3D%3D"), [aes]);
        assert_eq!(seen(&format!(r#"{{"key":"{}"}}"#, "ab".repeat(32))).len(), 2);
        assert_eq!(seen(r#"{"key":"A7f0Zq9sLw3xPe1v"}"#), [Secret::Aes(b"A7f0Zq9sLw3xPe1v".to_vec())]);
        for other in ["id", "keyword", "apiKey", "monkeys"] {
            assert_eq!(seen(&format!(r#"{{"{other}":"000102030405060708090a0b0c0d0e0f"}}"#)), [], "{other}");
        }
        assert_eq!(seen(r#"{"key":"000102030405060708090a0b0c0d0e"}"#), []);
        let many: Vec<String> = (0..20).map(|n| format!(r#"{{"key":"{n:032x}"}}"#)).collect();
        assert_eq!(seen(&format!("[{}]", many.join(","))).len(), MOST);
    }
}
