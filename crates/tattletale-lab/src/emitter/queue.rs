//! The queue on the phone: events wait until they are due and stay until the server said that it has them.
//!
//! From sa-sdk-android 3.2.10: sent every 15 s or when 100 wait, at most 50 in a request, deleted after a 2xx answer,
//! kept otherwise; the store is bounded at 32 MiB. What happens beyond the bound is a parameter of ours: the oldest
//! go, and are counted.

use crate::clock::ModelTime;
use std::collections::VecDeque;

/// When and how much a queue sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Milliseconds from the first waiting event until it is sent.
    pub interval: i64,
    /// Number of waiting events that are sent at once.
    pub at: usize,
    /// Events in one request, at most.
    pub batch: usize,
    /// Bytes that may wait.
    pub capacity: usize,
    /// Whether events stay until they were acknowledged; an image request of a web page is gone when it fails.
    pub keeps: bool,
}

/// Events that wait, oldest first.
#[derive(Debug)]
pub struct Queue<T> {
    policy: Policy,
    waiting: VecDeque<(T, usize)>,
    weight: usize,
    due: Option<ModelTime>,
    dropped: usize,
}

impl<T> Queue<T> {
    /// An empty queue.
    pub fn new(policy: Policy) -> Self {
        Self { policy, waiting: VecDeque::new(), weight: 0, due: None, dropped: 0 }
    }

    /// Adds an event of `weight` bytes.
    pub fn push(&mut self, event: T, weight: usize, now: ModelTime) {
        self.waiting.push_back((event, weight));
        self.weight += weight;
        while self.weight > self.policy.capacity && self.waiting.len() > 1 {
            self.remove_oldest();
            self.dropped += 1;
        }
        let due = *self.due.get_or_insert(now + self.policy.interval);
        if self.waiting.len() >= self.policy.at && due > now {
            self.due = Some(now);
        }
    }

    /// When the next flush should happen; none when nothing waits.
    pub fn due(&self) -> Option<ModelTime> {
        self.due
    }

    /// Sends what waits in batches until none is left or one fails. `send` says whether the server acknowledged.
    pub fn flush(&mut self, now: ModelTime, mut send: impl FnMut(&[&T]) -> bool) {
        while !self.waiting.is_empty() {
            let batch: Vec<&T> = self.waiting.iter().take(self.policy.batch.max(1)).map(|(event, _)| event).collect();
            let sent = batch.len();
            let acknowledged = send(&batch);
            if !acknowledged && self.policy.keeps {
                self.due = Some(now + self.policy.interval);
                return;
            }
            self.dropped += if acknowledged { 0 } else { sent };
            (0..sent).for_each(|_| self.remove_oldest());
        }
        self.due = None;
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many were given up.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    fn remove_oldest(&mut self) {
        if let Some((_, weight)) = self.waiting.pop_front() {
            self.weight -= weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: Policy = Policy { interval: 15_000, at: 100, batch: 50, capacity: 1 << 20, keeps: true };

    #[test]
    fn due_after_the_interval_or_at_the_number() {
        let mut queue = Queue::new(POLICY);
        assert_eq!(queue.due(), None);
        (0..99).for_each(|number| queue.push(number, 1, ModelTime(number)));
        assert_eq!(queue.due(), Some(ModelTime(15_000)));
        queue.push(99, 1, ModelTime(99));
        assert_eq!(queue.due(), Some(ModelTime(99)));
        let mut sizes = Vec::new();
        queue.flush(ModelTime(99), |batch| {
            sizes.push(batch.len());
            true
        });
        assert_eq!((sizes, queue.due()), (vec![50, 50], None));
    }

    #[test]
    fn beyond_its_bound_the_oldest_go_and_are_counted() {
        let mut queue = Queue::new(Policy { capacity: 10, ..POLICY });
        (0..25).for_each(|number| queue.push(number, 2, ModelTime(0)));
        assert_eq!((queue.len(), queue.dropped()), (5, 20));
        queue.flush(ModelTime(0), |batch| {
            assert_eq!(batch, [&20, &21, &22, &23, &24]);
            true
        });
    }

    proptest! {
        #[test]
        fn nothing_is_lost_when_the_wire_fails_at_random(
            arrivals in prop::collection::vec((0i64..30_000, 1usize..60), 1..40),
            failures in prop::collection::vec(any::<bool>(), 1..50),
        ) {
            let mut queue = Queue::new(POLICY);
            let mut arrived = Vec::new();
            let (mut now, mut sends, mut pushed) = (ModelTime(0), 0, 0);
            for (pause, count) in arrivals {
                now = now + pause;
                for _ in 0..count {
                    queue.push(pushed, 1, now);
                    pushed += 1;
                }
                if queue.due().is_some_and(|due| due <= now) {
                    queue.flush(now, |batch| {
                        sends += 1;
                        let works = failures[sends % failures.len()];
                        if works {
                            arrived.extend(batch.iter().map(|number| **number));
                        }
                        works
                    });
                }
                prop_assert_eq!(queue.due().is_some(), queue.len() > 0);
            }
            queue.flush(now, |batch| {
                arrived.extend(batch.iter().map(|number| **number));
                true
            });
            prop_assert_eq!(arrived, (0..pushed).collect::<Vec<_>>());
            prop_assert_eq!(queue.dropped(), 0);
        }
    }
}
