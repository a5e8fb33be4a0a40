//! Each format with a small declaration, what it claims, and what is refused.

use super::*;

fn names(bytes: &[u8]) -> Vec<String> {
    read(bytes).unwrap().into_iter().map(|claim| claim.name).collect()
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}

const FORM: &str = "Question ID (machine readable),Response ID (machine readable),Response value,Answer requirement,\
Human-friendly question label\n\
PSL_DATA_COLLECTION_COLLECTS_PERSONAL_DATA,,TRUE,REQUIRED,\"Does your app collect, or share?\"\n\
PSL_DATA_COLLECTION_ENCRYPTED_IN_TRANSIT,,true,MAYBE_REQUIRED,Encrypted?\n\
PSL_DATA_TYPES_PERSONAL,PSL_EMAIL,true,MULTIPLE_CHOICE,Personal info / Email address\n\
PSL_DATA_TYPES_APP_ACTIVITY,PSL_IN_APP_SEARCH_HISTORY,,MULTIPLE_CHOICE,\"App activity\nsearches\"\n\
PSL_DATA_TYPES_IDENTIFIERS,PSL_DEVICE_ID,true,MULTIPLE_CHOICE,Device ids\n\
PSL_DATA_USAGE_RESPONSES:PSL_EMAIL:PSL_DATA_USAGE_COLLECTION_AND_SHARING,PSL_DATA_USAGE_ONLY_COLLECTED,true,,\n\
PSL_DATA_USAGE_RESPONSES:PSL_EMAIL:PSL_DATA_USAGE_COLLECTION_AND_SHARING,PSL_DATA_USAGE_ONLY_SHARED,,,\n\
PSL_DATA_USAGE_RESPONSES:PSL_DEVICE_ID:PSL_DATA_USAGE_COLLECTION_AND_SHARING,PSL_DATA_USAGE_ONLY_SHARED,true,,\n";

#[test]
fn the_form_of_the_play_console() {
    let claimed = names(FORM.as_bytes());
    let expected = [
        "declares-no-search-history",
        "declares-search-history-not-shared",
        "declares-email-not-shared",
        "declares-encrypted",
    ];
    assert_eq!(claimed, expected, "what the form does not speak of is no claim");
    let with_mark = [b"\xef\xbb\xbf", FORM.as_bytes()].concat();
    assert_eq!(names(&with_mark), expected);
    let nothing = FORM.replace("COLLECTS_PERSONAL_DATA,,TRUE", "COLLECTS_PERSONAL_DATA,,FALSE");
    assert!(has(&names(nothing.as_bytes()), "declares-no-email"));
}

#[test]
fn the_section_of_a_play_listing() {
    let listing = br#"{"appId": "x", "datasafety": {
        "sharedData": [{"data": "Device or other IDs", "optional": false, "purpose": "Analytics", "type": "Device or other IDs"}],
        "collectedData": [{"data": "Web browsing history", "optional": true, "purpose": "Analytics", "type": "Web browsing"}],
        "securityPractices": [{"practice": "Data is encrypted in transit", "description": "..."}]}}"#;
    let claimed = names(listing);
    assert!(has(&claimed, "declares-no-search-history") && has(&claimed, "declares-encrypted"));
    assert!(!has(&claimed, "declares-no-browsing-history") && has(&claimed, "declares-browsing-history-not-shared"));
    assert!(!has(&claimed, "declares-no-device-ids") && !has(&claimed, "declares-device-ids-not-shared"));
    let text = std::str::from_utf8(listing).unwrap().replace("Data is encrypted", "Data isn't encrypted");
    assert!(!has(&names(text.as_bytes()), "declares-encrypted"));
}

