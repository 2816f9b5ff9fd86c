//! Every route on one page: method, path, who may, and what answers.
//!
//! **One more route**: its line here. A line without an [`Access`] does not compile, and no handler is reached but
//! through it.

use actix_web::guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{Route, web};

use super::access::{self, Access};
use super::pages::estate::{clusters, map, place, regions};
use super::pages::findings::overview;
use super::pages::inventory::{handlers, revision, values};
use super::pages::{
    account, alerts, api, audit, cache_purges, changes, dashboard, dns_changes, findings, held_loss, invitation,
    placement, pulse, runs, search, second_factor, served_certificates, setup, sign_in, source, sources, syncs, tasks,
    team, teams, tokens, users, view_as,
};
use super::{api as machines, assets, health, moment, zone_file};
use crate::kinds::KindSpec;
use crate::roles::Role::{Admin, Operator, Viewer};
use crate::roles::TokenScope::{Act, Generated, Read};
use Access::{Api, ApiOf, ApiWhole, Enrolling, Hidden, Open, Public, Role, SignedIn, Whole};

/// A route.
#[derive(Clone, Copy)]
pub struct Entry {
    /// A GET answers HEAD too.
    pub method: &'static str,
    /// As actix-web matches it: `/users/{id}/role`.
    pub path: &'static str,
    pub access: Access,
    handler: fn() -> Route,
}

macro_rules! table {
    ($($method:ident $path:literal $access:expr => $handler:path;)*) => {
        &[$(Entry { method: stringify!($method), path: $path, access: $access, handler: || web::to($handler) }),*]
    };
}

