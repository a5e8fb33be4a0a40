//! What a recorder's error message says about why nothing was seen.

use crate::model::BlindKind;

/// The kind, from words that mitmproxy, OpenSSL, Burp and Fiddler use.
pub(super) fn of_error(message: &str) -> BlindKind {
    let message = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let of_client = has(&["client tls", "client handshake", "does not trust", "client closed", "client disconnected"]);
    let certificate = has(&["unknown ca", "unknown_ca", "bad certificate", "certificate unknown", "does not trust"]);
    match () {
        () if certificate && !has(&["server tls", "upstream"]) => BlindKind::TlsRefused,
        () if has(&["server tls", "upstream", "certificate verify failed", "connect failed", "unable to resolve"]) => {
            BlindKind::UpstreamFailed
        }
        () if has(&["reset", "killed"]) => BlindKind::Reset,
        () if of_client || has(&["handshake", "disconnected during"]) => BlindKind::HandshakeEnded,
        () => BlindKind::UpstreamFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_recorders() {
        for (message, wanted) in [
            (
                "Client TLS handshake failed. The client does not trust the proxy's certificate for a.example (OpenSSL \
                 Error([('SSL routines', '', 'ssl/tls alert unknown ca')]))",
                BlindKind::TlsRefused,
            ),
            ("Client TLS handshake failed. The client disconnected during the handshake.", BlindKind::HandshakeEnded),
            ("Server TLS handshake failed. Certificate verify failed: self-signed", BlindKind::UpstreamFailed),
            ("Connection reset by peer", BlindKind::Reset),
            ("[Errno 111] Connect call failed ('127.0.0.1', 1)", BlindKind::UpstreamFailed),
        ] {
            assert_eq!(of_error(message), wanted, "{message}");
        }
    }
}
