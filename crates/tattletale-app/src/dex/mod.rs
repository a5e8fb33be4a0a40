//! Dalvik executables: what Android apps are made of, read in place.
//!
//! An own reader because none of the crates reads all that firmware holds: plain DEX of every version (035 to 041),
//! compact DEX (`cdex`, Android 9 to 12), and either of them inside VDEX, ODEX and OAT files ([`container`]). Nothing
//! is copied: a [`Dex`] is the file's tables over the file's bytes, and every access is checked, so that a damaged
//! file has gaps and never a panic. Strings are in modified UTF-8 ([`text()`]).
//!
//! Sources: the Dalvik executable format (source.android.com/docs/core/runtime/dex-format), and for compact DEX the
//! documented layout of ART's `compact_dex_file.h` of Android 10.

mod class;
mod code;
pub mod container;
mod opcode;
mod read;
mod values;

pub use class::{Class, ClassData, FieldEntry, MethodEntry};
pub use code::{Code, Instruction, Instructions};
pub use opcode::{Index, index_kind, is_quickened, unquickened};
pub use read::text;
pub use values::Constant;

use read::{string_at, u16_at, u32_at};

/// Why bytes are no DEX that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DexError {
    /// Neither `dex\n0NN\0` nor `cdex001\0`.
    #[error("has no DEX header")]
    Magic,
    /// Written for machines of the other byte order, which no phone is.
    #[error("is in big-endian order")]
    Endian,
    /// The file ends inside its header or before its tables do.
    #[error("ends inside its tables")]
    Truncated,
}

/// Which of the two layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `classes.dex` as apps have it.
    Standard,
    /// Compact DEX as ART made it for installed apps, Android 9 to 12.
    Compact,
}

/// A table of the file: offset of its first row, and rows.
#[derive(Debug, Clone, Copy, Default)]
struct Table {
    offset: usize,
    rows: u32,
}

/// A DEX file over its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Dex<'b> {
    /// What offsets of tables are relative to.
    tables: &'b [u8],
    /// What offsets of everything else are relative to.
    data: &'b [u8],
    /// Layout.
    pub flavour: Flavour,
    /// Version as in the magic, for example 35; 1 for compact DEX.
    pub version: u16,
    /// Bytes that the header says the file has.
    pub size: u32,
    strings: Table,
    types: Table,
    protos: Table,
    fields: Table,
    methods: Table,
    classes: Table,
}

/// A field by its three parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRef<'b> {
    /// Descriptor of the class, modified UTF-8.
    pub class: &'b [u8],
    /// Descriptor of its type.
    pub kind: &'b [u8],
    /// Name.
    pub name: &'b [u8],
}

/// A method by class, name and the number of its prototype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodRef<'b> {
    /// Descriptor of the class, modified UTF-8.
    pub class: &'b [u8],
    /// Name.
    pub name: &'b [u8],
    /// For [`Dex::proto`].
    pub proto: u32,
}

impl<'b> Dex<'b> {
    /// Reads the header. `bytes` may go on behind the file: compact DEX shares a data section with its siblings.
    ///
    /// # Errors
    /// When it is no DEX, or its tables do not fit into the bytes.
    pub fn new(bytes: &'b [u8]) -> Result<Self, DexError> {
        Self::within(bytes, 0)
    }

    /// As [`Dex::new`] for a file that begins at `start` of a container (version 041, VDEX).
    ///
    /// # Errors
    /// As [`Dex::new`].
    pub fn within(container: &'b [u8], start: usize) -> Result<Self, DexError> {
        let bytes = container.get(start..).ok_or(DexError::Truncated)?;
        let (flavour, version) = magic(bytes).ok_or(DexError::Magic)?;
        let number = |at| u32_at(bytes, at).ok_or(DexError::Truncated);
        if number(40)? != 0x1234_5678 {
            return Err(DexError::Endian);
        }
        // In a container of version 041 offsets count from the container's start, and the tables of a file still
        // follow its header, which tells the two apart.
        let from_container = version >= 41 && number(60)? as usize >= start + 0x70 && start > 0;
        let tables = if from_container { container } else { bytes };
        let data = match flavour {
            Flavour::Compact => bytes.get(number(108)? as usize..).ok_or(DexError::Truncated)?,
            Flavour::Standard => tables,
        };
        let table = |at: usize, row: usize| {
            let (rows, offset) = (number(at)?, number(at + 4)? as usize);
            let fits = offset.checked_add(rows as usize * row).is_some_and(|end| end <= tables.len());
            match fits || rows == 0 {
                true => Ok(Table { offset, rows }),
                false => Err(DexError::Truncated),
            }
        };
        Ok(Self {
            tables,
            data,
            flavour,
            version,
            size: number(32)?,
            strings: table(56, 4)?,
            types: table(64, 4)?,
            protos: table(72, 12)?,
            fields: table(80, 8)?,
            methods: table(88, 8)?,
            classes: table(96, 32)?,
        })
    }

