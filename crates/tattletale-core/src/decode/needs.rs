//! What bytes must be like before it is worth asking a layer, and which layers a node has to be offered to at all.
//!
//! Most nodes are short texts that nearly every layer declines, so asking each of them is what an unfolding would
//! spend its time on. Each layer states cheap necessary conditions ([`Needs`]); from those of all layers tables are
//! made once, and a few look-ups with the first byte, the length and the classes of a node leave a set of layers as
//! bits. Conditions never open or close anything: a layer that is asked still decides by itself, and a property over
//! the registry holds that a layer which is not asked would have declined.

use super::look::Look;
use super::{LAYERS, View};
use std::sync::LazyLock;

/// Necessary conditions for undeclared bytes to be opened by a layer.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    shortest: usize,
    text: Option<bool>,
    only: u32,
    some: [u32; SETS],
    sets: usize,
    first: [u128; 2],
}

/// How many sets of classes can be named of which some byte must be.
const SETS: usize = 3;

impl Needs {
    /// No condition: the layer is asked about everything.
    pub const NOTHING: Self =
        Self { shortest: 0, text: None, only: u32::MAX, some: [u32::MAX; SETS], sets: 0, first: [u128::MAX; 2] };

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

    fn allows_first(&self, byte: u8) -> bool {
        self.first[usize::from(byte >> 7)] >> (byte & 127) & 1 == 1
    }
}

/// A set of layers: bit n stands for the n-th of the registry.
pub(super) type Layers = u128;

/// Lengths that are told apart; longer ones count as the last.
const LENGTHS: usize = 64;
/// A set of classes is looked up a byte at a time.
const BYTES: usize = 3;

struct Tables {
    first: [Layers; 256],
    length: [Layers; LENGTHS + 1],
    text: [Layers; 2],
    /// Layers that none of the classes in that byte of the set shuts out.
    only: [[Layers; 256]; BYTES],
    /// By set of needed classes: layers to which that byte of the set has something to give.
    some: [[[Layers; 256]; BYTES]; SETS],
}

static TABLES: LazyLock<Box<Tables>> = LazyLock::new(|| {
    assert!(LAYERS.len() <= Layers::BITS as usize, "a set of layers has a bit for each");
    let mut tables = Box::new(Tables {
        first: [0; 256],
        length: [0; LENGTHS + 1],
        text: [0; 2],
        only: [[0; 256]; BYTES],
        some: [[[0; 256]; BYTES]; SETS],
    });
    for (number, layer) in LAYERS.iter().enumerate() {
        let (bit, needs): (Layers, Needs) = (1 << number, layer.needs());
        let set = |slot: &mut Layers, fits: bool| *slot |= if fits { bit } else { 0 };
        for byte in 0..=255u8 {
            set(&mut tables.first[usize::from(byte)], needs.allows_first(byte));
            for part in 0..BYTES {
                let classes = u32::from(byte) << (8 * part);
                set(&mut tables.only[part][usize::from(byte)], classes & !needs.only == 0);
                for (some, wanted) in tables.some.iter_mut().zip(needs.some) {
                    set(&mut some[part][usize::from(byte)], wanted == u32::MAX || classes & wanted != 0);
                }
            }
        }
        for (length, slot) in tables.length.iter_mut().enumerate() {
            set(slot, needs.shortest <= length || length == LENGTHS);
        }
        for (slot, text) in tables.text.iter_mut().zip([false, true]) {
            set(slot, needs.text.is_none_or(|needed| needed == text));
        }
    }
    tables
});

/// The layers that may open undeclared bytes, which must not be empty.
pub(super) fn candidates(bytes: &[u8], look: Look) -> Layers {
    let tables = &**TABLES;
    let classes = look.classes();
    let by_class =
        |table: &[[Layers; 256]; BYTES]| [0, 1, 2].map(|part| table[part][(classes >> (8 * part) & 0xff) as usize]);
    let [low, middle, high] = by_class(&tables.only);
    let mut layers = tables.first[usize::from(bytes[0])]
        & tables.length[bytes.len().min(LENGTHS)]
        & tables.text[usize::from(look.text())]
        & low
        & middle
        & high;
    for some in &tables.some {
        let [low, middle, high] = by_class(some);
        layers &= low | middle | high;
    }
    layers
}

/// The layers to ask about a view. What is declared may be opened against all appearance: then all are asked.
pub(super) fn asked(view: &View<'_>) -> Layers {
    match view.hint.declares_nothing() {
        true => candidates(view.bytes, view.look),
        false => Layers::MAX,
    }
}
