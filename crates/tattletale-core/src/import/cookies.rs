//! `Cookie` headers taken apart into cookies, for every importer.

use crate::model::Header;

/// The cookies of one header's value, in order.
pub(super) fn of_header(value: &[u8]) -> impl Iterator<Item = Header> {
    let crumbs = value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    crumbs.filter(|crumb| !crumb.is_empty()).map(cookie)
}

/// `name=value`; without `=` it is all value (RFC 6265bis, 5.7).
fn cookie(crumb: &[u8]) -> Header {
    match memchr::memchr(b'=', crumb) {
        Some(equals) => {
            let name = String::from_utf8_lossy(&crumb[..equals]).into_owned();
            Header { name, value: crumb[equals + 1..].to_vec() }
        }
        None => Header { name: String::new(), value: crumb.to_vec() },
    }
}
