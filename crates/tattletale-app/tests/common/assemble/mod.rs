//! A small assembler: DEX files with known contents, standard or compact, and archives and manifests around them.
//!
//! Tables are sorted as the format asks, so that other readers take the files too. Made for tests of what is found in
//! code, where the truth has to be known to the letter.

#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used, reason = "every test takes what it needs")]

mod archive;
mod code;

pub use archive::{archive, manifest};
use code::{compact_code, uleb, units};
use std::collections::{BTreeMap, BTreeSet};

/// Static, in access flags.
pub const STATIC: u32 = 8;

/// A method by class, name, parameters and what it returns.
pub type Call = (&'static str, &'static str, &'static [&'static str], &'static str);

/// One instruction.
#[derive(Debug, Clone)]
pub enum Op {
    /// `const-string`
    Text(u8, &'static str),
    /// `const/4`
    Small(u8, i8),
    /// `invoke-*` with its opcode, 0x6e virtual, 0x70 direct, 0x71 static.
    Invoke(u8, Call, &'static [u8]),
    /// `move-result-object`
    Result(u8),
    /// `new-instance`
    New(u8, &'static str),
    /// `new-array` of bytes and `fill-array-data`
    Bytes(u8, &'static [u8]),
    /// `sget-object`: register, class, name, type.
    Get(u8, &'static str, &'static str, &'static str),
    /// `sput-object`
    Put(u8, &'static str, &'static str, &'static str),
    /// `return-void`
    Return,
    /// Units as they are.
    Raw(&'static [u16]),
}

/// One method of a class.
#[derive(Debug, Clone)]
pub struct Method {
    name: &'static str,
    parameters: &'static [&'static str],
    returns: &'static str,
    access: u32,
    registers: u16,
    ops: Vec<Op>,
}

/// One class.
#[derive(Debug, Clone)]
pub struct Class {
    name: String,
    above: &'static str,
    interfaces: Vec<&'static str>,
    /// Static texts with their values.
    texts: Vec<(&'static str, &'static str)>,
    methods: Vec<Method>,
}

/// A class without anything.
pub fn class(name: &str) -> Class {
    Class { name: name.to_owned(), above: "Ljava/lang/Object;", interfaces: vec![], texts: vec![], methods: vec![] }
}

impl Class {
    /// With an interface.
    pub fn implements(mut self, interface: &'static str) -> Self {
        self.interfaces.push(interface);
        self
    }

    /// With a static text that is set before any code ran.
    pub fn text(mut self, name: &'static str, value: &'static str) -> Self {
        self.texts.push((name, value));
        self
    }

    /// With a method; `registers` without those of its parameters.
    pub fn method(
        mut self,
        access: u32,
        (name, parameters, returns): (&'static str, &'static [&'static str], &'static str),
        registers: u16,
        ops: &[Op],
    ) -> Self {
        self.methods.push(Method { name, parameters, returns, access, registers, ops: ops.to_vec() });
        self
    }
}

type Proto = (String, Vec<String>);

/// The tables of a file.
#[derive(Default)]
struct Tables {
    strings: BTreeSet<String>,
    types: BTreeSet<String>,
    protos: BTreeSet<Proto>,
    fields: BTreeSet<(String, String, String)>,
    methods: BTreeSet<(String, String, Proto)>,
}

impl Tables {
    fn kind(&mut self, name: &str) {
        self.types.insert(name.to_owned());
        self.strings.insert(name.to_owned());
    }

    fn call(&mut self, class: &str, name: &str, parameters: &[&str], returns: &str) {
        [class, returns].into_iter().chain(parameters.iter().copied()).for_each(|kind| self.kind(kind));
        self.strings.insert(name.to_owned());
        self.strings.insert(shorty(parameters, returns));
        let proto = (returns.to_owned(), parameters.iter().map(|p| (*p).to_owned()).collect());
        self.protos.insert(proto.clone());
        self.methods.insert((class.to_owned(), name.to_owned(), proto));
    }

    fn field(&mut self, class: &str, name: &str, kind: &str) {
        self.kind(class);
        self.kind(kind);
        self.strings.insert(name.to_owned());
        self.fields.insert((class.to_owned(), name.to_owned(), kind.to_owned()));
    }
}

fn shorty(parameters: &[&str], returns: &str) -> String {
    let letter = |kind: &str| if kind.starts_with(['L', '[']) { 'L' } else { kind.chars().next().unwrap() };
    std::iter::once(returns).chain(parameters.iter().copied()).map(letter).collect()
}

fn position<T: Ord>(set: &BTreeSet<T>, wanted: &T) -> u32 {
    set.iter().position(|item| item == wanted).unwrap() as u32
}

const TEXT: &str = "Ljava/lang/String;";

/// A DEX file of version 035 with these classes.
pub fn dex(classes: &[Class]) -> Vec<u8> {
    assemble(classes, false)
}

/// The same as compact DEX.
pub fn cdex(classes: &[Class]) -> Vec<u8> {
    assemble(classes, true)
}

fn assemble(classes: &[Class], compact: bool) -> Vec<u8> {
    let mut tables = Tables::default();
    for class in classes {
        [&*class.name, class.above].into_iter().chain(class.interfaces.iter().copied()).for_each(|k| tables.kind(k));
        for (name, value) in &class.texts {
            tables.field(&class.name, name, TEXT);
            tables.strings.insert((*value).to_owned());
        }
        for method in &class.methods {
            tables.call(&class.name, method.name, method.parameters, method.returns);
            for op in &method.ops {
                match op {
                    Op::Text(_, text) => drop(tables.strings.insert((*text).to_owned())),
                    Op::Invoke(_, (class, name, parameters, returns), _) => {
                        tables.call(class, name, parameters, returns)
                    }
                    Op::New(_, kind) => tables.kind(kind),
                    Op::Bytes(..) => tables.kind("[B"),
                    Op::Get(_, class, name, kind) | Op::Put(_, class, name, kind) => tables.field(class, name, kind),
                    Op::Small(..) | Op::Result(_) | Op::Return | Op::Raw(_) => {}
                }
            }
        }
    }
    let header = if compact { 136 } else { 112 };
    let sizes = [
        (tables.strings.len(), 4),
        (tables.types.len(), 4),
        (tables.protos.len(), 12),
        (tables.fields.len(), 8),
        (tables.methods.len(), 8),
        (classes.len(), 32),
    ];
    let mut offsets = vec![header];
    sizes.iter().for_each(|(rows, bytes)| offsets.push(offsets.last().unwrap() + rows * bytes));
    let data_start = offsets[6];
    // Offsets of compact DEX count from the data section.
    let base = if compact { 0 } else { data_start };
    let mut data: Vec<u8> = vec![0; 4];
    let place = |data: &mut Vec<u8>, bytes: &[u8]| {
        while !data.len().is_multiple_of(4) {
            data.push(0);
        }
        let at = data.len() + base;
        data.extend_from_slice(bytes);
        at as u32
    };
    let mut lists: BTreeMap<Vec<String>, u32> = BTreeMap::new();
    let mut list = |data: &mut Vec<u8>, kinds: Vec<String>| {
        if kinds.is_empty() {
            return 0;
        }
        if let Some(at) = lists.get(&kinds) {
            return *at;
        }
        let mut bytes = (kinds.len() as u32).to_le_bytes().to_vec();
        kinds.iter().for_each(|kind| bytes.extend((position(&tables.types, kind) as u16).to_le_bytes()));
        let at = place(data, &bytes);
        lists.insert(kinds, at);
        at
    };
    let mut out = vec![0; header];
    let strings: Vec<u32> = tables
        .strings
        .iter()
        .map(|string| {
            let mut bytes = uleb(string.encode_utf16().count() as u32);
            bytes.extend(string.as_bytes());
            bytes.push(0);
            let at = data.len() + base;
            data.extend(bytes);
            at as u32
        })
        .collect();
    strings.iter().for_each(|at| out.extend(at.to_le_bytes()));
    tables.types.iter().for_each(|kind| out.extend(position(&tables.strings, kind).to_le_bytes()));
    for (returns, parameters) in &tables.protos {
        let names: Vec<&str> = parameters.iter().map(String::as_str).collect();
        out.extend(position(&tables.strings, &shorty(&names, returns)).to_le_bytes());
        out.extend(position(&tables.types, returns).to_le_bytes());
        out.extend(list(&mut data, parameters.clone()).to_le_bytes());
    }
    for (class, name, kind) in &tables.fields {
        out.extend((position(&tables.types, class) as u16).to_le_bytes());
        out.extend((position(&tables.types, kind) as u16).to_le_bytes());
        out.extend(position(&tables.strings, name).to_le_bytes());
    }
    for (class, name, proto) in &tables.methods {
        out.extend((position(&tables.types, class) as u16).to_le_bytes());
        out.extend((position(&tables.protos, proto) as u16).to_le_bytes());
        out.extend(position(&tables.strings, name).to_le_bytes());
    }
    for class in classes {
        let interfaces = list(&mut data, class.interfaces.iter().map(|kind| (*kind).to_owned()).collect());
        let mut texts: Vec<(u32, u32)> = class
            .texts
            .iter()
            .map(|(name, value)| {
                let field = (class.name.clone(), (*name).to_owned(), TEXT.to_owned());
                (position(&tables.fields, &field), position(&tables.strings, &(*value).to_owned()))
            })
            .collect();
        texts.sort_unstable();
        let mut values = uleb(texts.len() as u32);
        texts.iter().for_each(|(_, value)| {
            values.push(0x77);
            values.extend(value.to_le_bytes());
        });
        let values = if texts.is_empty() { 0 } else { place(&mut data, &values) };
        let mut methods: Vec<(u32, u32, u32)> = Vec::new();
        for method in &class.methods {
            let units = units(&method.ops, &tables);
            let words: u16 = method.parameters.iter().map(|p| if matches!(*p, "J" | "D") { 2 } else { 1 }).sum();
            let arguments = words + u16::from(method.access & STATIC == 0);
            let code: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let at = match compact {
                true => compact_code(&mut data, base, method.registers, arguments, &code),
                false => {
                    let mut item = Vec::new();
                    for number in [method.registers + arguments, arguments, 5, 0] {
                        item.extend(number.to_le_bytes());
                    }
                    item.extend(0u32.to_le_bytes());
                    item.extend((units.len() as u32).to_le_bytes());
                    item.extend(code);
                    place(&mut data, &item)
                }
            };
            let names: Vec<String> = method.parameters.iter().map(|p| (*p).to_owned()).collect();
            let key = (class.name.clone(), method.name.to_owned(), (method.returns.to_owned(), names));
            methods.push((position(&tables.methods, &key), method.access, at));
        }
        methods.sort_unstable();
        let direct: Vec<_> = methods.iter().filter(|(_, access, _)| access & STATIC != 0).collect();
        let others: Vec<_> = methods.iter().filter(|(_, access, _)| access & STATIC == 0).collect();
        let mut body = Vec::new();
        for count in [texts.len(), 0, direct.len(), others.len()] {
            body.extend(uleb(count as u32));
        }
        let mut before = 0;
        for (field, _) in &texts {
            body.extend(uleb(field - before));
            body.extend(uleb(STATIC));
            before = *field;
        }
        for group in [direct, others] {
            let mut before = 0;
            for (method, access, code) in group {
                for number in [method - before, *access, *code] {
                    body.extend(uleb(number));
                }
                before = *method;
            }
        }
        let body = place(&mut data, &body);
        for number in [
            position(&tables.types, &class.name),
            1,
            position(&tables.types, &class.above.to_owned()),
            interfaces,
            u32::MAX,
            0,
            body,
            values,
        ] {
            out.extend(number.to_le_bytes());
        }
    }
    assert_eq!(out.len(), data_start);
    let total = (out.len() + data.len()) as u32;
    out[..8].copy_from_slice(if compact { b"cdex001\0" } else { b"dex\n035\0" });
    let mut set = |at: usize, number: usize| out[at..at + 4].copy_from_slice(&(number as u32).to_le_bytes());
    set(32, if compact { data_start } else { total as usize });
    set(36, header);
    set(40, 0x1234_5678);
    for (table, (rows, _)) in sizes.iter().enumerate() {
        set(56 + 8 * table, *rows);
        set(60 + 8 * table, offsets[table]);
    }
    set(104, data.len());
    set(108, data_start);
    out.extend(data);
    out
}
