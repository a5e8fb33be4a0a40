//! stub
use crate::serve::*; use crate::fields::Fields; use hyper::{Request,StatusCode,body::Bytes};
/// x
pub const MAX_EVENTS: u32 = 200_000;
/// x
#[derive(Debug)]
pub struct PersonView;
pub(crate) struct Control { pub(crate) database: std::path::PathBuf, pub(crate) token: crate::token::Token }
impl Site for Control { async fn answer(&self, _r: Request<Bytes>, _q: &Fields) -> Reply { text(StatusCode::OK, "") } }
/// x
pub fn people(_e: &[crate::store::Event]) -> Vec<PersonView> { vec![] }
