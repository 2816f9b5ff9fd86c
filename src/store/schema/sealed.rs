//! What is sealed, and by which key; nothing is ever joined with these.

diesel::table! {
    vault (id) {
        id -> BigInt,
        key_id -> Text,
        digest_key -> Text,
        since -> Timestamp,
    }
}

diesel::table! {
    secret_values (id) {
        id -> BigInt,
        scope_id -> BigInt,
        external_hash -> BigInt,
        name -> Text,
        digest -> Text,
        sealed -> Text,
        since -> Timestamp,
    }
}
