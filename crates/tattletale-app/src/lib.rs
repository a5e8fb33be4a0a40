//! What an app or a firmware image holds, read off its bytes and never run: trackers, endpoints, keys, and whose code
//! it is.
//!
//! A crate of its own because a static look at code shares nothing with captures but the words. Everything that is
//! read may be hostile: nothing is ever unpacked to a path that an archive names, memory is bounded by stated limits,
//! and what could not be read is a [`Fault`].

pub mod archive;
mod arsc;
mod axml;
pub mod compare;
pub mod dex;
pub mod fault;
pub mod find;
pub mod image;
mod le;
pub mod look;
pub mod manifest;
pub mod open;
pub mod package;
pub mod render;
pub mod signature;
pub mod source;

pub use fault::{Fault, FaultKind};
