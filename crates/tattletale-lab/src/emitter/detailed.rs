//! Telemetry that tells what was done: every event with its content and lasting ids.
//!
//! Browser events, their properties and the super properties are those of Mint Browser 3.4.0 (W. Palant, 4 and 8 May
//! 2020), the preset ones those of sa-sdk-android 3.2.10. Names that no source gives (`quick_dial`, `open_folder`,
//! `open_screen`, `setting_change`, `play_music`, `play_video`, `history_sync`) are ours.

use super::event::{Event, Properties, properties};
use super::outbox::{Form, Outbox, Sender};
use super::sensors::ANDROID_VERSION;
use super::setup::{Act, Setup, Telemetry};
use crate::browser::LastingId;
use crate::clock::ModelTime;
use crate::details::Server;
use crate::people::{DeedKind, Mode, Page};
use crate::seeded::Seeded;
use crate::variant::Variant;
use serde_json::json;

/// The reported telemetry.
pub struct Detailed {
    setup: Setup,
    browser: Outbox,
    feed: Outbox,
    system: Outbox,
    media: Outbox,
    sync: Outbox,
    id: LastingId,
    signed_in: bool,
    seeded: Seeded,
}

impl Detailed {
    /// As the setup says; `sealed` takes the encrypted forms everywhere.
    pub fn new(setup: Setup) -> Self {
        let details = &setup.details;
        let sealed = setup.variant == Variant::Sealed;
        let or_sealed = |open: Form, code: Form| if sealed { code } else { open };
        let (browser_at, project) = (details.browser_server.value, setup.product.project);
        let app = setup.app(&setup.version);
        let feed_sender = Sender {
            page_origin: setup.endpoints.page(&Page { site: "news".into(), path: String::new() }),
            cookie_id: cookie_id(&setup),
            ..app.clone()
        };
        let system_form = or_sealed(Form::Spock, Form::SealedBatch);
        let system = match sealed {
            true => setup.sensors("system", system_form, details.system_server.value, "system", setup.app("1.0.0")),
            false => {
                let url = setup.endpoints.collector(details.system_server.value, "/track/spock", "");
                setup.outbox("system", system_form, url, setup.app("1.0.0"))
            }
        };
        let batch = |code| or_sealed(Form::AndroidBatch, code);
        Self {
            browser: setup.sensors("browser", batch(Form::SealedEvents), browser_at, project, app.clone()),
            feed: {
                let form = or_sealed(details.feed_form.value, Form::SealedEvents);
                setup.sensors("feed", form, browser_at, project, feed_sender)
            },
            system,
            media: {
                let app = setup.app("5.0.0");
                setup.sensors("media", batch(Form::SealedBatch), details.media_server.value, "media", app)
            },
            sync: setup.sensors("sync", batch(Form::SealedEvents), Server::Singapore, "browser_sync", app),
            id: setup.id.clone(),
            signed_in: false,
            seeded: Seeded::new(setup.today, "detailed"),
            setup,
        }
    }

    fn in_browser(&mut self, act: &Act<'_>, mode: Mode) {
        let private = mode == Mode::Incognito;
        let own = match act.kind {
            DeedKind::Visit { quick_dial: true, .. } => Some(("quick_dial", json!({ "url": act.address }))),
            DeedKind::Search { engine, term } => Some((
                "search",
                json!({
                    "used_searchengine": engine.label(), "search_position": "homepage", "search_method": "typed",
                    "search_word": term,
                }),
            )),
            DeedKind::VideoSearch { term } => Some((
                "youtube_search_op",
                json!({ "op": "search", "search_word": term, "search_type": "typed", "page": "home" }),
            )),
            DeedKind::Download { suffix, .. } => Some((
                "download_files",
                json!({
                    "op": "start", "suffix": suffix, "url": act.address,
                    "type": if private { "privacy" } else { "general" },
                }),
            )),
            _ => None,
        };
        if let Some((name, told)) = own {
            self.browser_event(act, act.at, name, properties(told));
        }
        let [fastest, slowest] = self.setup.details.page_load_ms.value;
        let loaded = act.at + self.seeded.between(fastest, slowest);
        let url = || properties(json!({ "url": act.address }));
        self.browser_event(act, act.at, "page_load_event_start", url());
        if self.seeded.below(100) < self.setup.details.crashes_per_hundred.value {
            let cause = json!({ "cause": "java.lang.OutOfMemoryError" });
            self.browser_event(act, loaded, "rv_crashed", properties(cause));
        } else {
            self.browser_event(act, loaded, "page_load_event_finish", url());
        }
        if let DeedKind::News { page } = act.kind {
            self.feed_event(act, page);
        }
    }

    fn browser_event(&mut self, act: &Act<'_>, time: ModelTime, name: &'static str, own: Properties) {
        let event = self.event(act, time, "track", name, own);
        self.browser.push(event, act.at);
    }

    fn feed_event(&mut self, act: &Act<'_>, page: &Page) {
        let told = json!({
            "$url": act.address, "$url_path": page.path, "$title": "News", "$referrer": "", "$referrer_host": "",
            "$is_first_time": false, "$lib": "js", "$lib_version": "1.15.5",
        });
        let mut event = self.event(act, act.at, "track", "$pageview", properties(told));
        if !self.signed_in && !self.feed.form.is_sealed() {
            // The page's own client knows the person by its cookie until they sign in.
            event.distinct_id = self.feed.cookie_id().into();
        }
        self.feed.push(event, act.at);
    }

