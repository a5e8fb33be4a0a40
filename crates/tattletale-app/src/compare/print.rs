//! What of code survives renaming: the shape of its instructions, its strings and numbers, what it calls of Android.
//!
//! Names of the app's own classes, methods and fields, registers and the order of members go; what the platform's
//! interface dictates stays. A resource number is only "a resource", since every build numbers them anew; a string
//! that is the name of a class of the app is only "a class name". Quickened instructions count as what they were.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::library::{is_framework, is_library};
use crate::dex::{Dex, Index, text, unquickened};
use crate::look::unit::{Unit, bare};

/// Hashes that are equal for what is equal, within one comparison.
#[derive(Debug, Clone, Default)]
pub struct Hasher(RandomState);

impl Hasher {
    fn of(&self, value: impl std::hash::Hash) -> u64 {
        self.0.hash_one(value)
    }
}

/// One method with code.
#[derive(Debug, Clone)]
pub(super) struct Method {
    /// File and number, for its name.
    pub(super) unit: u32,
    pub(super) number: u32,
    /// What it returns and takes, with the app's own types made equal.
    pub(super) shape: u64,
    /// All of it.
    pub(super) digest: u64,
    /// One a instruction.
    pub(super) tokens: Vec<u32>,
    /// Classes of the app that it refers to, in order.
    pub(super) refers: Vec<u32>,
}

impl Method {
    /// Instructions.
    pub(super) fn weight(&self) -> u64 {
        self.tokens.len() as u64
    }

    /// Runs of three instructions, sorted; shorter methods are one run.
    pub(super) fn grams(&self) -> Vec<u64> {
        let mix = |tokens: &[u32]| {
            tokens.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, token| {
                (hash ^ u64::from(*token)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
            })
        };
        let mut grams: Vec<u64> = match self.tokens.len() {
            0..=2 => vec![mix(&self.tokens)],
            _ => self.tokens.windows(3).map(mix).collect(),
        };
        grams.sort_unstable();
        grams
    }
}

/// One class.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) library: bool,
    pub(super) digest: u64,
    pub(super) methods: Vec<Method>,
    /// Superclass and interfaces as far as they are the app's.
    pub(super) above: Vec<u32>,
    /// Strings and calls of the platform: what is rare among them gives a class away.
    pub(super) traits: Vec<u64>,
}

impl Class {
    /// Instructions; an interface without code counts as one.
    pub(super) fn weight(&self) -> u64 {
        self.methods.iter().map(Method::weight).sum::<u64>().max(1)
    }
}

/// The code of one app as it is compared.
#[derive(Debug, Clone, Default)]
pub struct Print {
    pub(super) classes: Vec<Class>,
    /// Methods or classes that could not be read.
    pub unread: u64,
}

