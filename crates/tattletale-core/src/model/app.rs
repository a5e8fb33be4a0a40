//! What an app's files hold, as plain data: made by a static look at the app, taken by studies that join it with what
//! was seen on the wire.
//!
//! A thing in a file is *present*, never *active*: that is for a recording to show. Names, hosts and strings are those
//! of the app's maker, so whoever shows them escapes them.

use super::{Fact, FaultKind};

/// Everything that was read off one app: a package, split packages, a folder or a bare DEX file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The file as the user named it.
    pub file: String,
    /// SHA-256 of the file in hex; none for a folder.
    pub sha256: Option<String>,
    /// Package name by the manifest: `com.android.browser`.
    pub package: Option<String>,
    /// Name for people by the manifest, if it could be resolved.
    pub label: Option<String>,
    /// Version for people: `12.1.4`.
    pub version: Option<String>,
    /// Version that counts up.
    pub version_code: Option<u64>,
    /// The code, file by file.
    pub code: Vec<CodeFile>,
    /// Trackers and other kits that a signature knows, by name.
    pub sdks: Vec<Sdk>,
    /// Hosts that the app names, by host.
    pub endpoints: Vec<Endpoint>,
    /// Keys and vectors written into the app.
    pub keys: Vec<HardKey>,
    /// Permissions that the manifest asks for, sorted.
    pub permissions: Vec<String>,
    /// What of the device, its user and other apps the code asks for.
    pub identifiers: Vec<Asked>,
    /// Ways from code named after private browsing to an SDK, shortest first.
    pub private: Vec<PrivatePath>,
    /// SDKs that a signature with hosts knows and that are not in the app: for telling who talks all the same.
    pub absent: Vec<Absent>,
    /// What could not be read; with any of these the look is incomplete.
    pub faults: Vec<Fault>,
}

impl Contents {
    /// Whether everything that was there could be read.
    pub fn complete(&self) -> bool {
        self.faults.is_empty()
    }

    /// Classes in all files.
    pub fn classes(&self) -> u64 {
        self.code.iter().map(|file| file.classes).sum()
    }
}

/// One DEX file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeFile {
    /// Where it is: `base.apk/classes2.dex`.
    pub place: String,
    /// Version as its magic says it: `dex 039`, `cdex 001`.
    pub version: String,
    /// Classes that it defines.
    pub classes: u64,
    /// Methods with code.
    pub methods: u64,
    /// Instructions that ART rewrote at installation, so that what they reach has no name any more.
    pub quickened: u64,
}

/// How sure it is that an SDK is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// Its classes are there under their own names.
    Named,
    /// Its own strings are there in classes with other names: it looks like it.
    LooksLike,
    /// Only an address of its servers is written in the app.
    Address,
}

impl Sureness {
    /// The word in reports for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::LooksLike => "looks-like",
            Self::Address => "address",
        }
    }
}

/// An SDK that a signature recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// Identity in its signature file.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Who makes it, if the signature says.
    pub organisation: Option<String>,
    /// What for, in the signature's word: `analytics`.
    pub category: Option<String>,
    /// Version, if the code states one.
    pub version: Option<String>,
    /// What it was recognised by.
    pub sureness: Sureness,
    /// Classes that belong to it.
    pub classes: u64,
    /// The first of them, as Java writes names, with their DEX file.
    pub places: Vec<Place>,
    /// Strings or addresses that gave it away, where its names did not.
    pub traces: Vec<String>,
    /// Hosts of the signature, or written in its own code: where it would send.
    pub hosts: Vec<String>,
    /// Why the signature holds, and where from.
    pub evidence: String,
}

/// An SDK that was looked for and not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Name for people.
    pub name: String,
    /// Where it would send.
    pub hosts: Vec<String>,
}

/// A place in code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// File inside the app.
    pub file: String,
    /// Class as Java writes it, or empty for what is no code.
    pub class: String,
}

/// A host that the app names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host, lower case.
    pub host: String,
    /// Addresses as they are written, at most a few.
    pub urls: Vec<String>,
    /// Where, at most a few.
    pub places: Vec<Place>,
    /// Whether it is only the name of a schema or a licence, which nothing ever contacts.
    pub name_only: bool,
    /// Who runs it, as tables say.
    pub facts: Vec<Fact>,
}

/// What a constant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// A key of AES.
    Aes,
    /// A key of another cipher, or a MAC; the algorithm's name is with it.
    Other,
    /// An initialisation vector.
    Vector,
    /// An RSA public key.
    RsaPublic,
    /// A private key, which has no business in an app.
    RsaPrivate,
}

impl KeyKind {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes => "aes",
            Self::Other => "other",
            Self::Vector => "vector",
            Self::RsaPublic => "rsa-public",
            Self::RsaPrivate => "rsa-private",
        }
    }
}

/// A key that is written into an app, where whoever has the app can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardKey {
    /// What it is.
    pub kind: KeyKind,
    /// The bytes that the cipher is given; for RSA the DER.
    pub bytes: Vec<u8>,
    /// Algorithm as the code names it: `AES/CBC/PKCS5Padding`, `DESede`.
    pub algorithm: Option<String>,
    /// How it stands there: `text`, `base64`, `hex`, `array`.
    pub written: &'static str,
    /// Where.
    pub place: Place,
    /// Method.
    pub method: String,
}

/// Something of the device, its user or other apps, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Kind, in the words of ground truth where it has one: `imei`, `android-id`.
    pub kind: &'static str,
    /// What is called or read: `android.telephony.TelephonyManager.getImei`.
    pub api: String,
    /// Classes that do, at most a few.
    pub places: Vec<Place>,
    /// How many do.
    pub classes: u64,
    /// Names of SDKs among them.
    pub sdks: Vec<String>,
}

/// A chain of calls from private browsing to an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivatePath {
    /// The SDK that is reached.
    pub sdk: String,
    /// What in the first method speaks of private browsing: its class, its name, or what it refers to.
    pub because: String,
    /// Methods as `com.example.Tab.onIncognito`, from the first to the one in the SDK.
    pub methods: Vec<String>,
}

/// Something that could not be read, with its place: file, entry, offset and one sentence.
///
/// Faults of captures have their place in an exchange; these have it in a file inside files, so they are a type of
/// their own with the same kinds. A run that has one is incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose limit or whose error it was.
    pub kind: FaultKind,
    /// The file, and behind `/` the entries inside it, as `super.img/system_a/app/Browser/Browser.apk`.
    pub entry: String,
    /// Bytes from the start of the innermost entry, if the trouble has a place.
    pub offset: Option<u64>,
    /// One sentence for a person, without the place.
    pub message: String,
}

impl Fault {
    /// A fault in an entry; [`Fault::at`] adds the offset.
    pub fn new(kind: FaultKind, entry: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, entry: entry.into(), offset: None, message: message.into() }
    }

    /// The same at a byte offset.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same with the entry seen from one file further out.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.entry = if self.entry.is_empty() { outer.to_owned() } else { format!("{outer}/{}", self.entry) };
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.entry.is_empty() {
            write!(f, "{}: ", self.entry)?;
        }
        write!(f, "{}", self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}
