//! `/v1/suppliers`: suppliers with scores as their platforms report them.
//! Must never show a supplier another one, nor take a score as a fact about money.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::wire::AnswerView;
use super::write::Write;
use crate::domain::command::Command;
use crate::domain::supplier::{Profile, Score, ScoreError, Scores};
use crate::report::{self, SupplierFilter, SupplierView, SuppliersView};

impl From<ScoreError> for Fault {
    fn from(error: ScoreError) -> Fault {
        Fault::new("score_form", error.to_string())
    }
}

/// Scores as a platform reports them; what it does not report is left out.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct SupplierScoresIn {
    /// Composite service.
    #[schema(example = "4.5")]
    pub composite: Option<String>,
    /// Logistics.
    pub logistics: Option<String>,
    /// Disputes and complaints.
    pub dispute: Option<String>,
    /// The goods themselves.
    pub offer: Option<String>,
    /// After sales, returns.
    pub after_sales: Option<String>,
    /// Consulting.
    pub consulting: Option<String>,
    /// Trade medal level, 0 to 5.
    pub medal: Option<u8>,
    /// Share of buyers who come back.
    #[schema(example = "0.33")]
    pub repurchase: Option<String>,
    /// Share collected by the carrier within 48 hours.
    pub collected_48h: Option<String>,
    /// Share refunded for quality within 30 days.
    pub quality_refund: Option<String>,
    /// Years of paid membership.
    pub member_years: Option<u8>,
}

/// What a platform says beside scores.
#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct SupplierProfileIn {
    /// The member's own name on the platform.
    pub login_name: Option<String>,
    /// Kind of business.
    #[schema(example = "生产加工")]
    pub business: Option<String>,
    /// The platform had the factory inspected.
    #[serde(default)]
    pub factory_inspected: bool,
    /// The platform calls it a super factory.
    #[serde(default)]
    pub super_factory: bool,
    /// Labels of its services.
    #[serde(default)]
    pub services: Vec<String>,
}

/// A report of a supplier.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierIn {
    /// A party of kind supplier: id or own number.
    pub supplier: String,
    /// Which platform says so.
    #[schema(example = "1688")]
    pub source: String,
    /// The platform's number of it.
    #[schema(example = "b2b-221818264423833a6a")]
    pub member_no: String,
    /// When it said so; now when not told.
    pub reported_at: Option<String>,
    /// Scores.
    #[serde(default)]
    pub scores: SupplierScoresIn,
    /// Beside scores.
    #[serde(default)]
    pub profile: SupplierProfileIn,
}

fn scores(form: &mut Form, told: &SupplierScoresIn) -> Option<Scores> {
    let composite = form.maybe("/composite", told.composite.as_deref());
    let logistics = form.maybe("/logistics", told.logistics.as_deref());
    let dispute = form.maybe("/dispute", told.dispute.as_deref());
    let offer = form.maybe("/offer", told.offer.as_deref());
    let after_sales = form.maybe("/after_sales", told.after_sales.as_deref());
    let consulting = form.maybe("/consulting", told.consulting.as_deref());
    let repurchase = form.maybe("/repurchase", told.repurchase.as_deref());
    let collected = form.maybe("/collected_48h", told.collected_48h.as_deref());
    let quality = form.maybe("/quality_refund", told.quality_refund.as_deref());
    Some(Scores {
        composite: composite?,
        logistics: logistics?,
        dispute: dispute?,
        offer: offer?,
        after_sales: after_sales?,
        consulting: consulting?,
        medal: told.medal,
        repurchase_ppm: repurchase?,
        collected_48h_ppm: collected?,
        quality_refund_ppm: quality?,
        member_years: told.member_years,
    })
}

/// Tells what a platform reports of a supplier; the same again, or something older, changes nothing.
#[utoipa::path(post, path = "/v1/suppliers", tag = "sourcing", request_body = SupplierIn,
    responses((status = 200, body = AnswerView)))]
pub async fn tell(write: Write, Json(body): Json<SupplierIn>) -> Result<HttpResponse, Problem> {
    let mut form = write.form([body.supplier.as_str()]).await?;
    let supplier = form.party("/supplier", &body.supplier);
    let source = form.read("/source", &body.source);
    let at = form.maybe("/reported_at", body.reported_at.as_deref());
    let scores = form.within("/scores", |form| scores(form, &body.scores));
    let (((supplier, source), at), scores) = form.finish(supplier.zip(source).zip(at).zip(scores))?;
    let profile = Profile {
        login_name: body.profile.login_name,
        business: body.profile.business,
        factory_inspected: body.profile.factory_inspected,
        super_factory: body.profile.super_factory,
        services: body.profile.services,
    };
    let command = Command::ReportSupplier {
        supplier,
        source,
        member_no: body.member_no,
        reported_at: at,
        scores,
        profile,
    };
    write.change("POST /v1/suppliers", command).await
}

/// Lists suppliers; a supplier itself only.
#[utoipa::path(get, path = "/v1/suppliers", tag = "sourcing",
    params(("source" = Option<String>, Query), ("least_composite" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SuppliersView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let filter = SupplierFilter {
        source: read.params.text("source")?,
        least_composite: read.params.read::<Score>("least_composite")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::suppliers(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a supplier with scores as reported.
#[utoipa::path(get, path = "/v1/suppliers/{supplier}", tag = "sourcing", params(("supplier" = String, Path)),
    responses((status = 200, body = SupplierView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let known = super::params::parties(&read.client, read.who(), [id.as_str()]).await?;
    let supplier = id.parse().ok().or_else(|| known.get(id.as_str()).copied());
    let supplier = supplier.ok_or_else(Problem::not_found)?;
    let view = report::supplier(&read.client, read.log(), read.viewer(), supplier).await?;
    answer(&request, &view)
}
