//! The one table of routes and roles. Each line is one operation, each column one role; a route that is not here is
//! refused to everybody, and a test holds this table against the routes that exist and the OpenAPI document.
//! Must never be computed: it is a list that people review.

use crate::domain::person::Role;

/// How far a role may go on a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// Not at all.
    No,
    /// Only what is its own party's; anything else looks as if it did not exist.
    Own,
    /// Everything of the book.
    All,
}

/// Methods that routes have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Ends.
    Delete,
}

use Method::{Delete, Get, Patch, Post, Put};

/// One operation and what each role may do with it.
pub struct Row {
    /// Method.
    pub method: Method,
    /// Path as routed.
    pub path: &'static str,
    /// One letter per role in the order of `ROLES`: `a` all, `o` own only, `-` no.
    pub grants: &'static str,
}

/// The columns.
pub const ROLES: [Role; 9] = [
    Role::Owner,
    Role::Operator,
    Role::Finance,
    Role::Brand,
    Role::Agency,
    Role::Anchor,
    Role::Supplier,
    Role::Ingest,
    Role::Auditor,
];

macro_rules! rows {
    ($($method:ident $path:literal $grants:literal)*) => {
        &[$(Row { method: $method, path: $path, grants: $grants }),*]
    };
}

/// Every operation that needs a key.
#[rustfmt::skip]
pub const TABLE: &[Row] = rows! {
    //                                                     owner
    //                                                     |operator
    //                                                     ||finance
    //                                                     |||brand
    //                                                     ||||agency
    //                                                     |||||anchor
    //                                                     ||||||supplier
    //                                                     |||||||ingest
    //                                                     ||||||||auditor
    Get    "/v1/books"                                    "aaaaaaaaa"
    Post   "/v1/books"                                    "a--------"
    Post   "/v1/books/{book}/owner"                       "a--------"
    Post   "/v1/books/{book}/clock"                       "aa-------"
    Post   "/v1/books/{book}/reset"                       "a--------"
    Get    "/v1/parties"                                  "aaaoooo-a"
    Post   "/v1/parties"                                  "a-a------"
    Get    "/v1/parties/{party}"                          "aaaoooo-a"
    Patch  "/v1/parties/{party}"                          "a-a------"
    Post   "/v1/parties/{party}/suspend"                  "a-a------"
    Post   "/v1/parties/{party}/resume"                   "a-a------"
    Get    "/v1/memberships"                              "aaa-oo--a"
    Post   "/v1/memberships"                              "a-a------"
    Patch  "/v1/memberships/{membership}"                 "a-a------"
    Post   "/v1/memberships/{membership}/end"             "a-a------"
    Post   "/v1/memberships/{membership}/true-up"         "aaa------"
    Get    "/v1/persons"                                  "a--------"
    Post   "/v1/persons/{person}/substitutes"             "a-a------"
    Get    "/v1/keys"                                     "a--------"
    Post   "/v1/keys"                                     "a--------"
    Delete "/v1/keys/{key}"                               "a--------"
    Get    "/v1/shops"                                    "aaao-oo-a"
    Post   "/v1/shops"                                    "a-ao-----"
    Get    "/v1/entities"                                 "aaa-----a"
    Post   "/v1/entities"                                 "a-a------"
    Patch  "/v1/entities/{entity}"                        "a-a------"
    Post   "/v1/entities/{entity}/members"                "a-a------"
    Get    "/v1/placements"                               "aaa-----a"
    Post   "/v1/placements"                               "a-a------"
    Get    "/v1/placements/waiting"                       "aaa----aa"
    Post   "/v1/placements/{placement}/end"               "a-a------"
    Get    "/v1/products"                                 "aaaoaaa-a"
    Post   "/v1/products"                                 "a-ao---a-"
    Get    "/v1/products/{product}"                       "aaaoaaa-a"
    Get    "/v1/formulas"                                 "aaa-----a"
    Post   "/v1/formulas"                                 "a-a------"
    Post   "/v1/formulas/{formula}/versions"              "a-a------"
    Get    "/v1/rules"                                    "aaaooo--a"
    Post   "/v1/rules"                                    "a-ao-----"
    Get    "/v1/rules/{rule}"                             "aaaooo--a"
    Get    "/v1/rules/{rule}/versions"                    "aaaooo--a"
    Post   "/v1/rules/{rule}/versions"                    "a-ao-----"
    Post   "/v1/rules/{rule}/end"                         "a-ao-----"
    Post   "/v1/rules/{rule}/applicants"                  "a---oo---"
    Post   "/v1/rules/{rule}/applicants/{party}"          "a-ao-----"
    Post   "/v1/clicks"                                   "a------a-"
    Get    "/v1/orders"                                   "aaaooo--a"
    Post   "/v1/orders"                                   "a------a-"
    Post   "/v1/orders/lookup"                            "aaaooo---"
    Get    "/v1/orders/{line}"                            "aaaooo--a"
    Post   "/v1/orders/{line}/facts"                      "a------a-"
    Post   "/v1/facts"                                    "a------a-"
    Get    "/v1/returns"                                  "aaa----aa"
    Post   "/v1/returns"                                  "a------a-"
    Get    "/v1/orders/{line}/rows"                       "aaa-----a"
    Get    "/v1/parked"                                   "aaa----aa"
    Post   "/v1/parked/retry"                             "aaa------"
    Post   "/v1/parked/dismiss"                           "aaa------"
    Post   "/v1/parked/{position}/correct"                "aaa------"
    Get    "/v1/files"                                    "aaa----aa"
    Post   "/v1/files"                                    "aaa----a-"
    Get    "/v1/files/{file}"                             "aaa----aa"
    Get    "/v1/mappings"                                 "aaa----aa"
    Get    "/v1/mappings/{name}"                          "aaa----aa"
    Put    "/v1/mappings/{name}"                          "aaa----a-"
    Delete "/v1/mappings/{name}"                          "aaa----a-"
    Get    "/v1/imports"                                  "aaa----aa"
    Post   "/v1/imports"                                  "aaa----a-"
    Get    "/v1/imports/coverage"                         "aaa----aa"
    Get    "/v1/imports/{import}"                         "aaa----aa"
    Get    "/v1/imports/{import}/preview"                 "aaa----aa"
    Post   "/v1/imports/{import}/check"                   "aaa----a-"
    Post   "/v1/imports/{import}/commit"                  "aaa----a-"
    Post   "/v1/imports/{import}/reverse"                 "aaa------"
    Get    "/v1/imports/{import}/rows"                    "aaa----aa"
    Get    "/v1/imports/{import}/result"                  "aaa----aa"
    Get    "/v1/accounts"                                 "aaaooo--a"
    Get    "/v1/balances"                                 "aaaooo--a"
    Get    "/v1/entries"                                  "aaaooo--a"
    Get    "/v1/trial-balance"                            "aaa-----a"
    Get    "/v1/earnings/{party}"                         "aaaooo--a"
    Get    "/v1/explain/balance"                          "aaaooo--a"
    Get    "/v1/explain/statement"                        "aaaooo--a"
    Get    "/v1/explain/difference"                       "aaaooo--a"
    Get    "/v1/explain/sheet/{sheet}"                    "aaaooo--a"
    Get    "/v1/explain/{line}"                           "aaaooo--a"
    Get    "/v1/statements"                               "aaaooo--a"
    Get    "/v1/periods"                                  "aaaooo--a"
    Post   "/v1/periods/{period}/cut-off"                 "a-a------"
    Post   "/v1/periods/{period}/reopen"                  "a-a------"
    Get    "/v1/settlements"                              "aaa-----a"
    Post   "/v1/settlements"                              "a-a------"
    Get    "/v1/settlements/{run}"                        "aaa-----a"
    Get    "/v1/settlements/{run}/sheets"                 "aaaooo--a"
    Get    "/v1/settlements/{run}/differences"            "aaa-----a"
    Post   "/v1/settlements/{run}/deliver"                "aaa------"
    Post   "/v1/settlements/{run}/drop"                   "a-a------"
    Post   "/v1/settlements/{run}/approve"                "a-a------"
    Post   "/v1/settlements/{run}/issue"                  "a-a------"
    Post   "/v1/settlements/{run}/lock"                   "a-a------"
    Get    "/v1/settlement-terms"                         "aaa-----a"
    Post   "/v1/settlement-terms"                         "a-a------"
    Post   "/v1/simulations"                              "aaao-----"
    Get    "/v1/calendars"                                "aaa-----a"
    Post   "/v1/calendars"                                "a-a------"
    Get    "/v1/exits"                                    "aaa-----a"
    Post   "/v1/exits"                                    "a-a------"
    Get    "/v1/sheets"                                   "aaaooo--a"
    Get    "/v1/sheets/{sheet}"                           "aaaooo--a"
    Get    "/v1/sheets/{sheet}/lines"                     "aaaooo--a"
    Get    "/v1/sheets/{sheet}/members"                   "aaaooo--a"
    Post   "/v1/sheets/{sheet}/confirm"                   "a-aooo---"
    Post   "/v1/sheets/{sheet}/contest"                   "a-aooo---"
    Post   "/v1/sheets/{sheet}/answer"                    "a-a------"
    Post   "/v1/sheets/{sheet}/hold-back"                 "a-a------"
    Post   "/v1/sheets/{sheet}/issue"                     "a-a------"
    Post   "/v1/adjustments"                              "a-a------"
    Get    "/v1/reconciliations"                          "aaa-----a"
    Post   "/v1/reconciliations"                          "aaa------"
    Get    "/v1/reconciliations/{reconciliation}"         "aaa-----a"
    Get    "/v1/reconciliations/{reconciliation}/breaks"  "aaa-----a"
    Post   "/v1/reconciliations/{reconciliation}/accept"  "a-a------"
    Post   "/v1/reconciliations/{reconciliation}/reject"  "a-a------"
    Post   "/v1/reconciliations/{reconciliation}/park"    "a-a------"
    Get    "/v1/disputes"                                 "aaa--o--a"
    Post   "/v1/disputes"                                 "-----o---"
    Get    "/v1/disputes/{dispute}"                       "aaa--o--a"
    Post   "/v1/disputes/{dispute}/answer"                "a-a------"
    Get    "/v1/cutovers"                                 "a-a-----a"
    Post   "/v1/cutovers"                                 "a-a------"
    Post   "/v1/cutovers/{cutover}/reverse"               "a-a------"
    Post   "/v1/cutovers/{cutover}/lines"                 "a-a------"
    Get    "/v1/payments"                                 "aaaoooo-a"
    Post   "/v1/payments"                                 "a-a------"
    Get    "/v1/payments/{payment}"                       "aaaoooo-a"
    Post   "/v1/payments/{payment}/return"                "a-a------"
    Get    "/v1/freezes"                                  "aaaoooo-a"
    Post   "/v1/freezes"                                  "a-a------"
    Post   "/v1/freezes/{freeze}/unfreeze"                "a-a------"
    Post   "/v1/freezes/{freeze}/forfeit"                 "a-a------"
    Get    "/v1/receipts"                                 "aaa-----a"
    Post   "/v1/receipts"                                 "a-a----a-"
    Get    "/v1/receipts/{receipt}"                       "aaa-----a"
    Post   "/v1/receipts/{receipt}/match"                 "a-a------"
    Post   "/v1/receipts/{receipt}/unmatch"               "a-a------"
    Get    "/v1/policies"                                 "aaa-----a"
    Post   "/v1/policies"                                 "a-a------"
    Get    "/v1/approvals"                                "a-a-----a"
    Get    "/v1/approvals/{approval}"                     "a-a-----a"
    Post   "/v1/approvals/{approval}"                     "a-a------"
    Get    "/v1/briefs"                                   "aaaooo--a"
    Post   "/v1/briefs"                                   "a-ao-----"
    Get    "/v1/briefs/{brief}"                           "aaaooo--a"
    Post   "/v1/briefs/{brief}/{action}"                  "a-ao-----"
    Get    "/v1/briefs/{brief}/applications"              "aaaooo--a"
    Post   "/v1/briefs/{brief}/applications"              "a-aooo---"
    Post   "/v1/briefs/{brief}/applications/{party}/{action}" "a-aooo---"
    Get    "/v1/contracts"                                "aaaooo--a"
    Get    "/v1/contracts/{contract}"                     "aaaooo--a"
    Post   "/v1/contracts/{contract}/{action}"            "a-aooo---"
    Get    "/v1/suppliers"                                "aaaaaao-a"
    Post   "/v1/suppliers"                                "a-a----a-"
    Get    "/v1/suppliers/{supplier}"                     "aaaaaao-a"
    Get    "/v1/offers"                                   "aaaaaao-a"
    Post   "/v1/offers"                                   "a-a---oa-"
    Get    "/v1/offers/{offer}"                           "aaaaaao-a"
    Get    "/v1/offers/{offer}/versions"                  "aaaaaao-a"
    Get    "/v1/offers/{offer}/price"                     "aaaaaao-a"
    Post   "/v1/offers/{offer}/status"                    "a-a---oa-"
    Get    "/v1/quotes"                                   "aaaooo--a"
    Post   "/v1/quotes"                                   "a-aooo---"
    Get    "/v1/quotes/{quote}"                           "aaaooo--a"
    Post   "/v1/quotes/{quote}/use"                       "a-aooo---"
    Post   "/v1/contracts/{contract}/sample-sales"        "aa-o---a-"
    Post   "/v1/parties/{party}/script"                   "aa-------"
    Get    "/v1/vtask/actions"                            "aaaooo--a"
    Get    "/v1/pool"                                     "aaaoooo-a"
    Post   "/v1/products/{product}/pool"                  "a-ao-----"
    Post   "/v1/products/{product}/pool/withdraw"         "a-ao-----"
    Get    "/v1/pool/{entry}"                             "aaaoooo-a"
    Get    "/v1/selections"                               "aaa-oo--a"
    Post   "/v1/selections"                               "aa--oo---"
    Get    "/v1/selections/{selection}"                   "aaa-oo--a"
    Delete "/v1/selections/{selection}"                   "aa--oo---"
    Get    "/v1/watches"                                  "aaa-oo--a"
    Post   "/v1/watches"                                  "aa--oo---"
    Delete "/v1/watches/{watch}"                          "aa--oo---"
    Get    "/v1/submissions"                              "aaaoooo-a"
    Post   "/v1/submissions"                              "aa-oo-o--"
    Get    "/v1/submissions/{submission}"                 "aaaoooo-a"
    Post   "/v1/submissions/{submission}/{action}"        "aa-oooo--"
    Get    "/v1/running-order"                            "aaa-oo--a"
    Get    "/v1/reports"                                  "aaaooo--a"
    Get    "/v1/reports/line-ledger"                      "aaaooo--a"
    Get    "/v1/reports/line-ledger/columns"              "aaaooo--a"
    Post   "/v1/reports/line-ledger/columns"              "aaaooo---"
    Delete "/v1/reports/line-ledger/columns/{name}"       "aaaooo---"
    Get    "/v1/reports/{name}"                           "aaaooo--a"
    Get    "/v1/exports/journal"                          "aaa-----a"
    Get    "/v1/exports/subjects"                         "aaa-----a"
    Get    "/v1/exports/vouchers"                         "aaa-----a"
    Get    "/v1/exports/statements"                       "aaa-----a"
    Get    "/v1/exports/sheets"                           "aaa-----a"
    Get    "/v1/exports/sheets/{sheet}"                   "aaaooo--a"
    Get    "/v1/briefs/{brief}/matches"                   "aaao----a"
    Post   "/v1/parties/{party}/card"                     "a-a-oo---"
    Post   "/v1/parties/{party}/prefund"                  "a-a------"
    Post   "/v1/books/{book}/prefund"                     "a--------"
    Get    "/v1/events"                                   "aa------a"
    Get    "/v1/operations/{key}"                         "aaaooooaa"
    Get    "/v1/purchases"                                "aaaoooo-a"
    Post   "/v1/purchases"                                "aaaooo---"
    Post   "/v1/purchases/preview"                        "aaaooo---"
    Get    "/v1/purchases/{purchase}"                     "aaaoooo-a"
    Post   "/v1/purchases/{purchase}/{action}"            "aaaoooo--"
    Get    "/v1/explain/purchase/{purchase}"              "aaaoooo-a"
    Get    "/v1/samples"                                  "aaaoooo-a"
    Post   "/v1/samples"                                  "aaa-oo---"
    Get    "/v1/samples/{sample}"                         "aaaoooo-a"
    Post   "/v1/samples/{sample}/{action}"                "aaaoooo--"
    Get    "/v1/sample-rules"                             "aaa-----a"
    Post   "/v1/sample-rules"                             "aaa------"
};

