//! The emitting side: from a deed to the request that tells of it.
//!
//! `detailed` turns deeds into events and `counting` turns them into counts; an `outbox` queues them (`queue`), puts
//! them into a form (`sensors`, `spock`, `sealed`) and makes the request. Nothing here has a socket or a clock: time
//! comes in, requests go out.

pub mod counting;
pub mod detailed;
pub mod event;
#[cfg(test)]
pub(crate) mod opened;
pub mod outbox;
pub mod queue;
pub mod sealed;
pub mod sensors;
pub mod setup;
pub mod spock;
