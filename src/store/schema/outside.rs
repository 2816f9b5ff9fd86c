//! What is done outside, and what a request that comes twice has already made.

diesel::table! {
    runs (id) {
        id -> BigInt,
        parent_id -> Nullable<BigInt>,
        action -> Text,
        title -> Text,
        target -> Text,
        state -> Text,
        plan -> Text,
        undo -> Text,
        reason -> Text,
        actor -> Text,
        effective_actor -> Text,
        audit_id -> BigInt,
        priority -> Integer,
        requested_at -> Timestamp,
        not_before -> Timestamp,
        deadline_seconds -> BigInt,
        started_at -> Nullable<Timestamp>,
        deadline_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        outcome -> Text,
        turned -> Text,
        cancel_requested_at -> Nullable<Timestamp>,
        cancel_requested_by -> Text,
        worker -> Text,
        epoch -> BigInt,
        lease_until -> Nullable<Timestamp>,
        reap_at -> Nullable<Timestamp>,
        revision -> BigInt,
        acknowledged_at -> Nullable<Timestamp>,
        acknowledged_by -> Text,
    }
}

diesel::table! {
    run_lanes (run_id, lane) {
        run_id -> BigInt,
        lane -> Text,
        source -> Text,
        held -> Bool,
        wanted -> Bool,
    }
}

diesel::table! {
    run_steps (run_id, position) {
        run_id -> BigInt,
        position -> Integer,
        undoes -> Nullable<Integer>,
        title -> Text,
        what -> Text,
        after_crash -> Text,
        state -> Text,
        attempts -> Integer,
        started_at -> Nullable<Timestamp>,
        fenced_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        outcome -> Text,
        request -> Text,
        answer -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    run_subjects (run_id, resource_id) {
        run_id -> BigInt,
        resource_id -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (actor, key) {
        actor -> Text,
        key -> Text,
        body_hash -> Text,
        made -> Text,
        at -> Timestamp,
    }
}
