//! Details of the model that every scenario shares, each with its source, read from `scenarios/details.toml`.
//!
//! What no source settles is a parameter, and its source says so. A scenario may put another value (with its own
//! source) in the place of any of them.

use crate::emitter::outbox::Form;
use crate::emitter::queue::Policy;
use serde::Deserialize;

/// A value with where it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Who says so, or that it is a parameter.
    pub source: String,
}

/// One of the lab's servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// Stands for Singapore.
    Singapore,
    /// Stands for Russia.
    Russia,
    /// Plain HTTP.
    Plain,
}

/// What the model is made of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// When the modelled day starts, RFC 3339.
    pub day_start: Sourced<String>,
    /// Milliseconds between flushes.
    pub flush_interval_ms: Sourced<i64>,
    /// Waiting events that are sent at once.
    pub flush_at_events: Sourced<usize>,
    /// Events in one request.
    pub events_per_request: Sourced<usize>,
    /// Bytes that may wait on the phone.
    pub queue_bytes: Sourced<usize>,
    /// Milliseconds after which the "anonymous" id should be replaced.
    pub uuid_period_ms: Sourced<i64>,
    /// Whether each use starts that period anew.
    pub uuid_refreshed_on_use: Sourced<bool>,
    /// Shortest and longest modelled page load in milliseconds.
    pub page_load_ms: Sourced<[i64; 2]>,
    /// Of a hundred pages so many crash.
    pub crashes_per_hundred: Sourced<u64>,
    /// In which form the page of the news feed reports what was read.
    pub feed_form: Sourced<Form>,
    /// Whether the system's channel names MAC and IMEI beside the advertising id.
    pub hardware_ids: Sourced<bool>,
    /// Who gets the browser's events.
    pub browser_server: Sourced<Server>,
    /// Who gets the system's events.
    pub system_server: Sourced<Server>,
    /// Who gets the events of the music and video players.
    pub media_server: Sourced<Server>,
    /// Milliseconds between reports of `claimed`.
    pub claimed_report_ms: Sourced<i64>,
    /// Milliseconds into the day when `respectful` asks.
    pub consent_after_ms: Sourced<i64>,
    /// Privacy budget of one report of `respectful`.
    pub epsilon: Sourced<f64>,
    /// Largest count that a report of `respectful` tells apart.
    pub largest_count: Sourced<i64>,
}

impl Details {
    /// The queue of the phone's own clients.
    pub fn policy(&self) -> Policy {
        Policy {
            interval: self.flush_interval_ms.value,
            at: self.flush_at_events.value,
            batch: self.events_per_request.value,
            capacity: self.queue_bytes.value,
            keeps: true,
        }
    }
}
