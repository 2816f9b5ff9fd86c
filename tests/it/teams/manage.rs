//! Making teams, by form: each change is in the audit with what was before and after, and true with the next request.

use quarterdeck::accounts::users;
use quarterdeck::roles::{Reach, Role};

use super::world::{Stint, Thing, build};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_made_given_rules_and_members_renamed_and_deleted() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        build(&panel, &[Thing::at(1, "instance", vec![Stint { owner: 4, from: 10, until: None }])]).await;
        panel.person("ada@example.com", Role::Admin).await;
        panel.person_seeing("vera@example.com", Role::Viewer, Reach::Teams).await;
        let (ada, vera) = (panel.signed_in("ada@example.com").await, panel.signed_in("vera@example.com").await);
        assert!(vera.get("/").await.text.contains("Ask an administrator"));
        assert!(ada.get("/teams").await.text.contains("vera@example.com"));

        let evil = "<script>alert(1)</script>";
        let made = ada.post("/teams", "/teams", &[("name", evil), ("note", "")]).await;
        assert_eq!(made.status, 303);
        let path = made.header("location").to_owned();
        assert_eq!(ada.post("/teams", "/teams", &[("name", evil)]).await.status, 422);
        assert_eq!(ada.post("/teams", "/teams", &[("name", "  ")]).await.status, 422);
        let page = ada.get(&path).await.text;
        assert!(page.contains("It sees nothing yet") && !page.contains("<script>alert"), "{page}");

        let (rules, members) = (format!("{path}/rules"), format!("{path}/members"));
        assert_eq!(ada.post(&path, &rules, &[("region", " ")]).await.status, 422);
        assert_eq!(ada.post(&path, &rules, &[("cluster", "cluster-zecho"), ("app", "app-*")]).await.status, 303);
        assert_eq!(ada.post(&path, &rules, &[("cluster", "cluster-zecho"), ("app", "app-*")]).await.status, 422);
        let id = users::find(&panel.context, "vera@example.com").await.unwrap().id.to_string();
        assert_eq!(vera.get("/instances/1").await.status, 404);
        assert_eq!(ada.post(&path, &members, &[("user_id", &id)]).await.status, 303);
        assert_eq!(vera.get("/instances/1").await.status, 200);
        assert!(vera.get("/account").await.text.contains("cluster cluster-zecho, app app-*"));
        assert!(ada.get("/teams").await.text.contains(r#"data-label="Resources">1<"#));
        assert_eq!(ada.post(&path, &path, &[("name", "Echo"), ("note", "on call")]).await.status, 303);

        let asked = ada.get(&format!("{path}/delete")).await.text;
        assert!(asked.contains("vera@example.com") && asked.contains("Delete the team Echo?"), "{asked}");
        assert_eq!(ada.post(&path, &format!("{path}/delete"), &[]).await.status, 303);
        assert_eq!((ada.get(&path).await.status, vera.get("/instances/1").await.status), (404, 404));

        let told = ada.get("/api/v1/audit").await.json();
        let told: Vec<String> = told["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["actor"] == "ada@example.com" && row["outcome"] == "succeeded")
            .filter(|row| row["action"].as_str().unwrap().starts_with("team."))
            .map(|row| format!("{}: {} -> {}", row["action"], row["before"], row["after"]).replace('"', ""))
            .collect();
        let rule = "cluster cluster-zecho, app app-*";
        assert_eq!(
            told,
            [
                format!("team.delete: Echo; sees {rule}; members: vera@example.com -> "),
                format!("team.rename: {evil}; sees {rule}; members: vera@example.com -> Echo; sees {rule}; members: vera@example.com"),
                format!("team.member.add: {evil}; sees {rule}; members: nobody -> {evil}; sees {rule}; members: vera@example.com"),
                format!("team.rule.add: {evil}; sees nothing; members: nobody -> {evil}; sees {rule}; members: nobody"),
                format!("team.create:  -> {evil}; sees nothing; members: nobody"),
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reach_is_set_by_form_and_counts_with_the_next_request() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        build(&panel, &[Thing::at(1, "instance", vec![Stint { owner: 4, from: 10, until: None }])]).await;
        panel.person("ada@example.com", Role::Admin).await;
        let id = panel.person("vera@example.com", Role::Viewer).await;
        let (ada, vera) = (panel.signed_in("ada@example.com").await, panel.signed_in("vera@example.com").await);
        let path = format!("/users/{id}/reach");
        assert_eq!(vera.get("/instances/1").await.status, 200);
        assert_eq!(ada.post("/users", &path, &[("reach", "teams")]).await.status, 303);
        assert_eq!(vera.get("/instances/1").await.status, 404);
        assert_eq!(ada.post("/users", &path, &[("reach", "the moon")]).await.status, 422);
        assert_eq!(ada.post("/users", &path, &[("reach", "everything")]).await.status, 303);
        assert_eq!(vera.get("/instances/1").await.status, 200);
        // An administrator sees everything, whatever is stored.
        let own = users::find(&panel.context, "ada@example.com").await.unwrap().id;
        assert_eq!(ada.post("/users", &format!("/users/{own}/reach"), &[("reach", "teams")]).await.status, 303);
        assert_eq!(ada.get("/instances/1").await.status, 200);
    })
    .await;
}
