//! The normal forms that are digested: what senders and receivers agree on before they compare digests.
//!
//! Rules of the large advertising networks ("hashed e-mail", "advanced matching"): trimmed, small letters, telephone
//! numbers in E.164 or as digits, mail addresses by Gmail's rule (dots and what follows a plus do not count).

use super::Half;
use crate::model::url;

/// All normal forms of a text, the likeliest first, each once. The text itself is among them.
pub(in crate::detect) fn forms(kind: &str, text: &str) -> Vec<String> {
    let mut forms = Forms(Vec::new());
    let trimmed = text.trim();
    forms.cases(trimmed);
    forms.add(text);
    if let Some((local, domain)) = trimmed.split_once('@').filter(|(_, domain)| domain.contains('.')) {
        mail(&local.to_lowercase(), &domain.to_lowercase(), &mut forms);
    }
    if trimmed.contains("://") {
        address(trimmed, &mut forms);
    }
    let punctuated = |c: char| c.is_ascii_digit() || " +()-./".contains(c);
    let digits: String = trimmed.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 7 && trimmed.chars().all(punctuated) {
        forms.add(&digits);
        if kind == "phone" || trimmed.starts_with('+') {
            telephone(trimmed, &digits, &mut forms);
        }
    }
    if matches!(kind, "mac" | "bssid" | "uuid" | "advertising-id") || is_separated_hex(trimmed) {
        let bare: String = trimmed.chars().filter(char::is_ascii_alphanumeric).collect();
        forms.add(bare.to_lowercase());
        forms.add(bare.to_uppercase());
        if bare.len() == 12 {
            for separator in [":", "-"] {
                let pairs: Vec<&str> = (0..6).filter_map(|pair| bare.get(pair * 2..pair * 2 + 2)).collect();
                forms.add(pairs.join(separator).to_lowercase());
                forms.add(pairs.join(separator).to_uppercase());
            }
        }
    }
    forms.0
}

/// The first and the last word of a name, which the networks digest apart ("fn" and "ln"); each alone says little.
pub(super) fn words(kind: &str, text: &str) -> Vec<(Half, String)> {
    let name = text.to_lowercase();
    let words: Vec<&str> = name.split_whitespace().collect();
    match words.as_slice() {
        [first, .., last] if kind == "person-name" && first != last => {
            vec![(Half::First, (*first).to_owned()), (Half::Last, (*last).to_owned())]
        }
        _ => Vec::new(),
    }
}

struct Forms(Vec<String>);

impl Forms {
    fn add(&mut self, form: impl Into<String> + AsRef<str>) {
        let text = form.as_ref();
        if !text.is_empty() && !self.0.iter().any(|known| known == text) {
            self.0.push(form.into());
        }
    }

    fn cases(&mut self, text: &str) {
        self.add(text);
        self.add(text.to_lowercase());
        self.add(text.to_uppercase());
    }
}

fn mail(local: &str, domain: &str, forms: &mut Forms) {
    let bare = local.split('+').next().unwrap_or(local);
    let solid = bare.replace('.', "");
    for local in [bare, &solid, &local.replace('.', "")] {
        forms.add(format!("{local}@{domain}"));
    }
    if domain == "googlemail.com" {
        forms.add(format!("{solid}@gmail.com"));
    }
}

fn telephone(text: &str, digits: &str, forms: &mut Forms) {
    let digits = if text.starts_with("00") { &digits[2..] } else { digits };
    forms.add(format!("+{digits}"));
    forms.add(digits);
    forms.add(format!("00{digits}"));
    if let Some(national) = national(digits) {
        forms.add(&national);
        forms.add(format!("0{national}"));
    }
}

/// The number without its country code, where the plan of the ITU tells how long that is.
pub(in crate::detect) fn national(digits: &str) -> Option<String> {
    let number = phonenumber::parse(None, format!("+{digits}")).ok()?;
    let national = number.national().value().to_string();
    (digits.ends_with(&national) && national.len() >= 6 && national.len() < digits.len()).then_some(national)
}

fn address(text: &str, forms: &mut Forms) {
    let parts = url::Parts::of(text);
    let whole = text.split('#').next().unwrap_or(text);
    let without_query = whole.split('?').next().unwrap_or(whole);
    forms.add(whole);
    if let Some(bare) = url::bare(text) {
        forms.add(&bare);
        forms.add(format!("www.{}", bare.strip_prefix("www.").unwrap_or(&bare)));
    }
    // A host alone is never a match, digested or not.
    if parts.path.trim_end_matches('/').is_empty() {
        return;
    }
    for form in [without_query, without_query.trim_end_matches('/')] {
        forms.add(form);
        forms.add(format!("{}/", form.trim_end_matches('/')));
    }
    forms.add(format!("{}{}", parts.authority, parts.path));
    forms.add(parts.path);
    if !parts.query.is_empty() {
        forms.add(format!("{}?{}", parts.path, parts.query));
    }
}

/// Pairs or groups of hexadecimal digits with `:` or `-` between them.
fn is_separated_hex(text: &str) -> bool {
    let separators = text.bytes().filter(|byte| matches!(byte, b':' | b'-')).count();
    separators >= 4
        && text.len() >= 17
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(kind: &str, text: &str, wanted: &[&str]) {
        let forms = forms(kind, text);
        for form in wanted {
            assert!(forms.iter().any(|known| known == form), "{form} is not among {forms:?}");
        }
        let mut once = forms.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), forms.len());
    }

    #[test]
    fn as_networks_normalise() {
        has(
            "email",
            " Ann.Lee+shop@Gmail.com ",
            &[
                "Ann.Lee+shop@Gmail.com",
                "ann.lee+shop@gmail.com",
                "ann.lee@gmail.com",
                "annlee@gmail.com",
                "annlee+shop@gmail.com",
            ],
        );
        has("phone", "+48 600 123 456", &["+48600123456", "48600123456", "0048600123456", "600123456"]);
        has("phone", "0048 600123456", &["+48600123456", "600123456"]);
        has("mac", "a4:5e:60:c2:19:0b", &["A4:5E:60:C2:19:0B", "a45e60c2190b", "A4-5E-60-C2-19-0B"]);
        has("advertising-id", "38400000-8cf0-11bd-b23e-10b96e40000d", &["384000008cf011bdb23e10b96e40000d"]);
        has(
            "url",
            "https://Clinic.example/a/?q=1#top",
            &["https://Clinic.example/a/?q=1", "clinic.example/a?q=1", "https://Clinic.example/a", "/a/"],
        );
    }

    #[test]
    fn a_host_alone_is_no_form() {
        assert!(forms("visit", "https://clinic.example/").iter().all(|form| form.contains("://")));
    }
}
