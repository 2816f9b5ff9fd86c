//! The tables as diesel sees them: portable types only, the same on both databases.

mod access;
mod dns;
mod found;
mod outside;
mod sealed;
mod served;

pub use access::{
    api_tokens, half_sign_ins, invitations, recovery_codes, second_factors, sessions, setup_links, sign_in_attempts,
    team_members, team_rules, teams, users,
};
pub use dns::{annotations, dns_change_checks, dns_change_sets, dns_change_subjects, dns_changes, resource_writes};
pub use found::{finding_counts, finding_ignores, finding_passes, findings};
pub use outside::{idempotency_keys, run_lanes, run_steps, run_subjects, runs};
pub use sealed::{secret_values, vault};
pub use served::served_certificates;

diesel::table! {
    id_blocks (name) {
        name -> Text,
        next_id -> BigInt,
    }
}

diesel::table! {
    sources (name) {
        name -> Text,
        provider -> Text,
        state -> Text,
        reason -> Text,
        every_seconds -> BigInt,
        region -> Text,
        cluster -> Text,
        attempted_at -> Nullable<Timestamp>,
        succeeded_at -> Nullable<Timestamp>,
        removed_at -> Nullable<Timestamp>,
        kinds -> Text,
    }
}

diesel::table! {
    scopes (id) {
        id -> BigInt,
        source -> Text,
        kind -> Text,
        name -> Text,
        parent_kind -> Text,
        parent_external_id -> Text,
        state -> Text,
        reason -> Text,
        present -> BigInt,
        peaks -> Text,
        plan -> Text,
        attempted_at -> Nullable<Timestamp>,
        confirmed_at -> Nullable<Timestamp>,
        gone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resources (id) {
        id -> BigInt,
        kind -> Text,
        source -> Text,
        scope_id -> BigInt,
        external_id -> Text,
        external_hash -> BigInt,
        fingerprint -> BigInt,
        name -> Text,
        status -> Text,
        region -> Text,
        cluster -> Text,
        app -> Text,
        role -> Text,
        app_type -> Text,
        environment -> Text,
        facet_a -> Text,
        facet_b -> Text,
        facet_c -> Text,
        due_at -> Nullable<Timestamp>,
        attrs -> Text,
        first_seen_at -> Timestamp,
        changed_at -> Timestamp,
        missing_since -> Nullable<Timestamp>,
        gone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resource_versions (id) {
        id -> BigInt,
        resource_id -> BigInt,
        kind -> Text,
        source -> Text,
        name -> Text,
        status -> Text,
        region -> Text,
        cluster -> Text,
        app -> Text,
        role -> Text,
        app_type -> Text,
        environment -> Text,
        facet_a -> Text,
        facet_b -> Text,
        facet_c -> Text,
        due_at -> Nullable<Timestamp>,
        attrs -> Text,
        valid_from -> Timestamp,
        valid_until -> Timestamp,
        ended_gone -> Bool,
    }
}

diesel::table! {
    resource_keys (resource_id, key, role) {
        resource_id -> BigInt,
        key -> Text,
        role -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resource_refs (resource_id, key, role) {
        resource_id -> BigInt,
        key -> Text,
        role -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    resource_places (resource_id, position) {
        resource_id -> BigInt,
        position -> Integer,
        region -> Text,
        cluster -> Text,
        app -> Text,
        role -> Text,
        app_type -> Text,
        environment -> Text,
        origin -> Text,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    placement_due (id) {
        id -> BigInt,
        resource_id -> BigInt,
        hops -> BigInt,
    }
}

diesel::table! {
    terms (id) {
        id -> BigInt,
        term -> Text,
        opaque -> Bool,
    }
}

diesel::table! {
    resource_terms (term_id, resource_id) {
        term_id -> BigInt,
        resource_id -> BigInt,
        since -> Timestamp,
        until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    counts (kind, facet, value, cluster) {
        kind -> Text,
        facet -> Text,
        value -> Text,
        cluster -> Text,
        present -> BigInt,
    }
}

diesel::table! {
    syncs (id) {
        id -> BigInt,
        source -> Text,
        state -> Text,
        requested_by -> Text,
        requested_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        worker -> Text,
        lease_until -> Nullable<Timestamp>,
        reason -> Text,
        notes -> Text,
    }
}

diesel::table! {
    sync_results (sync_id, scope_id) {
        sync_id -> BigInt,
        scope_id -> BigInt,
        state -> Text,
        reason -> Text,
        added -> BigInt,
        changed -> BigInt,
        gone -> BigInt,
        unchanged -> BigInt,
        held -> BigInt,
    }
}

diesel::table! {
    sync_stage (scope_id, position) {
        scope_id -> BigInt,
        position -> BigInt,
        external_hash -> BigInt,
        op -> Text,
        external_id -> Text,
        fingerprint -> BigInt,
        attrs -> Text,
    }
}

diesel::table! {
    held_losses (id) {
        id -> BigInt,
        scope_id -> BigInt,
        subject -> Text,
        state -> Text,
        reason -> Text,
        baseline -> BigInt,
        opened_at -> Timestamp,
        seen -> BigInt,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Text,
        decision_reason -> Text,
    }
}

diesel::table! {
    held_loss_items (held_loss_id, resource_id) {
        held_loss_id -> BigInt,
        resource_id -> BigInt,
    }
}

diesel::table! {
    tasks (name) {
        name -> Text,
        enabled -> Bool,
        due_at -> Timestamp,
        requested_at -> Nullable<Timestamp>,
        requested_by -> Text,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        outcome -> Text,
        report -> Text,
        worker -> Text,
        lease_until -> Nullable<Timestamp>,
        about -> Text,
        cadence -> BigInt,
    }
}

diesel::table! {
    worker_heartbeats (worker) {
        worker -> Text,
        version -> Text,
        started_at -> Timestamp,
        beat_at -> Timestamp,
    }
}

diesel::table! {
    alerts (id) {
        id -> BigInt,
        fingerprint -> Text,
        rule -> Text,
        severity -> Text,
        state -> Text,
        title -> Text,
        body -> Text,
        link -> Text,
        resource_id -> Nullable<BigInt>,
        source -> Text,
        due_at -> Nullable<Timestamp>,
        opened_at -> Timestamp,
        changed_at -> Timestamp,
        resolved_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    source_totals (source) {
        source -> Text,
        scopes -> BigInt,
        complete_scopes -> BigInt,
        present -> BigInt,
        confirmed_scopes -> BigInt,
        oldest_confirmed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    alert_counts (state, severity) {
        state -> Text,
        severity -> Text,
        n -> BigInt,
    }
}

diesel::table! {
    alert_transitions (id) {
        id -> BigInt,
        alert_id -> BigInt,
        at -> Timestamp,
        from_state -> Text,
        to_state -> Text,
        actor -> Text,
        note -> Text,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> Timestamp,
        actor -> Text,
        effective_actor -> Text,
        address -> Text,
        request_id -> Text,
        action -> Text,
        subject -> Text,
        reason -> Text,
        before_state -> Text,
        after_state -> Text,
        outcome -> Text,
        completed_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    id_blocks,
    sources,
    source_totals,
    scopes,
    resources,
    resource_versions,
    resource_keys,
    resource_refs,
    resource_places,
    placement_due,
    terms,
    resource_terms,
    counts,
    syncs,
    sync_results,
    sync_stage,
    held_losses,
    held_loss_items,
    tasks,
    worker_heartbeats,
    alerts,
    alert_counts,
    alert_transitions,
    audit_log,
);
