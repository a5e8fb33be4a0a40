//! The manifest of an app: who it is, and what it asks the system for.

use std::collections::BTreeSet;

use crate::arsc::Resources;
use crate::axml::{Held, elements};

/// `android:name`, `android:label`, `android:value`, `android:versionCode`, `android:versionName` of `public.xml`.
const NAME: u32 = 0x0101_0003;
const LABEL: u32 = 0x0101_0001;
const VALUE: u32 = 0x0101_0024;
const VERSION_CODE: u32 = 0x0101_021b;
const VERSION_NAME: u32 = 0x0101_021c;

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Package name.
    pub package: Option<String>,
    /// Name of the split, where the package is only a part of an app.
    pub split: Option<String>,
    /// Name for people.
    pub label: Option<String>,
    /// Version for people.
    pub version: Option<String>,
    /// Version that counts up.
    pub version_code: Option<u64>,
    /// Permissions that it asks for.
    pub permissions: BTreeSet<String>,
    /// Settings for kits, by name.
    pub settings: Vec<(String, String)>,
    /// Whether it could be read to its end.
    pub whole: bool,
}

/// Settings of one manifest that are kept.
const MOST_SETTINGS: usize = 1000;

impl Manifest {
    /// Reads a manifest, and what it refers to in the resource table. None when it is no binary XML.
    pub fn read(bytes: &[u8], resources: Option<&[u8]>) -> Option<Self> {
        let (elements, whole) = elements(bytes)?;
        let resources = resources.and_then(Resources::read);
        let said = |held: &Held<'_>| match held {
            Held::Text(text) => Some(text.to_string()),
            Held::Number(number) => Some(number.to_string()),
            Held::Reference(id) => resources.and_then(|resources| resources.resolve(*id)),
        };
        let mut manifest = Self { whole, ..Self::default() };
        for element in &elements {
            let value = |id, name| element.attribute(id, name).and_then(said);
            match &*element.name {
                "manifest" if element.depth == 0 => {
                    manifest.package = value(0, "package");
                    manifest.split = value(0, "split");
                    manifest.version = value(VERSION_NAME, "versionName");
                    manifest.version_code = value(VERSION_CODE, "versionCode").and_then(|code| code.parse().ok());
                }
                "application" => manifest.label = value(LABEL, "label"),
                "uses-permission" | "uses-permission-sdk-23" | "uses-permission-sdk-m" => {
                    manifest.permissions.extend(value(NAME, "name"));
                }
                "meta-data" if manifest.settings.len() < MOST_SETTINGS => {
                    manifest.settings.extend(value(NAME, "name").zip(value(VALUE, "value")));
                }
                _ => {}
            }
        }
        Some(manifest)
    }
}
