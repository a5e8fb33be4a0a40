//! The way to a server: resolving, asking the policy, connecting, perhaps through another proxy.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::idle;
use crate::policy::{Policy, Refusal};

/// For one address.
const PATIENCE: Duration = Duration::from_secs(10);
/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 6;
/// What another proxy may say before it connects, in bytes.
const MOST_REPLY: usize = 16 << 10;

/// Why a server was not reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the name could not be resolved: {0}")]
    Unresolved(io::Error),
    #[error("{0}: {1}")]
    Unreachable(SocketAddr, io::Error),
    #[error("the upstream proxy {0}: {1}")]
    Upstream(String, io::Error),
}

/// A proxy that stands between this one and the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Whether it speaks SOCKS5 and not HTTP.
    socks: bool,
    /// Its name or address.
    host: String,
    port: u16,
}

impl std::str::FromStr for Upstream {
    type Err = String;

    /// `http://host:port` or `socks5://host:port`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no http://host:port or socks5://host:port");
        let (socks, rest) = match (text.strip_prefix("http://"), text.strip_prefix("socks5://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(wrong()),
        };
        let (host, port) = split_authority(rest.trim_end_matches('/')).ok_or_else(wrong)?;
        let port = port.unwrap_or(if socks { 1080 } else { 8080 });
        Ok(Self { socks, host, port })
    }
}

/// Host (lower case, without brackets) and port of an authority; nothing for one that is not well-formed.
pub(crate) fn split_authority(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, rest)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        Some("") => None,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
        _ => return None,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':');
    let good = !host.is_empty() && host.len() <= 255 && host.bytes().all(fits);
    good.then(|| (host.to_ascii_lowercase(), port))
}

/// How servers are reached.
#[derive(Debug)]
pub(crate) struct Dialer {
    pub(crate) policy: Policy,
    pub(crate) upstream: Option<Upstream>,
    /// Where this proxy listens: it is not connected to itself.
    pub(crate) own: SocketAddr,
}

/// A connection to a server.
pub(crate) struct Dialed {
    pub(crate) stream: TcpStream,
    /// The server's address; none when another proxy knows it.
    pub(crate) server: Option<SocketAddr>,
}

impl Dialer {
    /// Connects to a name or address.
    pub(crate) async fn host(&self, host: &str, port: u16) -> Result<Dialed, DialError> {
        let name = host.trim_end_matches('.');
        if let Policy::Only(names) = &self.policy {
            let server = names.get(name).ok_or_else(|| Refusal::Unlisted(name.to_owned()))?;
            return self.address(name, *server).await;
        }
        if let Some(upstream) = &self.upstream {
            if let Ok(address) = name.parse() {
                self.policy.check(name, address)?;
            }
            let stream = through(upstream, name, port).await;
            let stream = stream.map_err(|error| DialError::Upstream(upstream.host.clone(), error))?;
            return Ok(Dialed { stream, server: None });
        }
        let addresses: Vec<SocketAddr> = match name.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => tokio::net::lookup_host((name, port)).await.map_err(DialError::Unresolved)?.collect(),
        };
        let mut last = DialError::Unresolved(io::ErrorKind::NotFound.into());
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            match self.address(name, address).await {
                Ok(dialed) => return Ok(dialed),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Connects to an address that `host` stands for.
    pub(crate) async fn address(&self, host: &str, address: SocketAddr) -> Result<Dialed, DialError> {
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        self.policy.check(host, address.ip())?;
        let own = self.own.port() == address.port()
            && (self.own.ip() == address.ip() || address.ip().is_loopback() && self.own.ip().is_unspecified());
        if own {
            return Err(Refusal::Itself(address).into());
        }
        let stream = connect(address).await.map_err(|error| DialError::Unreachable(address, error))?;
        Ok(Dialed { stream, server: Some(address) })
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect(address));
    let stream = connecting.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    stream.set_nodelay(true)?;
    idle::keep_alive(&stream)?;
    Ok(stream)
}

async fn through(upstream: &Upstream, host: &str, port: u16) -> io::Result<TcpStream> {
    let talk = async {
        let mut stream = TcpStream::connect((&*upstream.host, upstream.port)).await?;
        stream.set_nodelay(true)?;
        idle::keep_alive(&stream)?;
        if upstream.socks {
            socks(&mut stream, host, port).await?
        } else {
            tunnel(&mut stream, host, port).await?
        }
        Ok(stream)
    };
    tokio::time::timeout(PATIENCE, talk).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// CONNECT (RFC 9110, 9.3.6).
async fn tunnel(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut reply = Vec::new();
    // Byte by byte: what follows the empty line is the server's.
    while !reply.ends_with(b"\r\n\r\n") {
        if reply.len() > MOST_REPLY {
            return Err(io::Error::other("its answer to CONNECT has no end"));
        }
        reply.push(stream.read_u8().await?);
    }
    let status = reply.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    if status.first() == Some(&b'2') {
        return Ok(());
    }
    let line = reply.split(|&byte| byte == b'\r').next().unwrap_or_default();
    Err(io::Error::other(format!("answered {}", String::from_utf8_lossy(line))))
}

/// CONNECT of SOCKS5 (RFC 1928) without authentication.
async fn socks(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    stream.write_all(&[5, 1, 0]).await?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await?;
    if chosen != [5, 0] {
        return Err(io::Error::other("wants authentication or speaks no SOCKS5"));
    }
    let mut request = vec![5, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            request.extend([3, u8::try_from(host.len()).map_err(io::Error::other)?]);
            request.extend(host.as_bytes());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request).await?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).await?;
    if reply[1] != 0 {
        return Err(io::Error::other(format!("refused with code {}", reply[1])));
    }
    let rest = match reply[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await?),
        _ => return Err(io::Error::other("answered with an address of no known kind")),
    };
    stream.read_exact(&mut vec![0; rest + 2]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        let good = [
            ("Example.org", ("example.org", None)),
            ("example.org:8443", ("example.org", Some(8443))),
            ("example.org:", ("example.org", None)),
            ("[::1]:80", ("::1", Some(80))),
            ("[2001:db8::1]", ("2001:db8::1", None)),
            ("my_host", ("my_host", None)),
        ];
        for (text, (host, port)) in good {
            assert_eq!(split_authority(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in ["", ":80", "a:b", "a:99999", "user@host", "[::1", "[x]", "a b", "a/b", "a:1:2", "[::1]x", "a:+1"] {
            assert_eq!(split_authority(text), None, "{text}");
        }
    }

    #[test]
    fn upstream_proxies() {
        assert_eq!("socks5://127.0.0.1:9050".parse::<Upstream>().unwrap().port, 9050);
        assert!(!"http://proxy.example:3128/".parse::<Upstream>().unwrap().socks);
        assert!("ftp://a:1".parse::<Upstream>().is_err() && "http://".parse::<Upstream>().is_err());
    }
}
