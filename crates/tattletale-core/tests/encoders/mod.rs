//! Every disguise that the decoder should see through, as an encoder: the way back of the registry's layers.

mod formats;
mod lzstring;
mod table;
mod texts;

pub(crate) use table::DISGUISES;
#[allow(unused_imports, reason = "the encoders serve several tests")]
pub(crate) use texts::base64;

/// One way to hide bytes.
pub(crate) struct Disguise {
    pub(crate) name: &'static str,
    /// The layers that must be in the path, outermost first.
    pub(crate) layers: &'static [&'static str],
    /// Fewer bytes than this prove nothing in this disguise.
    pub(crate) least: usize,
    /// True when only UTF-8 without control characters can be hidden so.
    pub(crate) text: bool,
    pub(crate) encode: fn(&[u8]) -> Vec<u8>,
}

const fn of(
    name: &'static str,
    layers: &'static [&'static str],
    least: usize,
    text: bool,
    encode: fn(&[u8]) -> Vec<u8>,
) -> Disguise {
    Disguise { name, layers, least, text, encode }
}
