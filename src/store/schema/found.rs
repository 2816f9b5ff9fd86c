//! What does not fit together, and what people ignore of it.

diesel::table! {
    findings (id) {
        id -> BigInt,
        rule -> Text,
        walked_id -> BigInt,
        resource_id -> BigInt,
        subject -> Text,
        name -> Text,
        source -> Text,
        region -> Text,
        cluster -> Text,
        needs -> Text,
        doubt -> Text,
        found_at -> Timestamp,
    }
}

diesel::table! {
    finding_ignores (rule, resource_id, subject) {
        rule -> Text,
        resource_id -> BigInt,
        subject -> Text,
        until -> Timestamp,
        reason -> Text,
        ignored_by -> Text,
        ignored_at -> Timestamp,
    }
}

diesel::table! {
    finding_passes (rule) {
        rule -> Text,
        began_at -> Timestamp,
        ended_at -> Timestamp,
        state_of -> Text,
    }
}

diesel::table! {
    finding_counts (rule, needs, doubt) {
        rule -> Text,
        needs -> Text,
        doubt -> Text,
        n -> BigInt,
    }
}
