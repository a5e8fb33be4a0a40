//! Calls of Java and Android that take a key, a vector, or make bytes of a string.

use std::collections::HashSet;

use tattletale_core::model::app::KeyKind;

use super::super::unit::Unit;

/// A constructor that takes key material. Positions count the object itself as 0.
pub(super) struct Sink {
    class: &'static [u8],
    /// Position of the bytes among the arguments.
    pub(super) bytes: usize,
    /// What they are.
    pub(super) kind: KeyKind,
    /// Algorithm, where the class says it.
    pub(super) algorithm: Option<&'static str>,
}

const fn sink(class: &'static [u8], bytes: usize, kind: KeyKind, algorithm: Option<&'static str>) -> Sink {
    Sink { class, bytes, kind, algorithm }
}

/// Source: the packages javax.crypto.spec and java.security.spec.
static SINKS: &[Sink] = &[
    sink(b"Ljavax/crypto/spec/SecretKeySpec;", 1, KeyKind::Aes, None),
    sink(b"Ljavax/crypto/spec/IvParameterSpec;", 1, KeyKind::Vector, None),
    sink(b"Ljavax/crypto/spec/GCMParameterSpec;", 2, KeyKind::Vector, None),
    sink(b"Ljavax/crypto/spec/DESKeySpec;", 1, KeyKind::Other, Some("DES")),
    sink(b"Ljavax/crypto/spec/DESedeKeySpec;", 1, KeyKind::Other, Some("DESede")),
    sink(b"Ljava/security/spec/X509EncodedKeySpec;", 1, KeyKind::RsaPublic, None),
    sink(b"Ljava/security/spec/PKCS8EncodedKeySpec;", 1, KeyKind::RsaPrivate, None),
];

/// The sink that a method is.
pub(super) fn of(class: &[u8], name: &[u8]) -> Option<&'static Sink> {
    SINKS.iter().find(|sink| sink.class == class && name == b"<init>")
}

/// The sinks among a file's methods.
pub(super) fn rows(unit: &Unit<'_>) -> HashSet<u32> {
    let known = |descriptor: &[u8]| SINKS.iter().any(|sink| sink.class == descriptor);
    let types: Vec<bool> = (0..unit.dex.types()).map(|kind| unit.dex.descriptor(kind).is_some_and(known)).collect();
    let sink = |number: &u32| {
        let class = unit.dex.class_of_method(*number).unwrap_or(u32::MAX);
        types.get(class as usize) == Some(&true)
            && unit.dex.method(*number).is_some_and(|method| method.name == b"<init>")
    };
    (0..unit.dex.methods()).filter(sink).collect()
}

/// What a call makes of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Making {
    /// The bytes of a text.
    Bytes,
    /// What base64 says.
    Base64,
    /// A copy, as it is.
    Copy,
}

/// Calls that turn a constant into another one, with the position of the constant.
pub(super) fn making(class: &[u8], name: &[u8]) -> Option<(Making, usize)> {
    Some(match (class, name) {
        (b"Ljava/lang/String;", b"getBytes") => (Making::Bytes, 0),
        (b"Landroid/util/Base64;", b"decode") => (Making::Base64, 0),
        (b"Ljava/util/Base64$Decoder;", b"decode") => (Making::Base64, 1),
        (b"Ljava/lang/String;", b"trim" | b"toString" | b"intern" | b"toCharArray") => (Making::Copy, 0),
        (b"Ljava/lang/String;", b"valueOf") => (Making::Copy, 0),
        (b"[B", b"clone") => (Making::Copy, 0),
        _ => return None,
    })
}
