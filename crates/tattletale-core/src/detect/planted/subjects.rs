//! Whose a pattern is: mostly one value's, so that takes no memory of its own. A hundred thousand values have a
//! third of a million patterns.

use crate::model::Subject;
use std::ops::Deref;

/// Values and actions, at least one; read as a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    One(Subject),
    Several(Vec<Subject>),
}

impl From<Subject> for Subjects {
    fn from(subject: Subject) -> Self {
        Self(Kept::One(subject))
    }
}

impl Deref for Subjects {
    type Target = [Subject];

    fn deref(&self) -> &[Subject] {
        match &self.0 {
            Kept::One(subject) => std::slice::from_ref(subject),
            Kept::Several(subjects) => subjects,
        }
    }
}

impl Subjects {
    /// Adds one that is not there yet, and says whether it did. Of actions with the same text only the first is kept.
    pub(super) fn join(&mut self, subject: Subject) -> bool {
        let action = |subject: &Subject| matches!(subject, Subject::Action(_));
        if self.contains(&subject) || (action(&subject) && self.iter().any(action)) {
            return false;
        }
        match &mut self.0 {
            Kept::One(first) => self.0 = Kept::Several(vec![*first, subject]),
            Kept::Several(subjects) => subjects.push(subject),
        }
        true
    }
}
