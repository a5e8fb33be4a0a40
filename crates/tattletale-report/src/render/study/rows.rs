//! The answers beside "what they know", for programs: verdicts, links, repetition, differences, the matrix.
//!
//! Values of identifiers never stand here: an identifier is its label, what it is and where it was.

use super::{Shown, answers, different, matrix};
use crate::study::Judged;
use crate::study::claims::Ground;
use crate::study::links::{Joined, Turnover, Verdict};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// What a maker says, with what was found.
#[derive(Serialize)]
pub(super) struct VerdictRow {
    claim: String,
    says: String,
    source: String,
    verdict: &'static str,
    /// One sentence that may be printed.
    sentence: String,
    caveat: Option<String>,
    /// How many findings and other answers refute it, and the first of them.
    refuting: u64,
    evidence: Vec<Json>,
    grounds: Vec<Json>,
    /// What was done of what it needs.
    done: Vec<Json>,
    /// Largest share of such actions that may still tell, at 95 %, where nothing contradicts it.
    at_most: Option<f64>,
    obstacles: Vec<Json>,
}

pub(super) fn verdict(shown: &Shown<'_>, judged: &Judged) -> VerdictRow {
    use crate::study::claims::Obstacle;
    let claim = &judged.claim;
    let obstacle = |obstacle: &Obstacle| match obstacle {
        Obstacle::TooFew { word, done, .. } => json!({ "what": "too-few", "kind": word, "done": done }),
        Obstacle::Opaque { host, bytes } => json!({ "what": "opaque", "host": shown.host(host), "bytes": bytes }),
        Obstacle::Bodies { host, bodies } => json!({ "what": "bodies", "host": shown.host(host), "bodies": bodies }),
        Obstacle::Blind { host, connections } => {
            json!({ "what": "blind", "host": shown.host(host), "connections": connections })
        }
        Obstacle::Faults(faults) => json!({ "what": "faults", "faults": faults }),
        Obstacle::Weak(weak) => json!({ "what": "weak", "sightings": weak }),
        Obstacle::Plaintext { host, messages } => {
            json!({ "what": "plaintext", "host": shown.host(host), "messages": messages })
        }
    };
    let ground = |ground: &Ground| match ground {
        Ground::Join(index) => json!({ "join": index }),
        Ground::SignIn(index) => json!({ "sign_in": index }),
        Ground::Recognised(index) => json!({ "recognised": index }),
        Ground::Difference(index) => json!({ "difference": index }),
    };
    VerdictRow {
        claim: shown.name(&claim.name),
        says: shown.name(&claim.says),
        source: shown.name(&claim.source),
        verdict: judged.verdict.words(),
        sentence: shown.name(&judged.sentence),
        caveat: claim.caveat.as_deref().map(|caveat| shown.name(caveat)),
        refuting: judged.refuting,
        evidence: judged
            .evidence
            .iter()
            .map(|place| json!({ "session": place.session, "finding": place.finding }))
            .collect(),
        grounds: judged.grounds.iter().map(ground).collect(),
        done: judged
            .done
            .iter()
            .map(|(need, kind, done)| json!({ "need": need, "kind": kind, "done": done }))
            .collect(),
        at_most: judged.bound.map(|bound| bound.at_most),
        obstacles: judged.obstacles.iter().map(obstacle).collect(),
    }
}

/// Identifiers, what they join, and every field that identifies.
pub(super) fn links(shown: &Shown<'_>) -> Json {
    let links = &shown.study.links;
    let ids = links.ids.iter().map(|id| {
        let places = id.places.iter().map(|place| {
            let field = &links.fields[place.field];
            json!({
                "session": place.session, "capture": place.capture, "exchange": place.exchange, "mode": place.mode,
                "host": shown.host(&field.host), "field": shown.name(&format!("{} {}", field.part, field.path)),
                "made_by": id.forms[place.form].made_by, "uses": place.uses,
            })
        });
        json!({
            "id": id.label(), "what": answers::id(id),
            "planted": id.known.as_ref().map(|known| shown.name(&known.name)),
            "kind": id.known.as_ref().map(|known| known.kind), "tells_devices_apart": id.tells_apart,
            "places": places.collect::<Vec<_>>(), "more_places": id.more_places,
        })
    });
    let joins = links.joins.iter().map(|join| {
        let what = match &join.what {
            Joined::Modes => json!("modes"),
            Joined::Sessions(sessions) => json!({ "sessions": sessions }),
            Joined::Receivers(hosts) => {
                json!({ "receivers": hosts.iter().map(|host| shown.host(host)).collect::<Vec<_>>() })
            }
        };
        json!({
            "id": links.ids[join.id].label(), "joins": what, "sure": join.sure, "places": join.places,
            "text": answers::joined(shown, join),
        })
    });
    let sign_ins = links.sign_ins.iter().map(|sign_in| {
        json!({
            "before": links.ids[sign_in.before].label(), "account": links.ids[sign_in.account].label(),
            "session": sign_in.session, "capture": sign_in.capture, "exchange": sign_in.exchange,
            "exchanges": sign_in.exchanges, "text": answers::sign_in(shown, sign_in),
        })
    });
    let telling = links.fields.iter().filter(|field| !matches!(field.verdict, Verdict::No(_)));
    let fields = telling.map(|field| {
        json!({
            "host": shown.host(&field.host), "part": shown.name(&field.part.to_string()),
            "path": shown.name(&field.path), "verdict": verdict_name(field.verdict), "text": shown.name(&field.words()),
            "bits_at_least": field.bits.at_least, "bits_at_most": field.bits.at_most, "uses": field.uses,
        })
    });
    json!({
        "devices": links.devices, "ids": ids.collect::<Vec<_>>(), "joins": joins.collect::<Vec<_>>(),
        "sign_ins": sign_ins.collect::<Vec<_>>(), "fields": fields.collect::<Vec<_>>(), "left_out": links.left_out,
    })
}

