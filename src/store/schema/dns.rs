//! DNS changes, what the panel has written, and what people say about resources.

diesel::table! {
    dns_changes (id) {
        id -> BigInt,
        action -> Text,
        title -> Text,
        ask -> Text,
        plan -> Text,
        generation -> BigInt,
        from_id -> Nullable<BigInt>,
        to_id -> Nullable<BigInt>,
        actor -> Text,
        effective_actor -> Text,
        reason -> Text,
        override_reason -> Text,
        planned_at -> Timestamp,
        expires_at -> Timestamp,
        run_id -> Nullable<BigInt>,
        applied_at -> Nullable<Timestamp>,
        undo_until -> Nullable<Timestamp>,
        undo_of -> Nullable<BigInt>,
        undone_by -> Nullable<BigInt>,
        follows -> Nullable<BigInt>,
        restore_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    dns_change_sets (change_id, position) {
        change_id -> BigInt,
        position -> Integer,
        change -> Text,
        written_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    dns_change_subjects (change_id, resource_id) {
        change_id -> BigInt,
        resource_id -> BigInt,
    }
}

diesel::table! {
    dns_change_checks (change_id, zone, server) {
        change_id -> BigInt,
        zone -> Text,
        server -> Text,
        served -> Integer,
        judged -> Integer,
        answering -> Integer,
        trouble -> Text,
        asked_at -> Timestamp,
        served_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resource_writes (scope_id, external_hash) {
        scope_id -> BigInt,
        external_hash -> BigInt,
        written_at -> Timestamp,
    }
}

diesel::table! {
    annotations (resource_id) {
        resource_id -> BigInt,
        note -> Text,
        someone_elses -> Text,
        own_name -> Bool,
        by_actor -> Text,
        at -> Timestamp,
    }
}
