//! `tattletale show`: one exchange, peeled; or what is known of a connection that could not be seen.

use crate::cli::ShowArgs;
use crate::failure::Failure;
use crate::input::Source;
use crate::progress::Progress;
use crate::{Outcome, input};
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use tattletale_core::audit;
use tattletale_core::decode::transport::{self, Unfolded};
use tattletale_core::decode::{Hint, Limits, parts, tree};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Blind, Captured, Connection, Exchange, GroundTruth, Part, url};
use tattletale_report::render::redact::is_secret_part;
use tattletale_report::render::tree::{Secrets, TreePrinter};
use tattletale_report::render::{escape, meaning};

/// Once for what the capture shows of the user's actions, once up to the exchange.
const PASSES: u64 = 2;

pub(crate) fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let limits = input::limits(&args.unfolding)?;
    let source = Source::of(&args.file, args.packets.keylog.as_deref())?;
    let progress = Progress::new((PASSES + u64::from(args.unfolding.deep)) * source.size());
    let truth = match &args.truth {
        Some(path) => input::ground_truth(path)?,
        None => audit::infer(&source.capture(&progress))?,
    };
    // What an audit finds with keys of the capture must be shown with them.
    let capture = source.capture(&progress);
    let asked = audit::Options { responses: args.responses, limits, ..audit::Options::default() };
    let limits = audit::with_seen_keys(&[capture], &asked)?.limits;
    let found = find(args, &source, &progress)?;
    progress.finish();
    let mut out = BufWriter::new(io::stdout().lock());
    let complete = match found {
        Captured::Exchange(exchange) => print(args, &exchange, truth, &limits, &mut out)?,
        Captured::Blind(blind) => print_unseen(args, &blind, truth, &limits, &mut out)?,
    };
    out.flush()?;
    Ok(if complete { Outcome::NothingFound } else { Outcome::Incomplete })
}

/// Reads up to what is wanted.
fn find(args: &ShowArgs, source: &Source, progress: &Progress) -> Result<Captured, Failure> {
    let name = source.name();
    let file = source.open().map_err(Failure::file(&args.file))?;
    let wanted = Wanted { request_bodies: true, response_bodies: args.responses };
    let mut found = None;
    let (mut exchanges, mut connections) = (0, 0);
    let result = import::read(progress.watch(file), wanted, |captured| {
        let (count, position) = match &captured {
            Captured::Exchange(_) => (&mut exchanges, args.exchange),
            Captured::Blind(_) => (&mut connections, args.unseen),
        };
        let is_it = position.is_some_and(|position| position as u64 == *count);
        *count += 1;
        if is_it {
            found = Some(captured);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    result.map_err(|error| Failure::Capture { name: name.to_owned(), error })?;
    let name = name.to_owned();
    found.ok_or(match (args.exchange, args.unseen) {
        (_, Some(wanted)) => Failure::NoUnseen { name, wanted, connections },
        (wanted, None) => Failure::NoExchange { name, wanted: wanted.unwrap_or_default(), exchanges },
    })
}

/// What is known of the connection, on one line; nothing where nothing is.
fn connection(connection: &Connection, reserialised: bool) -> Option<String> {
    let named = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} {text}"));
    let server = connection.server.map(|server| match connection.port {
        Some(port) => SocketAddr::new(server, port).to_string(),
        None => server.to_string(),
    });
    let facts = [
        named("app", &connection.app),
        named("to", &server),
        connection.http.clone(),
        connection.tls.clone(),
        named("SNI", &connection.sni),
        named("JA4", &connection.ja4),
        connection.ech.then(|| "ECH offered".to_owned()),
        reserialised.then(|| "heads put together anew".to_owned()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    (!facts.is_empty()).then(|| facts.join(" · "))
}

/// True when everything could be processed.
fn print(
    args: &ShowArgs,
    exchange: &Exchange,
    truth: GroundTruth,
    limits: &Limits,
    out: &mut impl Write,
) -> io::Result<bool> {
    let printer = TreePrinter::new(truth, Secrets::Masked, args.colour.wanted(), args.full);
    let request = &exchange.request;
    let address = url::Parts::of(&request.url);
    let head = format!("{} {}://{}{}", request.method, address.scheme, address.authority, address.path);
    let name = escape::text(&args.file.display().to_string());
    writeln!(out, "exchange {} of {name}", exchange.index)?;
    writeln!(out, "{}", printer.line(&head))?;
    let at = exchange.at.map_or("time unknown".to_owned(), |at| at.to_string());
    let status =
        exchange.response.as_ref().map_or("no answer".to_owned(), |answer| format!("answer {}", answer.status));
    writeln!(out, "{at} · {status} · body {}", request.body.fidelity.name())?;
    let facts = exchange.connection.as_deref().and_then(|known| connection(known, exchange.reserialised));
    if let Some(facts) = facts {
        writeln!(out, "{}", printer.line(&facts))?;
    }
    writeln!(out)?;

    let mut faults = exchange.faults.clone();
    let (mut unfolded, mut dropped) = (Vec::new(), 0);
    for view in parts(exchange, args.responses) {
        let (tree, walked) = tree(view.bytes, view.hint, limits);
        dropped += walked.faults_dropped;
        faults.extend(walked.faults.into_iter().map(|mut fault| {
            fault.part = Some(Part::clone(&view.part));
            fault
        }));
        unfolded.push(Unfolded { part: view.part, tree });
    }
    for known in transport::recognise(exchange, &unfolded) {
        meaning::print(&known, &printer, out)?;
    }
    for Unfolded { part, tree } in &unfolded {
        printer.print(&part.to_string(), is_secret_part(part), tree, out)?;
    }
    for fault in &mut faults {
        fault.exchange = Some(exchange.index);
        writeln!(out, "\nnot processed: {}", printer.line(&fault.to_string()))?;
    }
    say_dropped(dropped, out)?;
    Ok(faults.is_empty() && dropped == 0)
}

/// True when everything could be processed.
fn print_unseen(
    args: &ShowArgs,
    blind: &Blind,
    truth: GroundTruth,
    limits: &Limits,
    out: &mut impl Write,
) -> io::Result<bool> {
    let printer = TreePrinter::new(truth, Secrets::Masked, args.colour.wanted(), args.full);
    let name = escape::text(&args.file.display().to_string());
    writeln!(out, "unseen connection {} of {name}", args.unseen.unwrap_or_default())?;
    writeln!(out, "{}", printer.line(&format!("{}: {}", blind.receiver(), blind.kind.words())))?;
    let at = blind.at.map_or("time unknown".to_owned(), |at| at.to_string());
    writeln!(out, "{at} · {} bytes sent, {} received", blind.sent, blind.received)?;
    for facts in [connection(&blind.connection, false), blind.detail.clone()].into_iter().flatten() {
        writeln!(out, "{}", printer.line(&facts))?;
    }
    writeln!(out, "{}", blind.kind.meaning())?;
    let Some((part, name)) = audit::name_of(blind) else { return Ok(true) };
    writeln!(out)?;
    let (tree, walked) = tree(name.as_bytes(), Hint::default(), limits);
    printer.print(&part.to_string(), false, &tree, out)?;
    for fault in &walked.faults {
        writeln!(out, "\nnot processed: {}", printer.line(&fault.to_string()))?;
    }
    say_dropped(walked.faults_dropped, out)?;
    Ok(walked.complete())
}

fn say_dropped(faults: u64, out: &mut impl Write) -> io::Result<()> {
    match faults {
        0 => Ok(()),
        _ => writeln!(out, "\nnot processed: {faults} more places that are not listed"),
    }
}
