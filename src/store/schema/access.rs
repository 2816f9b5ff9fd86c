//! Who may enter and who sees what: people, their second factors, sessions and tokens, who is invited, attempts to sign
//! in, teams.

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        role -> Text,
        password_hash -> Text,
        epoch -> BigInt,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        last_sign_in_at -> Nullable<Timestamp>,
        second_factor_at -> Nullable<Timestamp>,
        reach -> Text,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        user_id -> Nullable<BigInt>,
        state -> Text,
        created_at -> Timestamp,
        used_at -> Timestamp,
        expires_at -> Timestamp,
        address -> Text,
        user_agent -> Text,
        views_user_id -> Nullable<BigInt>,
        views_team_id -> Nullable<BigInt>,
        views_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sign_in_attempts (id) {
        id -> BigInt,
        subject -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    setup_links (token_hash) {
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> BigInt,
        name -> Text,
        prefix -> Text,
        token_hash -> Text,
        scope -> Text,
        created_by -> Text,
        user_id -> Nullable<BigInt>,
        allowed_networks -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        last_used_address -> Text,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> BigInt,
        sealed -> Text,
        begun_at -> Timestamp,
        last_step -> BigInt,
        failures -> BigInt,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> BigInt,
        code_hash -> Text,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    half_sign_ins (token_hash) {
        token_hash -> Text,
        user_id -> BigInt,
        epoch -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        token_hash -> Text,
        email -> Text,
        role -> Text,
        invited_by -> Text,
        inviter_id -> Nullable<BigInt>,
        token_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        reach -> Text,
    }
}

diesel::table! {
    teams (id) {
        id -> BigInt,
        name -> Text,
        note -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    team_members (team_id, user_id) {
        team_id -> BigInt,
        user_id -> BigInt,
    }
}

diesel::table! {
    team_rules (id) {
        id -> BigInt,
        team_id -> BigInt,
        region -> Text,
        cluster -> Text,
        app -> Text,
    }
}

diesel::joinable!(half_sign_ins -> users (user_id));
diesel::joinable!(invitations -> users (inviter_id));
diesel::joinable!(invitations -> api_tokens (token_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(team_members -> users (user_id));
diesel::joinable!(team_members -> teams (team_id));
diesel::joinable!(team_rules -> teams (team_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    api_tokens,
    half_sign_ins,
    invitations,
    teams,
    team_members,
    team_rules,
);
