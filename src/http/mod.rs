//! HTTP: routes, strict bodies, problems, one file per resource. Reading order: `guard` (who may), `write` and `read` (the
//! two kinds of request), `problem` (errors to statuses), then any resource.
//! Must never hold SQL or a rule of the business, and never answer without passing the guard.

pub mod adjustments;
pub mod body;
pub mod books;
pub mod briefs;
pub mod cards;
pub mod catalogue;
pub mod clicks;
pub mod contracts;
pub mod cutovers;
pub mod disputes;
pub mod entities;
pub mod exits;
mod explain;
pub mod exports;
pub mod fact;
pub mod facts;
pub mod files;
pub mod form;
pub mod formulas;
pub mod freezes;
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
pub mod offer_terms;
pub mod offers;
pub mod openapi;
pub mod orders;
pub mod params;
pub mod parked;
pub mod parties;
pub mod payments;
pub mod periods;
pub mod placements;
pub mod policies;
pub mod pool;
pub mod pool_desk;
pub mod problem;
pub mod purchase_terms;
pub mod purchases;
pub mod quotes;
pub mod read;
pub mod receipts;
pub mod reconciliations;
pub mod reported;
pub mod reports;
pub mod returns;
pub mod rule_terms;
pub mod rules;
pub mod samples;
pub mod sandbox;
pub mod settlements;
pub mod shares;
pub mod sheets;
pub mod simulations;
pub mod spool;
pub mod state;
pub mod submissions;
pub mod suppliers;
pub mod terms;
pub mod vtask_actions;
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
        .configure(export_routes)
        .route("/v1/reports", get().to(reports::list))
        .route("/v1/reports/line-ledger", get().to(ledger::show))
        .route("/v1/reports/line-ledger/columns", get().to(ledger::columns))
        .route("/v1/reports/line-ledger/columns", post().to(ledger::save))
        .route("/v1/reports/line-ledger/columns/{name}", delete().to(ledger::forget))
        .route("/v1/reports/{name}", get().to(reports::show));
}

/// Files that people take away.
#[rustfmt::skip]
fn export_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/exports/journal", get().to(exports::journal))
        .route("/v1/exports/subjects", get().to(exports::subjects))
        .route("/v1/exports/vouchers", get().to(exports::vouchers))
        .route("/v1/exports/statements", get().to(exports::statements))
        .route("/v1/exports/sheets", get().to(exports::sheets))
        .route("/v1/exports/sheets/{sheet}", get().to(exports::sheet));
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

/// Settlement runs, sheets and terms.
#[rustfmt::skip]
fn settlement_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/settlements", get().to(settlements::list))
        .route("/v1/settlements", post().to(settlements::start))
        .route("/v1/settlements/{run}", get().to(settlements::show))
        .route("/v1/settlements/{run}/sheets", get().to(settlements::sheets))
        .route("/v1/settlements/{run}/differences", get().to(settlements::differences))
        .route("/v1/settlements/{run}/deliver", post().to(settlements::deliver))
        .route("/v1/settlements/{run}/drop", post().to(settlements::drop_run))
        .route("/v1/settlements/{run}/approve", post().to(settlements::approve))
        .route("/v1/settlements/{run}/issue", post().to(settlements::issue))
        .route("/v1/settlements/{run}/lock", post().to(settlements::lock))
        .route("/v1/settlement-terms", get().to(terms::terms))
        .route("/v1/settlement-terms", post().to(terms::set_terms))
        .route("/v1/simulations", post().to(simulations::simulate))
        .route("/v1/calendars", get().to(terms::calendars))
        .route("/v1/calendars", post().to(terms::set_calendar))
        .route("/v1/exits", get().to(exits::list))
        .route("/v1/exits", post().to(exits::make))
        .route("/v1/sheets", get().to(sheets::list))
        .route("/v1/sheets/{sheet}", get().to(sheets::show))
        .route("/v1/sheets/{sheet}/lines", get().to(sheets::lines))
        .route("/v1/sheets/{sheet}/members", get().to(sheets::members))
        .route("/v1/sheets/{sheet}/confirm", post().to(sheets::confirm))
        .route("/v1/sheets/{sheet}/contest", post().to(sheets::contest))
        .route("/v1/sheets/{sheet}/answer", post().to(sheets::answer_contest))
        .route("/v1/sheets/{sheet}/hold-back", post().to(sheets::hold_back))
        .route("/v1/sheets/{sheet}/issue", post().to(sheets::issue));
}

