//! `tattletale decode`: one blob, peeled. What people do by hand in a browser tab, with the path to show for it.

use crate::Outcome;
use crate::cli::{DecodeArgs, Format};
use crate::failure::Failure;
use crate::input;
use serde_json::{Value as Json, json};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use tattletale_core::decode::{Hint, Tree, Walked, tree};
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Sighting, Step, Subject, Value, display_path};
use tattletale_report::render::escape;
use tattletale_report::render::tree::{Secrets, TreePrinter};

pub(crate) fn run(args: &DecodeArgs) -> Result<Outcome, Failure> {
    let input = read(args.file.as_deref())?;
    let truth = wanted(&args.find);
    let limits = input::limits(&args.unfolding)?;
    let (root, walked) = tree(&input, Hint::default(), &limits);
    let (seen, _) = look(&Planted::new(&truth), &input, Hint::default(), &limits, &mut Places::default());
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Text => print(args, truth, &root, &seen.sightings, &walked, &mut out)?,
        Format::Json => {
            let printed = as_json(args, &root, &seen.sightings, &walked);
            serde_json::to_writer_pretty(&mut out, &printed).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(match (walked.complete(), seen.sightings.is_empty()) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::NothingFound,
        (true, false) => Outcome::Found,
    })
}

/// The blob, without the line break that an editor or `echo` puts behind it.
fn read(path: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match path.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            input::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(Failure::file(path))?;
        }
        None => {
            let name = Path::new("standard input");
            io::stdin().lock().read_to_end(&mut bytes).map_err(Failure::file(name))?;
        }
    }
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    Ok(bytes)
}

fn wanted(values: &[String]) -> GroundTruth {
    let value = |value: &String| Value { name: value.clone(), kind: "text", value: value.clone() };
    GroundTruth { values: values.iter().map(value).collect(), ..GroundTruth::default() }
}

fn print(
    args: &DecodeArgs,
    truth: GroundTruth,
    root: &Tree,
    sightings: &[Sighting],
    walked: &Walked,
    out: &mut impl Write,
) -> io::Result<()> {
    TreePrinter::new(truth, Secrets::Shown, args.colour.wanted(), args.full).print("input", false, root, out)?;
    for fault in &walked.faults {
        let (path, fault) = (display_path(&fault.path), fault.to_string());
        writeln!(out, "\nnot processed: {}: {}", escape::text(&path), escape::text(&fault))?;
    }
    if walked.faults_dropped > 0 {
        writeln!(out, "\nnot processed: {} more places that are not listed", walked.faults_dropped)?;
    }
    if !args.find.is_empty() {
        writeln!(out)?;
    }
    for (index, value) in args.find.iter().enumerate() {
        let mut places = sightings.iter().filter(|sighting| sighting.subject == Subject::Value(index)).peekable();
        if places.peek().is_none() {
            writeln!(out, "{}: not found in what could be opened", escape::text(value))?;
        }
        for place in places {
            let (path, range) = (display_path(&place.path), &place.range);
            writeln!(out, "{}: {}, bytes {} to {}", escape::text(value), escape::text(&path), range.start, range.end)?;
        }
    }
    Ok(())
}

fn as_json(args: &DecodeArgs, root: &Tree, sightings: &[Sighting], walked: &Walked) -> Json {
    let found = |sighting: &Sighting| {
        let Subject::Value(index) = sighting.subject else { unreachable!("only values are looked for") };
        json!({
            "value": args.find[index],
            "path": path(&sighting.path),
            "range": [sighting.range.start, sighting.range.end],
        })
    };
    let fault = |fault: &tattletale_core::model::Fault| json!({ "kind": fault.kind.name(), "path": path(&fault.path), "offset": fault.offset, "message": fault.message });
    json!({
        "schema": 1,
        "complete": walked.complete(),
        "found": sightings.iter().map(found).collect::<Vec<_>>(),
        "read": walked.read,
        "opaque": walked.opaque,
        "faults": walked.faults.iter().map(fault).collect::<Vec<_>>(),
        "faults_dropped": walked.faults_dropped,
        "tree": node(root),
    })
}

fn path(steps: &[Step]) -> Vec<Json> {
    let step = |step: &Step| match &step.at {
        Some(at) => json!({ "layer": step.layer, "at": at }),
        None => json!({ "layer": step.layer }),
    };
    steps.iter().map(step).collect()
}

/// Text of leaves as a string, binary of leaves as hex; what was opened is shown by its children.
fn node(tree: &Tree) -> Json {
    let mut node = json!({ "bytes": tree.bytes.len(), "span": [tree.span.start, tree.span.end] });
    if let Some(step) = &tree.step {
        node["layer"] = step.layer.into();
        node["at"] = step.at.clone().into();
    }
    if !tree.children.is_empty() {
        node["children"] = tree.children.iter().map(self::node).collect();
    } else if let (true, Ok(text)) = (tree.text, std::str::from_utf8(&tree.bytes)) {
        node["text"] = text.into();
    } else {
        node["hex"] = tree.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        node["opaque"] = tree.opaque.into();
    }
    node
}
