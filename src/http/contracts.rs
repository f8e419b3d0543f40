//! `/v1/contracts`: brand contracts V任务 and every action on them.
//! Must never let a party act on a contract that does not concern it: it looks as if it did not exist.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Json;
use super::form::{Fault, Form};
use super::guard::Caller;
use super::problem::Problem;
use super::read::{Read, answer};
use super::state::Shared;
use super::vtask_terms::{TermsIn, parties_of, terms};
use super::wire::{AnswerView, MoneyIn};
use super::write::Write;
use crate::base::{ContractId, LineId};
use crate::domain::command::Command;
use crate::domain::contract::event::{Delivery, Evidence, Sold};
use crate::domain::contract::{Action, Channel, Side};
use crate::engine::Answer;
use crate::money::Minor;
use crate::report::{self, At, ContractFilter, ContractView, ContractsView};

/// Fields of the actions; which are needed depends on the action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractActionIn {
    /// For which side the book acts: brand or anchor.
    #[schema(value_type = Option<String>)]
    pub side: Option<Side>,
    /// Which deliverable: its number from 0, or your own number for it; the only one when not told (cancel: everything).
    pub deliverable: Option<DeliverableRef>,
    /// How much (fund, mark-paid).
    pub amount: Option<MoneyIn>,
    /// vtask, bank, alipay or mixed (mark-paid).
    #[schema(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// V-task id, bank or Alipay reference (mark-paid).
    pub reference: Option<String>,
    /// When it was paid (mark-paid), or takes place (schedule).
    pub at: Option<String>,
    /// The anchor: id or own number (assign).
    pub anchor: Option<String>,
    /// Other terms (amend).
    pub terms: Option<TermsIn>,
    /// Version of the proposed terms (accept-amendment, refuse-amendment).
    pub version: Option<u32>,
    /// Evidence (deliver).
    pub evidence: Option<Vec<EvidenceIn>>,
    /// Minutes shown (deliver, for forms that pay by the hour).
    pub minutes: Option<u32>,
    /// In words (deliver, rate), or a side's statement (state).
    pub text: Option<String>,
    /// Why (request-revision, dispute, arbitrate, arbitrate-lines, contest-result, cancel).
    pub reason: Option<String>,
    /// SHA-256 of uploaded files (dispute, state).
    pub files: Option<Vec<String>>,
    /// Weights of the two sides (arbitrate).
    pub weights: Option<WeightsIn>,
    /// Lines of a result (propose-result); the ledger's own when not told.
    pub lines: Option<Vec<SoldIn>>,
    /// Lines of the result that are contested (contest-result), or that count (arbitrate-lines).
    pub line_ids: Option<Vec<String>>,
    /// 1 to 5 (rate).
    pub stars: Option<u8>,
}

/// A deliverable, by its number from 0 or by the brand's own.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum DeliverableRef {
    /// Its number.
    Number(u32),
    /// The brand's own number for it.
    Own(String),
}

/// A piece of evidence.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceIn {
    /// Kind.
    #[schema(example = "replay_url")]
    pub kind: String,
    /// Where it is, or what it says.
    pub value: String,
}

/// What is left of the fee is allocated by these weights.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightsIn {
    /// The anchor's side.
    pub anchor: u32,
    /// The brand.
    pub brand: u32,
}

/// A line of a result.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SoldIn {
    /// Which.
    pub line: String,
    /// Its sales.
    pub amount: MoneyIn,
    /// It counts; true when not told.
    pub counted: Option<bool>,
}

/// The answer to a write, with the contract as it stands after it.
#[derive(Serialize, ToSchema)]
pub struct ContractAnswer {
    /// The answer.
    #[serde(flatten)]
    pub answer: AnswerView,
    /// The contract after it; not in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractView>,
}