/// What was recognised by repetition, and what was not.
pub(super) fn repetition(shown: &Shown<'_>) -> Json {
    let study = shown.study;
    let recognised = study.recognised.iter().map(|found| {
        json!({
            "kind": found.kind, "host": shown.host(&found.host), "text": answers::recognised(shown, found),
            "field": shown.name(&format!("{} {}", found.part, found.path)),
            "followed": found.followed, "repeats": found.repeats, "elsewhere": found.elsewhere, "others": found.others,
            "paused": found.paused, "pauses": found.pauses, "p": found.p, "corrected": found.corrected,
            "tests": found.tests, "evidence": found.evidence,
        })
    });
    let unrecognised = study.unrecognised.iter().map(|not| {
        json!({
            "kind": not.kind, "repeats": not.repeats, "too_few": not.too_few(), "best": not.best,
            "text": answers::unrecognised(shown, not),
        })
    });
    json!({ "recognised": recognised.collect::<Vec<_>>(), "unrecognised": unrecognised.collect::<Vec<_>>() })
}

/// How conditions compare.
pub(super) fn differences(shown: &Shown<'_>) -> Vec<Json> {
    let row = |difference: &crate::study::Difference| {
        json!({
            "sides": different::sides(shown, difference), "is_one": difference.is_one(),
            "verdict": answers::verdict(difference.verdict), "p": difference.p,
            "left": [difference.in_left.of, difference.in_left.all],
            "right": [difference.in_right.of, difference.in_right.all],
            "text": answers::difference(shown, difference),
        })
    };
    shown.study.differences.iter().map(row).collect()
}

/// Which kinds of data left under which condition, to whom.
pub(super) fn matrix(shown: &Shown<'_>) -> Vec<Json> {
    let table = &shown.study.matrix;
    let rows = table.rows.iter().map(|row| {
        let cells = table.kinds.iter().zip(&row.entries).map(|(kind, entry)| {
            let told: Vec<Json> =
                entry.told.iter().map(|(host, times)| json!({ "host": shown.host(host), "times": times })).collect();
            json!({ "kind": kind.kind, "words": matrix::kind(*kind), "action": kind.action,
                    "tried": entry.tried, "told": told })
        });
        json!({
            "condition": matrix::facts(shown, &row.side.cell), "sessions": row.side.sessions,
            "cells": cells.collect::<Vec<_>>(),
        })
    });
    rows.collect()
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Identifier => "identifier",
        Verdict::Rotating(Turnover::Session) => "new-with-session",
        Verdict::Rotating(Turnover::Mode) => "new-with-mode",
        Verdict::Rotating(Turnover::Time) => "new-after-a-time",
        Verdict::Watched => "constant-in-one-session",
        Verdict::No(_) => "none",
    }
}

/// What is in each app, and what of it was seen talking.
pub(super) fn apps(shown: &Shown<'_>) -> Vec<Json> {
    let hosts = |hosts: &std::collections::BTreeMap<String, usize>| {
        let row = |(host, sessions): (&String, &usize)| json!({ "host": shown.host(host), "sessions": sessions });
        hosts.iter().map(row).collect::<Vec<Json>>()
    };
    let app = |app: &crate::study::apps::AppSeen| {
        let contents = &app.contents;
        json!({
            "file": shown.name(&contents.file),
            "sha256": contents.sha256,
            "package": contents.package.as_deref().map(|name| shown.name(name)),
            "version": contents.version.as_deref().map(|version| shown.name(version)),
            "complete": contents.complete(),
            "faults": contents.faults.iter().map(|fault| shown.name(&fault.to_string())).collect::<Vec<_>>(),
            "sessions": app.sessions,
            "sdks": app.sdks.iter().map(|sdk| json!({
                "name": shown.name(&sdk.name),
                "version": sdk.version.as_deref().map(|version| shown.name(version)),
                "standing": sdk.standing.name(),
                "hosts_known": sdk.has_hosts,
                "contacted": hosts(&sdk.contacted),
            })).collect::<Vec<_>>(),
            "contacted": hosts(&app.contacted),
            "not_contacted": app.silent.iter().map(|host| shown.host(host)).collect::<Vec<_>>(),
            "contacted_and_not_named": hosts(&app.unnamed),
        })
    };
    shown.study.apps.iter().map(app).collect()
}