/// The table.
const ROUTES: &[Entry] = table! {
    GET  "/static/{version}/{name:.*}"      Open => assets::serve;
    GET  "/healthz"                         Open => health::healthz;
    GET  "/readyz"                          Open => health::readyz;
    GET  "/metrics"                         ApiWhole(Generated) => health::metrics;

    GET  "/sign-in"                         Public => sign_in::show;
    POST "/sign-in"                         Public => sign_in::submit;
    POST "/sign-out"                        Enrolling => sign_in::leave;
    GET  "/setup"                           Public => setup::show;
    POST "/setup"                           Public => setup::submit;
    GET  "/invitation"                      Public => invitation::show;
    POST "/invitation"                      Public => invitation::accept;

    GET  "/"                                SignedIn => dashboard::show;
    GET  "/pulse"                           SignedIn => pulse::show;
    GET  "/search"                          SignedIn => search::show;
    GET  "/map"                             SignedIn => map::show;
    GET  "/regions"                         SignedIn => regions::show;
    GET  "/regions/{name}"                  SignedIn => place::show_region;
    GET  "/clusters"                        SignedIn => clusters::show;
    GET  "/clusters/{name}"                 SignedIn => place::show_cluster;
    GET  "/alerts"                          SignedIn => alerts::show;
    GET  "/served-certificates"             SignedIn => served_certificates::show;
    GET  "/changes"                         SignedIn => changes::show;
    GET  "/findings"                        SignedIn => overview::show;
    GET  "/findings/{rule}"                 SignedIn => findings::list::show;
    GET  "/findings/{rule}/{id:[0-9]+}"     SignedIn => findings::one::show;
    POST "/findings/{rule}/{id:[0-9]+}/ignore"  Role(Operator) => findings::one::ignore;
    POST "/findings/{rule}/{id:[0-9]+}/heed"    Role(Operator) => findings::one::heed;
    GET  "/dns-changes"                     SignedIn => dns_changes::list::show;
    POST "/dns-changes"                     Role(Operator) => dns_changes::acts::plan;
    GET  "/dns-changes/new"                 Role(Operator) => dns_changes::form::show;
    GET  "/dns-changes/{id:[0-9]+}"         SignedIn => dns_changes::show::show;
    POST "/dns-changes/{id:[0-9]+}/apply"   Role(Operator) => dns_changes::acts::apply;
    POST "/dns-changes/{id:[0-9]+}/undo"    Role(Operator) => dns_changes::acts::undo;
    POST "/dns-records/{id:[0-9]+}/annotation"  Role(Operator) => dns_changes::annotation::set;
    GET  "/runs"                            SignedIn => runs::list::show;
    GET  "/runs/{id:[0-9]+}"                SignedIn => runs::show::show;
    GET  "/runs/{id:[0-9]+}/events"         SignedIn => runs::events::show;
    POST "/runs/{id:[0-9]+}/cancel"         Role(Operator) => runs::acts::cancel;
    POST "/runs/{id:[0-9]+}/acknowledge"    Role(Operator) => runs::acts::acknowledge;
    GET  "/apps/{id:[0-9]+}/cache-purges"   SignedIn => cache_purges::show;
    POST "/apps/{id:[0-9]+}/cache-purges"   Role(Operator) => cache_purges::purge;
    GET  "/sources"                         SignedIn => sources::show;
    GET  "/sources/{name}"                  SignedIn => source::show;
    POST "/sources/{name}/syncs"            Role(Operator) => source::sync;
    POST "/held-losses/{id}/accept"         Whole(Operator) => held_loss::accept;
    POST "/held-losses/{id}/reject"         Whole(Operator) => held_loss::reject;
    GET  "/syncs"                           Whole(Viewer) => syncs::show;
    GET  "/placement"                       Whole(Viewer) => placement::show;
    GET  "/tasks"                           Whole(Viewer) => tasks::show;
    POST "/tasks/{name}/run"                Role(Admin) => tasks::run;
    POST "/tasks/{name}/enable"             Role(Admin) => tasks::enable;
    POST "/tasks/{name}/disable"            Role(Admin) => tasks::disable;

    GET  "/api"                             SignedIn => api::show;
    GET  "/account"                         SignedIn => account::show;
    POST "/account/password"                SignedIn => account::change_password;
    POST "/account/theme"                   Public => account::set_theme;
    POST "/account/sessions/revoke-others"  SignedIn => account::revoke_others;
    POST "/account/sessions/{id}/revoke"    SignedIn => account::revoke;
    GET  "/account/second-factor"           Enrolling => second_factor::show;
    POST "/account/second-factor"           Enrolling => second_factor::enrol::begin;
    POST "/account/second-factor/confirm"   Enrolling => second_factor::enrol::confirm;
    POST "/account/second-factor/codes"     SignedIn => second_factor::manage::renew_codes;
    POST "/account/second-factor/off"       SignedIn => second_factor::manage::turn_off;
    GET  "/tokens"                          SignedIn => tokens::show;
    POST "/tokens"                          SignedIn => tokens::create;
    POST "/tokens/{id}/revoke"              SignedIn => tokens::revoke;

    GET  "/users"                           Hidden(Admin) => users::show;
    POST "/users"                           Hidden(Admin) => users::add;
    POST "/users/{id}/role"                 Hidden(Admin) => users::set_role;
    POST "/users/{id}/disable"              Hidden(Admin) => users::disable;
    POST "/users/{id}/enable"               Hidden(Admin) => users::enable;
    POST "/users/{id}/second-factor/reset"  Hidden(Admin) => users::reset_second_factor;
    POST "/users/{id}/reach"                Hidden(Admin) => users::set_reach;
    POST "/invitations"                     Hidden(Admin) => users::invite;
    POST "/invitations/{id}/revoke"         Hidden(Admin) => users::revoke_invitation;
    GET  "/teams"                           Hidden(Admin) => teams::show;
    POST "/teams"                           Hidden(Admin) => teams::create;
    GET  "/teams/{id:[0-9]+}"               Hidden(Admin) => team::show;
    POST "/teams/{id:[0-9]+}"               Hidden(Admin) => team::rename;
    GET  "/teams/{id:[0-9]+}/delete"        Hidden(Admin) => team::ask_to_delete;
    POST "/teams/{id:[0-9]+}/delete"        Hidden(Admin) => team::delete;
    POST "/teams/{id:[0-9]+}/rules"         Hidden(Admin) => team::add_rule;
    POST "/teams/{id:[0-9]+}/rules/{rule_id}/remove"    Hidden(Admin) => team::remove_rule;
    POST "/teams/{id:[0-9]+}/members"       Hidden(Admin) => team::add_member;
    POST "/teams/{id:[0-9]+}/members/{user_id}/remove"  Hidden(Admin) => team::remove_member;
    POST "/view-as"                         Hidden(Admin) => view_as::begin;
    POST "/view-as/end"                     SignedIn => view_as::end;
    GET  "/audit"                           Hidden(Admin) => audit::show;

    GET  "/api/v1/openapi.json"             Api(Generated) => machines::description;
    GET  "/api/v1/search"                   Api(Read) => machines::inventory::search;
    GET  "/api/v1/sources"                  Api(Read) => machines::sources::list;
    GET  "/api/v1/sources/{name}"           Api(Read) => machines::sources::detail;
    POST "/api/v1/sources/{name}/syncs"     Api(Act) => machines::sources::sync;
    POST "/api/v1/held-losses/{id}/accept"  ApiWhole(Act) => machines::sources::accept;
    POST "/api/v1/held-losses/{id}/reject"  ApiWhole(Act) => machines::sources::reject;
    GET  "/api/v1/regions"                  Api(Read) => machines::estate::regions;
    GET  "/api/v1/regions/{name}"           Api(Read) => machines::estate::region;
    GET  "/api/v1/clusters"                 Api(Read) => machines::estate::clusters;
    GET  "/api/v1/clusters/{name}"          Api(Read) => machines::estate::cluster;
    GET  "/api/v1/served-certificates"      Api(Read) => machines::served_certificates::list;
    GET  "/api/v1/alerts"                   Api(Read) => machines::alerts::list;
    GET  "/api/v1/tasks"                    ApiWhole(Read) => machines::tasks::list;
    POST "/api/v1/tasks/{name}/run"         ApiOf(Act, Admin) => machines::tasks::run;
    GET  "/api/v1/audit"                    ApiOf(Read, Admin) => machines::audit::list;
    GET  "/api/v1/users"                    ApiOf(Read, Admin) => machines::users::list;
    DELETE "/api/v1/users/{id}/second-factor" ApiOf(Act, Admin) => machines::users::reset_second_factor;
    GET  "/api/v1/invitations"              ApiOf(Read, Admin) => machines::users::invitations;
    POST "/api/v1/invitations"              ApiOf(Act, Admin) => machines::users::invite;
    DELETE "/api/v1/invitations/{id}"       ApiOf(Act, Admin) => machines::users::revoke_invitation;
    PUT  "/api/v1/users/{id}/reach"         ApiOf(Act, Admin) => machines::teams::set_reach;
    GET  "/api/v1/teams"                    ApiOf(Read, Admin) => machines::teams::list;
    POST "/api/v1/teams"                    ApiOf(Act, Admin) => machines::teams::create;
    GET  "/api/v1/teams/{id:[0-9]+}"        ApiOf(Read, Admin) => machines::teams::detail;
    PUT  "/api/v1/teams/{id:[0-9]+}"        ApiOf(Act, Admin) => machines::teams::rename;
    DELETE "/api/v1/teams/{id:[0-9]+}"      ApiOf(Act, Admin) => machines::teams::delete;
    POST "/api/v1/teams/{id:[0-9]+}/rules"  ApiOf(Act, Admin) => machines::teams::add_rule;
    DELETE "/api/v1/teams/{id:[0-9]+}/rules/{rule_id}"  ApiOf(Act, Admin) => machines::teams::remove_rule;
    POST "/api/v1/teams/{id:[0-9]+}/members"  ApiOf(Act, Admin) => machines::teams::add_member;
    DELETE "/api/v1/teams/{id:[0-9]+}/members/{user_id}"  ApiOf(Act, Admin) => machines::teams::remove_member;
    GET  "/api/v1/changes"                  Api(Read) => machines::changes::list;
    GET  "/api/v1/addresses/{address}"      Api(Read) => machines::holders::show;
    GET  "/api/v1/findings"                 Api(Read) => machines::findings::rules;
    GET  "/api/v1/findings/{rule}"          Api(Read) => machines::findings::list;
    GET  "/api/v1/findings/{rule}/{id:[0-9]+}"  Api(Read) => machines::findings::detail;
    POST "/api/v1/findings/{rule}/{id:[0-9]+}/ignore"  Api(Act) => machines::findings::ignore;
    POST "/api/v1/findings/{rule}/{id:[0-9]+}/heed"    Api(Act) => machines::findings::heed;
    GET  "/api/v1/dns-changes"              Api(Read) => machines::dns_changes::list;
    POST "/api/v1/dns-changes"              Api(Act) => machines::dns_changes::plan;
    GET  "/api/v1/dns-changes/{id:[0-9]+}"  Api(Read) => machines::dns_changes::detail;
    POST "/api/v1/dns-changes/{id:[0-9]+}/apply"  Api(Act) => machines::dns_changes::apply;
    POST "/api/v1/dns-changes/{id:[0-9]+}/undo"   Api(Act) => machines::dns_changes::undo;
    GET  "/api/v1/runs"                     Api(Read) => machines::runs::list;
    GET  "/api/v1/runs/{id:[0-9]+}"         Api(Read) => machines::runs::detail;
    POST "/api/v1/runs/{id:[0-9]+}/cancel"  Api(Act) => machines::runs::cancel;
    POST "/api/v1/runs/{id:[0-9]+}/acknowledge"  Api(Act) => machines::runs::acknowledge;
    POST "/api/v1/apps/{id:[0-9]+}/cache-purges" Api(Act) => machines::runs::purge_cache;
    GET  "/api/v1/{kind}"                   Api(Read) => machines::inventory::list;
    GET  "/api/v1/{kind}/{id:[0-9]+}"       Api(Read) => machines::inventory::detail;
    GET  "/api/v1/zones/{id:[0-9]+}/zone-file"  Api(Read) => zone_file::show;
    GET  "/api/v1/{kind}/{id:[0-9]+}/touches"  Api(Read) => machines::touches::show;

    GET  "/{kind}"                          SignedIn => handlers::list;
    GET  "/{kind}/{id:[0-9]+}"              SignedIn => handlers::show;
    GET  "/{kind}/{id:[0-9]+}/revision"     SignedIn => revision::show;
    GET  "/{kind}/{id:[0-9]+}/history"      SignedIn => handlers::history;
    GET  "/zones/{id:[0-9]+}/zone-file"     SignedIn => zone_file::show;
    GET  "/{kind}/{id:[0-9]+}/touches"      SignedIn => handlers::touches;
    GET  "/{kind}/{id:[0-9]+}/values"       Role(Operator) => values::show;
    POST "/{kind}/{id:[0-9]+}/values"       Role(Operator) => values::reveal;
};