impl ContractAnswer {
    /// Answers with the contract as it stands after the answer's events.
    pub async fn respond(write: &Write, answer: Answer, status: StatusCode) -> Result<HttpResponse, Problem> {
        let id = answer
            .made
            .ids
            .get("contract")
            .and_then(|id| id.parse::<ContractId>().ok());
        let contract = match id.filter(|_| !answer.dry_run) {
            Some(id) => {
                let client = write.client().await?;
                let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
                Some(report::contract(&client, log, viewer, id, At::Position(answer.position)).await?)
            }
            None => None,
        };
        let status = if answer.dry_run { StatusCode::OK } else { status };
        let answer = AnswerView::of(answer, "contract");
        Ok(HttpResponse::build(status).json(ContractAnswer { answer, contract }))
    }
}

/// Does something with a contract.
#[utoipa::path(post, path = "/v1/contracts/{contract}/{action}", tag = "vtask", request_body = ContractActionIn,
    params(("contract" = String, Path), ("action" = String, Path,
        description = "fund, mark-paid, refund, assign, consent, decline-anchor, amend, accept-amendment, \
            refuse-amendment, schedule, deliver, accept, request-revision, dispute, state, arbitrate, arbitrate-lines, \
            propose-result, contest-result, accept-result, cancel or rate")),
    responses((status = 200, body = ContractAnswer)))]
pub async fn act(
    write: Write,
    path: Path<(String, String)>,
    Json(body): Json<ContractActionIn>,
) -> Result<HttpResponse, Problem> {
    let (text, word) = path.into_inner();
    let client = write.client().await?;
    let (log, viewer) = (write.caller.who.log, write.caller.who.viewer());
    let id = report::contract_named(&client, log, viewer, &text).await?;
    let now = report::contract(&client, log, viewer, id, At::Now).await?;
    let names = body.terms.iter().flat_map(parties_of).chain(body.anchor.as_deref());
    let mut form = write.form(names).await?;
    let told = Told {
        write: &write,
        body: &body,
        now: &now,
    };
    let mut action = match told.action(&mut form, &word) {
        Known::Action(action) => form.finish(action)?,
        Known::No => return Err(Problem::no_action()),
    };
    if let (Action::ProposeResult { lines, position, .. }, None) = (&mut action, &body.lines) {
        let (sold, read_at) = report::contract_sales(&client, log, id).await?;
        (*lines, *position) = (sold, Some(read_at));
    }
    drop(client);
    let command = Command::ActContract {
        contract: id,
        side: body.side,
        action,
    };
    let decided = write.decide("POST /v1/contracts/{contract}/{action}", command).await;
    let answer = match decided {
        Ok(answer) => answer,
        Err(problem) => {
            // It may have moved on since it was read.
            let client = write.client().await?;
            let stands = report::contract(&client, log, viewer, id, At::Now).await?;
            return Err(problem.instead(match body.side {
                Some(side) => open_to(side, &stands),
                None => stands.row.allowed_actions,
            }));
        }
    };
    ContractAnswer::respond(&write, answer, StatusCode::OK).await
}

/// What is open to a side that the book acts for.
fn open_to(side: Side, contract: &ContractView) -> Vec<&'static str> {
    let open = contract.actions.iter().filter(|one| one.open);
    let theirs = open.filter(|one| one.sides.contains(&side.word()));
    theirs.map(|one| one.action).collect()
}

/// An action, or none of that word.
enum Known {
    Action(Option<Action>),
    No,
}

/// What was told, beside the contract as it stands.
struct Told<'a> {
    write: &'a Write,
    body: &'a ContractActionIn,
    now: &'a ContractView,
}