/// Names of a method for a person.
pub(super) fn method_name(units: &[Unit<'_>], method: &Method) -> String {
    let dex = &units[method.unit as usize].dex;
    let Some(found) = dex.method(method.number) else { return String::new() };
    let types = dex.proto(found.proto).unwrap_or_default();
    let short = |kind: &&[u8]| {
        let base = kind.iter().take_while(|byte| **byte == b'[').count();
        let name = match &kind[base..] {
            b"V" => "void".to_owned(),
            b"Z" => "boolean".to_owned(),
            b"B" => "byte".to_owned(),
            b"C" => "char".to_owned(),
            b"S" => "short".to_owned(),
            b"I" => "int".to_owned(),
            b"J" => "long".to_owned(),
            b"F" => "float".to_owned(),
            b"D" => "double".to_owned(),
            class => text(bare(class)).rsplit('/').next().unwrap_or_default().to_owned(),
        };
        format!("{name}{}", "[]".repeat(base.min(8)))
    };
    let parameters: Vec<String> = types.iter().skip(1).map(short).collect();
    format!("{}({})", text(found.name), parameters.join(", "))
}

impl Print {
    /// The prints of all code in some DEX files.
    pub fn of(units: &[Unit<'_>], hasher: &Hasher) -> Self {
        let mut own: HashMap<&[u8], u32> = HashMap::new();
        for (position, defined) in units.iter().flat_map(|unit| &unit.classes).enumerate() {
            own.entry(defined.descriptor).or_insert(position as u32);
        }
        let names: HashSet<String> = own.keys().map(|name| text(bare(name)).replace('/', ".")).collect();
        let mut print = Self::default();
        for (number, unit) in units.iter().enumerate() {
            let rows = Rows::of(&unit.dex, &own, &names, hasher);
            print.add(number as u32, unit, &rows, hasher);
        }
        print
    }

    /// The classes that could be compared.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// Share of the own code of this app, by instructions, of which the other has an equal method: a quick look, without
    /// saying which class is which. Small methods are everywhere and do not count.
    pub fn share_in(&self, other: &Self) -> f64 {
        const SMALL: u64 = 5;
        let large = |method: &&Method| method.weight() > SMALL;
        let there: HashSet<u64> =
            other.classes.iter().flat_map(|class| &class.methods).filter(large).map(|method| method.digest).collect();
        let (mut all, mut found) = (0, 0);
        for method in self.classes.iter().filter(|class| !class.library).flat_map(|class| &class.methods).filter(large)
        {
            all += method.weight();
            found += if there.contains(&method.digest) { method.weight() } else { 0 };
        }
        if all == 0 { 0.0 } else { found as f64 / all as f64 }
    }

    fn add(&mut self, number: u32, unit: &Unit<'_>, rows: &Rows, hasher: &Hasher) {
        let first = self.classes.len();
        let dex = &unit.dex;
        for defined in &unit.classes {
            let mut fields: Vec<u64> = Vec::new();
            for entry in defined.data.statics.iter().chain(&defined.data.fields) {
                let shape = rows.fields.get(entry.field as usize).copied().unwrap_or_default();
                fields.push(hasher.of((shape, entry.access & 8)));
            }
            fields.sort_unstable();
            let above = defined.class.superclass.into_iter().chain(dex.interfaces(&defined.class));
            let above: Vec<u32> = above.collect();
            let mut tokens: Vec<u64> = above.iter().map(|kind| rows.kind(*kind)).collect();
            tokens[usize::from(defined.class.superclass.is_some())..].sort_unstable();
            self.classes.push(Class {
                name: crate::look::unit::java_name(defined.descriptor),
                library: is_library(bare(defined.descriptor)),
                digest: hasher.of((fields, tokens, defined.class.access & 0x6200)),
                methods: Vec::new(),
                above: above.iter().filter_map(|kind| rows.owns.get(*kind as usize).copied().flatten()).collect(),
                traits: Vec::new(),
            });
        }
        let classes = &mut self.classes[first..];
        let trouble = unit.each_body(|class, _, entry, code| {
            let shape = rows.shapes.get(entry.method as usize).copied().unwrap_or_default();
            let mut method = Method {
                unit: number,
                number: entry.method,
                shape,
                digest: 0,
                tokens: Vec::with_capacity(code.units.len() / 4),
                refers: Vec::new(),
            };
            for instruction in code.instructions() {
                let opcode = unquickened(instruction.opcode);
                let detail = match instruction.index() {
                    Some((index, row)) => {
                        let found = rows.detail(index, row);
                        if found.telling {
                            classes[class].traits.push(found.hash);
                        }
                        method.refers.extend(found.own);
                        found.hash
                    }
                    None => match instruction.literal() {
                        Some(number) if number >> 24 == 0x7f => 0x7f,
                        Some(number) => number as u64,
                        None => 0,
                    },
                };
                // A string beyond the 65,536th is another instruction for the same thing.
                let opcode = if opcode == 0x1b { 0x1a } else { opcode };
                method.tokens.push((detail ^ detail >> 32) as u32 ^ u32::from(opcode).wrapping_mul(0x9e37_79b1));
            }
            method.digest = hasher.of((shape, entry.access & 8, &method.tokens));
            classes[class].methods.push(method);
        });
        self.unread += trouble.unreadable + u64::from(trouble.limit);
        for class in classes {
            let mut digests: Vec<u64> = class.methods.iter().map(|method| method.digest).collect();
            digests.sort_unstable();
            class.digest = hasher.of((class.digest, digests));
            class.traits.extend(class.methods.iter().filter(|method| method.weight() > 3).map(|method| method.digest));
            class.traits.sort_unstable();
            class.traits.dedup();
        }
    }
}

/// What an instruction refers to, without the app's own names.
#[derive(Debug, Clone, Copy, Default)]
struct Detail {
    hash: u64,
    own: Option<u32>,
    /// Whether it is a string or a call of the platform.
    telling: bool,
}

/// The rows of a file's tables, without the app's own names.
struct Rows {
    strings: Vec<u64>,
    types: Vec<u64>,
    owns: Vec<Option<u32>>,
    /// By field: class and name where the platform owns it, and its type.
    fields: Vec<u64>,
    field_owners: Vec<Option<u32>>,
    methods: Vec<u64>,
    method_owners: Vec<(Option<u32>, bool)>,
    /// By method: its prototype.
    shapes: Vec<u64>,
}

impl Rows {
    fn of(dex: &Dex<'_>, own: &HashMap<&[u8], u32>, names: &HashSet<String>, hasher: &Hasher) -> Self {
        let kind = |descriptor: &[u8]| {
            let depth = descriptor.iter().take_while(|byte| **byte == b'[').count();
            let base = &descriptor[depth..];
            let is_own = own.get(base).copied();
            let foreign = base.starts_with(b"L") && !is_framework(bare(base));
            match is_own.is_some() || foreign {
                true => (hasher.of(("own", depth)), is_own),
                false => (hasher.of(descriptor), None),
            }
        };
        let kinds: Vec<(u64, Option<u32>)> =
            (0..dex.types()).map(|row| kind(dex.descriptor(row).unwrap_or_default())).collect();
        let strings = (0..dex.strings()).map(|row| {
            let string = dex.string(row).unwrap_or_default();
            let dotted = string.len() < 256 && string.contains(&b'.') && names.contains(&*text(string));
            if dotted { hasher.of("name of a class") } else { hasher.of(string) }
        });
        let fields = (0..dex.fields()).map(|row| {
            let Some(field) = dex.field(row) else { return (0, None) };
            let shape = kind(field.kind).0;
            match kind(field.class) {
                (_, is_own @ Some(_)) => (shape, is_own),
                (class, None) if is_framework(bare(field.class)) => (hasher.of((class, field.name, shape)), None),
                (_, None) => (shape, None),
            }
        });
        let protos: Vec<u64> = (0..dex.protos())
            .map(|row| {
                let types = dex.proto(row).unwrap_or_default();
                hasher.of(types.iter().map(|descriptor| kind(descriptor).0).collect::<Vec<u64>>())
            })
            .collect();
        let mut rows = Self {
            strings: strings.collect(),
            types: kinds.iter().map(|(hash, _)| *hash).collect(),
            owns: kinds.iter().map(|(_, own)| *own).collect(),
            fields: Vec::new(),
            field_owners: Vec::new(),
            methods: Vec::new(),
            method_owners: Vec::new(),
            shapes: Vec::new(),
        };
        (rows.fields, rows.field_owners) = fields.unzip();
        for row in 0..dex.methods() {
            let Some(method) = dex.method(row) else {
                rows.methods.push(0);
                rows.method_owners.push((None, false));
                rows.shapes.push(0);
                continue;
            };
            let shape = protos.get(method.proto as usize).copied().unwrap_or_default();
            let (class, is_own) = kind(method.class);
            let platform = is_own.is_none() && (is_framework(bare(method.class)) || method.class.starts_with(b"["));
            rows.shapes.push(shape);
            rows.methods.push(if platform { hasher.of((class, method.name, shape)) } else { shape });
            rows.method_owners.push((is_own, platform && method.name != b"<init>"));
        }
        rows
    }

    fn kind(&self, row: u32) -> u64 {
        self.types.get(row as usize).copied().unwrap_or_default()
    }

    fn detail(&self, index: Index, row: u32) -> Detail {
        let at = row as usize;
        let of = |table: &[u64]| table.get(at).copied().unwrap_or_default();
        match index {
            Index::String => Detail { hash: of(&self.strings), own: None, telling: true },
            Index::Type => Detail { hash: of(&self.types), own: self.owns.get(at).copied().flatten(), telling: false },
            Index::Field => {
                let own = self.field_owners.get(at).copied().flatten();
                Detail { hash: of(&self.fields), own, telling: false }
            }
            Index::Method => {
                let (own, platform) = self.method_owners.get(at).copied().unwrap_or_default();
                Detail { hash: of(&self.methods), own, telling: platform }
            }
            Index::None => Detail::default(),
        }
    }
}
