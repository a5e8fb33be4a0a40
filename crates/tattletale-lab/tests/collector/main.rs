//! The collectors on real sockets: what is let in, what is understood, what is kept, what is survived.

#![allow(clippy::unwrap_used, reason = "the lint knows tests by #[test], not the functions beside them")]

mod client;
mod forms;
mod hostile;
mod kill;
mod pages;
mod safety;
mod sdk;
mod wire_forms;

use client::Client;
use tattletale_lab::lab::{Lab, Options};
use tattletale_lab::wire::{SINGAPORE, TOKEN_PARAMETER};

/// A lab with everything by default.
fn lab() -> Lab {
    Lab::up(Options::default()).unwrap()
}

/// A path with the lab's token.
fn with_token(lab: &Lab, path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{TOKEN_PARAMETER}={}", lab.endpoints().token.as_str())
}

/// A connection to Singapore.
fn singapore(lab: &Lab) -> Client {
    Client::tls(lab.endpoints().singapore, SINGAPORE, lab.authority().client_config().unwrap()).unwrap()
}
