//! Constants followed through straight lines of code, from where they are written to where a cipher takes them.
//!
//! Every register holds a constant, a parameter of the method, or nothing that is known. A method that hands its
//! parameter on to a cipher gets a summary, and its callers are looked at with it.

use std::collections::HashMap;
use std::rc::Rc;

use tattletale_core::codec::base64;
use tattletale_core::model::app::KeyKind;

use super::super::references::{ASKED, Marks, uses};
use super::super::unit::Unit;
use super::sinks::{self, Making};
use crate::dex::{Code, Constant, Index, Instruction, MethodEntry, text};

/// Registers that are followed; a method with more is left out.
const MOST_REGISTERS: usize = 1024;
/// Fields with constants that are remembered.
const MOST_FIELDS: usize = 400_000;

/// What a register holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Held {
    #[default]
    Unknown,
    Text(Rc<str>),
    Bytes(Rc<[u8]>, &'static str),
    /// A parameter, by its position among the arguments, and what was made of it.
    Parameter(usize, Option<Making>),
}

/// A constant that reached a cipher.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) kind: KeyKind,
    pub(super) bytes: Vec<u8>,
    pub(super) written: &'static str,
    pub(super) algorithm: Option<String>,
    pub(super) file: usize,
    pub(super) class: usize,
    pub(super) method: String,
}

/// A method of the app by class, name and types.
type Name<'b> = (&'b [u8], &'b [u8], Vec<&'b [u8]>);

/// What a method does with its parameters: one of them reaches a cipher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    parameter: usize,
    made: Option<Making>,
    kind: KeyKind,
    algorithm: Option<String>,
}

/// What is known of all files together.
pub(super) struct Flow<'u, 'b> {
    units: &'u [Unit<'b>],
    fields: HashMap<(&'b [u8], &'b [u8]), Held>,
    summaries: HashMap<Name<'b>, Vec<Summary>>,
    /// Methods that have a summary since they were last taken.
    pub(super) new_summaries: Vec<Name<'b>>,
}

