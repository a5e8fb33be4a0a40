//! The frame of every page: head with its policy, style sheet, masthead, footer.
//!
//! The policy allows our own style sheet by its hash and nothing else. Whatever else a page shows, it is built here,
//! so no page can be written without it.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// The style sheet: screen, phone, print, light and dark.
const STYLE: &str = concat!(include_str!("report.css"), include_str!("study.css"), include_str!("media.css"));

/// A whole page. `title` is text; `sections` are the links of the masthead as id and words, and the first element of
/// `content` is the one with the id `answer`.
pub fn document(title: &str, sections: &[(&str, &str)], content: &Markup) -> Markup {
    let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(STYLE));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; img-src 'none'; base-uri 'none'; form-action 'none'");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Tattletale" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#answer" { "Skip to the answer" }
                header.masthead {
                    p.brand { "Tattletale" }
                    nav aria-label="Sections" {
                        @for (id, words) in sections { a href={ "#" (id) } { (words) } }
                    }
                }
                main { (content) }
                footer {
                    p { "Made by Tattletale. This page runs no script, loads nothing and sends nothing." }
                }
            }
        }
    }
}

/// A table in a box of its own, so that the page never scrolls sideways.
pub fn scroll(label: &str, rows: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { table { (rows) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_cannot_end_itself_or_load_anything() {
        for forbidden in ["</", "@import", "url(", "expression", "http:", "https:"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
