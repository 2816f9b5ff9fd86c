//! What hosts are seen to send; it refers to hosts by their keys, and to resources without a constraint, since these
//! may be forgotten.

diesel::table! {
    served_certificates (id) {
        id -> BigInt,
        host -> Text,
        wildcard -> Text,
        address -> Text,
        port -> Integer,
        via -> Text,
        proxied -> Bool,
        outcome -> Text,
        error -> Text,
        chain -> Text,
        fingerprint -> Text,
        not_after -> Nullable<Timestamp>,
        judgement -> Text,
        rank -> Integer,
        findings -> Text,
        resource_id -> Nullable<BigInt>,
        planned_at -> Timestamp,
        checked_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
        since -> Timestamp,
        good_at -> Nullable<Timestamp>,
        judge_at -> Nullable<Timestamp>,
        gone_at -> Nullable<Timestamp>,
    }
}
