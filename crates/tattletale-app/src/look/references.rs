//! Who refers to what: one pass over all instructions of a file for everything that is asked.
//!
//! Each question marks the rows of the tables that it is about; the pass notes where a marked row is used. So the cost
//! hardly grows with the number of questions.

use super::unit::{Trouble, Unit};
use crate::dex::{Index, is_quickened};

/// The row is asked for.
pub(crate) const ASKED: u8 = 1;
/// The row speaks of private browsing.
pub(crate) const SPEAKS: u8 = 2;

/// What is asked about the rows, [`ASKED`] and [`SPEAKS`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) strings: Vec<u8>,
    pub(crate) methods: Vec<u8>,
    pub(crate) fields: Vec<u8>,
    /// By position in the file.
    pub(crate) classes: Vec<u8>,
}

impl Marks {
    pub(crate) fn of(unit: &Unit<'_>) -> Self {
        let rows = |rows: u32| vec![0; rows as usize];
        Self {
            strings: rows(unit.dex.strings()),
            methods: rows(unit.dex.methods()),
            fields: rows(unit.dex.fields()),
            classes: vec![0; unit.classes.len()],
        }
    }
}

/// A use of a marked row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) index: Index,
    pub(crate) row: u32,
    /// Position of the class.
    pub(crate) class: u32,
    /// Number of the method that uses it.
    pub(crate) method: u32,
}

/// A method with code that speaks of private browsing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// Position of the class.
    pub(crate) class: u32,
    /// Position of the method in it.
    pub(crate) position: u32,
    /// The first row it refers to that speaks; none when its own name or that of its class does.
    pub(crate) refers: Option<(Index, u32)>,
}

/// What the pass brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses {
    pub(crate) uses: Vec<Use>,
    /// In the order of classes and methods.
    pub(crate) spoken: Vec<Spoken>,
    pub(crate) methods: u64,
    pub(crate) quickened: u64,
    pub(crate) trouble: Trouble,
}

/// Uses that are kept of one file.
const MOST_USES: usize = 2_000_000;

pub(crate) fn uses(unit: &Unit<'_>, marks: &Marks) -> Uses {
    let mut found = Uses::default();
    let (mut uses, mut spoken, mut methods, mut quickened) = (Vec::new(), Vec::new(), 0, 0);
    found.trouble = unit.each_body(|class, position, method, code| {
        methods += 1;
        let said = |refers| Spoken { class: class as u32, position: position as u32, refers };
        let name = marks.methods.get(method.method as usize).copied().unwrap_or_default() | marks.classes[class];
        let mut silent = name & SPEAKS == 0;
        if !silent {
            spoken.push(said(None));
        }
        for instruction in code.instructions() {
            let Some((index, row)) = instruction.index() else {
                quickened += u64::from(is_quickened(instruction.opcode));
                continue;
            };
            let marked = match index {
                Index::String => &marks.strings,
                Index::Method => &marks.methods,
                Index::Field => &marks.fields,
                Index::Type | Index::None => continue,
            };
            let Some(&mark @ 1..) = marked.get(row as usize) else { continue };
            if mark & ASKED != 0 && uses.len() < MOST_USES {
                uses.push(Use { index, row, class: class as u32, method: method.method });
            }
            if mark & SPEAKS != 0 && silent {
                silent = false;
                spoken.push(said(Some((index, row))));
            }
        }
    });
    (found.uses, found.spoken) = (uses, spoken);
    (found.methods, found.quickened) = (methods, quickened);
    found
}
