//! `serve`: the REST API on a database that is migrated.
//! Must never migrate a database of the user's own by itself.

use std::path::PathBuf;

use clap::Args;

use super::database::{Where, block_on};
use super::fail::Failure;
use crate::engine::Engine;
use crate::http::{self, HttpSettings};

/// Serves the REST API until it is told to stop (Ctrl-C or SIGTERM); what was acknowledged is durable, requests under way end.
#[derive(Args, Debug)]
pub(super) struct Serve {
    #[command(flatten)]
    listen: Listen,
    /// Serve although the database role may change events; `/health/ready` then says so.
    #[arg(long)]
    allow_owner: bool,
    /// Pollers to run beside the server: a file as of `fenzhang pull --sample`.
    #[arg(long, env = "FENZHANG_PULL_CONFIG")]
    pull_config: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// Where to listen.
#[derive(Args, Debug, Clone)]
pub(super) struct Listen {
    /// Address and port; port 0 takes a free one.
    #[arg(long, env = "FENZHANG_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
}

impl Listen {
    /// Settings of the server.
    pub(super) fn settings(&self) -> HttpSettings {
        HttpSettings {
            listen: self.listen.clone(),
            ..HttpSettings::default()
        }
    }
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let engine = database.engine(true, self.allow_owner).await?;
            let pollers = match &self.pull_config {
                Some(file) => super::pull::start(&engine, file).await?,
                None => Vec::new(),
            };
            let served = serve(engine, self.listen.settings(), |address| {
                println!("serving on http://{address}; Ctrl-C stops");
            })
            .await;
            // A poller may be dropped anywhere: the next one goes on where it was.
            pollers.iter().for_each(tokio::task::JoinHandle::abort);
            served
        })
    }
}

/// Serves until the process is told to stop, then stops the engine.
pub(super) async fn serve(engine: Engine, settings: HttpSettings, ready: impl FnOnce(&str)) -> Result<(), Failure> {
    let listen = settings.listen.clone();
    let server = http::build(engine.clone(), settings).map_err(|error| {
        Failure::new(format!("cannot listen on {listen}: {error}")).next("choose another address with --listen")
    })?;
    ready(&server.addresses.first().map_or(listen, ToString::to_string));
    let done = server.server.await;
    engine.stop().await;
    Ok(done?)
}
