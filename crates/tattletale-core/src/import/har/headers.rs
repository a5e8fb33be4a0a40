//! Headers and cookies, in the shapes that tools write them.
//!
//! HAR has `[{name, value}]`; seen are also `[[name, value]]` (Slack) and `{name: value}` with one value or several.

use std::borrow::Cow;

use super::object::Json;
use crate::import::cookies;
use crate::model::Header;

/// The headers of one message, sorted into what the model keeps apart.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// Real headers in order, names in lower case, without those of the other fields.
    pub(super) list: Vec<Header>,
    /// Values of `Cookie` headers.
    pub(super) cookies: Vec<Vec<u8>>,
    /// HTTP/2 pseudo-headers, name with its colon.
    pub(super) pseudo: Vec<Header>,
}

impl Headers {
    /// From a message's `headers`; `cookie` is kept apart in requests only.
    pub(super) fn of_request(headers: Json<'_>) -> Self {
        let mut sorted = Self::of_response(headers);
        let cookies = sorted.list.extract_if(.., |header| header.name == "cookie");
        sorted.cookies = cookies.map(|header| header.value).collect();
        if let Some(authority) = sorted.pseudo(":authority").map(<[u8]>::to_vec)
            && !sorted.list.iter().any(|header| header.name == "host")
        {
            sorted.list.insert(0, Header { name: "host".to_owned(), value: authority });
        }
        sorted
    }

    /// The same for a response.
    pub(super) fn of_response(headers: Json<'_>) -> Self {
        let mut sorted = Self::default();
        each_pair(headers, |name, value| {
            let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
            // Browsers join what came in several lines with a line feed, which no single value can contain.
            for value in value.split(|&byte| byte == b'\n') {
                let header = Header { name: name.clone(), value: value.trim_ascii().to_vec() };
                match header.name.starts_with(':') {
                    true => sorted.pseudo.push(header),
                    false if header.name.is_empty() && header.value.is_empty() => {}
                    false => sorted.list.push(header),
                }
            }
        });
        sorted
    }

    /// Value of a pseudo-header.
    pub(super) fn pseudo(&self, name: &str) -> Option<&[u8]> {
        self.pseudo.iter().find(|header| header.name == name).map(|header| &header.value[..])
    }

    /// The cookies of the `Cookie` headers or, where there are none, of the capture's own list.
    pub(super) fn cookies(&self, list: Json<'_>) -> Vec<Header> {
        if self.cookies.is_empty() {
            let mut own = Vec::new();
            each_pair(list, |name, value| own.push(Header { name: lossy(&name), value: value.into_owned() }));
            return own;
        }
        self.cookies.iter().flat_map(|value| cookies::of_header(value)).collect()
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Calls for each name and value of a list in any of the known shapes.
pub(super) fn each_pair<'a>(list: Json<'a>, mut each: impl FnMut(Cow<'a, [u8]>, Cow<'a, [u8]>)) {
    let text = |value: Json<'a>| value.text().unwrap_or_default();
    for item in list.children() {
        if list.is_object() && item.is_array() {
            item.children().for_each(|value| each(item.name(), text(value)));
        } else if list.is_object() {
            each(item.name(), text(item));
        } else if item.is_object() {
            each(text(item.first(&["name", "key"])), text(item.get("value")));
        } else if item.is_array() {
            let mut values = item.children();
            let Some(name) = values.next().map(text) else { continue };
            values.for_each(|value| each(name.clone(), text(value)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object;
    use super::*;

    fn with<T>(json: &str, look: impl Fn(Json<'_>) -> T) -> T {
        let text = format!("{{\"h\":{json}}}");
        let mut nodes = Vec::new();
        object::read(text.as_bytes(), |_| true, &mut nodes).unwrap();
        look(Json::root(text.as_bytes(), &nodes).get("h"))
    }

    fn shown(list: &[Header]) -> String {
        let line = |h: &Header| format!("{}={}", h.name, String::from_utf8_lossy(&h.value));
        list.iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn every_shape() {
        let shapes = [
            r#"[{"name":"Accept","value":"*/*"},{"value":"1","name":"X-N"}]"#,
            r#"[["Accept","*/*"],["X-N",1]]"#,
            r#"{"Accept":"*/*","x-n":["1"]}"#,
            r#"[{"name":"ACCEPT ","value":"*/*"},null,7,"x",{"name":"x-n","value":1},{}]"#,
        ];
        for json in shapes {
            assert_eq!(with(json, |list| shown(&Headers::of_request(list).list)), "accept=*/*|x-n=1", "{json}");
        }
        for json in ["null", "[]", "{}", "3", r#""x""#] {
            assert_eq!(with(json, |list| shown(&Headers::of_request(list).list)), "", "{json}");
        }
    }

    #[test]
    fn pseudo_headers_and_cookies_stand_apart() {
        let json =
            r#"[[":authority","a.example"],[":path","/p"],["Cookie","a=1; b=x=y;;c"],["cookie"," d= "],["q","1"]]"#;
        with(json, |list| {
            let headers = Headers::of_request(list);
            assert_eq!(shown(&headers.list), "host=a.example|q=1");
            assert_eq!(headers.pseudo(":path"), Some(&b"/p"[..]));
            assert_eq!(shown(&headers.cookies(list)), "a=1|b=x=y|=c|d=");
        });
        let own = with(r#"[{"name":"sid","value":"7","path":"/"}]"#, |list| shown(&Headers::default().cookies(list)));
        assert_eq!(own, "sid=7");
    }

    #[test]
    fn joined_lines_are_taken_apart() {
        let json = r#"[{"name":"Set-Cookie","value":"a=1; Path=/\nb=2"}]"#;
        assert_eq!(with(json, |list| shown(&Headers::of_response(list).list)), "set-cookie=a=1; Path=/|set-cookie=b=2");
    }
}
