//! HTTP: routes, strict bodies, problems, one file per resource. Reading order: `guard` (who may), `write` and `read` (the
//! two kinds of request), `problem` (errors to statuses), then any resource.
//! Must never hold SQL or a rule of the business, and never answer without passing the guard.

pub mod adjustments;
pub mod body;
pub mod books;
pub mod briefs;
pub mod catalogue;
pub mod clicks;
pub mod contracts;
pub mod cutovers;
pub mod fact;
pub mod facts;
pub mod files;
pub mod form;
pub mod formulas;
pub mod guard;
pub mod health;
pub mod imports;
pub mod keys;
pub mod language;
pub mod ledger;
pub mod lines;
pub mod log;
pub mod mappings;
pub mod memberships;
pub mod money;
pub mod ndjson;
pub mod openapi;
pub mod orders;
pub mod params;
pub mod parked;
pub mod parties;
pub mod periods;
pub mod placements;
pub mod problem;
pub mod read;
pub mod reported;
pub mod reports;
pub mod rule_terms;
pub mod rules;
pub mod shares;
pub mod spool;
pub mod state;
pub mod vtask_terms;
pub mod wire;
pub mod write;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig, delete, get, patch, post, put};
use actix_web::{App, HttpServer};
use utoipa_swagger_ui::{Config, SwaggerUi};

pub use state::{HttpSettings, Shared};

use crate::engine::Engine;

/// A server that listens; run it by awaiting `server`.
pub struct Listening {
    /// Where it listens, with the port that was taken.
    pub addresses: Vec<std::net::SocketAddr>,
    /// The server itself. Its handle stops it gracefully.
    pub server: Server,
}

/// Binds and starts a server around an engine. Port 0 takes a free port. Signals stop it: it takes no new connections,
/// finishes what is under way, and ends within `settings.shutdown`.
pub fn build(engine: Engine, settings: HttpSettings) -> std::io::Result<Listening> {
    let listen = settings.listen.clone();
    let (workers, shutdown) = (settings.workers, settings.shutdown);
    let shared = Data::new(Shared::new(engine, settings));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .wrap(from_fn(guard::guard))
            .wrap(from_fn(guard::shell))
            .configure(routes)
    });
    let server = server
        .workers(workers)
        .shutdown_timeout(shutdown.as_secs())
        .client_request_timeout(std::time::Duration::from_secs(5))
        .bind(listen)?;
    Ok(Listening {
        addresses: server.addrs(),
        server: server.run(),
    })
}

/// Routes of reports; the line ledger's own stand before the name of any other.
#[rustfmt::skip]
fn report_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/reports", get().to(reports::list))
        .route("/v1/reports/line-ledger", get().to(ledger::show))
        .route("/v1/reports/line-ledger/columns", get().to(ledger::columns))
        .route("/v1/reports/line-ledger/columns", post().to(ledger::save))
        .route("/v1/reports/line-ledger/columns/{name}", delete().to(ledger::forget))
        .route("/v1/reports/{name}", get().to(reports::show));
}

/// Files, mappings, imports and the parked desk.
#[rustfmt::skip]
fn intake(config: &mut ServiceConfig) {
    config
        .route("/v1/orders/{line}/rows", get().to(imports::rows_of_line))
        .route("/v1/parked", get().to(parked::list))
        .route("/v1/parked/retry", post().to(parked::retry))
        .route("/v1/parked/dismiss", post().to(parked::dismiss))
        .route("/v1/parked/{position}/correct", post().to(parked::correct))
        .route("/v1/files", get().to(files::list))
        .route("/v1/files", post().to(files::upload))
        .route("/v1/files/{file}", get().to(files::download))
        .route("/v1/mappings", get().to(mappings::list))
        .route("/v1/mappings/{name}", get().to(mappings::show))
        .route("/v1/mappings/{name}", put().to(mappings::save))
        .route("/v1/mappings/{name}", delete().to(mappings::remove))
        .route("/v1/imports", get().to(imports::list))
        .route("/v1/imports", post().to(imports::make))
        .route("/v1/imports/coverage", get().to(imports::coverage))
        .route("/v1/imports/{import}", get().to(imports::show))
        .route("/v1/imports/{import}/preview", get().to(imports::preview))
        .route("/v1/imports/{import}/check", post().to(imports::check))
        .route("/v1/imports/{import}/commit", post().to(imports::commit))
        .route("/v1/imports/{import}/reverse", post().to(imports::reverse))
        .route("/v1/imports/{import}/rows", get().to(imports::rows))
        .route("/v1/imports/{import}/result", get().to(imports::result));
}

