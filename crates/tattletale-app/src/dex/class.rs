//! Class definitions and what they list: fields and methods with their code.

use super::read::{u32_at, uleb};
use super::{Code, Dex};

/// Members of one class that are read; no compiler makes more, since a method table has 65,536 rows.
const MOST_MEMBERS: u32 = 65_536;

/// One class as it is defined, by numbers of the file's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// Position among the definitions.
    pub position: u32,
    /// Number of its type.
    pub kind: u32,
    /// `access_flags`: 0x200 an interface, 0x4000 an enum.
    pub access: u32,
    /// Number of the type of its superclass, if it has one.
    pub superclass: Option<u32>,
    interfaces: usize,
    /// Number of the string with its source file, if it is kept.
    pub source: Option<u32>,
    data: usize,
    statics: usize,
}

/// A field that a class declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldEntry {
    /// Number of the field.
    pub field: u32,
    /// Access flags.
    pub access: u32,
}

/// A method that a class declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodEntry {
    /// Number of the method.
    pub method: u32,
    /// Access flags: 8 static, 0x100 native, 0x400 abstract.
    pub access: u32,
    /// Where its code is, for [`Dex::code`]; 0 where there is none.
    pub code: u32,
}

/// What a class declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassData {
    /// Static fields, in the order of [`Dex::statics`].
    pub statics: Vec<FieldEntry>,
    /// The other fields.
    pub fields: Vec<FieldEntry>,
    /// Direct methods (static, private, constructors), then virtual ones.
    pub methods: Vec<MethodEntry>,
}

impl<'b> Dex<'b> {
    /// All classes that are defined.
    pub fn classes(&self) -> impl ExactSizeIterator<Item = Class> + use<'b> {
        let (tables, table) = (self.tables, self.classes);
        (0..table.rows as usize).map(move |position| {
            let number = |at| u32_at(tables, table.offset + position * 32 + at).unwrap_or_default();
            let some = |number: u32| (number != u32::MAX).then_some(number);
            Class {
                position: position as u32,
                kind: number(0),
                access: number(4),
                superclass: some(number(8)),
                interfaces: number(12) as usize,
                source: some(number(16)),
                data: number(24) as usize,
                statics: number(28) as usize,
            }
        })
    }

    /// Numbers of the types that a class implements.
    pub fn interfaces(&self, class: &Class) -> Vec<u32> {
        match class.interfaces {
            0 => Vec::new(),
            offset => self.type_list(offset).collect(),
        }
    }

    /// What a class declares; none where the file is damaged.
    pub fn class_data(&self, class: &Class) -> Option<ClassData> {
        if class.data == 0 {
            return Some(ClassData::default());
        }
        let mut at = class.data;
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = uleb(self.data, &mut at)?;
            if *count > MOST_MEMBERS {
                return None;
            }
        }
        let mut data = ClassData { statics: self.listed(counts[0], &mut at)?, ..ClassData::default() };
        data.fields = self.listed(counts[1], &mut at)?;
        for count in &counts[2..] {
            let mut number = 0u32;
            for _ in 0..*count {
                number = number.checked_add(uleb(self.data, &mut at)?)?;
                let (access, code) = (uleb(self.data, &mut at)?, uleb(self.data, &mut at)?);
                data.methods.push(MethodEntry { method: number, access, code });
            }
        }
        Some(data)
    }

    fn listed(&self, count: u32, at: &mut usize) -> Option<Vec<FieldEntry>> {
        let (mut fields, mut number) = (Vec::new(), 0u32);
        for _ in 0..count {
            number = number.checked_add(uleb(self.data, at)?)?;
            fields.push(FieldEntry { field: number, access: uleb(self.data, at)? });
        }
        Some(fields)
    }

    /// The initial values of a class's static fields, in their order; fields behind the last have none.
    pub fn statics(&self, class: &Class) -> Vec<super::Constant<'b>> {
        match class.statics {
            0 => Vec::new(),
            offset => super::values::array(self.data, offset),
        }
    }

    /// The code of a method; none where it has none or the file is damaged.
    pub fn code(&self, method: &MethodEntry) -> Option<Code<'b>> {
        (method.code != 0).then(|| Code::read(self.data, method.code as usize, self.flavour))?
    }
}
