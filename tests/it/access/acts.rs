//! Acts as requests: whole bodies, and an end whether or not anybody waits for it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use quarterdeck::roles::Role;
use quarterdeck::store::audit;

use crate::support::database::on_each_database;
use crate::support::panel::{PASSWORD, Panel};

#[tokio::test(flavor = "multi_thread")]
async fn an_act_runs_to_its_end_when_nobody_waits_for_it_any_more() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let browser = panel.browser();
        let token = browser.get("/sign-in").await.csrf_token();
        let form = [("csrf_token", token.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
        let form = serde_urlencoded::to_string(form).unwrap();
        // So many wait for their turn that the sign-in is still under way when its browser hangs up.
        let busy: Vec<_> = (0..40)
            .map(|_| {
                let passwords = panel.context.passwords.clone();
                tokio::spawn(async move { passwords.hash(PASSWORD.into()).await })
            })
            .collect();
        let cookies: Vec<_> = browser.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut line = TcpStream::connect(panel.address()).unwrap();
        write!(
            line,
            "POST /sign-in HTTP/1.1\r\nHost: panel\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        )
        .unwrap();
        assert_eq!(outcome_but(&panel, "").await, "begun");
        line.shutdown(Shutdown::Both).unwrap();
        drop(line);
        assert_eq!(outcome_but(&panel, "begun").await, "succeeded");
        for work in busy {
            work.await.unwrap().unwrap();
        }
    })
    .await;
}

/// The outcome of the sign-in in the audit, as soon as it is another than this.
async fn outcome_but(panel: &Panel, known: &str) -> String {
    let patience = Instant::now() + Duration::from_secs(15);
    loop {
        let rows =
            panel.context.db.read(|connection| audit::page(connection, "session.sign_in", None, 1)).await.unwrap().rows;
        match rows.first() {
            Some(row) if row.outcome != known => return row.outcome.clone(),
            _ => assert!(Instant::now() < patience, "it is still {known:?}"),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_told_so_and_one_that_is_cut_off_is_not() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let large = "x".repeat(2 << 20);
        assert_eq!(panel.browser().post_bare("/sign-in", &[("email", large.as_str())]).await.status, 413);
        let mut line = TcpStream::connect(panel.address()).unwrap();
        let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=ada";
        write!(line, "POST /sign-in HTTP/1.1\r\nHost: panel\r\nConnection: close\r\n{form}").unwrap();
        line.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    })
    .await;
}
