//! The certificate as a configuration profile, which is how iOS takes it (Apple, Configuration Profile Reference).

/// The profile; identifiers follow from the certificate's fingerprint, so that installing it twice replaces it.
pub(super) fn of(der: &[u8], fingerprint: &str) -> String {
    let hex: String = fingerprint.chars().filter(char::is_ascii_hexdigit).take(32).collect();
    let uuid = |last: &str| {
        format!("{}-{}-4{}-8{}-{}{last}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..31])
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadContent</key><array><dict>
<key>PayloadCertificateFileName</key><string>tattletale.crt</string>
<key>PayloadContent</key><data>{}</data>
<key>PayloadDisplayName</key><string>Tattletale capture</string>
<key>PayloadIdentifier</key><string>test.tattletale.certificate</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></array>
<key>PayloadDisplayName</key><string>Tattletale capture</string>
<key>PayloadIdentifier</key><string>test.tattletale</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></plist>
"#,
        base64_simd::STANDARD.encode_to_string(der),
        uuid("1"),
        uuid("2"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_uuids() {
        let profile = of(b"certificate", &"AB:".repeat(32));
        let uuid = profile.split("<key>PayloadUUID</key><string>").nth(1).and_then(|rest| rest.split('<').next());
        let lengths: Vec<usize> = uuid.unwrap().split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
