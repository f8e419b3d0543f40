//! The OpenAPI document, emitted from the handlers. `openapi/openapi.json` is this text; a test refuses drift.
//! Must never list a path that is not routed, nor miss one that is: a test holds both against the role table.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::problem::{PROBLEM_JSON, ProblemView};
use super::*;

/// The whole interface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fenzhang 分账",
        description = "The commission ledger for live commerce. Writes carry an Idempotency-Key header, except facts and \
            clicks, which identify themselves; `dry_run=true` decides without writing; `expected_version` (409) or \
            If-Match (412) guards the object's stream. Amounts are strings; instants RFC 3339; rates decimal fractions. \
            A party's own number is accepted wherever its id is. Errors are problem+json with a stable `code`."
    ),
    paths(
        books::list, books::open, books::owner, books::clock, books::reset,
        parties::list, parties::register, parties::show, parties::rename,
        memberships::list, memberships::sign, memberships::amend, memberships::end,
        shares::true_up,
        keys::persons, keys::list, keys::issue, keys::revoke,
        entities::list, entities::register, entities::rename, entities::join,
        placements::list, placements::assign, placements::waiting, placements::end,
        catalogue::shops, catalogue::register, catalogue::products, catalogue::list_item, catalogue::product,
        formulas::list, formulas::make, formulas::version,
        rules::list, rules::post, rules::show, rules::versions, rules::version, rules::end, rules::apply, rules::decide,
        clicks::tell, orders::place, orders::tell, facts::bulk, returns::counts, returns::bulk, lines::list,
        lines::show, lines::lookup, explain::balance, explain::statement, explain::difference, explain::sheet,
        lines::explain,
        parked::list, parked::retry, parked::dismiss, parked::correct,
        files::list, files::upload, files::download, mappings::list, mappings::show, mappings::save, mappings::remove,
        imports::list, imports::make, imports::coverage, imports::show, imports::preview, imports::check, imports::commit,
        imports::reverse, imports::rows, imports::rows_of_line, imports::result,
        money::accounts, money::balances, money::entries, money::trial_balance, money::earnings, money::statement,
        periods::list, periods::cut_off, periods::reopen, settlements::start, settlements::list, settlements::show,
        settlements::sheets, settlements::differences, settlements::deliver, settlements::drop_run,
        settlements::approve, settlements::issue, settlements::lock, terms::terms, terms::set_terms,
        terms::calendars, terms::set_calendar, exits::list, exits::make, sheets::issue, simulations::simulate,
        sheets::list, sheets::show, sheets::lines, sheets::members, sheets::confirm, sheets::contest,
        sheets::answer_contest, sheets::hold_back, adjustments::ask, adjustments::list, adjustments::show,
        adjustments::decide, payments::ask, payments::list, payments::show, payments::give_back, freezes::ask,
        freezes::list, freezes::unfreeze, freezes::forfeit, freezes::suspend, freezes::resume, receipts::tell,
        receipts::list, receipts::show, receipts::settle, receipts::release, policies::ask, policies::list,
        policies::substitute,
        reports::list, ledger::show, ledger::columns, ledger::save, ledger::forget, reports::show,
        reconciliations::list, reconciliations::make, reconciliations::show, reconciliations::breaks,
        reconciliations::accept, reconciliations::reject, reconciliations::park,
        disputes::list, disputes::open, disputes::show, disputes::answer,
        exports::journal, exports::subjects, exports::vouchers, exports::statements,
        exports::sheets, exports::sheet,
        cutovers::list, cutovers::ask, cutovers::reverse, cutovers::lines,
        briefs::list, briefs::draft, briefs::show, briefs::act, briefs::applications, briefs::apply,
        briefs::answer_application, contracts::list, contracts::show, contracts::act, suppliers::list,
        suppliers::tell, suppliers::show, offers::list, offers::publish, offers::show, offers::versions, offers::cost,
        offers::change, quotes::list, quotes::give, quotes::show, quotes::spend, briefs::matches, cards::publish,
        cards::prefund, cards::prefund_book, sandbox::script, sandbox::sample_sales, vtask_actions::list,
        purchases::list, purchases::order, purchases::preview, purchases::show, purchases::act, purchases::explain,
        samples::list, samples::ask, samples::show, samples::act, samples::rules, samples::set_rules,
        log::events, log::operation,
        pool::search, pool::list_product, pool::withdraw_product, pool_desk::entry, pool_desk::save, pool_desk::remove,
        pool_desk::selections, pool_desk::selection, pool_desk::set_watch, pool_desk::drop_watch, pool_desk::watches,
        submissions::list, submissions::make, submissions::show, submissions::act, submissions::running_order,
        health::live, health::ready, health::metrics, health::openapi,
    ),
    components(schemas(ProblemView)),
    modifiers(&Common),
    security(("key" = []))
)]
pub struct Api;

/// What every operation shares: the key, the headers of writes, the error body.
struct Common;

impl Modify for Common {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let body = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("ProblemView")))
            .build();
        let problem = ResponseBuilder::new()
            .description("A problem; `code` says which, `outcome` whether something may have happened.")
            .content(PROBLEM_JSON, body)
            .header("x-request-id", HeaderBuilder::new().build())
            .build();
        for (path, item) in &mut api.paths.paths {
            for (method, operation) in [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ] {
                let Some(operation) = operation else { continue };
                operation
                    .responses
                    .responses
                    .insert("default".to_owned(), RefOr::T(problem.clone()));
                if method != "get" {
                    operation
                        .parameters
                        .get_or_insert_default()
                        .extend(write_parameters(path).into_iter().map(RefOr::T));
                }
            }
        }
    }
}

fn write_parameters(path: &str) -> Vec<utoipa::openapi::path::Parameter> {
    use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
    use utoipa::openapi::{Object, Required, Type};
    // A look-up reads; a set of columns is no money: saved twice it is saved once.
    if path == "/v1/orders/lookup" || path.starts_with("/v1/reports/line-ledger/columns") {
        return Vec::new();
    }
    let text = || Object::with_type(Type::String);
    let told = matches!(
        path,
        "/v1/clicks" | "/v1/facts" | "/v1/returns" | "/v1/receipts" | "/v1/orders" | "/v1/orders/{line}/facts"
    );
    // Files, mappings and imports are identified by what they are made of.
    let intake = ["/v1/files", "/v1/mappings", "/v1/imports"];
    // So is a reconciliation: the same statement over an unchanged book is one.
    if path == "/v1/reconciliations" || intake.iter().any(|root| path.starts_with(root)) {
        return Vec::new();
    }
    let mut parameters = Vec::new();
    if !told {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(
                "Of your own choice, kept for ever: the same key gives the first answer again.",
            ))
            .schema(Some(text()));
        let version = ParameterBuilder::new()
            .name("expected_version")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("Version the object's stream must stand at."))
            .schema(Some(Object::with_type(Type::Integer)));
        parameters.extend([key.build(), version.build()]);
    }
    let dry_run = ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("Decide and answer, write nothing."))
        .schema(Some(Object::with_type(Type::Boolean)));
    parameters.push(dry_run.build());
    parameters
}

/// The document as it is committed.
pub fn document() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
