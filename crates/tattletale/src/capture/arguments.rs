//! Arguments of `tattletale capture`.

use crate::cli::Format;
use clap::{Args, ValueEnum};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tattletale_proxy::{Origin, Upstream};

/// Records what a browser, a phone or an app sends, opened where it lets itself be opened, until Ctrl-C.
///
/// Point the device's proxy settings to the address that is shown, and open http://tattletale.test/ on it. What could
/// not be seen is recorded as carefully as what could.
#[derive(Debug, Args)]
pub(crate) struct CaptureArgs {
    /// Where to listen. Beyond this machine, a device is served after it sent the code that is shown
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = listen, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// How clients come
    #[arg(long, value_enum, default_value_t = ModeName::Proxy)]
    pub(crate) mode: ModeName,
    /// Stand before this server instead: http://host or https://host
    #[arg(long, value_name = "URL", conflicts_with = "mode")]
    pub(crate) reverse: Option<Origin>,
    /// Folder of the project: certificate authority and recordings
    #[arg(long, value_name = "FOLDER", default_value = "tattletale-capture")]
    pub(crate) project: PathBuf,
    /// The recording; by default a file in the project's folder, named by the time
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// HAR as well, written when the recording ends
    #[arg(long, value_name = "FILE")]
    pub(crate) har: Option<PathBuf>,
    /// Secrets of every TLS connection as well, for a packet capture taken meanwhile
    #[arg(long, value_name = "FILE")]
    pub(crate) keylog: Option<PathBuf>,
    /// Ground truth: say at once when a planted value leaves
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// What is shown meanwhile
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Start this browser on a fresh profile through the proxy; the recording ends with it
    #[arg(long, value_enum)]
    pub(crate) browser: Option<BrowserName>,
    /// In its private mode
    #[arg(long, requires = "browser")]
    pub(crate) incognito: bool,
    /// An argument for the browser; may be given several times
    #[arg(long, value_name = "ARGUMENT", requires = "browser", allow_hyphen_values = true)]
    pub(crate) browser_arg: Vec<String>,
    #[command(flatten)]
    pub(crate) servers: ServerArgs,
    /// Delete the certificate authority of the project, and show how to remove it from devices
    #[arg(long)]
    pub(crate) forget: bool,
}

/// Which servers are reached, and which are opened.
#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub(crate) struct ServerArgs {
    /// Reach servers of this machine and its network too
    #[arg(long)]
    pub(crate) allow_local: bool,
    /// Reach this name or address, whatever it is; may be given several times
    #[arg(long, value_name = "HOST")]
    pub(crate) allow: Vec<String>,
    /// Leave this host alone; it is recorded as passed through
    #[arg(long, value_name = "HOST")]
    pub(crate) pass: Vec<String>,
    /// Leave a host alone after so many refusals by one client; 0 is never
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) pass_after: u32,
    /// Reach servers through this proxy: http://host:port or socks5://host:port
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: Option<Upstream>,
    /// Believe this authority as well (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) upstream_ca: Vec<PathBuf>,
    /// Do not look at this server's certificate
    #[arg(long, value_name = "HOST")]
    pub(crate) insecure_upstream: Vec<String>,
    /// With --mode transparent: the address that tattletale.test stands for
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)))]
    pub(crate) page_address: IpAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeName {
    /// As to a proxy: HTTP or SOCKS5
    Proxy,
    /// Redirected by this machine's firewall (Linux)
    Transparent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BrowserName {
    /// Chromium or Chrome
    Chromium,
    /// Firefox
    Firefox,
}

/// An address, with port 8080 where none is given.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let alone = || text.parse().map(|address| SocketAddr::new(address, 8080));
    text.parse().or_else(|_| alone()).map_err(|_| "is no address such as 127.0.0.1:8080 or 192.168.1.5".to_owned())
}
