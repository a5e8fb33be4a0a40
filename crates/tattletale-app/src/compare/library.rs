//! Common libraries by their package names: what two apps share because everybody uses it says nothing of their kinship.

/// Beginnings of bare class names. The support libraries, Kotlin, and the libraries that most apps carry.
const PREFIXES: &[&str] = &[
    "android/",
    "androidx/",
    "j$/",
    "java/",
    "javax/",
    "kotlin/",
    "kotlinx/",
    "org/jetbrains/",
    "org/intellij/",
    "com/google/",
    "com/android/volley/",
    "com/squareup/",
    "okhttp3/",
    "okio/",
    "retrofit2/",
    "org/apache/",
    "org/w3c/",
    "org/xml/",
    "org/json/",
    "org/slf4j/",
    "org/junit/",
    "org/hamcrest/",
    "junit/",
    "org/mockito/",
    "org/bouncycastle/",
    "org/conscrypt/",
    "org/checkerframework/",
    "io/reactivex/",
    "rx/",
    "io/netty/",
    "io/grpc/",
    "io/ktor/",
    "dagger/",
    "butterknife/",
    "com/bumptech/glide/",
    "com/facebook/",
    "com/fasterxml/",
    "com/airbnb/lottie/",
    "com/jayway/jsonpath/",
    "net/minidev/",
    "org/greenrobot/",
    "org/chromium/",
    "org/jsoup/",
    "com/tencent/mmkv/",
    "com/jakewharton/",
    "_COROUTINE/",
    "defpackage/R$",
];

/// Whether a class is a common library's, by its bare descriptor. A generated `R` belongs to nobody either.
pub(super) fn is_library(bare: &[u8]) -> bool {
    let name = bare.rsplit(|byte| *byte == b'/').next().unwrap_or(bare);
    name == b"R" || name.starts_with(b"R$") || PREFIXES.iter().any(|prefix| bare.starts_with(prefix.as_bytes()))
}

/// Whether a name is Android's or Java's own, so that no obfuscator may change it. `bare` is of a class that the app
/// does not define.
pub(super) fn is_framework(bare: &[u8]) -> bool {
    const OURS: [&[u8]; 12] = [
        b"android/",
        b"java/",
        b"javax/",
        b"dalvik/",
        b"org/json/",
        b"org/w3c/dom/",
        b"org/xml/sax/",
        b"org/xmlpull/",
        b"sun/",
        b"libcore/",
        b"com/android/internal/",
        b"org/apache/http/",
    ];
    OURS.iter().any(|prefix| bare.starts_with(prefix))
}
