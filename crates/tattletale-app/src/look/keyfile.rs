//! Keys of an app as the key file that `audit --keys` takes.

use std::fmt::Write;

use tattletale_core::model::app::{Contents, HardKey, KeyKind};

/// The file; none when the app holds no key that opens anything. What the audit has no use for stands in it as comments.
pub fn write(contents: &Contents) -> Option<String> {
    let opens = |key: &&HardKey| matches!(key.kind, KeyKind::Aes | KeyKind::RsaPrivate);
    contents.keys.iter().find(opens)?;
    let mut file = String::from("# Keys written into an app, for `tattletale audit --keys`.\n");
    let _ = writeln!(file, "# App: {}", plain(&contents.file));
    for (number, key) in contents.keys.iter().enumerate() {
        let hex: String = key.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let place = plain(&format!("{} {}.{}", key.place.file, key.place.class, key.method));
        let _ = writeln!(file, "\n# {}, written as {}: {place}", key.kind.name(), key.written);
        match key.kind {
            KeyKind::Aes => {
                let _ = writeln!(file, "[[key]]\nname = \"app-{number}\"\nkind = \"aes\"\nkey = \"{hex}\"");
            }
            KeyKind::RsaPrivate => {
                let body = base64(&key.bytes);
                let _ = writeln!(
                    file,
                    "[[key]]\nname = \"app-{number}\"\nkind = \"rsa-private\"\npem = \"\"\"\n-----BEGIN {0}-----\n{body}\n-----END {0}-----\n\"\"\"",
                    if is_pkcs8(&key.bytes) { "PRIVATE KEY" } else { "RSA PRIVATE KEY" },
                );
            }
            KeyKind::Vector if matches!(key.bytes.len(), 12 | 16) => {
                let _ = writeln!(file, "[[key]]\nname = \"app-{number}\"\nkind = \"vector\"\nkey = \"{hex}\"");
            }
            KeyKind::Vector | KeyKind::RsaPublic | KeyKind::Other => {
                let _ = writeln!(file, "# {hex}");
            }
        }
    }
    Some(file)
}

/// One line without anything that ends a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether the algorithm is named behind the version (RFC 5958).
fn is_pkcs8(der: &[u8]) -> bool {
    der.windows(5).take(12).any(|window| window[..3] == [0x02, 0x01, 0x00] && window[3] == 0x30)
}

/// Base64 of RFC 4648 in lines of 64.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (group, chunk) in bytes.chunks(3).enumerate() {
        if group > 0 && group % 16 == 0 {
            text.push('\n');
        }
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or_default()));
        for at in 0..4 {
            match at <= chunk.len() {
                true => text.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize])),
                false => text.push('='),
            }
        }
    }
    text
}
