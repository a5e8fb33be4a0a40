//! `tattletale capture` as a person runs it: the real binary, real clients, and the recording read back by the audit.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "says what it skipped")]

mod browser;
mod hotspot;
mod live;
mod running;
