//! A real Chromium visits a local site that embeds a real tracking SDK, in normal and in private windows; what it sends
//! is recorded, audited, and compared.
//!
//! Needs Chromium and, once, npm with its registry: where one is missing the tests say so and pass. Nothing leaves the
//! machine: every name leads to a server of the test on loopback.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;

#[allow(dead_code, reason = "shared with the tests of pages")]
#[path = "../browser/mod.rs"]
mod browser;
#[path = "../common/mod.rs"]
mod common;
mod devtools;
mod pair;
mod repeats;
mod sdk;
mod server;
mod site;
mod visit;

/// The browser and a version of the SDK; says what is missing.
fn tools(sdk: sdk::Sdk) -> Option<(String, String)> {
    let chromium = browser::chromium();
    let script = chromium.as_ref().and_then(|_| sdk.script());
    if chromium.is_none() {
        skipped("no Chromium here");
    } else if script.is_none() {
        skipped(&format!("npm could not fetch sa-sdk-javascript@{}", sdk.version));
    }
    chromium.zip(script)
}

/// Past the harness, which keeps the output of tests that pass to itself.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: visits of a real browser: {why}");
}
