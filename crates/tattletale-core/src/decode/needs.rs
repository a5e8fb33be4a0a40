//! What bytes must be like before it is worth asking a layer, and which layers a node has to be offered to at all.
//!
//! Most nodes are short texts that nearly every layer declines, so asking each of them is what an unfolding would
//! spend its time on. Each layer states cheap necessary conditions ([`Needs`]), or several of which one must hold;
//! from those of all layers tables are made once, and a few look-ups with the first byte, the length and the classes
//! of a node leave a set of layers as bits. Conditions never open or close anything: a layer that is asked still
//! decides by itself, and a property over the registry holds that a layer which is not asked would have declined.

use super::look::Look;
use super::{Hint, LAYERS, Layer};
use std::sync::LazyLock;

/// Necessary conditions for bytes to be opened by a layer.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    shortest: usize,
    text: Option<bool>,
    only: u32,
    some: [u32; SETS],
    sets: usize,
    first: [u128; 2],
    declared: Option<Declared>,
    richer: bool,
    or: Option<&'static Needs>,
}

/// What an exchange may declare of bytes so that a layer is asked whatever they are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    /// A content coding of that name.
    Coded(&'static str),
    /// A content type with that word in it.
    Typed(&'static str),
    /// Such a type, or that it is the query of a URL.
    QueryOrTyped(&'static str),
}

impl Declared {
    fn by(self, hint: Hint<'_>) -> bool {
        match self {
            Self::Coded(coding) => hint.encoded_as(coding),
            Self::Typed(word) => hint.typed_as(word),
            Self::QueryOrTyped(word) => hint.query || hint.typed_as(word),
        }
    }
}

/// Digits of another alphabet that are none but those of base16 only if they are those, in characters.
pub(super) const LONG_FOR_HEX: usize = 16;

/// How many sets of classes can be named of which some byte must be.
const SETS: usize = 3;

impl Needs {
    /// No condition: the layer is asked about everything.
    pub const NOTHING: Self = Self {
        shortest: 0,
        text: None,
        only: u32::MAX,
        some: [u32::MAX; SETS],
        sets: 0,
        first: [u128::MAX; 2],
        declared: None,
        richer: false,
        or: None,
    };

    /// Text: UTF-8 without control characters.
    pub const fn text(mut self) -> Self {
        self.text = Some(true);
        self
    }

    /// Anything but text.
    pub const fn binary(mut self) -> Self {
        self.text = Some(false);
        self
    }

    /// So many bytes at least.
    pub const fn from(mut self, shortest: usize) -> Self {
        self.shortest = shortest;
        self
    }

    /// No byte of any other class.
    pub const fn only(mut self, classes: u32) -> Self {
        self.only &= classes;
        self
    }

    /// Some byte of these classes; several calls name several sets.
    pub const fn some(mut self, classes: u32) -> Self {
        self.some[self.sets] = classes;
        self.sets += 1;
        self
    }

    /// One of these bytes comes first.
    pub const fn first(mut self, bytes: &[u8]) -> Self {
        self.first = [0; 2];
        let mut at = 0;
        while at < bytes.len() {
            self.first[(bytes[at] >> 7) as usize] |= 1 << (bytes[at] & 127);
            at += 1;
        }
        self
    }

    /// The first byte is none below and none above these.
    pub const fn first_among(mut self, from: u8, to: u8) -> Self {
        let mut byte = from as usize;
        if self.first[0] == u128::MAX && self.first[1] == u128::MAX {
            self.first = [0; 2];
        }
        while byte <= to as usize {
            self.first[byte >> 7] |= 1 << (byte & 127);
            byte += 1;
        }
        self
    }

    /// Something beside hexadecimal digits of one letter case, in a longer run: its alphabet is richer.
    pub const fn richer_than_hex(mut self) -> Self {
        self.richer = true;
        self
    }

    /// Or such a content coding is declared: then the conditions do not hold, and the layer is asked in any case.
    pub const fn or_coded(mut self, coding: &'static str) -> Self {
        self.declared = Some(Declared::Coded(coding));
        self
    }

    /// Or a content type with that word in it is declared.
    pub const fn or_typed(mut self, word: &'static str) -> Self {
        self.declared = Some(Declared::Typed(word));
        self
    }

    /// Or such a content type is, or the bytes are the query of a URL.
    pub const fn or_query_or_typed(mut self, word: &'static str) -> Self {
        self.declared = Some(Declared::QueryOrTyped(word));
        self
    }

    /// These conditions, or those.
    pub const fn or(mut self, other: &'static Needs) -> Self {
        self.or = Some(other);
        self
    }

    fn allows_first(&self, byte: u8) -> bool {
        self.first[usize::from(byte >> 7)] >> (byte & 127) & 1 == 1
    }
}

/// A set of conditions, as bits in the order of the registry; a layer has one for each of its [`Needs`].
pub(super) type Asked = u128;

/// Lengths that are told apart; longer ones count as the last.
const LENGTHS: usize = 64;
/// A set of classes is looked up a byte at a time.
const BYTES: usize = 3;

struct Tables {
    first: [Asked; 256],
    length: [Asked; LENGTHS + 1],
    text: [Asked; 2],
    /// Conditions that allow a longer run of hexadecimal digits.
    hex: Asked,
    /// Conditions that none of the classes in that byte of the set shuts out.
    only: [[Asked; 256]; BYTES],
    /// By set of needed classes: conditions to which that byte of the set has something to give.
    some: [[[Asked; 256]; BYTES]; SETS],
    /// Those of layers that are asked when the exchange declares that.
    declared: Vec<(Declared, Asked)>,
    deep: Asked,
    keyed: Asked,
    /// Whose conditions they are, as positions in the registry.
    layers: Vec<u8>,
    /// By position in the registry: its conditions.
    conditions: Vec<Asked>,
}

static TABLES: LazyLock<Box<Tables>> = LazyLock::new(|| {
    let mut tables = Box::new(Tables {
        first: [0; 256],
        length: [0; LENGTHS + 1],
        text: [0; 2],
        hex: 0,
        only: [[0; 256]; BYTES],
        some: [[[0; 256]; BYTES]; SETS],
        declared: Vec::new(),
        deep: 0,
        keyed: 0,
        layers: Vec::new(),
        conditions: vec![0; LAYERS.len()],
    });
    for (number, layer) in (0u8..).zip(LAYERS) {
        let needs = layer.needs();
        let mut next = Some(&needs);
        while let Some(needs) = next {
            tables.add(number, *layer, needs);
            next = needs.or;
        }
    }
    tables
});

impl Tables {
    fn add(&mut self, number: u8, layer: &dyn Layer, needs: &Needs) {
        assert!(self.layers.len() < Asked::BITS as usize, "a set has a bit for each condition");
        let bit: Asked = 1 << self.layers.len();
        self.layers.push(number);
        self.conditions[usize::from(number)] |= bit;
        let set = |slot: &mut Asked, fits: bool| *slot |= if fits { bit } else { 0 };
        for byte in 0..=255u8 {
            set(&mut self.first[usize::from(byte)], needs.allows_first(byte));
            for part in 0..BYTES {
                let classes = u32::from(byte) << (8 * part);
                set(&mut self.only[part][usize::from(byte)], classes & !needs.only == 0);
                for (some, wanted) in self.some.iter_mut().zip(needs.some) {
                    set(&mut some[part][usize::from(byte)], wanted == u32::MAX || classes & wanted != 0);
                }
            }
        }
        for (length, slot) in self.length.iter_mut().enumerate() {
            set(slot, needs.shortest <= length || length == LENGTHS);
        }
        for (slot, text) in self.text.iter_mut().zip([false, true]) {
            set(slot, needs.text.is_none_or(|needed| needed == text));
        }
        set(&mut self.hex, !needs.richer);
        self.declared.extend(needs.declared.map(|declared| (declared, bit)));
        set(&mut self.deep, layer.deep());
        set(&mut self.keyed, layer.keyed());
    }
}

/// The layers that may open undeclared bytes, which must not be empty.
pub(super) fn candidates(bytes: &[u8], look: Look) -> Asked {
    let tables = &**TABLES;
    let classes = look.classes();
    let (low, middle, high) = (classes & 0xff, classes >> 8 & 0xff, classes >> 16 & 0xff);
    let (low, middle, high) = (low as usize, middle as usize, high as usize);
    let mut asked = tables.first[usize::from(bytes[0])]
        & tables.length[bytes.len().min(LENGTHS)]
        & tables.text[usize::from(look.text())]
        & tables.only[0][low]
        & tables.only[1][middle]
        & tables.only[2][high];
    if look.hexadecimal() && bytes.len() >= LONG_FOR_HEX {
        asked &= tables.hex;
    }
    for some in &tables.some {
        if asked == 0 {
            break;
        }
        asked &= some[0][low] | some[1][middle] | some[2][high];
    }
    asked
}

/// The layers to ask about bytes, which must not be empty.
pub(super) fn asked(bytes: &[u8], look: Look, hint: Hint<'_>) -> Asked {
    let undeclared = candidates(bytes, look);
    if hint.declares_nothing() {
        return undeclared;
    }
    let declared = TABLES.declared.iter().filter(|(declared, _)| declared.by(hint));
    declared.fold(undeclared, |asked, (_, layer)| asked | layer)
}

/// What may be asked at all: of costly layers if `deep`, and of those that need a key if there is one.
pub(super) fn usable(deep: bool, keyed: bool) -> Asked {
    Asked::MAX & !(if deep { 0 } else { TABLES.deep }) & !(if keyed { 0 } else { TABLES.keyed })
}

/// The layers of a set in their order, each once.
pub(super) fn layers(mut asked: Asked) -> impl Iterator<Item = &'static dyn Layer> {
    let tables = &**TABLES;
    std::iter::from_fn(move || {
        let layer = usize::from(*tables.layers.get(asked.trailing_zeros() as usize)?);
        asked &= !tables.conditions[layer];
        Some(LAYERS[layer])
    })
}