/// Paths that need no key.
pub const PUBLIC: &[&str] = &[
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/{_:.*}",
];

/// What a role may do with an operation; `No` for what is not listed.
pub fn grant(method: Method, path: &str, role: Role) -> Grant {
    let Some(row) = TABLE.iter().find(|row| row.method == method && row.path == path) else {
        return Grant::No;
    };
    let column = ROLES.iter().position(|r| *r == role);
    match column.and_then(|column| row.grants.as_bytes().get(column)) {
        Some(b'a') => Grant::All,
        Some(b'o') => Grant::Own,
        _ => Grant::No,
    }
}

/// The methods that a path has.
pub fn methods(path: &str) -> impl Iterator<Item = Method> {
    TABLE.iter().filter(move |row| row.path == path).map(|row| row.method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_one_letter_for_every_role() {
        for row in TABLE {
            assert_eq!(row.grants.len(), ROLES.len(), "{}", row.path);
            assert!(
                row.grants.bytes().all(|b| matches!(b, b'a' | b'o' | b'-')),
                "{}",
                row.path
            );
        }
    }

    #[test]
    fn a_party_role_never_gets_everything_but_public_facts_of_the_book() {
        let catalogue = ["/v1/books", "/v1/products", "/v1/products/{product}"];
        // What a platform shows to whoever buys there, read only.
        let shown = |row: &Row| {
            let roots = ["/v1/suppliers", "/v1/offers"];
            row.method == Get && roots.iter().any(|root| row.path.starts_with(root))
        };
        for row in TABLE.iter().filter(|row| !catalogue.contains(&row.path) && !shown(row)) {
            let parties = row.grants.get(3..7).unwrap();
            assert!(!parties.contains('a'), "{}", row.path);
        }
    }

    #[test]
    fn an_auditor_reads_and_never_writes() {
        for row in TABLE.iter().filter(|row| row.method != Get) {
            assert_eq!(grant(row.method, row.path, Role::Auditor), Grant::No, "{}", row.path);
        }
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        assert_eq!(grant(Get, "/v1/secrets", Role::Owner), Grant::No);
    }
}
