//! `/v1/vtask/actions`: everything that can be asked of briefs, applications and contracts, by whom, and with which fields.
//! Must never differ from what is routed: sides come from the slices, and a test holds the words against them.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::domain::brief::ROLES as BRIEF_ROLES;
use crate::domain::contract::Side;
use crate::domain::contract::actions::ROLES as CONTRACT_ROLES;

/// An action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AskableView {
    /// The word in `allowed_actions`.
    pub action: &'static str,
    /// The route; its last part is the word, except for what is asked of a list.
    pub route: &'static str,
    /// Sides that may ask: brand, anchor, book.
    pub sides: Vec<&'static str>,
    /// Roles of keys that may ask; owner and finance ask for a side with `side`.
    pub roles: Vec<&'static str>,
    /// Fields of the body that it needs.
    pub needs: &'static [&'static str],
    /// Fields that it may have.
    pub may_have: &'static [&'static str],
    /// What it does.
    pub says: &'static str,
}

/// Every action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AskablesView {
    /// Of briefs and applications, then of contracts, in the order in which they usually come.
    pub actions: Vec<AskableView>,
}

/// Word, route, fields needed, fields allowed, what it does.
type Line = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const OF_BRIEF: &str = "POST /v1/briefs/{brief}/{action}";
const APPLY: &str = "POST /v1/briefs/{brief}/applications";
const OF_APPLICATION: &str = "POST /v1/briefs/{brief}/applications/{party}/{action}";
const OF_CONTRACT: &str = "POST /v1/contracts/{contract}/{action}";

#[rustfmt::skip]
const BRIEFS: &[Line] = &[
    ("post", OF_BRIEF, &[], &[], "shows a draft to whom it is for"),
    ("amend", OF_BRIEF, &["brief"], &[], "says something else, before anything is awarded"),
    ("withdraw", OF_BRIEF, &["reason"], &[], "takes it back; awarded contracts stand"),
    ("invite", APPLY, &["party"], &[], "invites a party (from a brand, or with side brand)"),
    ("apply", APPLY, &[], &["party", "terms", "note", "external_id"], "applies with a quote; the brief's own terms when not told"),
    ("quote", OF_APPLICATION, &["terms"], &[], "puts other terms on the table"),
    ("accept-quote", OF_APPLICATION, &[], &[], "the applicant stands by the brand's terms"),
    ("shortlist", OF_APPLICATION, &[], &[], "puts it on the short list"),
    ("reject", OF_APPLICATION, &[], &["reason"], "does not want it"),
    ("leave", OF_APPLICATION, &[], &["reason"], "declines an invitation, or takes an application back"),
    ("award", OF_APPLICATION, &[], &["external_id", "fund"], "makes a contract of the terms on the table; with fund, sets its money aside"),
];

#[rustfmt::skip]
const CONTRACTS: &[Line] = &[
    ("fund", OF_CONTRACT, &["amount"], &[], "sets money aside"),
    ("mark-paid", OF_CONTRACT, &["amount", "channel", "reference", "at"], &[], "notes a payment that somebody outside proves"),
    ("refund", OF_CONTRACT, &[], &[], "gives back what no deliverable needs"),
    ("assign", OF_CONTRACT, &["anchor"], &[], "names the anchor, or proposes another one"),
    ("consent", OF_CONTRACT, &[], &[], "consents to another anchor"),
    ("decline-anchor", OF_CONTRACT, &[], &[], "does not consent"),
    ("amend", OF_CONTRACT, &["terms"], &[], "proposes other terms"),
    ("accept-amendment", OF_CONTRACT, &["version"], &[], "accepts the proposed terms"),
    ("refuse-amendment", OF_CONTRACT, &["version"], &[], "refuses them, or takes them back"),
    ("schedule", OF_CONTRACT, &[], &["deliverable", "at"], "gives a deliverable its time; its money is bound from here"),
    ("deliver", OF_CONTRACT, &["evidence"], &["deliverable", "minutes", "text"], "delivers"),
    ("accept", OF_CONTRACT, &[], &["deliverable"], "accepts a delivery"),
    ("request-revision", OF_CONTRACT, &["reason"], &["deliverable"], "asks for a revision"),
    ("dispute", OF_CONTRACT, &["reason"], &["deliverable", "files"], "takes a delivery to the arbiter"),
    ("state", OF_CONTRACT, &["text"], &["deliverable", "files"], "says a side's word in a dispute"),
    ("arbitrate", OF_CONTRACT, &["weights", "reason"], &["deliverable"], "decides a dispute by weights"),
    ("arbitrate-lines", OF_CONTRACT, &["line_ids", "reason"], &["deliverable"], "decides which contested lines count"),
    ("propose-result", OF_CONTRACT, &[], &["deliverable", "lines"], "proposes a sales result; the ledger's own lines when not told"),
    ("contest-result", OF_CONTRACT, &["line_ids", "reason"], &["deliverable"], "contests lines of it"),
    ("accept-result", OF_CONTRACT, &[], &["deliverable"], "accepts it, as far as it is not contested"),
    ("cancel", OF_CONTRACT, &["reason"], &["deliverable"], "cancels one deliverable, or everything not accepted"),
    ("rate", OF_CONTRACT, &["stars"], &["text"], "rates the other side"),
];

fn views(lines: &[Line], roles: &[(&str, &[Side])]) -> Vec<AskableView> {
    let view = |(action, route, needs, may_have, says): &Line| {
        let sides = roles.iter().find(|(word, _)| word == action);
        let sides: &[Side] = sides.map_or(&[], |(_, sides)| sides);
        let mut keys: Vec<&'static str> = Vec::new();
        for side in sides {
            keys.extend::<&[&'static str]>(match side {
                Side::Brand => &["brand"],
                Side::Anchor => &["anchor", "agency"],
                Side::Book => &[],
            });
        }
        keys.extend(["owner", "finance"]);
        AskableView {
            action,
            route,
            sides: sides.iter().map(|side| side.word()).collect(),
            roles: keys,
            needs,
            may_have,
            says,
        }
    };
    lines.iter().map(view).collect()
}

/// Lists everything that can be asked of briefs, applications and contracts.
#[utoipa::path(get, path = "/v1/vtask/actions", tag = "vtask", responses((status = 200, body = AskablesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let mut actions = views(BRIEFS, BRIEF_ROLES);
    actions.extend(views(CONTRACTS, CONTRACT_ROLES));
    answer(&request, &AskablesView { actions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_slices_is_told_once_and_no_other() {
        for (lines, roles) in [(BRIEFS, BRIEF_ROLES), (CONTRACTS, CONTRACT_ROLES)] {
            let told: Vec<&str> = lines.iter().map(|line| line.0).collect();
            let known: Vec<&str> = roles.iter().map(|(word, _)| *word).collect();
            assert_eq!(told, known);
        }
    }
}