    /// Number of strings.
    pub fn strings(&self) -> u32 {
        self.strings.rows
    }

    /// Number of types.
    pub fn types(&self) -> u32 {
        self.types.rows
    }

    /// Number of prototypes.
    pub fn protos(&self) -> u32 {
        self.protos.rows
    }

    /// Number of fields that are referred to.
    pub fn fields(&self) -> u32 {
        self.fields.rows
    }

    /// Number of methods that are referred to.
    pub fn methods(&self) -> u32 {
        self.methods.rows
    }

    /// A string by its number, modified UTF-8 without its end; none where the file is damaged.
    pub fn string(&self, number: u32) -> Option<&'b [u8]> {
        string_at(self.data, u32_at(self.tables, self.strings.row(number, 4)?)? as usize)
    }

    /// The descriptor of a type: `Ljava/lang/String;`, `[B`, `I`.
    pub fn descriptor(&self, number: u32) -> Option<&'b [u8]> {
        self.string(u32_at(self.tables, self.types.row(number, 4)?)?)
    }

    /// A field by its number.
    pub fn field(&self, number: u32) -> Option<FieldRef<'b>> {
        let row = self.fields.row(number, 8)?;
        Some(FieldRef {
            class: self.descriptor(u16_at(self.tables, row)?.into())?,
            kind: self.descriptor(u16_at(self.tables, row + 2)?.into())?,
            name: self.string(u32_at(self.tables, row + 4)?)?,
        })
    }

    /// A method by its number.
    pub fn method(&self, number: u32) -> Option<MethodRef<'b>> {
        let row = self.methods.row(number, 8)?;
        Some(MethodRef {
            class: self.descriptor(u16_at(self.tables, row)?.into())?,
            name: self.string(u32_at(self.tables, row + 4)?)?,
            proto: u16_at(self.tables, row + 2)?.into(),
        })
    }

    /// Number of the type that a field belongs to, without reading its names.
    #[inline]
    pub fn class_of_field(&self, number: u32) -> Option<u32> {
        Some(u16_at(self.tables, self.fields.row(number, 8)?)?.into())
    }

    /// Number of the type that a method belongs to, without reading its names.
    #[inline]
    pub fn class_of_method(&self, number: u32) -> Option<u32> {
        Some(u16_at(self.tables, self.methods.row(number, 8)?)?.into())
    }

    /// Number of the string that is a field's name.
    #[inline]
    pub fn name_of_field(&self, number: u32) -> Option<u32> {
        u32_at(self.tables, self.fields.row(number, 8)? + 4)
    }

    /// Number of the string that is a method's name.
    #[inline]
    pub fn name_of_method(&self, number: u32) -> Option<u32> {
        u32_at(self.tables, self.methods.row(number, 8)? + 4)
    }

    /// The types of a prototype: what it returns, then its parameters, as descriptors.
    pub fn proto(&self, number: u32) -> Option<Vec<&'b [u8]>> {
        let row = self.protos.row(number, 12)?;
        let mut types = vec![self.descriptor(u32_at(self.tables, row + 4)?)?];
        let parameters = u32_at(self.tables, row + 8)? as usize;
        if parameters != 0 {
            types.extend(self.type_list(parameters).filter_map(|kind| self.descriptor(kind)));
        }
        Some(types)
    }

    /// Numbers of the types in a list, at most 65,535.
    fn type_list(&self, offset: usize) -> impl Iterator<Item = u32> + use<'b> {
        let data = self.data;
        let count = u32_at(data, offset).unwrap_or_default().min(0xffff) as usize;
        (0..count).map_while(move |at| u16_at(data, offset + 4 + 2 * at).map(u32::from))
    }
}

impl Table {
    /// Where a row begins.
    #[inline]
    fn row(self, number: u32, bytes: usize) -> Option<usize> {
        (number < self.rows).then(|| self.offset + number as usize * bytes)
    }
}

/// Layout and version by the first eight bytes.
fn magic(bytes: &[u8]) -> Option<(Flavour, u16)> {
    let digits = |at: usize| {
        let digits = bytes.get(at..at + 3)?;
        let number = digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(d - b'0')))?;
        (bytes.get(at + 3) == Some(&0)).then_some(number)
    };
    match bytes {
        [b'd', b'e', b'x', b'\n', ..] => Some((Flavour::Standard, digits(4)?)),
        [b'c', b'd', b'e', b'x', ..] => Some((Flavour::Compact, digits(4)?)),
        _ => None,
    }
}