impl Told<'_> {
    fn action(&self, form: &mut Form, word: &str) -> Known {
        Known::Action(match word {
            "fund" | "mark-paid" => self.of_money(form, word),
            "refund" => Some(Action::Refund),
            "assign" => {
                let anchor = form.need("/anchor", self.body.anchor.as_deref());
                let anchor = anchor.and_then(|text| form.party("/anchor", text));
                anchor.map(|anchor| Action::Assign { anchor })
            }
            "consent" => Some(Action::Consent),
            "decline-anchor" => Some(Action::DeclineAnchor),
            "amend" => {
                let told = form.need("/terms", self.body.terms.as_ref());
                let book = self.write.caller.who.book;
                let read = told.and_then(|told| form.within("/terms", |form| terms(form, book, told)));
                read.map(|terms| Action::Amend { terms: Box::new(terms) })
            }
            "accept-amendment" => form
                .need("/version", self.body.version)
                .map(|number| Action::AcceptAmendment { number }),
            "refuse-amendment" => form
                .need("/version", self.body.version)
                .map(|number| Action::RefuseAmendment { number }),
            "cancel" => {
                let named = self.body.deliverable.as_ref();
                let deliverable = match named.map(|named| self.numbered(form, named)) {
                    Some(None) => return Known::Action(None),
                    Some(number) => number,
                    None => None,
                };
                self.reason(form).map(|reason| Action::Cancel { deliverable, reason })
            }
            "rate" => {
                let text = self.body.text.clone();
                form.need("/stars", self.body.stars)
                    .map(|stars| Action::Rate { stars, text })
            }
            "schedule" | "deliver" | "accept" | "request-revision" | "dispute" | "state" | "arbitrate" => {
                self.of_work(form, word)
            }
            "propose-result" | "contest-result" | "accept-result" | "arbitrate-lines" => self.of_result(form, word),
            _ => return Known::No,
        })
    }

    fn reason(&self, form: &mut Form) -> Option<String> {
        form.need("/reason", self.body.reason.clone())
    }

    /// The deliverable named, or the only one.
    fn deliverable(&self, form: &mut Form) -> Option<u32> {
        let only = if self.now.deliverables.len() == 1 {
            Some(0)
        } else {
            None
        };
        match &self.body.deliverable {
            Some(named) => self.numbered(form, named),
            None => form.need("/deliverable", only),
        }
    }

    /// The number of a deliverable that is named.
    fn numbered(&self, form: &mut Form, named: &DeliverableRef) -> Option<u32> {
        let own = match named {
            DeliverableRef::Number(number) => return Some(*number),
            DeliverableRef::Own(own) => own,
        };
        let found = self.now.deliverables.iter().find(|one| {
            let number = one.external_id.as_ref();
            number.is_some_and(|number| number.as_str() == own)
        });
        let found = found.and_then(|one| u32::try_from(one.number).ok());
        if found.is_none() {
            form.fault(
                "/deliverable",
                Fault::new("deliverable_unknown", "no deliverable of this contract has this number"),
            );
        }
        found
    }

    fn money(&self, form: &mut Form, pointer: &str, told: &MoneyIn) -> Option<Minor> {
        form.amount(pointer, told, self.now.terms.currency)
    }

    fn of_money(&self, form: &mut Form, word: &str) -> Option<Action> {
        let amount = form.need("/amount", self.body.amount.as_ref());
        let amount = amount.and_then(|told| self.money(form, "/amount", told));
        if word == "fund" {
            return Some(Action::Fund { amount: amount? });
        }
        let channel = form.need("/channel", self.body.channel);
        let reference = form.need("/reference", self.body.reference.as_deref());
        let reference = reference.and_then(|text| form.read("/reference", text));
        let at = form.need("/at", self.body.at.as_deref());
        let at = at.and_then(|text| form.read("/at", text));
        Some(Action::MarkPaid {
            amount: amount?,
            channel: channel?,
            reference: reference?,
            at: at?,
        })
    }

    fn of_work(&self, form: &mut Form, word: &str) -> Option<Action> {
        let deliverable = self.deliverable(form)?;
        let files = self.body.files.clone().unwrap_or_default();
        Some(match word {
            "schedule" => {
                let at = form.maybe("/at", self.body.at.as_deref())?;
                Action::Schedule { deliverable, at }
            }
            "deliver" => {
                let told = form.need("/evidence", self.body.evidence.as_ref())?;
                let evidence = told.iter().map(|piece| Evidence {
                    kind: piece.kind.clone(),
                    value: piece.value.clone(),
                });
                let delivery = Delivery {
                    evidence: evidence.collect(),
                    minutes: self.body.minutes,
                    note: self.body.text.clone(),
                };
                Action::Deliver { deliverable, delivery }
            }
            "accept" => Action::Accept { deliverable },
            "request-revision" => Action::RequestRevision {
                deliverable,
                reason: self.reason(form)?,
            },
            "dispute" => Action::Dispute {
                deliverable,
                reason: self.reason(form)?,
                files,
            },
            "state" => Action::State {
                deliverable,
                text: form.need("/text", self.body.text.clone())?,
                files,
            },
            _ => {
                let weights = form.need("/weights", self.body.weights);
                let reason = self.reason(form);
                let weights = weights?;
                Action::Arbitrate {
                    deliverable,
                    anchor: weights.anchor,
                    brand: weights.brand,
                    reason: reason?,
                }
            }
        })
    }

    fn line_ids(&self, form: &mut Form) -> Option<Vec<LineId>> {
        let told = form.need("/line_ids", self.body.line_ids.as_ref())?;
        let each = told.iter().enumerate();
        let read: Vec<Option<LineId>> = each
            .map(|(n, text)| form.read(&format!("/line_ids/{n}"), text))
            .collect();
        read.into_iter().collect()
    }

    fn of_result(&self, form: &mut Form, word: &str) -> Option<Action> {
        let deliverable = self.deliverable(form)?;
        Some(match word {
            "propose-result" => {
                let told = self.body.lines.as_deref().unwrap_or_default().iter().enumerate();
                let read = |(n, sold): (usize, &SoldIn)| {
                    form.within(&format!("/lines/{n}"), |form| {
                        let line = form.read("/line", &sold.line);
                        let amount = self.money(form, "/amount", &sold.amount);
                        Some(Sold {
                            line: line?,
                            amount: amount?,
                            counted: sold.counted.unwrap_or(true),
                        })
                    })
                };
                let lines: Vec<Option<Sold>> = told.map(read).collect();
                Action::ProposeResult {
                    deliverable,
                    lines: lines.into_iter().collect::<Option<_>>()?,
                    position: None,
                }
            }
            "contest-result" => {
                let (lines, reason) = (self.line_ids(form), self.reason(form));
                Action::ContestResult {
                    deliverable,
                    lines: lines?,
                    reason: reason?,
                }
            }
            "accept-result" => Action::AcceptResult { deliverable },
            _ => {
                let (counted, reason) = (self.line_ids(form), self.reason(form));
                Action::ArbitrateLines {
                    deliverable,
                    counted: counted?,
                    reason: reason?,
                }
            }
        })
    }
}

