//! An address of this machine's loopback network, as a type: the lab has no way to name another.
//!
//! Servers take a [`Loopback`] where others take a socket address, so that an option, a typing error or a later
//! change cannot make them listen to a network. The bound socket is asked again all the same: the type says what we
//! meant, the socket what the system did.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// A socket address of the loopback network; there is no other way to name one to the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

/// The address is not of this machine's loopback network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not loopback: the lab talks to this machine only")]
pub struct NotLoopback(SocketAddr);

impl TryFrom<SocketAddr> for Loopback {
    type Error = NotLoopback;

    fn try_from(address: SocketAddr) -> Result<Self, NotLoopback> {
        match address.ip().is_loopback() {
            true => Ok(Self(address)),
            false => Err(NotLoopback(address)),
        }
    }
}

impl Loopback {
    /// The address `127.0.0.host`; port 0 lets the system choose.
    pub const fn new(host: u8, port: u16) -> Self {
        Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), port))
    }

    /// The socket address.
    pub const fn socket(self) -> SocketAddr {
        self.0
    }

    /// Binds a TCP listener that does not block.
    pub(crate) fn listen(self) -> io::Result<std::net::TcpListener> {
        let listener = std::net::TcpListener::bind(self.socket())?;
        check(listener.local_addr()?)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Binds a UDP socket that does not block.
    pub(crate) fn datagrams(self) -> io::Result<std::net::UdpSocket> {
        let socket = std::net::UdpSocket::bind(self.socket())?;
        check(socket.local_addr()?)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// Asks the socket itself, whatever the type promised.
fn check(address: SocketAddr) -> io::Result<()> {
    let checked = Loopback::try_from(address).map(|_| ());
    checked.map_err(|error| io::Error::new(io::ErrorKind::AddrNotAvailable, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_type_is_loopback() {
        for host in 0..=u8::MAX {
            assert!(Loopback::new(host, 80).socket().ip().is_loopback());
        }
        for address in ["127.0.0.1:1", "127.0.0.3:443", "[::1]:80"] {
            assert!(check(address.parse().unwrap()).is_ok(), "{address}");
        }
        for address in
            ["0.0.0.0:0", "10.0.0.1:80", "192.168.1.4:80", "169.254.0.1:80", "8.8.8.8:443", "[::]:443", "[fe80::1]:1"]
        {
            assert!(check(address.parse().unwrap()).is_err(), "{address}");
        }
    }
}