/// The pages and calls that answer for a past moment. All others refuse `?at=` with a sentence.
pub const LOOK_BACK: &[&str] = &[
    "/search",
    "/{kind}",
    "/{kind}/{id:[0-9]+}",
    "/{kind}/{id:[0-9]+}/history",
    "/{kind}/{id:[0-9]+}/touches",
    "/api/v1/search",
    "/api/v1/addresses/{address}",
    "/api/v1/{kind}",
    "/api/v1/{kind}/{id:[0-9]+}",
    "/api/v1/{kind}/{id:[0-9]+}/touches",
];

/// Every route, for the tests' table of routes and roles, and for the API's description.
pub fn all() -> &'static [Entry] {
    ROUTES
}

/// Registers the routes that read no session.
pub fn configure_open(service: &mut web::ServiceConfig) {
    configure(service, |access| access == Open);
}

/// Registers all others; they lie behind the sessions.
pub fn configure_guarded(service: &mut web::ServiceConfig) {
    configure(service, |access| access != Open);
}

/// A path with a part that varies is a regular expression, and each is tried in turn, twice per request: those that
/// begin alike lie in a scope of their own, so that whoever asks for something else passes them at once.
fn configure(service: &mut web::ServiceConfig, wanted: fn(Access) -> bool) {
    let entries: Vec<&Entry> = ROUTES.iter().filter(|entry| wanted(entry.access)).collect();
    let mut paths: Vec<&'static str> = Vec::new();
    for entry in &entries {
        if !paths.contains(&entry.path) {
            paths.push(entry.path);
        }
    }
    let resource = |path: &str, within: &str| {
        let of_path = entries.iter().filter(|entry| entry.path == path);
        of_path.fold(web::resource(&path[within.len()..]), |resource, entry| resource.route(entry.route()))
    };
    let (varying, fixed): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.contains('{'));
    for path in fixed {
        service.service(resource(path, ""));
    }
    let mut scoped: Vec<&str> = Vec::new();
    for path in &varying {
        match own_scope(path) {
            None => _ = service.service(resource(path, "")),
            Some(within) if scoped.contains(&within) => {}
            Some(within) => {
                scoped.push(within);
                let of_scope = varying.iter().filter(|path| own_scope(path) == Some(within));
                let scope = of_scope.fold(web::scope(within), |scope, path| scope.service(resource(path, within)));
                service.service(scope);
            }
        }
    }
}

/// What a varying path begins with, if nothing but paths of this table can begin so: a kind's have others beside them.
fn own_scope(path: &str) -> Option<&str> {
    let within = path.split("/{").next()?;
    let is_shared = matches!(within, "" | "/api/v1")
        || within.rsplit('/').next().is_some_and(|word| KindSpec::by_path(word).is_some());
    (!is_shared).then_some(within)
}

impl Entry {
    fn route(&self) -> Route {
        let access = self.access;
        let methods = match self.method {
            "GET" => guard::Any(guard::Get()).or(guard::Head()),
            other => guard::Any(guard::Method(Method::from_bytes(other.as_bytes()).unwrap_or_default())),
        };
        let route = (self.handler)().guard(methods);
        let guard = from_fn(move |request, next| access::guard(access, request, next));
        // Whoever may not enter is told that first: what is wrapped last is asked first.
        match self.method == "GET" && !matches!(access, Open | Public) && !LOOK_BACK.contains(&self.path) {
            true => route.wrap(from_fn(moment::present_only)).wrap(guard),
            false => route.wrap(guard),
        }
    }
}
