//! Which of our kinds a store's category of data means.
//!
//! Sources of the words: Google, "Provide information for Google Play's Data safety section" (data types) and the Play
//! Console's CSV template (response ids); Apple, "App privacy details on the App Store" (data types) and "Describing
//! data use in privacy manifests" (keys). A category is here only where a kind of ours surely belongs to it; what a
//! store calls for but no ground truth can plant (health, contacts, photos) is not.

/// A category of data as the stores name it.
#[derive(Debug, Clone, Copy)]
pub struct Category {
    /// Name in claims.
    pub name: &'static str,
    /// Words for a person.
    pub words: &'static str,
    /// Our kinds that belong to it.
    pub kinds: &'static [&'static str],
    /// Actions that must have been done before silence says anything; empty: any.
    pub done: &'static [&'static str],
    /// Kinds or groups of values that must have been planted.
    pub planted: &'static [&'static str],
    /// Response id in Google's form.
    pub play_id: &'static str,
    /// Name in a Google Play listing.
    pub play_name: &'static str,
    /// `NSPrivacyCollectedDataType…`, the end of it, as in Apple's manifests.
    pub apple_key: &'static str,
    /// Name of the data type in an App Store listing.
    pub apple_name: &'static str,
    /// Identifier of the category that holds it there.
    pub apple_category: &'static str,
}

const NONE: &[&str] = &[];

/// All categories that can be told of.
pub const CATEGORIES: &[Category] = &[
    Category {
        name: "browsing-history",
        words: "web browsing history",
        kinds: &["visit", "download", "read-news", "url", "url-path"],
        done: &["visit"],
        planted: NONE,
        play_id: "PSL_WEB_BROWSING_HISTORY",
        play_name: "Web browsing history",
        apple_key: "BrowsingHistory",
        apple_name: "Browsing History",
        apple_category: "BROWSING_HISTORY",
    },
    Category {
        name: "search-history",
        words: "search history",
        kinds: &["search"],
        done: &["search"],
        planted: NONE,
        play_id: "PSL_IN_APP_SEARCH_HISTORY",
        play_name: "In-app search history",
        apple_key: "SearchHistory",
        apple_name: "Search History",
        apple_category: "SEARCH_HISTORY",
    },
    Category {
        name: "interactions",
        words: "interactions with the app",
        kinds: &["open-screen", "setting", "play-music", "play-video"],
        done: &["open-screen"],
        planted: NONE,
        play_id: "PSL_USER_INTERACTION",
        play_name: "App interactions",
        apple_key: "ProductInteraction",
        apple_name: "Product Interaction",
        apple_category: "USAGE_DATA",
    },
    Category {
        name: "device-ids",
        words: "device ids",
        kinds: &["imei", "imsi", "iccid", "serial", "mac", "android-id", "advertising-id", "uuid"],
        done: NONE,
        planted: &["device"],
        play_id: "PSL_DEVICE_ID",
        play_name: "Device or other IDs",
        apple_key: "DeviceID",
        apple_name: "Device ID",
        apple_category: "IDENTIFIERS",
    },
    Category {
        name: "user-ids",
        words: "user ids",
        kinds: &["account-id"],
        done: NONE,
        planted: &["account-id"],
        play_id: "PSL_USER_ACCOUNT",
        play_name: "User IDs",
        apple_key: "UserID",
        apple_name: "User ID",
        apple_category: "IDENTIFIERS",
    },
    Category {
        name: "name",
        words: "the name",
        kinds: &["person-name"],
        done: NONE,
        planted: &["person-name"],
        play_id: "PSL_NAME",
        play_name: "Name",
        apple_key: "Name",
        apple_name: "Name",
        apple_category: "CONTACT_INFO",
    },
    Category {
        name: "email",
        words: "the e-mail address",
        kinds: &["email"],
        done: NONE,
        planted: &["email"],
        play_id: "PSL_EMAIL",
        play_name: "Email address",
        apple_key: "EmailAddress",
        apple_name: "Email Address",
        apple_category: "CONTACT_INFO",
    },
    Category {
        name: "phone",
        words: "the phone number",
        kinds: &["phone"],
        done: NONE,
        planted: &["phone"],
        play_id: "PSL_PHONE",
        play_name: "Phone number",
        apple_key: "PhoneNumber",
        apple_name: "Phone Number",
        apple_category: "CONTACT_INFO",
    },
    Category {
        name: "address",
        words: "the postal address",
        kinds: &["postal-address"],
        done: NONE,
        planted: &["postal-address"],
        play_id: "PSL_ADDRESS",
        play_name: "Address",
        apple_key: "PhysicalAddress",
        apple_name: "Physical Address",
        apple_category: "CONTACT_INFO",
    },
    Category {
        name: "precise-location",
        words: "the precise location",
        kinds: &["latitude", "longitude", "bssid"],
        done: NONE,
        planted: &["latitude"],
        play_id: "PSL_PRECISE_LOCATION",
        play_name: "Precise location",
        apple_key: "PreciseLocation",
        apple_name: "Precise Location",
        apple_category: "LOCATION",
    },
    Category {
        name: "payment",
        words: "payment details",
        kinds: &["card", "iban"],
        done: NONE,
        planted: &["card"],
        play_id: "PSL_CREDIT_DEBIT_BANK_ACCOUNT_NUMBER",
        play_name: "User payment info",
        apple_key: "PaymentInfo",
        apple_name: "Payment Info",
        apple_category: "FINANCIAL_INFO",
    },
];
