//! What of the device, its user and other apps the code asks for: calls and fields of Android's own interface, which no
//! renaming can touch.
//!
//! That a call is in the code says that it can be asked for, not that it was, nor that the answer leaves the phone.

use std::collections::BTreeSet;

use tattletale_core::model::app::{Asked, Place};

use super::Shown;
use super::references::{ASKED, Marks, Use};
use super::sdks::Owners;
use super::unit::{Unit, java_name};
use crate::dex::Index;

/// Places of one call that are listed.
const PLACES: usize = 5;

/// One way to ask. `class` is a descriptor; `with` a string that must stand in the same method.
struct Way {
    kind: &'static str,
    class: &'static str,
    names: &'static [&'static str],
    with: Option<&'static str>,
}

const fn way(kind: &'static str, class: &'static str, names: &'static [&'static str]) -> Way {
    Way { kind, class, names, with: None }
}

/// Kinds are those of ground truth and of the detectors of personal data where they have one.
/// Source: the class reference of developer.android.com.
static WAYS: &[Way] = &[
    way("imei", "Landroid/telephony/TelephonyManager;", &["getDeviceId", "getImei", "getMeid"]),
    way("imsi", "Landroid/telephony/TelephonyManager;", &["getSubscriberId"]),
    way("sim-serial", "Landroid/telephony/TelephonyManager;", &["getSimSerialNumber"]),
    way("phone", "Landroid/telephony/TelephonyManager;", &["getLine1Number"]),
    way(
        "cell",
        "Landroid/telephony/TelephonyManager;",
        &["getAllCellInfo", "getCellLocation", "getNeighboringCellInfo"],
    ),
    Way {
        kind: "android-id",
        class: "Landroid/provider/Settings$Secure;",
        names: &["getString"],
        with: Some("android_id"),
    },
    way("advertising-id", "Lcom/google/android/gms/ads/identifier/AdvertisingIdClient;", &["getAdvertisingIdInfo"]),
    way("advertising-id", "Lcom/google/android/gms/ads/identifier/AdvertisingIdClient$Info;", &["getId"]),
    way("oaid", "Lcom/bun/miitmdid/core/MdidSdkHelper;", &["InitSdk"]),
    way("mac", "Landroid/net/wifi/WifiInfo;", &["getMacAddress"]),
    way("mac", "Ljava/net/NetworkInterface;", &["getHardwareAddress"]),
    way("mac", "Landroid/bluetooth/BluetoothAdapter;", &["getAddress"]),
    way("ssid", "Landroid/net/wifi/WifiInfo;", &["getSSID"]),
    way("bssid", "Landroid/net/wifi/WifiInfo;", &["getBSSID"]),
    way("wifi-scan", "Landroid/net/wifi/WifiManager;", &["getScanResults", "getConfiguredNetworks"]),
    way("serial", "Landroid/os/Build;", &["getSerial", "SERIAL"]),
    way("installed-apps", "Landroid/content/pm/PackageManager;", &["getInstalledPackages", "getInstalledApplications"]),
    way(
        "running-apps",
        "Landroid/app/ActivityManager;",
        &["getRunningTasks", "getRunningAppProcesses", "getRecentTasks"],
    ),
    way(
        "app-usage",
        "Landroid/app/usage/UsageStatsManager;",
        &["queryUsageStats", "queryEvents", "queryAndAggregateUsageStats"],
    ),
    way(
        "location",
        "Landroid/location/LocationManager;",
        &["getLastKnownLocation", "requestLocationUpdates", "getCurrentLocation"],
    ),
    way(
        "location",
        "Lcom/google/android/gms/location/FusedLocationProviderClient;",
        &["getLastLocation", "requestLocationUpdates"],
    ),
    way("accounts", "Landroid/accounts/AccountManager;", &["getAccounts", "getAccountsByType"]),
    way("clipboard", "Landroid/content/ClipboardManager;", &["getPrimaryClip"]),
    way("drm-id", "Landroid/media/MediaDrm;", &["getPropertyByteArray"]),
];

