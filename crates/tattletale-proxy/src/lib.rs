//! Live capture: an intercepting proxy that records what passes, and what it could not see, as carefully.
//!
//! ```text
//!  client ──▶ mode ──▶ first bytes ──▶ intercept ──▶ http1 (bytes as they came) ──▶ server
//!             proxy     TLS, HTTP,      TLS ended     http2 (streams)      │
//!             reverse   SOCKS, opaque   and made      websocket, tunnel    │
//!             redirect                  anew               │               │
//!             (UDP: quic, refused)                         │               │
//!                                                          └──▶ record::Open ──▶ log ──▶ one writer ──▶ WARC
//! ```
//!
//! What to know before changing it: bytes of HTTP/1 are never put together anew; what cannot be told apart without
//! doubt is refused; whatever passed is recorded when an [`Open`](record) is dropped, so that no error path can forget
//! it; and what cannot be recorded must not pass.
//!
//! Safety: loopback by default and paired devices beyond, only public servers unless allowed, no hidden mode, private
//! files (0600). Each rule has a test in `tests/live/safety.rs`.

mod authority;
mod dial;
mod first;
mod fuzzed;
mod http1;
mod http2;
mod idle;
mod intercept;
mod mode;
mod page;
mod passes;
mod policy;
mod proxy;
mod quic;
mod record;
mod socks;
mod stream;
mod tls;
mod tunnel;
mod visit;

pub use authority::{Authority, AuthorityError, certificates, forget};
pub use dial::Upstream;
#[doc(hidden)]
pub use fuzzed::read_as_anything;
pub use http1::target::Origin;
pub use mode::Mode;
pub use page::qr_for_terminal;
pub use policy::{Policy, Refusal};
pub use proxy::{Options, Outcome, Proxy, StartError};
pub use record::{Clock, Notice, Recorded, Recording, Seen, Watch};
pub use tls::{KeyLogFile, Trust};

/// The field (RFC 9209) that marks an answer as one of the proxy itself, not of the server.
pub const OWN_ANSWER: &str = "proxy-status";

/// Where a client finds the proxy's own page.
pub const PAGE: &str = "http://tattletale.test/";
