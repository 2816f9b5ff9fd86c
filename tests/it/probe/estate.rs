//! An estate whose hosts lead to this machine: records, apps and certificates as sources list them, and a probe that
//! looks at its port.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::config::ProbeConfig;
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::providers::memory::Script;
use quarterdeck::store::Db;
use quarterdeck::store::served_certificates::{self, ServedRow, Wanted};
use quarterdeck::store::tasks::TaskRow;
use quarterdeck::store::{Scope, alerts};
use quarterdeck::worker::{Worker, schedule};

use crate::support::house::House;
use crate::support::tls::{Behaviour, Served, Server, free_port};

pub struct Estate {
    pub house: House,
    pub config: ProbeConfig,
    dns: Script,
    paas: Script,
    records: Vec<DnsRecord>,
    apps: Vec<App>,
    certificates: Vec<Certificate>,
}

impl Estate {
    pub async fn over(db: Db) -> Self {
        Self::configured(db, "").await
    }

    /// The same with this configuration of who lies where.
    pub async fn configured(db: Db, text: &str) -> Self {
        let mut house = House::configured(db, text);
        let (dns, paas) = (house.source("dns").await, house.source("paas").await);
        let config = ProbeConfig {
            port: free_port(),
            private_addresses: true,
            patience: Duration::from_secs(2),
            per_second: 1_000,
            ..ProbeConfig::default()
        };
        Self { house, config, dns, paas, records: Vec::new(), apps: Vec::new(), certificates: Vec::new() }
    }

    /// A record that leads to an address, or to another name.
    pub fn record(&mut self, name: &str, content: &str) -> &mut DnsRecord {
        let record_type = if content.parse::<std::net::IpAddr>().is_ok() { "A" } else { "CNAME" };
        self.records.push(DnsRecord {
            record_id: format!("r{}", self.records.len()),
            zone: "example.com".to_owned(),
            record_type: record_type.to_owned(),
            name: name.to_owned(),
            content: content.to_owned(),
            ..DnsRecord::default()
        });
        self.records.last_mut().unwrap()
    }

    pub fn remove_record(&mut self, name: &str) {
        self.records.retain(|record| record.name != name);
    }

    pub fn app(&mut self, name: &str, domains: &[&str]) {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self.apps.push(App { name: name.to_owned(), domains, ..App::default() });
    }

    /// What a controller stores and attaches.
    pub fn certificate(&mut self, name: &str, served: &Served, names: &[&str], attached: &[&str]) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        self.certificates.push(Certificate {
            name: name.to_owned(),
            common_name: names[0].to_owned(),
            subject_alt_names: owned(names),
            domains: owned(attached),
            fingerprint: served.fingerprint(),
            ..Certificate::default()
        });
    }

    pub async fn server(&self, address: &str, behaviour: Behaviour) -> Server {
        Server::at(address, self.config.port, behaviour).await
    }

    /// Lets the sources be synced: twice, so that what is missing is believed.
    pub async fn sync(&self) {
        self.list();
        for source in ["dns", "paas", "dns", "paas"] {
            self.house.sync(source).await;
        }
    }

    /// Lets the next listings of the sources show everything.
    pub fn list(&self) {
        self.dns.holds("example.com", self.records.clone());
        self.paas.holds("apps", self.apps.clone());
        self.paas.holds("certificates", self.certificates.clone());
    }

    pub fn worker(&self) -> Worker {
        Worker::new(self.house.db.clone(), Arc::from(self.house.sources())).probing(self.config.clone())
    }

    /// Runs the task as its button does.
    pub async fn probe(&self) -> TaskRow {
        let row = self.run("served-certificates").await;
        assert_eq!(row.outcome, "succeeded", "{}", row.report);
        row
    }

    pub async fn run(&self, task: &str) -> TaskRow {
        let task = schedule::by_name(task).expect("it is in the table");
        self.worker().run_task(task).await.unwrap().expect("nobody else is at it")
    }

    pub async fn rows(&self) -> Vec<ServedRow> {
        let wanted = Wanted { limit: 1_000, ..Wanted::default() };
        let page =
            self.house.read(move |connection| served_certificates::page(connection, &Scope::unrestricted(), &wanted));
        page.await.rows
    }

    /// Each target as `host address: judgements`, the worst first.
    pub async fn told(&self) -> Vec<String> {
        let told = |row: &ServedRow| {
            let findings: Vec<&str> = row.findings().iter().map(|finding| finding.judgement.as_str()).collect();
            format!("{} {}: {}", row.host(), row.address, findings.join(" "))
        };
        self.rows().await.iter().map(told).collect()
    }

    /// The titles of open alerts about served certificates, after an evaluation.
    pub async fn alerts(&self) -> Vec<String> {
        quarterdeck::alerts::evaluate(&self.house.db).await.unwrap();
        let open = self.house.read(|connection| alerts::open(connection, &Scope::unrestricted())).await;
        open.into_iter().filter(|alert| alert.rule == "served_certificate").map(|alert| alert.title).collect()
    }
}
