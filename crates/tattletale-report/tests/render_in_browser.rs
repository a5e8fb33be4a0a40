//! Opens the page of the nasty report in a real browser: no element may come from the capture, nothing may run.
//!
//! Needs Chromium; says so and passes where there is none.

#![expect(clippy::unwrap_used, reason = "a test helper may fail the test")]

#[path = "../../tattletale/tests/browser/mod.rs"]
mod browser;
#[allow(dead_code, reason = "shared with the other tests of the renderers")]
mod reports;

use browser::{chromium, dom};
use std::path::{Path, PathBuf};
use tattletale_core::model::Report;
use tattletale_report::render::{HTML, Options};

/// A folder that is gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tattletale-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn page(folder: &Path, report: &Report, reveal: bool) -> PathBuf {
    let mut out = Vec::new();
    HTML.render(report, &Options { reveal, ..Options::default() }, &mut out).unwrap();
    let file = folder.join("report.html");
    std::fs::write(&file, out).unwrap();
    file
}

/// Names of the elements and attributes of a serialised document. In such a document `<` stands only before tags,
/// since the browser writes all others as `&lt;` (also in attributes since Chromium 138; ours hold no `<` at all).
fn vocabulary(dom: &str) -> (Vec<String>, Vec<String>) {
    let (mut elements, mut attributes) = (Vec::new(), Vec::new());
    for tag in dom.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name: String = tag.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        let mut quoted = false;
        let outside: String = tag
            .chars()
            .map(|c| {
                quoted ^= c == '"';
                if quoted { ' ' } else { c }
            })
            .collect();
        attributes.extend(outside.split_whitespace().filter_map(|word| word.strip_suffix('=')).map(String::from));
        elements.push(name.to_lowercase());
    }
    (elements, attributes)
}

#[test]
fn a_real_browser_takes_the_capture_for_text() {
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    const ELEMENTS: &str = " a article bdi body circle code desc details div figcaption figure footer g h1 h2 h3 head \
        header html li line main mark meta nav ol p path q rect section span strong style summary svg table tbody td text \
        th thead time title tr ul ";
    let folder = Folder::new("page");
    for reveal in [false, true] {
        let report = reports::nasty();
        let dom = dom(&chromium, &folder.0, &page(&folder.0, &report, reveal));
        assert!(dom.contains("10 receivers learnt") && dom.contains("</html>"), "{dom}");
        let after_style = dom.split_once("</style>").unwrap().1;
        let (elements, attributes) = vocabulary(after_style);
        let strange: Vec<_> =
            elements.iter().filter(|name| !name.is_empty() && !ELEMENTS.contains(&format!(" {name} "))).collect();
        assert!(strange.is_empty(), "{strange:?}");
        let acting: Vec<_> = attributes
            .iter()
            .filter(|name| name.starts_with("on") || ["src", "style", "srcdoc"].contains(&name.as_str()))
            .collect();
        assert!(acting.is_empty(), "{acting:?}");
        assert!(dom.contains("· Tattletale</title>"), "a script changed the title");
    }
}

#[test]
fn the_policy_lets_the_style_sheet_in_and_nothing_else() {
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    let folder = Folder::new("policy");
    let file = page(&folder.0, &reports::rich(), false);
    let html = std::fs::read_to_string(&file).unwrap();
    // What an attacker would do who had got past the escaping.
    let broken =
        html.replace("<h1>", "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\"><h1>");
    std::fs::write(&file, broken).unwrap();
    let dom = dom(&chromium, &folder.0, &file);
    assert!(dom.contains("<script>") && dom.contains("· Tattletale</title>"), "the policy did not hold");
}
