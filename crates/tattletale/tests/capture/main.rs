//! `tattletale capture` as a person runs it: the real binary, real clients, and the recording read back by the audit.

mod browser;
mod live;
mod running;