/// Reconciliations and the contest desk.
#[rustfmt::skip]
fn contest_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/reconciliations", get().to(reconciliations::list))
        .route("/v1/reconciliations", post().to(reconciliations::make))
        .route("/v1/reconciliations/{reconciliation}", get().to(reconciliations::show))
        .route("/v1/reconciliations/{reconciliation}/breaks", get().to(reconciliations::breaks))
        .route("/v1/reconciliations/{reconciliation}/accept", post().to(reconciliations::accept))
        .route("/v1/reconciliations/{reconciliation}/reject", post().to(reconciliations::reject))
        .route("/v1/reconciliations/{reconciliation}/park", post().to(reconciliations::park))
        .route("/v1/disputes", get().to(disputes::list))
        .route("/v1/disputes", post().to(disputes::open))
        .route("/v1/disputes/{dispute}", get().to(disputes::show))
        .route("/v1/disputes/{dispute}/answer", post().to(disputes::answer));
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
        .route("/v1/books/{book}/prefund", post().to(cards::prefund_book))
        .route("/v1/parties/{party}/card", post().to(cards::publish))
        .route("/v1/parties/{party}/prefund", post().to(cards::prefund))
        .route("/v1/parties/{party}/suspend", post().to(freezes::suspend))
        .route("/v1/parties/{party}/resume", post().to(freezes::resume))
        .route("/v1/persons/{person}/substitutes", post().to(policies::substitute))
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
        .route("/v1/entities", get().to(entities::list))
        .route("/v1/entities", post().to(entities::register))
        .route("/v1/entities/{entity}", patch().to(entities::rename))
        .route("/v1/entities/{entity}/members", post().to(entities::join))
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
    config
        .configure(ledger_routes)
        .configure(settlement_routes)
        .configure(desk)
        .configure(contest_routes)
        .configure(report_routes);
}

/// The money desk: payments made outside, freezes, receipts of money, policies and approvals.
#[rustfmt::skip]
fn desk(config: &mut ServiceConfig) {
    config
        .route("/v1/payments", get().to(payments::list))
        .route("/v1/payments", post().to(payments::ask))
        .route("/v1/payments/{payment}", get().to(payments::show))
        .route("/v1/payments/{payment}/return", post().to(payments::give_back))
        .route("/v1/freezes", get().to(freezes::list))
        .route("/v1/freezes", post().to(freezes::ask))
        .route("/v1/freezes/{freeze}/unfreeze", post().to(freezes::unfreeze))
        .route("/v1/freezes/{freeze}/forfeit", post().to(freezes::forfeit))
        .route("/v1/receipts", get().to(receipts::list))
        .route("/v1/receipts", post().to(receipts::tell))
        .route("/v1/receipts/{receipt}", get().to(receipts::show))
        .route("/v1/receipts/{receipt}/match", post().to(receipts::settle))
        .route("/v1/receipts/{receipt}/unmatch", post().to(receipts::release))
        .route("/v1/policies", get().to(policies::list))
        .route("/v1/policies", post().to(policies::ask))
        .route("/v1/approvals", get().to(adjustments::list))
        .route("/v1/approvals/{approval}", get().to(adjustments::show))
        .route("/v1/approvals/{approval}", post().to(adjustments::decide));
    config.configure(ledger_routes).configure(report_routes).configure(vtask).configure(sourcing).configure(pool_routes);
}

/// Briefs and brand contracts. A brief's applications stand before its actions, a sandbox's sales before a contract's.
#[rustfmt::skip]
fn vtask(config: &mut ServiceConfig) {
    config
        .route("/v1/briefs", get().to(briefs::list))
        .route("/v1/briefs", post().to(briefs::draft))
        .route("/v1/briefs/{brief}", get().to(briefs::show))
        .route("/v1/briefs/{brief}/applications", get().to(briefs::applications))
        .route("/v1/briefs/{brief}/matches", get().to(briefs::matches))
        .route("/v1/briefs/{brief}/applications", post().to(briefs::apply))
        .route("/v1/briefs/{brief}/applications/{party}/{action}", post().to(briefs::answer_application))
        .route("/v1/briefs/{brief}/{action}", post().to(briefs::act))
        .route("/v1/contracts", get().to(contracts::list))
        .route("/v1/contracts/{contract}", get().to(contracts::show))
        .route("/v1/contracts/{contract}/sample-sales", post().to(sandbox::sample_sales))
        .route("/v1/contracts/{contract}/{action}", post().to(contracts::act))
        .route("/v1/parties/{party}/script", post().to(sandbox::script))
        .route("/v1/vtask/actions", get().to(vtask_actions::list))
        .configure(purchasing);
}