/// Every route. `access::table` says who may use which; a test holds the two against each other.
#[rustfmt::skip]
fn routes(config: &mut ServiceConfig) {
    config
        .configure(intake)
        .route("/v1/books", get().to(books::list))
        .route("/v1/books", post().to(books::open))
        .route("/v1/books/{book}/owner", post().to(books::owner))
        .route("/v1/books/{book}/clock", post().to(books::clock))
        .route("/v1/books/{book}/reset", post().to(books::reset))
        .route("/v1/parties", get().to(parties::list))
        .route("/v1/parties", post().to(parties::register))
        .route("/v1/parties/{party}", get().to(parties::show))
        .route("/v1/parties/{party}", patch().to(parties::rename))
        .route("/v1/memberships", get().to(memberships::list))
        .route("/v1/memberships", post().to(memberships::sign))
        .route("/v1/memberships/{membership}", patch().to(memberships::amend))
        .route("/v1/memberships/{membership}/end", post().to(memberships::end))
        .route("/v1/memberships/{membership}/true-up", post().to(shares::true_up))
        .route("/v1/persons", get().to(keys::persons))
        .route("/v1/keys", get().to(keys::list))
        .route("/v1/keys", post().to(keys::issue))
        .route("/v1/keys/{key}", delete().to(keys::revoke))
        .route("/v1/shops", get().to(catalogue::shops))
        .route("/v1/shops", post().to(catalogue::register))
        .route("/v1/placements", get().to(placements::list))
        .route("/v1/placements", post().to(placements::assign))
        .route("/v1/placements/waiting", get().to(placements::waiting))
        .route("/v1/placements/{placement}/end", post().to(placements::end))
        .route("/v1/products", get().to(catalogue::products))
        .route("/v1/products", post().to(catalogue::list_item))
        .route("/v1/products/{product}", get().to(catalogue::product))
        .route("/v1/formulas", get().to(formulas::list))
        .route("/v1/formulas", post().to(formulas::make))
        .route("/v1/formulas/{formula}/versions", post().to(formulas::version))
        .route("/v1/rules", get().to(rules::list))
        .route("/v1/rules", post().to(rules::post))
        .route("/v1/rules/{rule}", get().to(rules::show))
        .route("/v1/rules/{rule}/versions", get().to(rules::versions))
        .route("/v1/rules/{rule}/versions", post().to(rules::version))
        .route("/v1/rules/{rule}/end", post().to(rules::end))
        .route("/v1/rules/{rule}/applicants", post().to(rules::apply))
        .route("/v1/rules/{rule}/applicants/{party}", post().to(rules::decide));
    config.configure(ledger_routes).configure(report_routes).configure(vtask);
}

/// Briefs and brand contracts. A brief's applications stand before its actions.
#[rustfmt::skip]
fn vtask(config: &mut ServiceConfig) {
    config
        .route("/v1/briefs", get().to(briefs::list))
        .route("/v1/briefs", post().to(briefs::draft))
        .route("/v1/briefs/{brief}", get().to(briefs::show))
        .route("/v1/briefs/{brief}/applications", get().to(briefs::applications))
        .route("/v1/briefs/{brief}/applications", post().to(briefs::apply))
        .route("/v1/briefs/{brief}/applications/{party}/{action}", post().to(briefs::answer_application))
        .route("/v1/briefs/{brief}/{action}", post().to(briefs::act))
        .route("/v1/contracts", get().to(contracts::list))
        .route("/v1/contracts/{contract}", get().to(contracts::show))
        .route("/v1/contracts/{contract}/{action}", post().to(contracts::act));
}

/// Facts, money, and the log.
#[rustfmt::skip]
fn ledger_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/clicks", post().to(clicks::tell))
        .route("/v1/orders", get().to(lines::list))
        .route("/v1/orders", post().to(orders::place))
        .route("/v1/orders/lookup", post().to(lines::lookup))
        .route("/v1/orders/{line}", get().to(lines::show))
        .route("/v1/orders/{line}/facts", post().to(orders::tell))
        .route("/v1/facts", post().to(facts::bulk))
        .route("/v1/accounts", get().to(money::accounts))
        .route("/v1/balances", get().to(money::balances))
        .route("/v1/entries", get().to(money::entries))
        .route("/v1/trial-balance", get().to(money::trial_balance))
        .route("/v1/earnings/{party}", get().to(money::earnings))
        .route("/v1/explain/{line}", get().to(lines::explain))
        .route("/v1/statements", get().to(money::statement))
        .route("/v1/periods", get().to(periods::list))
        .route("/v1/periods/{period}/cut-off", post().to(periods::cut_off))
        .route("/v1/adjustments", post().to(adjustments::ask))
        .route("/v1/cutovers", get().to(cutovers::list))
        .route("/v1/cutovers", post().to(cutovers::ask))
        .route("/v1/cutovers/{cutover}/reverse", post().to(cutovers::reverse))
        .route("/v1/cutovers/{cutover}/lines", post().to(cutovers::lines))
        .route("/v1/approvals", get().to(adjustments::list))
        .route("/v1/approvals/{approval}", get().to(adjustments::show))
        .route("/v1/approvals/{approval}", post().to(adjustments::decide))
        .route("/v1/events", get().to(log::events))
        .route("/v1/operations/{key}", get().to(log::operation))
        .route("/health/live", get().to(health::live))
        .route("/health/ready", get().to(health::ready))
        .route("/metrics", get().to(health::metrics))
        .route("/openapi.json", get().to(health::openapi))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}
