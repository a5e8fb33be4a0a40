//! Captures out: the recordings that we make ourselves, and the exchange format of others. Pure like everything here: bytes, times and identifiers come
//! in, a writer takes them.
//!
//! It stands beside `import`, which reads what is written here, and of which it knows nothing.

pub mod har;
pub mod warc;
