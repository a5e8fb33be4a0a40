//! The one command that shows a finding again, ready to be pasted into a shell.

use super::redact::Masks;
use super::{Options, escape};
use tattletale_core::model::{Finding, Report};

/// `tattletale show CAPTURE --exchange N` (`--unseen N` for the name of a connection that could not be seen), with `--truth FILE` when there was one.
///
/// A masked name stays masked here too: then the command names the mask, and the reader puts in the file's own name.
pub fn show(report: &Report, finding: &Finding, options: &Options, masks: &Masks<'_>) -> String {
    let capture = report.captures.get(finding.capture).map_or("CAPTURE", |capture| capture.name.as_str());
    let among = if finding.is_unseen() { "--unseen" } else { "--exchange" };
    let mut command = format!("tattletale show {} {among} {}", quoted(&masks.raw(capture)), finding.exchange);
    if let Some(file) = &options.truth_file {
        command.push_str(" --truth ");
        command.push_str(&quoted(&masks.raw(file)));
    }
    command
}

/// One word of a POSIX shell; `$'...'` of bash and zsh where a name holds what must not reach a terminal.
pub fn quoted(word: &str) -> String {
    let word = if word.starts_with('-') { format!("./{word}") } else { word.to_owned() };
    let plain = |c: char| c.is_alphanumeric() || "-_./+:@%,".contains(c);
    if word.chars().any(escape::must_escape) {
        let escaped: String = word
            .chars()
            .map(|c| match c {
                '\\' | '\'' => format!("\\{c}"),
                c if escape::must_escape(c) => c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
                c => c.to_string(),
            })
            .collect();
        return format!("$'{escaped}'");
    }
    if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_for_the_shell() {
        let cases = [
            ("shop.har", "shop.har"),
            ("my shop.har", "'my shop.har'"),
            ("it's `id`.har", r"'it'\''s `id`.har'"),
            ("a'\u{202e}b\x1b[2J.har", r"$'a\'\xe2\x80\xaeb\x1b[2J.har'"),
            ("", "''"),
            ("żółć.har", "żółć.har"),
            ("a;b&c", "'a;b&c'"),
            ("--truth", "./--truth"),
        ];
        for (word, expected) in cases {
            assert_eq!(quoted(word), expected);
        }
    }
}