impl<'u, 'b> Flow<'u, 'b> {
    pub(super) fn new(units: &'u [Unit<'b>]) -> Self {
        Self { units, fields: HashMap::new(), summaries: HashMap::new(), new_summaries: Vec::new() }
    }

    /// Learns what static fields hold: initial values, and what initialisers put there.
    pub(super) fn constants(&mut self) {
        for file in 0..self.units.len() {
            let unit = &self.units[file];
            for (position, defined) in unit.classes.iter().enumerate() {
                for (entry, value) in defined.data.statics.iter().zip(unit.dex.statics(&defined.class)) {
                    if let (Constant::String(number), Some(field)) = (value, unit.dex.field(entry.field))
                        && let Some(string) = unit.dex.string(number)
                        && self.fields.len() < MOST_FIELDS
                    {
                        self.fields.insert((field.class, field.name), Held::Text(text(string).into()));
                    }
                }
                for method in &defined.data.methods {
                    if unit.dex.name_of_method(method.method).and_then(|row| unit.dex.string(row)) == Some(b"<clinit>")
                        && let Some(code) = unit.dex.code(method)
                    {
                        self.run(file, position, method, code);
                    }
                }
            }
        }
    }

    /// Runs all methods of some classes.
    pub(super) fn classes(&mut self, chosen: &[Vec<bool>]) -> Vec<Reached> {
        let mut reached = Vec::new();
        for (file, chosen) in chosen.iter().enumerate() {
            let unit = &self.units[file];
            for (position, defined) in unit.classes.iter().enumerate().filter(|(position, _)| chosen[*position]) {
                for method in &defined.data.methods {
                    if let Some(code) = unit.dex.code(method) {
                        reached.extend(self.run(file, position, method, code));
                    }
                }
            }
        }
        reached
    }

    /// Runs all methods that call one of these.
    pub(super) fn callers(&mut self, called: &[Name<'b>]) -> Vec<Reached> {
        let mut reached = Vec::new();
        for file in 0..self.units.len() {
            let unit = &self.units[file];
            let mut marks = Marks::of(unit);
            for number in 0..unit.dex.methods() {
                // One name is read before the class: few rows have it.
                let own = unit.dex.name_of_method(number).and_then(|row| unit.dex.string(row));
                let wanted = called
                    .iter()
                    .filter(|name| Some(name.1) == own)
                    .any(|name| unit.dex.method(number).is_some_and(|method| name.0 == method.class));
                marks.methods[number as usize] = if wanted { ASKED } else { 0 };
            }
            if marks.methods.iter().all(|mark| *mark == 0) {
                continue;
            }
            let mut methods: Vec<(u32, u32)> =
                uses(unit, &marks).uses.iter().map(|used| (used.class, used.method)).collect();
            methods.dedup();
            for (class, number) in methods {
                let entry = unit.classes[class as usize].data.methods.iter().find(|entry| entry.method == number);
                if let Some((entry, code)) = entry.and_then(|entry| Some((entry, unit.dex.code(entry)?))) {
                    reached.extend(self.run(file, class as usize, entry, code));
                }
            }
        }
        reached
    }

    /// Runs one method in a straight line.
    fn run(&mut self, file: usize, class: usize, method: &MethodEntry, code: Code<'b>) -> Vec<Reached> {
        let unit = &self.units[file];
        let registers = usize::from(code.registers);
        let Some(this) = unit.dex.method(method.method).filter(|_| registers <= MOST_REGISTERS) else {
            return Vec::new();
        };
        let types = unit.dex.proto(this.proto).unwrap_or_default();
        let mut frame = Frame { held: vec![Held::Unknown; registers], result: Held::Unknown, reached: Vec::new() };
        let mut register = registers.saturating_sub(usize::from(code.arguments));
        let instance = usize::from(method.access & 8 == 0);
        register += instance;
        for (position, kind) in types.iter().skip(1).enumerate() {
            frame.put(register as u16, Held::Parameter(position + instance, None));
            register += if matches!(*kind, b"J" | b"D") { 2 } else { 1 };
        }
        let own: Name<'b> = (this.class, this.name, types);
        let mut summaries = Vec::new();
        for instruction in code.instructions() {
            self.step(unit, &instruction, &code, &mut frame, &mut summaries);
        }
        for summary in summaries {
            let known = self.summaries.entry(own.clone()).or_default();
            if !known.contains(&summary) && known.len() < 8 {
                known.push(summary);
                self.new_summaries.push(own.clone());
            }
        }
        let name = text(this.name).into_owned();
        let done = |reached: Reached| Reached { file, class, method: name.clone(), ..reached };
        frame.reached.into_iter().map(done).collect()
    }

    fn step(
        &mut self,
        unit: &Unit<'b>,
        instruction: &Instruction<'b>,
        code: &Code<'b>,
        frame: &mut Frame,
        summaries: &mut Vec<Summary>,
    ) {
        let first = instruction.first();
        match instruction.opcode {
            0x07..=0x09 => frame.put(first, frame.get(instruction.second())),
            0x0a..=0x0d => {
                let result = std::mem::take(&mut frame.result);
                frame.put(first, result);
            }
            0x1a | 0x1b => {
                let string = instruction.index().and_then(|(_, row)| unit.dex.string(row));
                frame.put(first, string.map_or(Held::Unknown, |string| Held::Text(text(string).into())));
            }
            0x1f => {}
            0x26 => {
                if let Some(bytes) = code.array_data(instruction.at).filter(|bytes| bytes.len() <= 4096) {
                    frame.put(first, Held::Bytes(bytes.into(), "array"));
                }
            }
            // iget-object and sget-object; iput-object and sput-object.
            0x54 | 0x62 => {
                let field = instruction.index().and_then(|(_, row)| unit.dex.field(row));
                let held = field.and_then(|field| self.fields.get(&(field.class, field.name)).cloned());
                frame.put(first, held.unwrap_or_default());
            }
            0x5b | 0x69 => {
                let held = frame.get(first);
                let constant = matches!(held, Held::Text(_) | Held::Bytes(..)) && self.fields.len() < MOST_FIELDS;
                if let Some(field) = instruction.index().and_then(|(_, row)| unit.dex.field(row)).filter(|_| constant) {
                    self.fields.insert((field.class, field.name), held);
                }
            }
            0x6e..=0x72 | 0x74..=0x78 => self.call(unit, instruction, frame, summaries),
            // Stores, comparisons and jumps write no register.
            0x00
            | 0x0e..=0x11
            | 0x1d
            | 0x1e
            | 0x24
            | 0x25
            | 0x27..=0x2c
            | 0x32..=0x3d
            | 0x4b..=0x51
            | 0x59..=0x5f
            | 0x67..=0x6d => {}
            _ => frame.put(first, Held::Unknown),
        }
    }

    fn call(&mut self, unit: &Unit<'b>, instruction: &Instruction<'b>, frame: &mut Frame, out: &mut Vec<Summary>) {
        frame.result = Held::Unknown;
        let Some((Index::Method, row)) = instruction.index() else { return };
        let Some(method) = unit.dex.method(row) else { return };
        let types = unit.dex.proto(method.proto).unwrap_or_default();
        let arguments = arguments(instruction, &types);
        let values: Vec<Held> = arguments.into_iter().map(|register| frame.get(register)).collect();
        let held = |position: usize| values.get(position).cloned().unwrap_or_default();
        if let Some(sink) = sinks::of(method.class, method.name) {
            let last = held(values.len().saturating_sub(1));
            let algorithm = match last {
                Held::Text(name) if values.len() > 2 => Some(name.to_string()),
                _ => sink.algorithm.map(str::to_owned),
            };
            let position = if types.len() > 2 && types[1] == b"I" { 2 } else { sink.bytes };
            reach(held(position), sink.kind, algorithm, frame, out);
        } else if let Some((making, position)) = sinks::making(method.class, method.name) {
            frame.result = made(held(position), making);
        } else {
            let name: Name<'b> = (method.class, method.name, types);
            for summary in self.summaries.get(&name).cloned().unwrap_or_default() {
                let value = match summary.made {
                    Some(making) => made(held(summary.parameter), making),
                    None => held(summary.parameter),
                };
                reach(value, summary.kind, summary.algorithm, frame, out);
            }
            // A method of the app that makes bytes of a constant in hex does what all such methods do.
            let own = name.2.first() == Some(&&b"[B"[..]) && !method.class.starts_with(b"Ljava");
            let constant = values.iter().find(|held| matches!(held, Held::Text(_)));
            if let (true, Some(Held::Text(written))) = (own, constant) {
                frame.result = unhex(written).map_or(Held::Unknown, |bytes| Held::Bytes(bytes.into(), "hex"));
            }
        }
    }
}

