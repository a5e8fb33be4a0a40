//! Names of fields in records that ISO 28500 does not have: written here, read in `import::warc`.
//!
//! The standard lets anybody add fields, and readers that do not know them pass over them. Values are those of
//! [`Connection`](crate::model::Connection) and [`Blind`](crate::model::Blind).

/// What the recorder calls the connection.
pub(crate) const CONNECTION: &str = "Tattletale-Connection";
/// The client's address and port.
pub(crate) const CLIENT: &str = "Tattletale-Client";
/// The server's address and port; the address is in `WARC-IP-Address` too.
pub(crate) const SERVER: &str = "Tattletale-Server";
/// Server name of the ClientHello.
pub(crate) const SNI: &str = "Tattletale-SNI";
/// Application protocol that was agreed upon.
pub(crate) const ALPN: &str = "Tattletale-ALPN";
/// JA4 of the ClientHello.
pub(crate) const JA4: &str = "Tattletale-JA4";
/// `offered` where the ClientHello offered an encrypted one.
pub(crate) const ECH: &str = "Tattletale-ECH";
/// The app.
pub(crate) const APP: &str = "Tattletale-App";
/// `re-serialised` where the head of the message was put together anew.
pub(crate) const FIDELITY: &str = "Tattletale-Fidelity";
/// The one value of it.
pub(crate) const RESERIALISED: &str = "re-serialised";
/// What the recorder took the request for (`document`, `xhr` ...).
pub(crate) const RESOURCE: &str = "Tattletale-Resource";
/// Marks a WebSocket message: `sent` or `received`.
pub(crate) const MESSAGE: &str = "Tattletale-Message";
/// Marks what could not be seen: name of its [`BlindKind`](crate::model::BlindKind).
pub(crate) const BLIND: &str = "Tattletale-Blind";
/// What the body is worth (a [`Fidelity`](crate::model::Fidelity)), where the message was put together anew.
pub(crate) const BODY: &str = "Tattletale-Body";
/// What the capture says the body is, where that is not in the headers.
pub(crate) const MEDIA_TYPE: &str = "Tattletale-Media-Type";
/// `unknown` where the capture has no time; the standard wants one.
pub(crate) const TIME: &str = "Tattletale-Time";
