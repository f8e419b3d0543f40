//! `/v1/memberships`: agency contracts 机构合约 by date: scope, share, receiver; amended or ended from an instant on.
//! Must never change a contract's past: an amendment is a contract of its own dates.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::Form;
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::shares::{ShareIn, parties_of, share};
use super::state::Shared;
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::access::member_of;
use crate::base::{MembershipId, PartyId};
use crate::domain::command::Command;
use crate::domain::party::{ContractScope, Receiver};
use crate::domain::share::{Guarantee, GuaranteeMode};
use crate::report::{self, MembershipsView};

/// A contract to sign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipIn {
    /// The member (an anchor, or a second-level promoter): id or own number.
    pub member: String,
    /// Its upper (an agency, or the anchor above a promoter): id or own number.
    pub upper: String,
    /// all, cps, vtask or sourcing.
    #[schema(value_type = String, example = "cps")]
    pub scope: Option<ContractScope>,
    /// How they share.
    pub share: ShareIn,
    /// Whom the platform pays: book, upper, member or each; book when not told.
    #[schema(value_type = String, example = "book")]
    pub receiver: Option<Receiver>,
    /// 保底: what the agency guarantees the member a month.
    pub guarantee: Option<GuaranteeIn>,
    /// Start, inclusive.
    pub from: String,
    /// End, exclusive.
    pub to: Option<String>,
}

/// Other terms from an instant on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendIn {
    /// How they share.
    pub share: ShareIn,
    /// Whom the platform pays; book when not told.
    #[schema(value_type = String)]
    pub receiver: Option<Receiver>,
    /// What the agency guarantees from then on; nothing when not told.
    pub guarantee: Option<GuaranteeIn>,
    /// From here on.
    pub from: String,
}

/// A guarantee 保底 a month. It is owed as a whole for a month at whose end the contract is in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuaranteeIn {
    /// A month.
    pub amount: MoneyIn,
    /// top_up: a shortfall is paid for good; advance: it is paid ahead and recovered from later months.
    #[schema(value_type = String, example = "top_up")]
    pub mode: GuaranteeMode,
    /// An advance is recovered only out of what exceeds the guarantee.
    #[serde(default)]
    pub floor: bool,
}

fn guarantee(form: &mut Form, told: Option<&GuaranteeIn>) -> Option<Option<Guarantee>> {
    let Some(told) = told else { return Some(None) };
    let money = form.money("/guarantee/amount", &told.amount)?;
    Some(Some(Guarantee {
        currency: money.currency,
        amount: money.minor,
        mode: told.mode,
        floor: told.floor,
    }))
}

/// The end of a contract.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndIn {
    /// Exclusive end.
    pub at: String,
}

/// Signs a contract.
#[utoipa::path(post, path = "/v1/memberships", tag = "parties", request_body = MembershipIn,
    responses((status = 201, body = AnswerView)))]
pub async fn sign(write: Write, Json(body): Json<MembershipIn>) -> Result<HttpResponse, Problem> {
    let parties = [body.member.as_str(), body.upper.as_str()].into_iter();
    let mut form = write.form(parties.chain(parties_of(&body.share))).await?;
    let member = form.party("/member", &body.member);
    let upper = form.party("/upper", &body.upper);
    let share = share(&mut form, &body.share);
    let from = form.read("/from", &body.from);
    let to = form.maybe("/to", body.to.as_deref());
    let guarantee = guarantee(&mut form, body.guarantee.as_ref());
    let read = member.zip(upper).zip(share).zip(from).zip(to).zip(guarantee);
    let (((((member, upper), share), from), to), guarantee) = form.finish(read)?;
    let command = Command::SignMembership {
        member,
        upper,
        scope: body.scope.unwrap_or(ContractScope::All),
        share,
        receiver: body.receiver.unwrap_or_default(),
        guarantee,
        from,
        to,
    };
    write.make("POST /v1/memberships", "membership", command).await
}

/// A contract of the book with its member.
pub(super) async fn named(write: &Write, text: &str) -> Result<(MembershipId, PartyId), Problem> {
    let membership: MembershipId = text.parse().map_err(|_| Problem::not_found())?;
    let client = write.client().await?;
    let member = member_of(&client, write.caller.who.log, membership)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((membership, member))
}

/// Changes the terms of a contract from an instant on.
#[utoipa::path(patch, path = "/v1/memberships/{membership}", tag = "parties", request_body = AmendIn,
    params(("membership" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn amend(write: Write, id: Path<String>, Json(body): Json<AmendIn>) -> Result<HttpResponse, Problem> {
    let (membership, member) = named(&write, &id).await?;
    let mut form = write.form(parties_of(&body.share)).await?;
    let share = share(&mut form, &body.share);
    let from = form.read("/from", &body.from);
    let guarantee = guarantee(&mut form, body.guarantee.as_ref());
    let ((share, from), guarantee) = form.finish(share.zip(from).zip(guarantee))?;
    let receiver = body.receiver.unwrap_or_default();
    let command = Command::AmendMembership {
        member,
        membership,
        share,
        receiver,
        guarantee,
        from,
    };
    write.change("PATCH /v1/memberships/{membership}", command).await
}

/// Ends a contract.
#[utoipa::path(post, path = "/v1/memberships/{membership}/end", tag = "parties", request_body = EndIn,
    params(("membership" = String, Path)), responses((status = 200, body = AnswerView)))]
pub async fn end(write: Write, id: Path<String>, Json(body): Json<EndIn>) -> Result<HttpResponse, Problem> {
    let (membership, member) = named(&write, &id).await?;
    let mut form = Form::default();
    let at = form.read("/at", &body.at);
    let at = form.finish(at)?;
    let command = Command::EndMembership { member, membership, at };
    write.change("POST /v1/memberships/{membership}/end", command).await
}

/// Lists contracts, by member or upper.
#[utoipa::path(get, path = "/v1/memberships", tag = "parties",
    params(("party" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = MembershipsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let party = read.party_param().await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(
        &request,
        &report::memberships(&read.client, read.log(), read.viewer(), party, &page).await?,
    )
}
