//! A browser on a fresh profile, through the proxy, trusting the project's authority for that profile only.
//!
//! Nothing is set that would quieten the browser itself: what it tells by its own is what one wants to see.

use super::arguments::{BrowserName, CaptureArgs};
use crate::failure::Failure;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tattletale_proxy::Authority;
use tempfile::TempDir;

/// A running browser; ended, and its profile deleted, when this is dropped.
pub(super) struct Browser {
    child: Child,
    _profile: TempDir,
}

impl Browser {
    pub(super) fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

/// How long a browser may take to end in order.
const PATIENCE: Duration = Duration::from_secs(5);

impl Drop for Browser {
    /// The browser is many processes, and what was started may be a script before them: all are one group.
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            if let Some(group) = group {
                // Each of these fails only where everybody is gone already.
                let _ = kill_process_group(group, Signal::TERM);
                let begun = Instant::now();
                while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
                    std::thread::sleep(Duration::from_millis(50));
                }
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it.
pub(super) fn start(
    name: BrowserName,
    args: &CaptureArgs,
    proxy: SocketAddr,
    authority: &Authority,
) -> Result<Browser, Failure> {
    let profile = tempfile::Builder::new().prefix("tattletale-browser-").tempdir();
    let profile = profile.map_err(Failure::file(&std::env::temp_dir()))?;
    let mut command = match name {
        BrowserName::Chromium => chromium(args, proxy, profile.path(), authority)?,
        BrowserName::Firefox => firefox(args, proxy, profile.path(), authority)?,
    };
    command.args(&args.browser_arg).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(Failure::file(Path::new(command.get_program())))?;
    Ok(Browser { child, _profile: profile })
}

fn chromium(args: &CaptureArgs, proxy: SocketAddr, profile: &Path, authority: &Authority) -> Result<Command, Failure> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut command = Command::new(program(&names, "chromium")?);
    // The authority's key is enough for every certificate that it made, and for this profile only.
    let spki = base64_simd::STANDARD.encode_to_string(authority.spki_sha256());
    command
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--proxy-server=http://{proxy}"))
        // Requests to this machine too, which Chromium would else send past the proxy.
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--ignore-certificate-errors-spki-list={spki}"))
        .args(["--no-first-run", "--no-default-browser-check"]);
    if args.incognito {
        command.arg("--incognito");
    }
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        // Chromium refuses to start its sandbox for root.
        command.arg("--no-sandbox");
    }
    Ok(command)
}

fn firefox(args: &CaptureArgs, proxy: SocketAddr, profile: &Path, authority: &Authority) -> Result<Command, Failure> {
    let certutil = program(&["certutil"], "libnss3-tools")?;
    let mut command = Command::new(program(&["firefox", "firefox-esr"], "firefox-esr")?);
    let pem = profile.join("authority.pem");
    std::fs::write(&pem, authority.pem()).map_err(Failure::file(&pem))?;
    let store = format!("sql:{}", profile.display());
    let added = Command::new(&certutil)
        .args(["-A", "-n", "Tattletale capture", "-t", "C,,", "-d", &store, "-i"])
        .arg(&pem)
        .stdin(Stdio::null())
        .output()
        .map_err(Failure::file(&certutil))?;
    if !added.status.success() {
        let said = String::from_utf8_lossy(&added.stderr).trim().to_owned();
        return Err(Failure::file(&certutil)(io::Error::other(said)));
    }
    let (host, port) = (proxy.ip(), proxy.port());
    let settings = format!(
        "user_pref(\"network.proxy.type\", 1);\n\
         user_pref(\"network.proxy.http\", \"{host}\");\nuser_pref(\"network.proxy.http_port\", {port});\n\
         user_pref(\"network.proxy.ssl\", \"{host}\");\nuser_pref(\"network.proxy.ssl_port\", {port});\n\
         user_pref(\"network.proxy.no_proxies_on\", \"\");\n\
         user_pref(\"network.proxy.allow_hijacking_localhost\", true);\n"
    );
    let private = if args.incognito { "user_pref(\"browser.privatebrowsing.autostart\", true);\n" } else { "" };
    let file = profile.join("user.js");
    std::fs::write(&file, settings + private).map_err(Failure::file(&file))?;
    command.arg("--no-remote").arg("--profile").arg(profile);
    Ok(command)
}

/// The first of these programs that is on the path.
fn program(names: &[&str], package: &str) -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = names.iter().flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)));
    found
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| Failure::NoProgram { name: names[0].to_owned(), package: package.to_owned() })
}
