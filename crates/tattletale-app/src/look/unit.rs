//! The code of an app made ready to be looked at: every DEX file with its classes, inside a budget.
//!
//! A hostile file can list one body of code for a million methods. A file that a compiler made defines a method once,
//! so what goes beyond its own tables is a stated limit; the same holds for instructions, with room for the sharing
//! of equal bodies that R8 does.

use crate::dex::container::dex_files;
use crate::dex::{Class, ClassData, Code, Dex, Flavour, MethodEntry, text};
use crate::package::{Kind, Package};
use crate::{Fault, FaultKind};

/// Bytes of instructions that are looked at, for every byte of the file.
const SHARING: usize = 8;

/// A class with what it declares.
#[derive(Debug, Clone)]
pub struct Defined<'b> {
    /// Its definition.
    pub class: Class,
    /// Descriptor, modified UTF-8: `Lcom/example/Tab;`.
    pub descriptor: &'b [u8],
    /// Fields and methods.
    pub data: ClassData,
}

/// One DEX file of an app.
#[derive(Debug, Clone)]
pub struct Unit<'b> {
    /// Where it is: `classes2.dex`, `Browser.vdex#1`.
    pub place: String,
    /// The file.
    pub dex: Dex<'b>,
    /// Its classes in their order.
    pub classes: Vec<Defined<'b>>,
    /// Bytes of instructions that are looked at before a file is taken for hostile.
    pub budget: usize,
}

impl<'b> Unit<'b> {
    /// Reads the classes; trouble goes to `faults`.
    pub fn new(place: String, dex: Dex<'b>, bytes: usize, faults: &mut Vec<Fault>) -> Self {
        let mut unit = Self { place, dex, classes: Vec::new(), budget: bytes.saturating_mul(SHARING) };
        let (mut damaged, mut methods, mut fields) = (0u64, 0usize, 0usize);
        let most = |rows: u32| (rows as usize).saturating_mul(2).saturating_add(16);
        for class in dex.classes() {
            let (descriptor, data) = (dex.descriptor(class.kind), dex.class_data(&class));
            let (Some(descriptor), Some(data)) = (descriptor, data) else {
                damaged += 1;
                continue;
            };
            methods += data.methods.len();
            fields += data.statics.len() + data.fields.len();
            if methods > most(dex.methods()) || fields > most(dex.fields()) {
                let message = "defines more methods or fields than its tables have";
                faults.push(Fault::new(FaultKind::Limit, &*unit.place, message));
                break;
            }
            unit.classes.push(Defined { class, descriptor, data });
        }
        if damaged > 0 {
            let message = format!("{damaged} of its classes cannot be read");
            faults.push(Fault::new(FaultKind::Corrupt, &*unit.place, message));
        }
        unit
    }

    /// Calls `each` with every method that has code, by position of its class and its own in the class; returns how
    /// many could not be read, and whether the budget ended it.
    pub fn each_body(&self, mut each: impl FnMut(usize, usize, &MethodEntry, Code<'b>)) -> Trouble {
        let (mut trouble, mut left) = (Trouble::default(), self.budget);
        for (position, defined) in self.classes.iter().enumerate() {
            let methods = defined.data.methods.iter().enumerate();
            for (own, method) in methods.filter(|(_, method)| method.code != 0) {
                let Some(code) = self.dex.code(method) else {
                    trouble.unreadable += 1;
                    continue;
                };
                let Some(rest) = left.checked_sub(code.units.len()) else {
                    trouble.limit = true;
                    return trouble;
                };
                left = rest;
                each(position, own, method, code);
            }
        }
        trouble
    }

    /// `dex 039` or `cdex 001`.
    pub fn version(&self) -> String {
        let name = if self.dex.flavour == Flavour::Compact { "cdex" } else { "dex" };
        format!("{name} {:03}", self.dex.version)
    }
}

/// What went wrong in walking the methods of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Bodies that lie outside of the file.
    pub unreadable: u64,
    /// Whether more instructions were listed than a file of this size has.
    pub limit: bool,
}

impl Trouble {
    /// As faults of a file.
    pub fn faults(self, place: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.unreadable > 0 {
            let message = format!("the code of {} methods cannot be read", self.unreadable);
            faults.push(Fault::new(FaultKind::Corrupt, place, message));
        }
        if self.limit {
            let message = "lists more instructions than a file of its size has";
            faults.push(Fault::new(FaultKind::Limit, place, message));
        }
        faults
    }
}

/// All DEX files of a package.
pub fn units<'b>(package: &'b Package, faults: &mut Vec<Fault>) -> Vec<Unit<'b>> {
    let mut units = Vec::new();
    for part in package.parts.iter().filter(|part| part.kind == Kind::Code) {
        let files = dex_files(&part.bytes);
        if files.is_empty() {
            let message = "holds no DEX file (from Android 12 on, ODEX and VDEX refer to the one in the app's package)";
            faults.push(Fault::new(FaultKind::Corrupt, &*part.place, message));
        }
        let several = files.len() > 1;
        for (number, (start, dex)) in files.into_iter().enumerate() {
            let place = if several { format!("{}#{number}", part.place) } else { part.place.clone() };
            match dex {
                Ok(dex) => {
                    let there = part.bytes.len() - start;
                    if (dex.size as usize) > there {
                        let message = format!("ends too early: {there} of its {} bytes are there", dex.size);
                        faults.push(Fault::new(FaultKind::Truncated, &*place, message));
                    }
                    units.push(Unit::new(place, dex, part.bytes.len(), faults));
                }
                Err(error) => {
                    let fault = Fault::new(FaultKind::Corrupt, place, error.to_string());
                    faults.push(fault.at(start as u64));
                }
            }
        }
    }
    units
}

/// A descriptor as Java writes the name: `Lcom/example/Tab$1;` is `com.example.Tab$1`.
pub fn java_name(descriptor: &[u8]) -> String {
    text(bare(descriptor)).replace('/', ".")
}

/// A descriptor without `L` and `;`.
pub fn bare(descriptor: &[u8]) -> &[u8] {
    descriptor.strip_prefix(b"L").and_then(|name| name.strip_suffix(b";")).unwrap_or(descriptor)
}