    fn sign_in(&mut self, act: &Act<'_>) {
        let anonymous = self.id.used_at(act.at).to_owned();
        self.signed_in = true;
        let mut event = self.event(act, act.at, "track_signup", "$SignUp", Properties::new());
        event.original_id = Some(anonymous);
        self.browser.push(event, act.at);
    }

    fn sync(&mut self, act: &Act<'_>) {
        let told = json!({ "url": act.address, "visited_at": act.at.0 });
        let event = Event {
            properties: properties(told),
            ..self.event(act, act.at, "track", "history_sync", Properties::new())
        };
        self.sync.push(event, act.at);
    }

    /// An event of the browser: what it says itself, the super properties and the preset ones.
    fn event(
        &mut self,
        act: &Act<'_>,
        time: ModelTime,
        kind: &'static str,
        name: &'static str,
        own: Properties,
    ) -> Event {
        let uuid = self.id.used_at(act.at).to_owned();
        let device = &self.setup.device;
        let supers = json!({
            "uuid": uuid, "internet_status": "WIFI", "platform": "AndroidApp", "miui_region": device.region,
            "miui_version": device.model.miui.unwrap_or(""), "system_language": device.language,
        });
        let mut all = preset(&self.setup, &self.setup.version);
        all.extend(properties(supers));
        all.extend(own);
        let distinct_id = if self.signed_in { self.setup.person.account_id.clone() } else { uuid };
        let (about, mode) = (Some(act.index), act.mode);
        Event { time, kind, name, distinct_id, original_id: None, properties: all, about, mode }
    }

    fn on_phone(&mut self, act: &Act<'_>) {
        let (name, told, media) = match act.kind {
            DeedKind::Folder(path) => ("open_folder", json!({ "path": path }), false),
            DeedKind::Screen(screen) => ("open_screen", json!({ "screen": screen }), false),
            DeedKind::Setting(change) => ("setting_change", json!({ "setting": change }), false),
            DeedKind::App { package, seconds } => {
                let used = json!({ "package": package, "start": act.at.0, "duration": seconds * 1_000 });
                ("usage", json!({ "usage_sequence": [used] }), false)
            }
            DeedKind::Music(title) => ("play_music", json!({ "title": title }), true),
            DeedKind::Video(title) => ("play_video", json!({ "title": title }), true),
            _ => return,
        };
        let (mut all, mut distinct_id) = (Properties::new(), String::new());
        if media || self.system.form.is_sealed() {
            all = preset(&self.setup, "5.0.0");
            // Without a call to identify, the client takes ANDROID_ID for the person.
            distinct_id = self.setup.device.android_id.clone();
        }
        all.extend(properties(told));
        let (about, mode) = (Some(act.index), act.mode);
        let event =
            Event { time: act.at, kind: "track", name, distinct_id, original_id: None, properties: all, about, mode };
        if media { self.media.push(event, act.at) } else { self.system.push(event, act.at) }
    }
}

impl Telemetry for Detailed {
    fn observe(&mut self, act: &Act<'_>) {
        match (act.kind, act.mode) {
            (DeedKind::SignIn, _) => self.sign_in(act),
            (DeedKind::SignOut, _) => self.signed_in = false,
            (_, Some(mode)) => {
                if self.setup.variant.collects(mode, &self.setup.switches) {
                    self.in_browser(act, mode);
                }
                let synced = self.signed_in && self.setup.switches.history_sync && mode == Mode::Normal;
                if synced && !act.address.is_empty() {
                    self.sync(act);
                }
            }
            // The system's own services are on the maker's phones only.
            (_, None) if self.setup.device.model.is_own() => self.on_phone(act),
            (_, None) => {}
        }
    }

    fn close(&mut self, _now: ModelTime) {}

    fn outboxes(&mut self) -> Vec<&mut Outbox> {
        vec![&mut self.browser, &mut self.feed, &mut self.system, &mut self.media, &mut self.sync]
    }
}

/// Properties that the Android client adds to every event.
fn preset(setup: &Setup, app_version: &str) -> Properties {
    let device = &setup.device;
    let model = device.model;
    properties(json!({
        "$lib": "Android", "$lib_version": ANDROID_VERSION, "$os": "Android", "$os_version": model.android,
        "$manufacturer": model.manufacturer, "$model": model.sold_as, "$app_version": app_version,
        "$screen_width": model.screen.0, "$screen_height": model.screen.1, "$carrier": device.carrier,
        "$device_id": device.android_id, "$wifi": true, "$network_type": "WIFI", "$is_first_day": false,
        "$screen_orientation": "portrait",
    }))
}

/// Five hex parts joined by dashes, the middle ones about the screen, as the web client makes them.
fn cookie_id(setup: &Setup) -> String {
    let mut seeded = Seeded::new(setup.seed, "cookie");
    let (width, height) = setup.device.model.screen;
    let parts = [seeded.hex(14), seeded.hex(14), seeded.hex(8), (width * height).to_string(), seeded.hex(15)];
    parts.join("-")
}
