//! What an RDAP answer (RFC 9083) says: the holder and the country of registration of a domain or a network.
//!
//! The country is where something is registered, never where a machine stands. Contacts are jCards (RFC 7095); a
//! country is taken from their `cc` parameter (RFC 8605) or a field that holds a code. Holders that a registry hides
//! ("redacted for privacy") are no holders.

use super::Scope;
use crate::model::Aspect;
use serde_json::Value;
use std::net::IpAddr;

/// Longest name of a holder, in characters.
const LONGEST_NAME: usize = 200;

type Says = Option<(Scope, Vec<(Aspect, String)>)>;

/// A domain object.
pub(super) fn domain(name: &str, answer: &str) -> Says {
    let object: Value = serde_json::from_str(answer).ok()?;
    let registrant = registrant(&object);
    let holder = registrant.and_then(holder).map(|name| (Aspect::Holder, name));
    let country = registrant.and_then(country).map(|code| (Aspect::RegistryCountry, code));
    Some((Scope::Domain(name.to_owned()), holder.into_iter().chain(country).collect()))
}

/// A network object; it holds for all addresses from its first to its last.
pub(super) fn network(asked: IpAddr, answer: &str) -> Says {
    let object: Value = serde_json::from_str(answer).ok()?;
    let address = |name: &str| object.get(name)?.as_str()?.parse::<IpAddr>().ok();
    let range = address("startAddress").zip(address("endAddress")).filter(|(first, last)| {
        first.is_ipv4() == asked.is_ipv4() && last.is_ipv4() == asked.is_ipv4() && (*first..=*last).contains(&asked)
    });
    let (first, last) = range.unwrap_or((asked, asked));
    let name = || object.get("name").and_then(Value::as_str).and_then(open_name);
    let holder = registrant(&object).and_then(holder).or_else(name).map(|name| (Aspect::Holder, name));
    let country = object.get("country").and_then(Value::as_str).and_then(code);
    let country = country.map(|code| (Aspect::RegistryCountry, code));
    Some((Scope::Range(first, last), holder.into_iter().chain(country).collect()))
}

fn registrant(object: &Value) -> Option<&Value> {
    let is_registrant = |entity: &&Value| {
        let roles = entity.get("roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|role| role.as_str() == Some("registrant")))
    };
    object.get("entities")?.as_array()?.iter().find(is_registrant)
}

/// Properties of that name in an entity's jCard: `[name, parameters, type, value]`.
fn properties<'a>(entity: &'a Value, name: &'a str) -> impl Iterator<Item = &'a Vec<Value>> {
    let card = entity.get("vcardArray").and_then(|card| card.get(1)).and_then(Value::as_array);
    let properties = card.into_iter().flatten().filter_map(Value::as_array);
    properties.filter(move |property| property.first().and_then(Value::as_str) == Some(name))
}

/// The organisation, else the name.
fn holder(entity: &Value) -> Option<String> {
    let text = |name| properties(entity, name).find_map(|property| open_name(property.get(3)?.as_str()?));
    text("org").or_else(|| text("fn"))
}

fn open_name(name: &str) -> Option<String> {
    let name = name.trim();
    let hidden = ["redacted", "privacy", "withheld", "not disclosed"];
    let lower = name.to_lowercase();
    let open = !name.is_empty() && !hidden.iter().any(|word| lower.contains(word));
    open.then(|| name.chars().take(LONGEST_NAME).collect())
}

fn country(entity: &Value) -> Option<String> {
    properties(entity, "adr").find_map(|address| {
        let parameter = address.get(1).and_then(|parameters| parameters.get("cc")).and_then(Value::as_str);
        let last = address.get(3).and_then(|parts| parts.get(6)).and_then(Value::as_str);
        parameter.and_then(code).or_else(|| last.and_then(code))
    })
}

/// An ISO 3166-1 alpha-2 code in capitals; none for anything else.
fn code(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_a_holder_and_a_country() {
        let answer = r#"{"entities":[{"roles":["registrar"],"vcardArray":["vcard",[["fn",{},"text","Registrar"]]]},
            {"roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","A. Person"],
            ["org",{},"text","Beijing Example Ltd."],["adr",{"cc":"cn"},"text",["","","","Beijing","","",""]]]]}]}"#;
        let (scope, facts) = domain("miui.com", answer).unwrap();
        assert_eq!(scope, Scope::Domain("miui.com".into()));
        let expected = [(Aspect::Holder, "Beijing Example Ltd.".into()), (Aspect::RegistryCountry, "CN".into())];
        assert_eq!(facts, expected);
    }

    #[test]
    fn what_is_hidden_wrong_or_missing_says_nothing() {
        let card = |property: &str| {
            format!(r#"{{"entities":[{{"roles":["registrant"],"vcardArray":["vcard",[{property}]]}}]}}"#)
        };
        for answer in [
            card(r#"["fn",{},"text","REDACTED FOR PRIVACY"]"#),
            card(r#"["fn",{},"text",["a"]],["adr",{"cc":7},"text","x"],[],7,null,["adr"]"#),
            r#"{"entities":{"roles":[]}}"#.into(),
            "[]".into(),
        ] {
            assert_eq!(domain("a.example", &answer).unwrap().1, [], "{answer}");
        }
        assert_eq!(domain("a.example", "<html>"), None);
    }

    #[test]
    fn a_network_that_does_not_hold_what_was_asked_stands_for_that_address_alone() {
        let answer = r#"{"startAddress":"0.0.0.0","endAddress":"::","country":"RU","name":"NET"}"#;
        let asked = IpAddr::from([192, 0, 2, 1]);
        let (scope, facts) = network(asked, answer).unwrap();
        assert_eq!(scope, Scope::Range(asked, asked));
        assert_eq!(facts, [(Aspect::Holder, "NET".into()), (Aspect::RegistryCountry, "RU".into())]);
    }
}
