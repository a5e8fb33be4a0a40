//! What a value is seen through without any layer: the search itself knows it in these disguises.
//!
//! A registry for people: `tattletale layers` and the documentation list it beside the layers, and a test searches
//! every example. The work is done in [`super::filter`], [`super::digests`] and [`super::planted`].

/// One disguise that the search sees through.
pub struct Searched {
    /// As paths name it, or a word for what they tell otherwise.
    pub name: &'static str,
    /// One sentence, or two.
    pub about: &'static str,
    /// Of `zoe@mail.test` or `zoe.lindqvist83@mail.test`.
    pub example: &'static [u8],
    /// True for what only a deep search does.
    pub deep: bool,
}

/// All of them.
pub static SEARCHED: &[Searched] = &[
    Searched {
        name: "letter case",
        about: "Values in any case of ASCII letters; in other scripts in small letters, in capitals, composed and taken apart.",
        example: b"ZOE@Mail.TEST",
        deep: false,
    },
    Searched {
        name: "xor",
        about: "Values of more than 12 bytes that say enough, under any key of one byte.",
        example:
            b"\x2f\x3a\x30\x7b\x39\x3c\x3b\x31\x24\x23\x3c\x26\x21\x6d\x66\x15\x38\x34\x3c\x39\x7b\x21\x30\x26\x21",
        deep: false,
    },
    Searched {
        name: "repeated xor",
        about: "Values under any key of 2 to 32 bytes that is repeated, if they have eight bytes more than the key. The path shows the key.",
        example: b"\x2d\x05\x29\x07\x3a\x36\x03\x20\x69\x23\x32\x19\x38",
        deep: true,
    },
    Searched {
        name: "digest",
        about: "24 digests (MD5, UUIDs of names, SHA-1, SHA-2, SHA-3, RIPEMD-160, BLAKE, MurmurHash3, xxHash) of each normal form of a value, whole or the first 64 bits and more, as hexadecimal, base64, decimal or bytes, and four of them of each other.",
        example: b"8E3CBF2639A0CD7B09F9DA35C36B20C6",
        deep: false,
    },
    Searched {
        name: "split",
        about: "Names, addresses and mail addresses whose pieces stand in fields of the same object.",
        example: b"{\"user\":\"zoe.lindqvist83\",\"domain\":\"mail.test\"}",
        deep: false,
    },
];
