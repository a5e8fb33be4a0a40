//! Styled words wrapped to the width of the terminal, later lines under the first.

use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

/// As it is.
pub const PLAIN: Style = Style::new();
/// Headings and the answer.
pub const BOLD: Style = Style::new().bold();
/// Beside the point.
pub const QUIET: Style = Style::new().dimmed();
/// To be noticed.
pub const ALARM: Style = AnsiColor::Red.on_default();

/// Narrowest text column: in a narrower terminal lines run over rather than become one word each.
const NARROWEST: usize = 24;

/// Between two pieces of a line.
const GAP: &str = "  ";

/// Where and how a paragraph stands.
#[derive(Debug, Clone, Copy)]
pub struct Paragraph {
    /// Columns left free.
    pub indent: usize,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether styles are written out.
    pub colour: bool,
}

impl Paragraph {
    /// Writes the pieces with a gap between them; a piece that does not fit wraps at its spaces, a word that does
    /// not fit is cut into lines.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write(&self, pieces: &[(Style, &str)], out: &mut dyn Write) -> io::Result<()> {
        let hanging = self.indent + 2;
        let most = self.width.max(NARROWEST + hanging);
        let mut column = self.indent;
        write!(out, "{:1$}", "", self.indent)?;
        for (number, (style, piece)) in pieces.iter().enumerate() {
            for (position, word) in piece.split(' ').enumerate() {
                let gap = match (number, position) {
                    (0, 0) => "",
                    (_, 0) => GAP,
                    _ => " ",
                };
                let mut rest: Vec<char> = word.chars().collect();
                let fits_a_line = rest.len() <= most - hanging;
                if column + gap.len() + rest.len() > most && column > hanging && (fits_a_line || column + 8 > most) {
                    write!(out, "\n{:hanging$}", "")?;
                    column = hanging;
                } else {
                    out.write_all(gap.as_bytes())?;
                    column += gap.len();
                }
                while column + rest.len() > most {
                    let tail = rest.split_off((most - column).min(rest.len()));
                    self.word(*style, &rest, out)?;
                    write!(out, "\n{:hanging$}", "")?;
                    column = hanging;
                    rest = tail;
                }
                column += rest.len();
                self.word(*style, &rest, out)?;
            }
        }
        writeln!(out)
    }

    fn word(&self, style: Style, word: &[char], out: &mut dyn Write) -> io::Result<()> {
        let word: String = word.iter().collect();
        match self.colour && !word.is_empty() {
            true => write!(out, "{style}{word}{style:#}"),
            false => out.write_all(word.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(width: usize, pieces: &[&str]) -> String {
        let pieces: Vec<(Style, &str)> = pieces.iter().map(|piece| (Style::new(), *piece)).collect();
        let mut out = Vec::new();
        Paragraph { indent: 2, width, colour: false }.write(&pieces, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wraps_words_and_cuts_what_has_none() {
        assert_eq!(wrapped(80, &["a b", "c"]), "  a b  c\n");
        assert_eq!(
            wrapped(0, &["twelve chars", "and twelve more of them"]),
            "  twelve chars  and twelve\n    more of them\n"
        );
        let long = wrapped(40, &[&"x".repeat(100)]);
        assert!(long.lines().all(|line| line.chars().count() <= 40), "{long}");
        assert_eq!(long.matches('x').count(), 100);
    }

    #[test]
    fn colour_only_when_asked() {
        let mut out = Vec::new();
        let style = AnsiColor::Red.on_default();
        Paragraph { indent: 0, width: 80, colour: true }.write(&[(style, "a b")], &mut out).unwrap();
        assert_eq!(out, b"\x1b[31ma\x1b[0m \x1b[31mb\x1b[0m\n");
    }
}
