//! Apps, comparisons and searches for other programs. A field may be added without changing the schema's name.

use serde_json::{Value, json};
use tattletale_core::model::app::{Contents, Fault, Place};

use super::{Named, Search};
use crate::compare::Comparison;

fn place(place: &Place) -> Value {
    json!({ "file": place.file, "class": (!place.class.is_empty()).then_some(&place.class) })
}

fn fault(fault: &Fault) -> Value {
    json!({ "kind": fault.kind.name(), "entry": fault.entry, "offset": fault.offset, "message": fault.message })
}

/// One app. Keys are bytes in hex with `reveal`, else only described.
pub fn app(contents: &Contents, reveal: bool) -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let facts = |facts: &[tattletale_core::model::Fact]| {
        let row = |fact: &tattletale_core::model::Fact| json!({ "aspect": fact.aspect.name(), "value": fact.value, "source": fact.source.name });
        facts.iter().map(row).collect::<Vec<Value>>()
    };
    json!({
        "schema": "tattletale-app/1",
        "complete": contents.complete(),
        "file": contents.file,
        "sha256": contents.sha256,
        "package": contents.package,
        "label": contents.label,
        "version": contents.version,
        "version_code": contents.version_code,
        "classes": contents.classes(),
        "code": contents.code.iter().map(|file| json!({
            "place": file.place, "format": file.version, "classes": file.classes, "methods": file.methods,
            "quickened": file.quickened,
        })).collect::<Vec<_>>(),
        "sdks": contents.sdks.iter().map(|sdk| json!({
            "id": sdk.id, "name": sdk.name, "organisation": sdk.organisation, "category": sdk.category,
            "version": sdk.version, "how": sdk.sureness.name(), "classes": sdk.classes,
            "places": sdk.places.iter().map(place).collect::<Vec<_>>(), "traces": sdk.traces, "hosts": sdk.hosts,
            "evidence": sdk.evidence,
        })).collect::<Vec<_>>(),
        "endpoints": contents.endpoints.iter().map(|endpoint| json!({
            "host": endpoint.host, "urls": endpoint.urls, "name_only": endpoint.name_only,
            "places": endpoint.places.iter().map(place).collect::<Vec<_>>(), "facts": facts(&endpoint.facts),
        })).collect::<Vec<_>>(),
        "keys": contents.keys.iter().enumerate().map(|(number, key)| json!({
            "name": format!("app-{number}"), "kind": key.kind.name(), "bytes": key.bytes.len(),
            "value": reveal.then(|| hex(&key.bytes)), "algorithm": key.algorithm, "written": key.written,
            "place": place(&key.place), "method": key.method,
        })).collect::<Vec<_>>(),
        "permissions": contents.permissions,
        "identifiers": contents.identifiers.iter().map(|asked| json!({
            "kind": asked.kind, "api": asked.api, "classes": asked.classes, "sdks": asked.sdks,
            "places": asked.places.iter().map(place).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "private": contents.private.iter().map(|path| json!({
            "sdk": path.sdk, "because": path.because, "methods": path.methods,
        })).collect::<Vec<_>>(),
        "faults": contents.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// Two apps.
pub fn comparison(a: &Named, b: &Named, compared: &Comparison, faults: &[Fault]) -> Value {
    json!({
        "schema": "tattletale-app-comparison/1",
        "complete": faults.is_empty(),
        "a": a.file,
        "b": b.file,
        "apps": [a.app, b.app],
        "result": compared,
        "faults": faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// A search.
pub fn search(search: &Search) -> Value {
    json!({
        "schema": "tattletale-app-search/1",
        "complete": search.faults.is_empty(),
        "sought": search.sought,
        "apps": search.apps,
        "found": search.hits.iter().map(|hit| json!({
            "file": hit.file, "sha256": hit.sha256, "package": hit.package, "version": hit.version,
            "count": hit.found.count, "places": hit.found.places, "comparison": hit.found.comparison,
        })).collect::<Vec<_>>(),
        "faults": search.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}
