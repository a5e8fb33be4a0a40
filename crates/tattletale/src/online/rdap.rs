//! RDAP (RFC 7480) over https. The default server, rdap.org, sends on to the registry that knows (RFC 9224).

use super::{Server, now};
use crate::failure::Failure;
use std::net::IpAddr;
use std::time::Duration;
use tattletale_core::attribute::evidence::{Answer, LONGEST_ANSWER, Question};
use tattletale_core::model::url;
use ureq::Agent;

/// For one question with its redirections.
const TIMEOUT: Duration = Duration::from_secs(20);
const REDIRECTIONS: u32 = 5;

/// A registry's server.
pub(super) struct Registry {
    /// Address without a slash at the end.
    base: String,
    /// With its question mark, if there is one.
    query: String,
    /// Scheme, host and port: what evidence may name.
    origin: String,
    here: bool,
    agent: Agent,
}

impl Registry {
    /// From its address; plain http is for this machine only.
    pub(super) fn new(address: &str) -> Result<Self, Failure> {
        let parts = url::Parts::of(address);
        let host = parts.host();
        let loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let here = loopback || host == "localhost" || host.ends_with(".localhost");
        let encrypted = parts.scheme.eq_ignore_ascii_case("https");
        if host.is_empty() || !(encrypted || here && parts.scheme.eq_ignore_ascii_case("http")) {
            return Err(Failure::Online {
                message: format!("`{address}` is no https address of an RDAP server"),
                help: "leave --rdap out for https://rdap.org; plain http is for a server on this machine",
            });
        }
        let (base, query) = address.split_once('?').map_or((address, ""), |(base, query)| (base, query));
        let mut config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .https_only(!here)
            .max_redirects(if here { 0 } else { REDIRECTIONS })
            .user_agent(concat!("tattletale/", env!("CARGO_PKG_VERSION")));
        if here {
            config = config.proxy(None);
        }
        let authority = parts.authority.rsplit('@').next().unwrap_or_default();
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            query: if query.is_empty() { String::new() } else { format!("?{query}") },
            origin: format!("{}://{authority}", parts.scheme),
            here,
            agent: config.build().new_agent(),
        })
    }
}

impl Server for Registry {
    fn is_here(&self) -> bool {
        self.here
    }

    fn ask(&self, question: &Question) -> Result<Answer, String> {
        let address = format!("{}/{question}{}", self.base, self.query);
        let reply = self.agent.get(&address).header("Accept", "application/rdap+json").call();
        let mut reply = reply.map_err(|error| error.to_string())?;
        let status = reply.status().as_u16();
        // 404 is an answer: the registry does not know it. Anything else says nothing of what was asked.
        if !matches!(status, 200 | 404) {
            return Err(format!("the registry answered with status {status}"));
        }
        let body = reply.body_mut().with_config().limit(LONGEST_ANSWER as u64).read_to_vec();
        let body = body.map_err(|error| error.to_string())?;
        Ok(Answer::new(now(), question.clone(), self.origin.clone(), status, &body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_and_tokens_stay_out_of_evidence() {
        for address in ["http://rdap.example", "rdap.example", "ftp://127.0.0.1", "https://", ""] {
            assert!(Registry::new(address).is_err(), "{address}");
        }
        assert!(!Registry::new("https://rdap.org/").unwrap().here);
        let registry = Registry::new("http://u:p@127.0.0.1:8080/rdap/?token=x").unwrap();
        assert_eq!((&*registry.base, &*registry.query), ("http://u:p@127.0.0.1:8080/rdap", "?token=x"));
        assert_eq!((&*registry.origin, registry.here), ("http://127.0.0.1:8080", true));
    }
}
