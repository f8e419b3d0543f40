//! `/health/live`, `/health/ready`, `/metrics`, `/openapi.json`: for operators and machines, without a key.
//! Must never show anything of a book.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::openapi::Api;
use super::problem::Problem;
use super::state::Shared;

/// Whether the server may be used.
#[derive(Serialize, ToSchema)]
pub struct HealthView {
    /// It may.
    pub ok: bool,
}

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "operations", responses((status = 200, body = HealthView)), security(()))]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthView { ok: true })
}

/// The database answers.
#[utoipa::path(get, path = "/health/ready", tag = "operations",
    responses((status = 200, body = HealthView), (status = 503, body = super::problem::ProblemView)), security(()))]
pub async fn ready(shared: Data<Shared>) -> Result<HttpResponse, Problem> {
    let client = shared.engine.pool().get().await?;
    client.query_one("select 1", &[]).await?;
    Ok(HttpResponse::Ok().json(HealthView { ok: true }))
}

/// Counters as Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain")), security(()))]
pub async fn metrics(shared: Data<Shared>) -> HttpResponse {
    let mut out = String::from("# TYPE fenzhang_http_answers_total counter\n");
    for class in 1..=5 {
        let count = shared.counters.answers(class);
        out.push_str(&format!("fenzhang_http_answers_total{{class=\"{class}xx\"}} {count}\n"));
    }
    let waiting = shared.engine.waiting().await;
    out.push_str(&format!(
        "# TYPE fenzhang_queue_waiting gauge\nfenzhang_queue_waiting {waiting}\n"
    ));
    let pool = shared.engine.pool().status();
    out.push_str(&format!(
        "# TYPE fenzhang_pool_connections gauge\nfenzhang_pool_connections {}\n",
        pool.size
    ));
    out.push_str(&format!(
        "# TYPE fenzhang_pool_waiting gauge\nfenzhang_pool_waiting {}\n",
        pool.waiting
    ));
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(out)
}

/// This interface as OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, body = Object)), security(()))]
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Api::openapi())
}
