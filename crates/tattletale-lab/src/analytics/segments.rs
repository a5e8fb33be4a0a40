//! Advertising segments: a person sorted into boxes by words in what they searched, opened and kept.
//!
//! The rules are as crude as the real ones are said to be; the point is that they need nothing more than what the
//! events hold. Each names its reason in the person's own words, so that it can be contested.

use super::{Kind, Moment, Pattern};

/// A box, and why the person is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: &'static str,
    /// Why it exists: what somebody would want it for.
    pub about: &'static str,
    /// Why this person is in it.
    pub reason: String,
    /// True if the law of many places protects this kind of data (Article 9 GDPR, for one).
    pub sensitive: bool,
}

struct Rule {
    name: &'static str,
    about: &'static str,
    sensitive: bool,
    /// Beginnings of words, in lower case.
    words: &'static [&'static str],
}

const RULES: [Rule; 9] = [
    Rule {
        name: "Health",
        about: "Clinics, insurers and sellers of remedies pay for it.",
        sensitive: true,
        words: &[
            "clinic",
            "menopaus",
            "panic",
            "pánico",
            "ataque",
            "oncolog",
            "pregnan",
            "medic",
            "symptom",
            "doctor",
            "hospital",
            "ból",
            "therap",
            "diagnos",
            "test-results",
            "depress",
        ],
    },
    Rule {
        name: "Faith",
        about: "Says what somebody believes.",
        sensitive: true,
        words: &["chapel", "church", "prayer", "confirmation", "mosque", "bible", "quran", "temple"],
    },
    Rule {
        name: "Politics and unions",
        about: "Says what somebody stands for.",
        sensitive: true,
        words: &["union", "strike", "protest", "election", "party-member", "mayor"],
    },
    Rule {
        name: "Love life",
        about: "Sellers of dating and of counsel pay for it.",
        sensitive: true,
        words: &["dating", "divorce", "porn", "wedding", "lover"],
    },
    Rule {
        name: "Legal trouble",
        about: "Tells that somebody is looking for help.",
        sensitive: false,
        words: &["lawyer", "custody", "court", "tenancy", "eviction"],
    },
    Rule {
        name: "Money",
        about: "Lenders pay for it.",
        sensitive: false,
        words: &["bank", "loan", "overdraft", "payslip", "credit", "debt", "mortgage"],
    },
    Rule {
        name: "Young family",
        about: "Sellers of what a child needs pay for it.",
        sensitive: false,
        words: &["baby", "pregnan", "nursery", "toddler"],
    },
    Rule {
        name: "Shopper",
        about: "Shops pay to be seen before the purchase.",
        sensitive: false,
        words: &["shop", "basket", "offer", "buy", "sale", "price", "shoes"],
    },
    Rule {
        name: "Traveller",
        about: "Airlines and hotels pay for it.",
        sensitive: false,
        words: &["flight", "hotel", "holiday", "timetable", "airport"],
    },
];

/// Kinds whose words tell of interests.
const TELLING: [Kind; 11] = [
    Kind::Visit,
    Kind::Tile,
    Kind::Synced,
    Kind::Search,
    Kind::VideoSearch,
    Kind::Download,
    Kind::News,
    Kind::Folder,
    Kind::App,
    Kind::Music,
    Kind::Video,
];

/// How often a habit must show.
const HABIT: usize = 3;

/// The boxes that a person falls into.
pub(super) fn of(moments: &[Moment], pattern: &Pattern) -> Vec<Segment> {
    let telling: Vec<(&Moment, String)> = moments
        .iter()
        .filter(|moment| TELLING.contains(&moment.kind))
        .map(|moment| (moment, moment.what.to_lowercase()))
        .collect();
    let mut segments: Vec<Segment> = RULES.iter().filter_map(|rule| sorted(rule, &telling)).collect();
    let habit = |name, about, reason: String| Segment { name, about, reason, sensitive: false };
    let count = |kinds: &[Kind]| kinds.iter().filter_map(|kind| pattern.kinds.get(kind)).sum::<usize>();
    let (music, video) = (count(&[Kind::Music]), count(&[Kind::Video, Kind::VideoSearch]));
    if music >= HABIT {
        segments.push(habit(
            "Music listener",
            "Labels and concert sellers pay for it.",
            format!("{music} songs played"),
        ));
    }
    if video >= HABIT {
        let reason = format!("{video} videos watched or searched for");
        segments.push(habit("Video watcher", "Decides which video advertisement is shown.", reason));
    }
    let night: usize = pattern.hours[..5].iter().sum();
    if night >= HABIT && night * 5 >= moments.len() {
        let reason = format!("{night} of {} moments lie between midnight and five", moments.len());
        segments.push(habit("Awake at night", "A sign of worry, of shift work, or of a small child.", reason));
    }
    let hidden = moments.iter().filter(|moment| moment.incognito).count();
    if hidden > 0 {
        let reason = format!("{hidden} moments marked as private browsing");
        segments.push(habit("Uses private browsing", "Tells apart what somebody wants to keep to themselves.", reason));
    }
    segments
}

fn sorted(rule: &Rule, telling: &[(&Moment, String)]) -> Option<Segment> {
    let fits = |text: &str| rule.words.iter().any(|word| begins_a_word(text, word));
    let found: Vec<&Moment> = telling.iter().filter(|(_, text)| fits(text)).map(|(moment, _)| *moment).collect();
    let example = found.iter().min_by_key(|moment| (moment.kind != Kind::Search, moment.at))?;
    let times = if found.len() == 1 { "Once".to_owned() } else { format!("{} times", found.len()) };
    Some(Segment {
        name: rule.name,
        about: rule.about,
        sensitive: rule.sensitive,
        reason: format!("{times}, such as: {} “{}”", example.kind.words(), cut(&example.what)),
    })
}

/// True if `word` stands at the beginning of a word: "shop" is in "shop.localhost" and not in "bishop".
fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
