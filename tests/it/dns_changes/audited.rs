//! RUN-6: the audit names the change, who applied it and for whom, what was there before and what is there now.

use quarterdeck::actions::dns_change;
use quarterdeck::audit::Doer;
use quarterdeck::store::Scope;
use quarterdeck::store::audit::{self, AuditRow};

use super::{BLUE, Estate};
use crate::support::database::on_each_database;

async fn rows(estate: &Estate) -> Vec<AuditRow> {
    estate.context.db.read(|connection| audit::page(connection, "dns_change", None, 10)).await.unwrap().rows
}

#[tokio::test]
async fn an_applied_change_is_audited_under_its_name_from_its_beginning_to_its_end() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE);
        estate.sync().await;
        let change = estate.plan(&estate.switch("blue", "green").await).await.unwrap();
        assert!(rows(&estate).await.is_empty(), "a plan is no act");
        let doer = Doer {
            actor: "token:deploy (number 7)".to_owned(),
            effective_actor: "ada@example.com".to_owned(),
            address: "192.0.2.77".to_owned(),
            request_id: "r-1".to_owned(),
        };
        let everything = Scope::unrestricted();
        dns_change::apply(&estate.context, &everything, &doer, change, 1, None).await.unwrap();
        let begun = rows(&estate).await;
        assert_eq!(begun.len(), 1);
        assert_eq!((begun[0].outcome.as_str(), begun[0].after_state.as_str()), ("begun", ""));
        assert_eq!(estate.work(change).await, "succeeded");
        let ended = rows(&estate).await;
        assert_eq!((ended.len(), ended[0].outcome.as_str()), (1, "succeeded"), "the same row, completed");
        for row in [&begun[0], &ended[0]] {
            assert_eq!(row.subject, format!("Switch from blue to green (example.com), change {change}"));
            assert_eq!(
                (row.actor.as_str(), row.effective_actor.as_str()),
                ("token:deploy (number 7)", "ada@example.com")
            );
            assert_eq!((row.address.as_str(), row.request_id.as_str()), ("192.0.2.77", "r-1"));
            assert_eq!(row.reason, "because");
            assert_eq!(row.before_state, "www.example.com A: 192.0.2.1, 192.0.2.2 (300 s)");
        }
        assert_eq!(ended[0].after_state, "succeeded: Done. www.example.com A: 198.51.100.1, 198.51.100.2 (300 s)");

        let back = dns_change::undo(&estate.context, &everything, &doer, change, "").await.unwrap();
        assert_eq!(estate.work(back.change).await, "succeeded");
        let undone = &rows(&estate).await[0];
        assert!(undone.subject.ends_with(&format!("change {}", back.change)), "{}", undone.subject);
        assert_eq!(
            (undone.actor.as_str(), undone.effective_actor.as_str()),
            ("token:deploy (number 7)", "ada@example.com")
        );
        assert_eq!(undone.after_state, "succeeded: Done. www.example.com A: 192.0.2.1, 192.0.2.2 (300 s)");
    })
    .await;
}