/// The registers of one method.
struct Frame {
    held: Vec<Held>,
    result: Held,
    reached: Vec<Reached>,
}

impl Frame {
    fn get(&self, register: u16) -> Held {
        self.held.get(usize::from(register)).cloned().unwrap_or_default()
    }

    fn put(&mut self, register: u16, held: Held) {
        if let Some(slot) = self.held.get_mut(usize::from(register)) {
            *slot = held;
        }
    }
}

/// The registers of a call, one for each argument: numbers of 64 bits take two.
fn arguments(instruction: &Instruction<'_>, types: &[&[u8]]) -> Vec<u16> {
    let registers: Vec<u16> = instruction.arguments().collect();
    let wide: usize = types.iter().skip(1).filter(|kind| matches!(**kind, b"J" | b"D")).count();
    let instance = registers.len() > types.len().saturating_sub(1) + wide;
    let (mut found, mut at) = (Vec::new(), 0);
    if instance {
        found.extend(registers.first());
        at = 1;
    }
    for kind in types.iter().skip(1) {
        found.extend(registers.get(at));
        at += if matches!(*kind, b"J" | b"D") { 2 } else { 1 };
    }
    found
}

fn made(held: Held, making: Making) -> Held {
    match (making, held) {
        (Making::Copy, held) => held,
        (Making::Bytes, Held::Text(text)) => Held::Bytes(text.as_bytes().into(), "text"),
        (Making::Base64, Held::Text(text)) => decoded(text.as_bytes()),
        (Making::Base64, Held::Bytes(bytes, _)) => decoded(&bytes),
        // What is made of the bytes of a text is made of the text.
        (making, Held::Parameter(position, None | Some(Making::Bytes))) => Held::Parameter(position, Some(making)),
        _ => Held::Unknown,
    }
}

fn decoded(text: &[u8]) -> Held {
    base64::decode(text).map_or(Held::Unknown, |bytes| Held::Bytes(bytes.into(), "base64"))
}

fn reach(held: Held, kind: KeyKind, algorithm: Option<String>, frame: &mut Frame, out: &mut Vec<Summary>) {
    let (bytes, written) = match held {
        Held::Bytes(bytes, written) => (bytes.to_vec(), written),
        Held::Text(text) => (text.as_bytes().to_vec(), "text"),
        Held::Parameter(parameter, made) => return out.push(Summary { parameter, made, kind, algorithm }),
        Held::Unknown => return,
    };
    let reached = Reached { kind, bytes, written, algorithm, file: 0, class: 0, method: String::new() };
    frame.reached.push(reached);
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() < 16 || !digits.len().is_multiple_of(2) || digits.len() > 256 {
        return None;
    }
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    digits.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
