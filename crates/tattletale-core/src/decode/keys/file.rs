//! The key file: TOML, one `[[key]]` for each. As with a ground truth, a misspelt word is an error that names the
//! nearest known one: a key that is silently not tried would leave closed what could be read.

use super::{Key, Secret, der, unwritten};
use crate::codec::cipher;
use crate::model::truth::Kind;
use crate::model::written::{self, Reader, WrittenError};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// Kinds of keys, with the words for a person.
pub const KINDS: &[Kind] = &[
    Kind { name: "aes", words: "AES key of 16, 24 or 32 bytes, in hex or base64" },
    Kind { name: "chacha20", words: "ChaCha20 key of 32 bytes, in hex or base64" },
    Kind {
        name: "vector",
        words: "initialisation vector of 16 bytes or nonce of 12 that an app always takes, in hex or base64",
    },
    Kind { name: "rsa-private", words: "RSA private key in PEM, or its modulus and exponent in hex" },
    Kind { name: "ec-private", words: "private key on secp256r1 or secp256k1 in PEM, for envelopes of ECIES" },
];

const HELP: &str = "a key has name, kind, and key (hex or base64), pem, or modulus and exponent (hex)";

/// Reads a key file.
pub fn parse(text: &str) -> Result<Vec<Key>, WrittenError> {
    let reader = Reader::new(written::without_mark(text), HELP);
    let table = reader.file()?;
    let mut keys: Vec<Key> = Vec::new();
    for (name, item) in table.iter() {
        match &**name.get_ref() {
            "key" => {
                for (position, entry) in reader.array(item, "[[key]]")?.iter().enumerate() {
                    let key = key(&reader, entry, position)?;
                    if keys.iter().any(|other| other.name == key.name) {
                        let message = format!("a second [[key]] is called `{}`", key.name);
                        return Err(reader.error(
                            entry.span(),
                            message,
                            "paths refer to keys by name: give each its own",
                        ));
                    }
                    keys.push(key);
                }
            }
            other => return Err(reader.unknown("key", name.span(), other, &["key"])),
        }
    }
    Ok(keys)
}

fn key(reader: &Reader<'_>, entry: &Spanned<DeValue<'_>>, position: usize) -> Result<Key, WrittenError> {
    let place = format!("[[key]] number {}", position + 1);
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let (mut name, mut kind) = (None, None);
    let (mut plain, mut pem, mut modulus, mut exponent) = (None, None, None, None);
    for (word, item) in reader.table(entry, &place)? {
        let text = || reader.string(item, &place);
        match &**word.get_ref() {
            "name" => name = Some(text()?.to_owned()),
            "kind" => kind = Some(reader.word(item, &place, "kind of key", &kinds)?),
            "key" => plain = Some(bytes(reader, item.span(), text()?)?),
            "pem" => pem = Some(text()?),
            "modulus" => modulus = Some(bytes(reader, item.span(), text()?)?),
            "exponent" => exponent = Some(bytes(reader, item.span(), text()?)?),
            other => {
                let known = ["name", "kind", "key", "pem", "modulus", "exponent"];
                return Err(reader.unknown("key", word.span(), other, &known));
            }
        }
    }
    let wrong = |message: String| reader.error(entry.span(), format!("{place} {message}"), HELP);
    let lacks = |what: &str| wrong(format!("lacks `{what}`"));
    let name = name.ok_or_else(|| lacks("name"))?;
    let of_length = |key: Option<Vec<u8>>, lengths: &[usize]| {
        let key = key.ok_or_else(|| lacks("key"))?;
        match lengths.contains(&key.len()) {
            true => Ok(key),
            false => Err(wrong(format!("has {} bytes, and such a key has {lengths:?}", key.len()))),
        }
    };
    let secret = match kind.ok_or_else(|| lacks("kind"))? {
        "aes" => Secret::Aes(of_length(plain, &[16, 24, 32])?),
        "chacha20" => Secret::ChaCha20(of_length(plain, &[32])?),
        "ec-private" => {
            let secret = der::from_pem(pem.ok_or_else(|| lacks("pem"))?);
            let ours = secret.filter(|secret| matches!(secret, Secret::Ec { .. }));
            ours.ok_or_else(|| wrong("holds no private key on secp256r1 or secp256k1".to_owned()))?
        }
        "vector" => Secret::Vector(of_length(plain, &[cipher::BLOCK, cipher::NONCE])?),
        _ => match (pem, modulus, exponent) {
            (Some(pem), ..) => {
                let ours = der::from_pem(pem).filter(|secret| matches!(secret, Secret::Rsa { .. }));
                ours.ok_or_else(|| wrong("holds no RSA private key".to_owned()))?
            }
            (None, Some(modulus), Some(exponent)) => Secret::Rsa { modulus, exponent },
            _ => return Err(lacks("pem")),
        },
    };
    Ok(Key { name, secret })
}

fn bytes(reader: &Reader<'_>, span: Range<usize>, text: &str) -> Result<Vec<u8>, WrittenError> {
    unwritten(text).ok_or_else(|| reader.error(span, "this is neither hex nor base64", HELP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_and_refuses_the_rest() {
        let hex = "2b7e151628aed2a6abf7158809cf4f3c";
        let keys = parse(&format!(
            "[[key]]\nname = \"a\"\nkind = \"aes\"\nkey = \"{hex}\"\n\
             [[key]]\nname = \"b\"\nkind = \"chacha20\"\nkey = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n\
             [[key]]\nname = \"c\"\nkind = \"rsa-private\"\nmodulus = \"c0ff\"\nexponent = \"03\"\n\
             [[key]]\nname = \"d\"\nkind = \"vector\"\nkey = \"000102030405060708090a0b\"\n"
        ))
        .unwrap();
        assert_eq!(
            keys[0].secret,
            Secret::Aes(vec![
                0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 9, 0xcf, 0x4f, 0x3c
            ])
        );
        assert_eq!(keys[1].secret, Secret::ChaCha20(vec![0; 32]));
        assert_eq!(format!("{:?}", keys[2].secret), "Rsa");
        assert_eq!(keys[3].secret, Secret::Vector((0..12).collect()));
        for (file, message) in [
            ("[[key]]\nname = \"a\"\nkind = \"ase\"\n", "nearest known one is `aes`"),
            ("[[keys]]\n", "nearest known one is `key`"),
            ("[[key]]\nnmae = \"a\"\n", "nearest known one is `name`"),
            ("[[key]]\nname = \"a\"\nkind = \"aes\"\nkey = \"00ff\"\n", "has 2 bytes"),
            ("[[key]]\nname = \"a\"\nkind = \"aes\"\nkey = \"n!\"\n", "neither hex nor base64"),
            ("[[key]]\nname = \"a\"\nkind = \"rsa-private\"\npem = \"AAAA\"\n", "no RSA private key"),
            ("[[key]]\nname = \"a\"\nkind = \"ec-private\"\npem = \"AAAA\"\n", "no private key on secp256r1"),
            ("[[key]]\nkind = \"aes\"\nkey = \"00\"\n", "lacks `name`"),
            ("[[key]", "TOML"),
        ] {
            let error = parse(file).unwrap_err();
            assert!(error.message.contains(message) || error.help.contains(message), "{file}: {error:?}");
            assert!(error.offset <= file.len() && error.line >= 1);
        }
    }
}