#[test]
fn the_labels_of_an_app_store_listing() {
    let listing = br#"{"data": [{"attributes": {"privacyDetails": {"privacyTypes": [
        {"privacyType": "Data Linked to You", "identifier": "DATA_LINKED_TO_YOU", "dataCategories": [],
         "purposes": [{"purpose": "Analytics", "identifier": "ANALYTICS", "dataCategories": [
            {"dataCategory": "Identifiers", "identifier": "IDENTIFIERS", "dataTypes": ["User ID"]}]}]},
        {"privacyType": "Data Not Linked to You", "identifier": "DATA_NOT_LINKED_TO_YOU", "purposes": [], "dataCategories": [
            {"dataCategory": "Search History", "identifier": "SEARCH_HISTORY"},
            {"dataCategory": "Identifiers", "identifier": "IDENTIFIERS", "dataTypes": ["User ID", "Device ID"]}]}
    ]}}}]}"#;
    let claimed = names(listing);
    for name in ["declares-no-browsing-history", "declares-search-history-not-linked", "declares-device-ids-not-linked"]
    {
        assert!(has(&claimed, name), "{name}: {claimed:?}");
    }
    assert!(!has(&claimed, "declares-user-ids-not-linked"), "linked for one purpose is linked");
    assert!(has(&claimed, "declares-no-tracking"));
    let nothing = br#"{"privacyTypes": [{"identifier": "DATA_NOT_COLLECTED", "dataCategories": [], "purposes": []}]}"#;
    assert_eq!(names(nothing).len(), CATEGORIES.len() + 1);
    let silent = br#"{"privacyTypes": [{"identifier": "DATA_NOT_PROVIDED"}]}"#;
    assert_eq!(read(silent), Err(DeclaredError::Unknown));
}

fn manifest() -> plist::Value {
    let entry = |kind: &str, linked: bool| {
        let mut entry = plist::Dictionary::new();
        entry.insert("NSPrivacyCollectedDataType".into(), format!("NSPrivacyCollectedDataType{kind}").into());
        entry.insert("NSPrivacyCollectedDataTypeLinked".into(), linked.into());
        plist::Value::Dictionary(entry)
    };
    let mut root = plist::Dictionary::new();
    root.insert("NSPrivacyTracking".into(), false.into());
    let entries = vec![entry("SearchHistory", false), entry("EmailAddress", true)];
    root.insert("NSPrivacyCollectedDataTypes".into(), entries.into());
    plist::Value::Dictionary(root)
}

#[test]
fn a_manifest_as_xml_and_as_binary() {
    let (mut xml, mut binary) = (Vec::new(), Vec::new());
    manifest().to_writer_xml(&mut xml).unwrap();
    manifest().to_writer_binary(&mut binary).unwrap();
    let claimed = names(&xml);
    assert_eq!(names(&binary), claimed);
    assert!(has(&claimed, "declares-search-history-not-linked") && has(&claimed, "declares-no-tracking"));
    assert!(has(&claimed, "declares-no-browsing-history") && !has(&claimed, "declares-no-email"));
    assert!(!has(&claimed, "declares-email-not-linked"));
}

#[test]
fn hostile_and_foreign_files_are_refused() {
    let deep = [&b"<?xml version=\"1.0\"?><plist>"[..], &b"<array>".repeat(100_000)].concat();
    assert_eq!(read(&deep), Err(DeclaredError::TooLarge));
    let mut binary = Vec::new();
    manifest().to_writer_binary(&mut binary).unwrap();
    let at = binary.len() - 24;
    binary[at..at + 8].copy_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(read(&binary), Err(DeclaredError::TooLarge));
    assert_eq!(read(&vec![b' '; LONGEST + 1]), Err(DeclaredError::TooLarge));
    for foreign in [&b"{}"[..], b"", b"hello", b"[[claim]]", b"<plist><dict/></plist>"] {
        assert!(read(foreign).is_err(), "{foreign:?}");
    }
    assert!(matches!(read(&b"[".repeat(100_000)), Err(DeclaredError::Broken { .. })));
}

#[test]
fn what_ties_a_category_to_a_person_is_something_else_than_itself() {
    for category in CATEGORIES {
        let identity = identity(category);
        assert!(!identity.is_empty() && category.kinds.iter().all(|kind| !identity.include(kind)), "{}", category.name);
        let known = Kinds::known();
        let words = [category.kinds, category.done, category.planted].concat();
        assert!(words.iter().all(|word| known.contains(word)), "{}", category.name);
    }
}
