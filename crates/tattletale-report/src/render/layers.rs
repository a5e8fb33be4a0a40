//! What the decoder opens, told from its registry: for a person, for a program, and as a page of documentation.

use super::escape;
use serde_json::{Value, json};
use std::fmt::Write;
use tattletale_core::decode::transport::TRANSPORTS;
use tattletale_core::decode::{LAYERS, Layer};
use tattletale_core::detect::SEARCHED;

/// Longest example of bytes that is shown, in bytes; texts are shown whole.
const LONGEST_BYTES: usize = 48;

/// For a person at a terminal.
pub fn text() -> String {
    let mut out = String::new();
    for layer in LAYERS {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}{}\n  {}\n  for example  {}\n",
            layer.name(),
            remark(layer.deep(), layer.keyed()),
            layer.about(),
            shown(layer.example())
        );
    }
    let _ = writeln!(
        out,
        "{} layers, nested to any depth inside the limits, whatever the receiver is called.",
        LAYERS.len()
    );
    let _ = writeln!(out, "\n{SEARCHED_WORDS}\n");
    for searched in SEARCHED {
        let (remark, shown) = (remark(searched.deep, false), shown(searched.example));
        let _ = writeln!(out, "{}{remark}\n  {}\n  for example  {shown}\n", searched.name, searched.about);
    }
    let _ = writeln!(out, "{TRANSPORTS_WORDS}\n");
    for transport in TRANSPORTS {
        let _ = writeln!(out, "{}\n  {}", transport.name(), transport.about());
    }
    out
}

const SEARCHED_WORDS: &str = "Without a layer. The search knows a value in these disguises wherever they stand.";

const TRANSPORTS_WORDS: &str =
    "Known transports. They say what a message means above its tree in `show`; nothing is opened or found by them.";

/// For a program: the examples whole, in hex.
pub fn json() -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let row = |layer: &&dyn Layer| {
        json!({
            "name": layer.name(),
            "about": layer.about(),
            "deep": layer.deep(),
            "keyed": layer.keyed(),
            "example": hex(layer.example()),
        })
    };
    let transports = TRANSPORTS.iter().map(|known| json!({ "name": known.name(), "about": known.about() }));
    let searched = SEARCHED.iter().map(|searched| {
        json!({
            "name": searched.name,
            "about": searched.about,
            "deep": searched.deep,
            "example": hex(searched.example),
        })
    });
    json!({
        "schema": 1,
        "layers": LAYERS.iter().map(row).collect::<Vec<_>>(),
        "searched": searched.collect::<Vec<_>>(),
        "transports": transports.collect::<Vec<_>>(),
    })
}

/// As `docs/layers.md`.
pub fn markdown() -> String {
    let mut out = String::from(
        "# What is opened\n\nGenerated from the registry of layers; `tattletale layers` prints the same. The order is \
         that in which they are asked. Any of them may stand inside any other.\n",
    );
    for layer in LAYERS {
        let (remark, shown) = (remark(layer.deep(), layer.keyed()), shown(layer.example()));
        let _ = write!(out, "\n## {}\n\n{}{remark}\n\n    {shown}\n", layer.name(), layer.about());
    }
    let _ = write!(out, "\n# Without a layer\n\n{}\n", SEARCHED_WORDS.trim_start_matches("Without a layer. "));
    for searched in SEARCHED {
        let (remark, shown) = (remark(searched.deep, false), shown(searched.example));
        let _ = write!(out, "\n## {}\n\n{}{remark}\n\n    {shown}\n", searched.name, searched.about);
    }
    let _ = write!(out, "\n# Known transports\n\n{}\n", TRANSPORTS_WORDS.trim_start_matches("Known transports. "));
    for transport in TRANSPORTS {
        let _ = write!(out, "\n## {}\n\n{}\n", transport.name(), transport.about());
    }
    out
}

fn remark(deep: bool, keyed: bool) -> &'static str {
    match (deep, keyed) {
        (true, _) => " (only with --deep)",
        (_, true) => " (only with --keys)",
        _ => "",
    }
}

fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => escape::text(text),
        _ => {
            let shown: String = bytes.iter().take(LONGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
            let more = if bytes.len() > LONGEST_BYTES { "…" } else { "" };
            format!("{shown}{more} (hex)")
        }
    }
}
