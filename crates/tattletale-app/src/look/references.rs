//! Who refers to what: one pass over all instructions of a file for everything that is asked.
//!
//! Each question marks the rows of the tables that it is about; the pass notes where a marked row is used. So the cost
//! hardly grows with the number of questions.

use super::unit::{Trouble, Unit};
use crate::dex::{Index, is_quickened};

/// The rows that are asked for, one mark a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) strings: Vec<bool>,
    pub(crate) methods: Vec<bool>,
    pub(crate) fields: Vec<bool>,
}

impl Marks {
    pub(crate) fn of(unit: &Unit<'_>) -> Self {
        let rows = |rows: u32| vec![false; rows as usize];
        Self { strings: rows(unit.dex.strings()), methods: rows(unit.dex.methods()), fields: rows(unit.dex.fields()) }
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

/// What the pass brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Uses {
    pub(crate) uses: Vec<Use>,
    pub(crate) methods: u64,
    pub(crate) quickened: u64,
    pub(crate) trouble: Trouble,
}

/// Uses that are kept of one file.
const MOST_USES: usize = 2_000_000;

pub(crate) fn uses(unit: &Unit<'_>, marks: &Marks) -> Uses {
    let mut found = Uses::default();
    let (mut uses, mut methods, mut quickened) = (Vec::new(), 0, 0);
    found.trouble = unit.each_method(|class, method, code| {
        methods += 1;
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
            if marked.get(row as usize) == Some(&true) && uses.len() < MOST_USES {
                uses.push(Use { index, row, class: class as u32, method: method.method });
            }
        }
    });
    found.uses = uses;
    (found.methods, found.quickened) = (methods, quickened);
    found
}
