//! The calls about teams and about what somebody sees.

use serde_json::{Value, json};

use super::{MOMENT, Operation, Parameter, in_path, page_of};

/// All of them; each takes a token of an administrator's.
pub fn all() -> Vec<Operation> {
    let (id, rule, user) = (
        || in_path("id", "Of the team."),
        || in_path("rule_id", "Of the rule."),
        || in_path("user_id", "Of the person."),
    );
    let name = json!({"name": "Shop", "note": "On call: +49 30 1234"});
    let within = json!({"cluster": "eu-staging", "app": "shop*"});
    let reach = json!({"reach": "teams"});
    vec![
        Operation {
            answer: "TeamList".to_owned(),
            example: page_of(team(), Value::Null),
            ..call("get", "/teams", "list_teams", "Every team with its rules and members", Vec::new())
        },
        Operation {
            status: 201,
            body: Some(("TeamWanted", name.clone())),
            ..call("post", "/teams", "create_team", "Make a team, which sees nothing yet", Vec::new())
        },
        call("get", "/teams/{id}", "get_team", "A team with its rules and members", vec![id()]),
        Operation {
            body: Some(("TeamWanted", name)),
            ..call("put", "/teams/{id}", "rename_team", "Give a team another name and note", vec![id()])
        },
        call("delete", "/teams/{id}", "delete_team", "Delete a team; its members stay people", vec![id()]),
        Operation {
            body: Some(("WithinWanted", within)),
            ..call(
                "post",
                "/teams/{id}/rules",
                "add_team_rule",
                "Let a team see a region, a cluster or an app",
                vec![id()],
            )
        },
        call(
            "delete",
            "/teams/{id}/rules/{rule_id}",
            "remove_team_rule",
            "Take a rule from a team",
            vec![id(), rule()],
        ),
        Operation {
            body: Some(("MemberWanted", json!({"email": "grace@example.com"}))),
            ..call("post", "/teams/{id}/members", "add_team_member", "Put somebody into a team", vec![id()])
        },
        call(
            "delete",
            "/teams/{id}/members/{user_id}",
            "remove_team_member",
            "Take somebody out of a team",
            vec![id(), user()],
        ),
        Operation {
            body: Some(("ReachWanted", reach)),
            answer: "UserItem".to_owned(),
            example: super::access::user(Value::Null),
            ..call(
                "put",
                "/users/{id}/reach",
                "set_reach",
                "Say how far somebody sees; it counts with their next request",
                vec![in_path("id", "Of the person.")],
            )
        },
    ]
}

fn call(method: &'static str, path: &str, id: &str, summary: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        method,
        path: path.to_owned(),
        id: id.to_owned(),
        summary: summary.to_owned(),
        tag: "Access",
        parameters,
        body: None,
        status: 200,
        answer: "TeamItem".to_owned(),
        example: team(),
        csv: false,
    }
}

fn team() -> Value {
    json!({
        "id": "2", "name": "Shop", "note": "On call: +49 30 1234", "created_at": MOMENT,
        "rules": [{"id": "5", "region": "", "cluster": "eu-staging", "app": "shop*"}],
        "members": [{"user_id": "7", "email": "grace@example.com"}],
    })
}
