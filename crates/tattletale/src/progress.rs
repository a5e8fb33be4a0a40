//! A progress bar on standard error, while somebody is looking and the work is long enough.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Read};

/// Files that take no time to read show no bar.
const WORTH_SHOWING: u64 = 8 << 20;

/// Bytes read so far, of a known total.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Hidden when standard error is no terminal or there is little to do.
    pub(crate) fn new(total: u64) -> Self {
        let shown = io::stderr().is_terminal() && total >= WORTH_SHOWING;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {bytes_per_sec}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    /// For work of known length that takes about so long; hidden when it takes no time.
    pub(crate) fn steps(total: u64, takes: std::time::Duration) -> Self {
        let shown = io::stderr().is_terminal() && !takes.is_zero();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("a day on the phone {bar:30} {percent:>3} %");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    /// So far along.
    pub(crate) fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// So much more.
    pub(crate) fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Counts what is read from `input`.
    pub(crate) fn watch<'p>(&'p self, input: impl Read + 'p) -> impl Read + 'p {
        self.bar.wrap_read(input)
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
