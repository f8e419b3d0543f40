//! Raw files: uploaded as a stream, kept once for each digest, given back byte for byte.
//! Must never hold a file in memory, nor wait for a silent sender without end.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::imports::problem;
use super::params::Params;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use crate::intake::batch;
use crate::intake::shelf::{Arriving, FILE_CAP, ShelfError};
use crate::report::{self, FilesView};

/// Longest silence of a sender.
const IDLE: Duration = Duration::from_secs(30);

/// A file that was kept.
#[derive(Serialize, ToSchema)]
pub struct UploadedView {
    /// SHA-256 of its bytes, hexadecimal: its id.
    pub file: String,
    /// Bytes.
    pub size: i64,
    /// As it was called when it first came.
    pub name: String,
    /// The book has it already: nothing was kept twice.
    pub replayed: bool,
}

impl From<ShelfError> for Problem {
    fn from(error: ShelfError) -> Problem {
        let detail = error.to_string();
        match error {
            ShelfError::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", detail),
            ShelfError::Bomb => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_unpacks_too_large", detail),
            ShelfError::Empty => Problem::bad_request("file_empty", detail),
            ShelfError::Store(_) | ShelfError::Pool(_) => {
                tracing::warn!(%detail, "a file could not be kept");
                Problem::unavailable()
            }
        }
    }
}

/// Uploads a file as it is: at most 50 MiB, gzip allowed. The same bytes twice are one file.
#[utoipa::path(post, path = "/v1/files", tag = "intake", params(("name" = Option<String>, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = UploadedView)))]
pub async fn upload(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    mut payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut params = Params::of(&request)?;
    let name = params.text("name")?.unwrap_or_default();
    params.finish()?;
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|told| told.to_str().ok());
    let media_type = media_type.unwrap_or("application/octet-stream");
    if media_type.starts_with("multipart/") || name.chars().count() > 255 || media_type.len() > 255 {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media_type",
            "send the file's own bytes as the body, its name (at most 255 characters) as ?name=",
        ));
    }
    let mut arriving = Arriving::begin(shared.engine.pool(), caller.who.book, FILE_CAP).await?;
    loop {
        let chunk = tokio::time::timeout(IDLE, payload.next()).await;
        let taken = match chunk {
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_too_slow",
                "nothing arrived for 30 seconds",
            )),
            Ok(Some(Err(_))) => Err(Problem::bad_request("body_broken", "the body ended early")),
            Ok(Some(Ok(bytes))) => arriving.take(&bytes).await.map_err(Problem::from),
            Ok(None) => break,
        };
        if let Err(problem) = taken {
            arriving.drop_all().await?;
            return Err(problem);
        }
    }
    let (file, new) = arriving.end(&name, media_type, &caller.who.actor()).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(UploadedView {
        file: hex::encode(&file.digest),
        size: file.size,
        name: file.name,
        replayed: !new,
    }))
}

/// Lists files by digest.
#[utoipa::path(get, path = "/v1/files", tag = "intake",
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = FilesView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let page = read.params.page()?;
    read.finish()?;
    answer(&request, &report::files(&read.client, read.log(), &page).await?)
}

/// Gives a file back byte for byte.
#[utoipa::path(get, path = "/v1/files/{file}", tag = "intake", params(("file" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn download(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    file: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    read.finish()?;
    let digest = hex::decode(file.as_str()).map_err(|_| Problem::not_found())?;
    report::file(&read.client, read.log(), &digest).await?;
    let (pool, book) = (shared.engine.pool().clone(), read.who().book);
    drop(read);
    let parts = stream::unfold(Some(0), move |next| {
        let (pool, digest) = (pool.clone(), digest.clone());
        async move {
            let part = next?;
            match batch::part(&pool, book, &digest, part).await {
                Ok(Some(bytes)) => Some((Ok(bytes), part.checked_add(1))),
                Ok(None) => None,
                Err(error) => Some((Err(actix_web::Error::from(problem(error))), None)),
            }
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((CONTENT_DISPOSITION, "attachment"))
        .streaming(Box::pin(parts)))
}
