//! Everything together: the lab's servers, the made-up sites, a front that records, and a day lived on them.
//!
//! A stage stays up for many days. Nothing on it can reach beyond loopback: the front takes loopback addresses and
//! `.localhost` names only, whatever a scenario says.

use crate::clock::ModelTime;
use crate::endpoints::{Endpoints, NotLoopback};
use crate::front::{Front, FrontOptions, SiteServer};
use crate::lab::{self, Lab};
use crate::loopback::Loopback;
use crate::registry::PLAIN;
use crate::scenario::{Lived, Plan};
use crate::tls;
use crate::wire::{RUSSIA, SINGAPORE};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use tattletale_core::model::Timestamp;

/// A running lab with room for days to be lived on it.
pub struct Stage {
    lab: Lab,
}

/// Why a day could not be lived.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The front or the sites could not be started, or the recording not be written.
    #[error("the lab's front: {0}")]
    Io(#[from] io::Error),
    /// The certificates.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// An address that is not the lab's; a defect of the lab.
    #[error(transparent)]
    Address(#[from] NotLoopback),
}

impl Stage {
    /// Starts the lab's servers.
    pub fn up(options: lab::Options) -> Result<Self, lab::Error> {
        Ok(Self { lab: Lab::up(options)? })
    }

    /// The servers.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Lives a planned day and records every exchange of it, as WARC, into `record`, an empty file.
    ///
    /// `clock` is told each modelled moment at which something happens and says the wall time; it may wait.
    pub fn live(
        &self,
        plan: &mut Plan,
        record: File,
        clock: &mut dyn FnMut(ModelTime) -> Timestamp,
    ) -> Result<Lived, Error> {
        let endpoints = self.endpoints();
        let names: Vec<String> = plan.sites(&endpoints).into_iter().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let authority = self.lab.authority();
        let sites = SiteServer::start(Some(authority.server_config(&names)?))?;
        let mut addresses: HashMap<String, Loopback> = HashMap::new();
        for (name, address) in &self.lab.endpoints().addresses {
            addresses.insert(name.clone(), Loopback::try_from(*address).map_err(io::Error::other)?);
        }
        addresses.extend(names.iter().map(|name| ((*name).to_owned(), sites.address())));
        let (authority, folder) = (authority.ca_der().to_vec(), std::env::temp_dir());
        let mut front = Front::new(FrontOptions { addresses, authority, record, folder })?;
        let lived = plan.live(&mut front, clock, &endpoints)?;
        front.end()?;
        Ok(lived)
    }

    /// Names, not sockets: the front knows which socket stands for a name.
    fn endpoints(&self) -> Endpoints {
        Endpoints {
            singapore: format!("https://{SINGAPORE}"),
            russia: format!("https://{RUSSIA}"),
            plain: format!("http://{PLAIN}"),
            token: self.lab.endpoints().token.as_str().to_owned(),
            pages: "https://localhost".to_owned(),
        }
    }
}