/// Lists contracts that concern the caller.
#[utoipa::path(get, path = "/v1/contracts", tag = "vtask",
    params(("phase" = Option<String>, Query), ("brief" = Option<String>, Query),
        ("external_id" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ContractsView)))]
pub async fn list(shared: Data<Shared>, caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut read = Read::current(&shared, caller, &request).await?;
    let words = [
        "awarded",
        "funded",
        "running",
        "settled",
        "lapsed",
        "cancelled_by_brand",
        "cancelled_by_anchor",
        "failed",
    ];
    let brief = match read.params.text("brief")? {
        Some(text) => Some(report::brief_named(&read.client, read.log(), read.viewer(), &text).await?),
        None => None,
    };
    let filter = ContractFilter {
        phase: read.params.word("phase", &words.map(|word| (word, word)))?,
        brief,
        external_id: read.params.text("external_id")?,
    };
    let page = read.params.page()?;
    read.finish()?;
    let view = report::contracts(&read.client, read.log(), read.viewer(), &filter, &page).await?;
    answer(&request, &view)
}

/// Shows a contract.
#[utoipa::path(get, path = "/v1/contracts/{contract}", tag = "vtask",
    params(("contract" = String, Path), ("at" = Option<String>, Query), ("at_position" = Option<i64>, Query)),
    responses((status = 200, body = ContractView)))]
pub async fn show(
    shared: Data<Shared>,
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut read = Read::as_of(&shared, caller, &request).await?;
    read.finish()?;
    let contract = report::contract_named(&read.client, read.log(), read.viewer(), &id).await?;
    let view = report::contract(&read.client, read.log(), read.viewer(), contract, read.at).await?;
    answer(&request, &view)
}
