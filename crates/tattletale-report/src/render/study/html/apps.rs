//! What is in the app, and what of it was seen talking.

use super::Page;
use crate::render::study::present;
use crate::study::apps::Standing;
use maud::{Markup, html};

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let apps = &page.shown.study.apps;
    html! {
        @if !apps.is_empty() {
            section id="apps" {
                h2 { "What is in the app, and what was seen talking" }
                p.lead { "Present is not active: what is in the app could talk, what was recorded did." }
                @for app in apps {
                    h3 { bdi { (present::app(page.shown, app)) } }
                    ul.plain {
                        @for sdk in &app.sdks {
                            li {
                                @if sdk.standing == Standing::Present {
                                    bdi { (present::sdk(page.shown, app, sdk)) }
                                } @else {
                                    strong { bdi { (present::sdk(page.shown, app, sdk)) } }
                                }
                            }
                        }
                        @for line in present::endpoints(page.shown, app) { li { bdi { (line) } } }
                    }
                }
            }
        }
    }
}
