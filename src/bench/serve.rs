//! The servers that are measured: the service's own, as `serve` builds it, and beside it one whose only route parses a body.
//! It must never switch a check of the service off; allowances are raised, and still counted.

use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, post};
use actix_web::{App, HttpResponse, HttpServer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::BenchError;
use crate::engine::Engine;
use crate::http::{HttpSettings, build};

/// Worker threads of every server.
const WORKERS: usize = 2;

/// A server under way.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Served {
    /// The service.
    pub fn service(engine: Engine) -> Result<Served, BenchError> {
        let settings = HttpSettings {
            listen: "127.0.0.1:0".to_owned(),
            workers: WORKERS,
            rate: 10_000_000,
            burst: 10_000_000,
            ..HttpSettings::default()
        };
        let listening = build(engine, settings)?;
        Served::new(&listening.addresses, listening.server)
    }

    /// The parse-only server.
    pub fn parser() -> Result<Served, BenchError> {
        let server = HttpServer::new(|| App::new().route("/parse", post().to(parse)))
            .workers(WORKERS)
            .disable_signals()
            .bind("127.0.0.1:0")?;
        let addresses = server.addrs();
        Served::new(&addresses, server.run())
    }

    fn new(addresses: &[SocketAddr], server: actix_web::dev::Server) -> Result<Served, BenchError> {
        let address = addresses.first().copied();
        let address = address.ok_or_else(|| BenchError::Other("the server listens nowhere".to_owned()))?;
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Served { address, handle })
    }

    /// Stops it.
    pub async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    clicks: Vec<&'a RawValue>,
}

#[derive(Serialize)]
struct Parsed {
    clicks: usize,
    bytes: usize,
}

async fn parse(body: Bytes) -> HttpResponse {
    match serde_json::from_slice::<Body<'_>>(&body) {
        Ok(parsed) => HttpResponse::Ok().json(Parsed {
            clicks: parsed.clicks.len(),
            bytes: parsed.clicks.iter().map(|click| click.get().len()).sum(),
        }),
        Err(_) => HttpResponse::BadRequest().finish(),
    }
}
