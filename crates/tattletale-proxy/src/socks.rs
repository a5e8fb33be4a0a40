//! SOCKS5 (RFC 1928), as far as a proxy on one's own machine needs it: CONNECT, no authentication, names and addresses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::dial::{DialError, split_authority};
use crate::stream::BoxStream;

/// What a reply says (RFC 1928, 6).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Succeeded = 0,
    NotAllowed = 2,
    HostUnreachable = 4,
    CommandNotSupported = 7,
    AddressTypeNotSupported = 8,
}

impl From<&DialError> for Reply {
    fn from(error: &DialError) -> Self {
        match error {
            DialError::Refused(_) => Self::NotAllowed,
            _ => Self::HostUnreachable,
        }
    }
}

/// Reads whom the client wants to reach: host (lower case) and port.
pub(crate) async fn asked(client: &mut BoxStream) -> io::Result<(String, u16)> {
    let mut start = [0; 2];
    client.read_exact(&mut start).await?;
    let mut methods = vec![0; usize::from(start[1])];
    client.read_exact(&mut methods).await?;
    if start[0] != 5 || !methods.contains(&0) {
        client.write_all(&[5, 0xff]).await?;
        return Err(io::Error::other("no SOCKS5 without authentication"));
    }
    client.write_all(&[5, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    if request[1] != 1 {
        reply(client, Reply::CommandNotSupported).await?;
        return Err(io::Error::other("only CONNECT is served"));
    }
    let host = match request[3] {
        1 => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await?;
            Ipv4Addr::from(address).to_string()
        }
        4 => {
            let mut address = [0; 16];
            client.read_exact(&mut address).await?;
            Ipv6Addr::from(address).to_string()
        }
        3 => {
            let mut name = vec![0; usize::from(client.read_u8().await?)];
            client.read_exact(&mut name).await?;
            let name = String::from_utf8_lossy(&name).into_owned();
            match split_authority(&name) {
                Some((host, None)) => host,
                _ => {
                    reply(client, Reply::AddressTypeNotSupported).await?;
                    return Err(io::Error::other("no host name"));
                }
            }
        }
        _ => {
            reply(client, Reply::AddressTypeNotSupported).await?;
            return Err(io::Error::other("an address of no known kind"));
        }
    };
    Ok((host, client.read_u16().await?))
}

/// Answers; the address that was bound tells nobody anything.
pub(crate) async fn reply(client: &mut BoxStream, reply: Reply) -> io::Result<()> {
    client.write_all(&[5, reply as u8, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    client.flush().await
}
