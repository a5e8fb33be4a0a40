//! A real browser for tests: Chromium from `CHROMIUM`, else by its usual names.

#![allow(clippy::unwrap_used, reason = "a test that cannot run its browser has failed")]

use std::path::Path;
use std::process::Command;

/// The command, if there is one.
pub(crate) fn chromium() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(String::from);
    let mut candidates = named.into_iter().chain(usual);
    candidates.find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// The page as the browser holds it after everything that could run has run.
#[allow(dead_code, reason = "not every test asks for it alone")]
pub(crate) fn dom(chromium: &str, folder: &Path, file: &Path) -> String {
    opened(chromium, folder, file).dom
}

/// A page that was opened.
pub(crate) struct Opened {
    /// As the browser holds it after everything that could run has run.
    pub(crate) dom: String,
    /// What the browser complained of in its console: violations of the policy, faults.
    #[allow(dead_code, reason = "not every test asks for it")]
    pub(crate) complaints: Vec<String>,
}

/// Opens a page.
pub(crate) fn opened(chromium: &str, folder: &Path, file: &Path) -> Opened {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--v=0"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints = log.lines().filter(|line| line.contains("CONSOLE")).map(String::from).collect();
    Opened { dom: String::from_utf8_lossy(&output.stdout).into_owned(), complaints }
}
