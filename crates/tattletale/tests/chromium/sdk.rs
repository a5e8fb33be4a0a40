//! A real tracking SDK: that of Sensors Analytics for web pages, from npm, as it is.
//!
//! It is fetched by npm into the target folder and is never part of the project (its licence is Apache-2.0). What is
//! used is what is pinned here by its digest. Where npm or its registry is not there, there is no SDK, and who needs it
//! says so.

use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// One version of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sdk {
    pub(crate) version: &'static str,
    /// SHA-256 of `sensorsdata.min.js`, as hex.
    digest: &'static str,
    /// How it is told to send: as the address of an image, or as a beacon.
    pub(crate) send_type: &'static str,
}

/// As it was when the reported browsers were examined: the event is base64 in the query of an image.
pub(crate) const OLD: Sdk = Sdk {
    version: "1.15.5",
    digest: "c1358b4839793c85b2ce4960f447e13fc5056fad6880f04c7fbf4bf7c85dea88",
    send_type: "image",
};

/// As it is today: beacons with a form for a body.
pub(crate) const NEW: Sdk = Sdk {
    version: "1.27.11",
    digest: "0cf276d8d63b0d9f01749379084d332df763634045de698eec333a38901753df",
    send_type: "beacon",
};

impl Sdk {
    /// The script, if it can be had.
    pub(crate) fn script(&self) -> Option<String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let kept = folder.join(format!("sa-sdk-javascript-{}.js", self.version));
        if let Some(script) = self.read(&kept) {
            return Some(script);
        }
        let fetched = tempfile::tempdir_in(folder).unwrap();
        let npm = Command::new("npm")
            .args(["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"])
            .arg(fetched.path())
            .arg(format!("sa-sdk-javascript@{}", self.version))
            .stdin(Stdio::null())
            .output();
        npm.ok().filter(|npm| npm.status.success())?;
        let file = fetched.path().join("node_modules/sa-sdk-javascript/sensorsdata.min.js");
        let script = self.read(&file).expect("npm gave another script than the one that is pinned");
        // In one step: another test may be looking.
        std::fs::rename(&file, &kept).unwrap();
        Some(script)
    }

    fn read(&self, file: &Path) -> Option<String> {
        let script = std::fs::read(file).ok()?;
        let digest: String = Sha256::digest(&script).iter().map(|byte| format!("{byte:02x}")).collect();
        (digest == self.digest).then(|| String::from_utf8(script).unwrap())
    }
}