/// Marks every row of a file that is one of the ways, and tells which.
pub(crate) fn mark(unit: &Unit<'_>, strings: &[Option<&[u8]>], marks: &mut Marks) -> Vec<(Index, u32, usize)> {
    let mut rows = Vec::new();
    let types: Vec<bool> = (0..unit.dex.types())
        .map(|kind| unit.dex.descriptor(kind).is_some_and(|name| WAYS.iter().any(|way| way.class.as_bytes() == name)))
        .collect();
    let which = |class: &[u8], name: &[u8]| {
        WAYS.iter().position(|way| way.class.as_bytes() == class && way.names.iter().any(|n| n.as_bytes() == name))
    };
    for number in 0..unit.dex.methods() {
        let class = unit.dex.class_of_method(number);
        if class.is_none_or(|class| types.get(class as usize) != Some(&true)) {
            continue;
        }
        if let Some(way) = unit.dex.method(number).and_then(|method| which(method.class, method.name)) {
            marks.methods[number as usize] |= ASKED;
            rows.push((Index::Method, number, way));
        }
    }
    for number in 0..unit.dex.fields() {
        let class = unit.dex.class_of_field(number);
        if class.is_none_or(|class| types.get(class as usize) != Some(&true)) {
            continue;
        }
        if let Some(way) = unit.dex.field(number).and_then(|field| which(field.class, field.name)) {
            marks.fields[number as usize] |= ASKED;
            rows.push((Index::Field, number, way));
        }
    }
    for (position, way) in WAYS.iter().enumerate() {
        let Some(with) = way.with else { continue };
        for (number, string) in (0..).zip(strings) {
            if *string == Some(with.as_bytes()) {
                marks.strings[number as usize] |= ASKED;
                rows.push((Index::String, number, position));
            }
        }
    }
    rows
}

/// What is asked for, by kind and call.
pub(crate) fn find(
    shown: &Shown<'_, '_>,
    rows: &[Vec<(Index, u32, usize)>],
    uses: &[Vec<Use>],
    owners: &Owners,
) -> Vec<Asked> {
    let mut found: std::collections::BTreeMap<(usize, String), (BTreeSet<Place>, BTreeSet<String>)> =
        Default::default();
    for (file, (rows, uses)) in rows.iter().zip(uses).enumerate() {
        let unit = &shown.units[file];
        let way = |used: &Use| rows.iter().find(|(index, row, _)| (*index, *row) == (used.index, used.row));
        let with: BTreeSet<(usize, u32)> = uses
            .iter()
            .filter(|used| used.index == Index::String)
            .filter_map(|used| Some((way(used)?.2, used.method)))
            .collect();
        for used in uses.iter().filter(|used| used.index != Index::String) {
            let Some(&(_, _, position)) = way(used) else { continue };
            if WAYS[position].with.is_some() && !with.contains(&(position, used.method)) {
                continue;
            }
            let name = match used.index {
                Index::Field => unit.dex.field(used.row).map(|field| field.name),
                _ => unit.dex.method(used.row).map(|method| method.name),
            };
            let name = crate::dex::text(name.unwrap_or_default()).into_owned();
            let api = format!("{}.{name}", java_name(WAYS[position].class.as_bytes()));
            let descriptor = unit.classes[used.class as usize].descriptor;
            // A kit's wrapper of a call is no caller of it.
            if descriptor == WAYS[position].class.as_bytes() {
                continue;
            }
            let (places, sdks) = found.entry((position, api)).or_default();
            places.insert(Place { file: unit.place.clone(), class: java_name(descriptor) });
            if let Some(owner) = owners[file][used.class as usize] {
                sdks.insert(shown.signatures.list[owner].name.clone());
            }
        }
    }
    let asked = found.into_iter().map(|((position, api), (places, sdks))| Asked {
        kind: WAYS[position].kind,
        api,
        classes: places.len() as u64,
        places: places.into_iter().take(PLACES).collect(),
        sdks: sdks.into_iter().collect(),
    });
    asked.collect()
}
