//! The calls about people and invitations.

use serde_json::{Value, json};

use super::{MOMENT, Operation, in_path, page_of};

/// Those calls.
pub fn all() -> [Operation; 5] {
    [users(), reset_second_factor(), invitations(), invite(), revoke_invitation()]
}

fn users() -> Operation {
    Operation {
        method: "get",
        path: "/users".to_owned(),
        id: "list_users".to_owned(),
        summary: "Who may sign in, as what, and who has a second factor; takes a token of an administrator's"
            .to_owned(),
        tag: "Access",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: "UserList".to_owned(),
        example: page_of(user(json!(MOMENT)), Value::Null),
        csv: false,
    }
}

fn reset_second_factor() -> Operation {
    Operation {
        method: "delete",
        path: "/users/{id}/second-factor".to_owned(),
        id: "reset_second_factor".to_owned(),
        summary: "Take a lost second factor away; ends the person's sessions, tokens and invitations".to_owned(),
        tag: "Access",
        parameters: vec![in_path("id", "Of the person.")],
        body: None,
        status: 200,
        answer: "UserItem".to_owned(),
        example: user(Value::Null),
        csv: false,
    }
}

fn invitations() -> Operation {
    Operation {
        method: "get",
        path: "/invitations".to_owned(),
        id: "list_invitations".to_owned(),
        summary: "Who is invited and has no account yet, the newest first; takes a token of an administrator's"
            .to_owned(),
        tag: "Access",
        parameters: Vec::new(),
        body: None,
        status: 200,
        answer: "InvitationList".to_owned(),
        example: page_of(invitation("open"), Value::Null),
        csv: false,
    }
}

fn invite() -> Operation {
    let mut example = invitation("open");
    example["link"] = json!("https://panel.example.com/invitation?token=0123456789");
    Operation {
        method: "post",
        path: "/invitations".to_owned(),
        id: "invite".to_owned(),
        summary: "Invite somebody; the link is told this once, and an earlier one of the same address is over"
            .to_owned(),
        tag: "Access",
        parameters: Vec::new(),
        body: Some(("InvitationWanted", json!({"email": "grace@example.com", "role": "operator", "reach": "teams"}))),
        status: 201,
        answer: "InvitationMade".to_owned(),
        example,
        csv: false,
    }
}

fn revoke_invitation() -> Operation {
    Operation {
        method: "delete",
        path: "/invitations/{id}".to_owned(),
        id: "revoke_invitation".to_owned(),
        summary: "Revoke an open invitation".to_owned(),
        tag: "Access",
        parameters: vec![in_path("id", "Of the invitation.")],
        body: None,
        status: 200,
        answer: "InvitationItem".to_owned(),
        example: invitation("revoked"),
        csv: false,
    }
}

pub(super) fn user(second_factor_at: Value) -> Value {
    json!({
        "id": "1", "email": "ada@example.com", "role": "admin", "reach": "everything", "state": "enabled", "created_at": MOMENT,
        "last_sign_in_at": MOMENT, "second_factor_at": second_factor_at,
    })
}

fn invitation(state: &str) -> Value {
    json!({
        "id": "3", "email": "grace@example.com", "role": "operator", "reach": "teams", "state": state, "invited_by": "ada@example.com",
        "created_at": MOMENT, "expires_at": "2026-11-24T03:12:00Z",
    })
}