/// Purchases and samples.
#[rustfmt::skip]
fn purchasing(config: &mut ServiceConfig) {
    config
        .route("/v1/purchases", get().to(purchases::list))
        .route("/v1/purchases", post().to(purchases::order))
        .route("/v1/purchases/preview", post().to(purchases::preview))
        .route("/v1/purchases/{purchase}", get().to(purchases::show))
        .route("/v1/purchases/{purchase}/{action}", post().to(purchases::act))
        .route("/v1/explain/purchase/{purchase}", get().to(purchases::explain))
        .route("/v1/samples", get().to(samples::list))
        .route("/v1/samples", post().to(samples::ask))
        .route("/v1/samples/{sample}", get().to(samples::show))
        .route("/v1/samples/{sample}/{action}", post().to(samples::act))
        .route("/v1/sample-rules", get().to(samples::rules))
        .route("/v1/sample-rules", post().to(samples::set_rules));
}

/// Sourcing: suppliers, offers and quotes.
#[rustfmt::skip]
fn sourcing(config: &mut ServiceConfig) {
    config
        .route("/v1/suppliers", get().to(suppliers::list))
        .route("/v1/suppliers", post().to(suppliers::tell))
        .route("/v1/suppliers/{supplier}", get().to(suppliers::show))
        .route("/v1/offers", get().to(offers::list))
        .route("/v1/offers", post().to(offers::publish))
        .route("/v1/offers/{offer}", get().to(offers::show))
        .route("/v1/offers/{offer}/versions", get().to(offers::versions))
        .route("/v1/offers/{offer}/price", get().to(offers::cost))
        .route("/v1/offers/{offer}/status", post().to(offers::change))
        .route("/v1/quotes", get().to(quotes::list))
        .route("/v1/quotes", post().to(quotes::give))
        .route("/v1/quotes/{quote}", get().to(quotes::show))
        .route("/v1/quotes/{quote}/use", post().to(quotes::spend));
}

/// The pool 选品池.
#[rustfmt::skip]
fn pool_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/pool", get().to(pool::search))
        .route("/v1/products/{product}/pool", post().to(pool::list_product))
        .route("/v1/products/{product}/pool/withdraw", post().to(pool::withdraw_product))
        .route("/v1/pool/{entry}", get().to(pool_desk::entry))
        .route("/v1/selections", get().to(pool_desk::selections))
        .route("/v1/selections", post().to(pool_desk::save))
        .route("/v1/selections/{selection}", get().to(pool_desk::selection))
        .route("/v1/selections/{selection}", delete().to(pool_desk::remove))
        .route("/v1/watches", get().to(pool_desk::watches))
        .route("/v1/watches", post().to(pool_desk::set_watch))
        .route("/v1/watches/{watch}", delete().to(pool_desk::drop_watch))
        .route("/v1/submissions", get().to(submissions::list))
        .route("/v1/submissions", post().to(submissions::make))
        .route("/v1/submissions/{submission}", get().to(submissions::show))
        .route("/v1/submissions/{submission}/{action}", post().to(submissions::act))
        .route("/v1/running-order", get().to(submissions::running_order));
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
        .route("/v1/returns", get().to(returns::counts))
        .route("/v1/returns", post().to(returns::bulk))
        .route("/v1/accounts", get().to(money::accounts))
        .route("/v1/balances", get().to(money::balances))
        .route("/v1/entries", get().to(money::entries))
        .route("/v1/trial-balance", get().to(money::trial_balance))
        .route("/v1/earnings/{party}", get().to(money::earnings))
        .route("/v1/explain/balance", get().to(explain::balance))
        .route("/v1/explain/statement", get().to(explain::statement))
        .route("/v1/explain/difference", get().to(explain::difference))
        .route("/v1/explain/sheet/{sheet}", get().to(explain::sheet))
        .route("/v1/explain/{line}", get().to(lines::explain))
        .route("/v1/statements", get().to(money::statement))
        .route("/v1/periods", get().to(periods::list))
        .route("/v1/periods/{period}/cut-off", post().to(periods::cut_off))
        .route("/v1/periods/{period}/reopen", post().to(periods::reopen))
        .route("/v1/adjustments", post().to(adjustments::ask))
        .route("/v1/cutovers", get().to(cutovers::list))
        .route("/v1/cutovers", post().to(cutovers::ask))
        .route("/v1/cutovers/{cutover}/reverse", post().to(cutovers::reverse))
        .route("/v1/cutovers/{cutover}/lines", post().to(cutovers::lines))
        .route("/v1/events", get().to(log::events))
        .route("/v1/operations/{key}", get().to(log::operation))
        .route("/health/live", get().to(health::live))
        .route("/health/ready", get().to(health::ready))
        .route("/metrics", get().to(health::metrics))
        .route("/openapi.json", get().to(health::openapi))
        .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")));
}
