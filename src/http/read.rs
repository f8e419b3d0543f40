//! One read: as of when, after which position, and for which viewer; the answer with an entity tag.
//! Must never answer as of a position when the list behind it is a current one (decision B11).

use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::guard::Caller;
use super::params::Params;
use super::problem::Problem;
use super::state::Shared;
use crate::access::{Principal, sees};
use crate::base::{Instant, LogId, PartyId};
use crate::report::{At, Viewer};

/// What every read has.
pub struct Read {
    /// Who asks.
    pub caller: Caller,
    /// A connection.
    pub client: deadpool_postgres::Object,
    /// Parameters not taken yet.
    pub params: Params,
    /// As of when.
    pub at: At,
}

impl Read {
    /// A read that can look back: balances, accounts, entries, earnings, statements, explanations, single objects.
    pub async fn as_of(shared: &Data<Shared>, caller: Caller, request: &HttpRequest) -> Result<Read, Problem> {
        let mut params = Params::of(request)?;
        let position: Option<i64> = params.read("at_position")?;
        let instant: Option<Instant> = params.read("at")?;
        let at = match (position, instant) {
            (None, None) => At::Now,
            (Some(position), None) => At::Position(position),
            (None, Some(instant)) => At::Instant(instant),
            (Some(_), Some(_)) => {
                return Err(Problem::bad_request("at_twice", "give at or at_position, not both").at("at"));
            }
        };
        Read::begin(shared, caller, params, at).await
    }

    /// A read of what stands now: searches and lists.
    pub async fn current(shared: &Data<Shared>, caller: Caller, request: &HttpRequest) -> Result<Read, Problem> {
        let mut params = Params::of(request)?;
        for name in ["at", "at_position"] {
            if params.text(name)?.is_some() {
                return Err(Problem::bad_request("not_as_of", "this list shows what stands now").at(name));
            }
        }
        Read::begin(shared, caller, params, At::Now).await
    }

    async fn begin(shared: &Data<Shared>, caller: Caller, mut params: Params, at: At) -> Result<Read, Problem> {
        if let Some(position) = params.read::<i64>("min_position")? {
            let stands = shared
                .engine
                .wait_for(caller.who.log, position, shared.settings.read_deadline)
                .await?;
            if stands < position {
                let late = "the log did not reach min_position in time";
                return Err(Problem::new(
                    actix_web::http::StatusCode::SERVICE_UNAVAILABLE,
                    "position_not_reached",
                    late,
                ));
            }
        }
        let client = shared.engine.pool().get().await?;
        Ok(Read {
            caller,
            client,
            params,
            at,
        })
    }

    /// Who asks.
    pub fn who(&self) -> &Principal {
        &self.caller.who
    }

    /// The log that is read.
    pub fn log(&self) -> LogId {
        self.caller.who.log
    }

    /// What the caller sees.
    pub fn viewer(&self) -> Viewer {
        self.caller.who.viewer()
    }

    /// The party that a text stands for, if the caller may see it; foreign and missing alike are not found.
    pub async fn party(&self, text: &str) -> Result<PartyId, Problem> {
        let known = super::params::parties(&self.client, self.who(), [text]).await?;
        let party = text
            .parse()
            .ok()
            .or_else(|| known.get(text).copied())
            .ok_or_else(Problem::not_found)?;
        if sees(&self.client, self.who(), party).await? {
            Ok(party)
        } else {
            Err(Problem::not_found())
        }
    }

    /// Takes `party`; without it a party's own.
    pub async fn party_param(&mut self) -> Result<Option<PartyId>, Problem> {
        match self.params.text("party")? {
            Some(text) => self.party(&text).await.map(Some),
            None => Ok(self.who().party),
        }
    }

    /// What is seen of one party: for an agency that looks at its member, the member's part.
    pub fn viewer_of(&self, party: Option<PartyId>) -> Viewer {
        match (self.viewer(), party) {
            (Viewer::All, _) => Viewer::All,
            (Viewer::Party(_), Some(party)) => Viewer::Party(party),
            (own, None) => own,
        }
    }

    /// Refuses parameters that nobody took.
    pub fn finish(&mut self) -> Result<(), Problem> {
        let left = std::mem::replace(&mut self.params, Params::none());
        left.finish()
    }
}

/// Answers with an entity tag of the body; a client that has it already gets 304.
pub fn answer<T: Serialize>(request: &HttpRequest, view: &T) -> Result<HttpResponse, Problem> {
    use sha2::{Digest, Sha256};
    let body = serde_json::to_vec(view).map_err(|error| {
        tracing::error!(%error, "a view cannot be written");
        Problem::new(
            actix_web::http::StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "internal error; nothing happened",
        )
    })?;
    let digest = hex::encode(Sha256::digest(&body));
    let tag = format!("\"{}\"", digest.get(..32).unwrap_or(&digest));
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().content_type("application/json").body(body)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}
