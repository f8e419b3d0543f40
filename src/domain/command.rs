//! Everything that can be asked of a money log, and what comes back.
//! Must never hold a wire form: HTTP and files parse into these types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::adjustment::{AdjustmentPurpose, WriteOffTerms};
use super::book::{BookOpened, Formula};
use super::brief::{Ask, BriefTerms};
use super::click::Click;
use super::contract::{Action, Side};
use super::cutover::{Opening, Scope};
use super::dispute::{DisputeOpened, DisputeVerdict};
use super::entity::Member;
use super::freeze::{ForfeitTerms, FreezeTerms, UnfreezeTerms};
use super::import::{ImportCommitted, ImportReversal, ImportReversed};
use super::offer::{Asked, OfferFigures, OfferStatus, OfferTerms, PriceKind};
use super::order::{FactState, LineFact};
use super::parked::Resolution;
use super::party::{Card, ContractScope, PrefundSet, Receiver, Script, Share};
use super::payment::{PaymentTerms, ReturnTerms};
use super::person::Role;
use super::placement::{Holder, PlacementKind};
use super::plan::{PlanKind, RuleScope, RuleTerms};
use super::policy::PolicyTerms;
use super::pooling::PoolCommand;
use super::purchase::{self, PurchaseAsk, PurchaseFigures};
use super::receipt::ReceiptFact;
use super::receipt::decide::Bill;
use super::recon::{BreakResolved, How, ReconciliationRun};
use super::returns::Returned;
use super::sample::{self, SampleAsk};
use super::settlement::Settle;
use super::share::{Figures, Guarantee};
use super::stream::StreamId;
use super::supplier::{Profile, Scores};
use crate::base::*;
use crate::ledger::Leg;
use crate::money::{Currency, Minor, Rate};

/// A command. Serialisable so that its canonical form can be fingerprinted and kept pending.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "command", content = "of", rename_all = "snake_case")]
pub enum Command {
    /// Opens a book on an empty log.
    OpenBook(BookOpened),
    /// Names the owner of the book.
    NameOwner {
        /// The owner.
        owner: PartyId,
    },
    /// Sets a new version of a formula; `formula` absent makes a new one.
    SetFormula {
        /// Which; none for a new one.
        formula: Option<FormulaId>,
        /// In force from here; none: from now.
        effective_from: Option<Instant>,
        /// The formula.
        terms: Box<Formula>,
    },
    /// Cuts off a month.
    CutOffPeriod {
        /// The month.
        period: Month,
    },
    /// Moves a sandbox's clock forward, firing what falls due.
    MoveClock {
        /// New time.
        to: Instant,
    },
    /// Notes that a rebuild replaced derived rows (from the system only).
    NoteRepair {
        /// Digest of the rows before.
        before: String,
        /// Digest of the rows after.
        after: String,
    },
    /// Registers a party.
    RegisterParty {
        /// What it is.
        kind: PartyKind,
        /// The book's own number for it; makes the id derivable.
        external_id: Option<ExternalId>,
        /// Business name.
        name: Name,
    },
    /// Renames a party.
    RenameParty {
        /// Which.
        party: PartyId,
        /// New name.
        name: Name,
    },
    /// Signs an agency contract.
    SignMembership {
        /// The member.
        member: PartyId,
        /// The agency.
        upper: PartyId,
        /// What it covers.
        scope: ContractScope,
        /// Share.
        share: Share,
        /// Whom the platform pays.
        receiver: Receiver,
        /// 保底: what the upper guarantees the member a month.
        guarantee: Option<Guarantee>,
        /// Inclusive.
        from: Instant,
        /// Exclusive.
        to: Option<Instant>,
    },
    /// Changes the terms of a contract from an instant on.
    AmendMembership {
        /// The member.
        member: PartyId,
        /// Which contract.
        membership: MembershipId,
        /// Share.
        share: Share,
        /// Whom the platform pays.
        receiver: Receiver,
        /// What the upper guarantees from then on; none: nothing any more.
        guarantee: Option<Guarantee>,
        /// From here on.
        from: Instant,
    },
    /// Ends a contract.
    EndMembership {
        /// The member.
        member: PartyId,
        /// Which contract.
        membership: MembershipId,
        /// Exclusive end.
        at: Instant,
    },
    /// Brings a month of a contract with tiers to what they give on its totals 分成结算差额.
    TrueUpMembership {
        /// The member.
        member: PartyId,
        /// Which contract.
        membership: MembershipId,
        /// The month.
        month: Month,
        /// The run whose closing entry this is.
        run: Option<RunId>,
    },
    /// Anything about settlement runs and sheets.
    Settle(Box<Settle>),
    /// Registers a shop with its brand.
    RegisterShop {
        /// Platform.
        platform: ExternalId,
        /// The platform's shop number.
        shop_no: ExternalId,
        /// Name.
        name: Name,
        /// Brand.
        brand: PartyId,
    },
    /// Registers a legal entity.
    RegisterEntity {
        /// The book's own number for it; makes the id derivable.
        external_id: ExternalId,
        /// Name of the company.
        name: Name,
    },
    /// Renames a legal entity.
    RenameEntity {
        /// Which.
        entity: EntityId,
        /// New name.
        name: Name,
    },
    /// Brings a party or a shop into a legal entity, or out of it.
    JoinEntity {
        /// Which.
        entity: EntityId,
        /// Who.
        member: Member,
        /// Out of it.
        leaves: bool,
    },
    /// Lists an item in a shop from an instant on.
    ListItem {
        /// Platform.
        platform: ExternalId,
        /// The platform's item number.
        item_no: ExternalId,
        /// Title.
        title: Option<Name>,
        /// The platform's shop number.
        shop_no: ExternalId,
        /// Category.
        category: Option<String>,
        /// From here on; none: from now.
        from: Option<Instant>,
    },
    /// Posts a rule.
    PostRule {
        /// The owner's own number; makes the id derivable.
        external_id: Option<ExternalId>,
        /// The brand that pays.
        brand: PartyId,
        /// Kind.
        kind: PlanKind,
        /// Scope.
        scope: RuleScope,
        /// Currency of amounts.
        currency: Currency,
        /// Terms.
        terms: Box<RuleTerms>,
    },
    /// Asks for other terms; a raise takes effect at once, a cut at the next midnight (decision A12).
    ChangeRule {
        /// Where it stands.
        shelf: ShelfId,
        /// Which.
        rule: RuleId,
        /// Terms.
        terms: Box<RuleTerms>,
    },
    /// Ends a rule: a cut, so from the next midnight.
    EndRule {
        /// Where it stands.
        shelf: ShelfId,
        /// Which.
        rule: RuleId,
    },
    /// Asks to use a rule that needs approval.
    ApplyToRule {
        /// Where it stands.
        shelf: ShelfId,
        /// Which.
        rule: RuleId,
        /// Who.
        party: PartyId,
    },
    /// Approves or refuses an applicant.
    DecideApplicant {
        /// Where it stands.
        shelf: ShelfId,
        /// Which.
        rule: RuleId,
        /// Who.
        party: PartyId,
        /// Approved, or refused.
        approved: bool,
    },
    /// Facts of a platform, in the order told; lines of one order fact stand together.
    Facts(Vec<LineFact>),
    /// Rows of return documents that name no order, told or taken back.
    Returns(Vec<ReturnWord>),
    /// A late click would have won a line (from the follower of the click log).
    Reattribute {
        /// The line.
        line: LineId,
        /// The click.
        click: Box<Click>,
    },
    /// A timer is due.
    FireTimer {
        /// Whose.
        stream: StreamId,
        /// Which.
        timer: TimerId,
        /// When it was due.
        due: Instant,
    },
    /// Notes that every row of an import was told.
    CommitImport(ImportCommitted),
    /// Begins to take an import back.
    ReverseImport(ImportReversal),
    /// Notes that an import is taken back.
    EndReversal(ImportReversed),
    /// Deals with parked facts: tells what is to be told for them, and notes how they were dealt with.
    ResolveParked {
        /// Positions of the parked facts.
        positions: Vec<i64>,
        /// How.
        how: Resolution,
        /// Why.
        reason: Option<String>,
        /// What is told for it.
        facts: Vec<LineFact>,
    },
    /// Notes what a reconciliation came to.
    NoteReconciliation(Box<ReconciliationRun>),
    /// Deals with breaks of a reconciliation: does what accepted ones propose, and notes how they were dealt with.
    ResolveBreaks {
        /// Of which run.
        reconciliation: ReconciliationId,
        /// How.
        how: How,
        /// Why.
        reason: Option<String>,
        /// Which, with what is to be done for each.
        breaks: Vec<BreakAction>,
    },
    /// Disputes a line.
    OpenDispute(DisputeOpened),
    /// Answers a dispute.
    AnswerDispute {
        /// Which.
        dispute: DisputeId,
        /// What.
        verdict: DisputeVerdict,
        /// Why.
        reason: String,
        /// What corrects it, once a second person agrees.
        correction: Option<Pending>,
    },
    /// Asks for a command that needs a second person.
    Request(Pending),
    /// Decides a pending command.
    DecideApproval {
        /// Which.
        approval: ApprovalId,
        /// What.
        verdict: Verdict,
        /// Why.
        remark: Option<String>,
        /// For whom, when by a substitute.
        #[serde(skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<PersonId>,
    },
    /// Lets somebody decide for a person who is away.
    Substitute {
        /// Who is away.
        person: PersonId,
        /// Who decides for it.
        by: PersonId,
        /// Inclusive; none: from now.
        from: Option<Instant>,
        /// Exclusive.
        to: Instant,
    },
    /// Stops payments to a party.
    SuspendParty {
        /// Which.
        party: PartyId,
        /// Why.
        reason: String,
    },
    /// Movements on the owner's own accounts, in the order told.
    Receipts(Vec<ReceiptFact>),
    /// Says what a receipt settles.
    MatchReceipt {
        /// Which.
        receipt: ReceiptId,
        /// What.
        bills: Vec<Bill>,
    },
    /// Takes every match of a receipt back.
    UnmatchReceipt {
        /// Which.
        receipt: ReceiptId,
        /// Why.
        reason: String,
    },
    /// Takes receipts back with the batch that told them.
    WithdrawReceipts {
        /// Which.
        receipts: Vec<ReceiptId>,
        /// The batch.
        batch: ImportId,
    },
    /// Assigns a placement to a party or a room; what waited for it is released.
    AssignPlacement {
        /// Platform.
        platform: ExternalId,
        /// Kind of its number.
        kind: PlacementKind,
        /// The platform's number of it.
        number: ExternalId,
        /// Whose.
        holder: Holder,
        /// Inclusive.
        from: Instant,
        /// Exclusive.
        to: Option<Instant>,
    },
    /// Ends the assignment of a placement that covers an instant.
    EndPlacement {
        /// Which.
        placement: PlacementId,
        /// Exclusive end.
        at: Instant,
    },
    /// Lines whose placement or payer may be known now.
    Release {
        /// Which.
        lines: Vec<LineId>,
    },
    /// Drafts a brief 任务单.
    DraftBrief {
        /// The brand's own number; makes the id derivable.
        external_id: Option<ExternalId>,
        /// Whose.
        brand: PartyId,
        /// What it says.
        terms: Box<BriefTerms>,
        /// Posts it at once.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        post: bool,
    },
    /// Asks something of a brief.
    AskBrief {
        /// Which.
        brief: BriefId,
        /// For which side, when the book acts.
        side: Option<Side>,
        /// What.
        ask: Ask,
    },
    /// Asks something of a brand contract (V任务).
    ActContract {
        /// Which.
        contract: ContractId,
        /// For which side, when the book acts.
        side: Option<Side>,
        /// What.
        action: Action,
    },
    /// Anything about the pool: what is shown, submitted, selected and watched.
    Pool(Box<PoolCommand>),
    /// Issues a key. The secret's hash travels beside the command, never in it.
    IssueKey {
        /// Whose; none makes a new person.
        person: Option<PersonId>,
        /// The key's own id, made where the secret is made.
        key: KeyId,
        /// Label.
        label: Name,
        /// Role.
        role: Role,
        /// For which party.
        party: Option<PartyId>,
        /// Stops working here.
        expires_at: Option<Instant>,
    },
    /// Revokes a key.
    RevokeKey {
        /// Whose.
        person: PersonId,
        /// Which.
        key: KeyId,
    },
    /// Publishes an offer, with its supplier when that is told too; the same again is nothing.
    PublishOffer(Box<OfferTold>),
    /// Offers of a file, in the order told: each stands or is refused by itself.
    Offers(Vec<OfferTold>),
    /// Changes how an offer stands on its platform.
    ChangeOfferStatus {
        /// Which.
        offer: OfferId,
        /// From now on.
        status: OfferStatus,
    },
    /// Gives a quote from the version of an offer that stands.
    GiveQuote {
        /// Of which offer.
        offer: OfferId,
        /// For whom; none: for the book's owner.
        buyer: Option<PartyId>,
        /// As what it would be bought.
        kind: PriceKind,
        /// What.
        lines: Vec<Asked>,
        /// For how long it holds, in hours.
        valid_for_h: Option<u16>,
    },
    /// Notes what a platform reports of a supplier that is registered.
    ReportSupplier {
        /// Who.
        supplier: PartyId,
        /// Which platform.
        source: ExternalId,
        /// The platform's number of it.
        member_no: String,
        /// When it said so; none: now.
        reported_at: Option<Instant>,
        /// Scores.
        scores: Scores,
        /// Beside scores.
        profile: Profile,
    },
    /// Uses a quote for a purchase.
    UseQuote {
        /// Which.
        quote: QuoteId,
        /// The purchase, or the number of an order outside.
        used_for: ExternalId,
    },
    /// Publishes an anchor's card.
    SetCard {
        /// Whose.
        party: PartyId,
        /// The whole card.
        card: Box<Card>,
    },
    /// Says whether brand contracts must be covered before they are awarded.
    SetPrefund {
        /// Whose; none: of the book.
        brand: Option<PartyId>,
        /// The setting; of the book only whether it is on.
        set: PrefundSet,
    },
    /// Lets a sandbox play a party by a script, or no longer.
    ScriptParty {
        /// Which.
        party: PartyId,
        /// How it behaves; none: nobody plays it any more.
        script: Option<Script>,
    },
    /// Orders goods from a supplier.
    OrderPurchase(Box<PurchaseAsk>),
    /// Records something about a purchase.
    ActPurchase {
        /// Which.
        purchase: PurchaseId,
        /// What.
        action: purchase::Action,
        /// When it happened; none: now.
        at: Option<Instant>,
    },
    /// Asks for a sample.
    AskSample(Box<SampleAsk>),
    /// Records something about a request for a sample.
    ActSample {
        /// Which.
        sample: SampleId,
        /// Which request of it; none: the last.
        number: Option<u32>,
        /// What.
        action: sample::Action,
    },
    /// Sets the book's rule on repeated requests for samples.
    SetSampleRules {
        /// Days within which a request is a repeat; none: repeats are allowed.
        repeat_days: Option<u32>,
        /// From here on; none: from now.
        from: Option<Instant>,
    },
}

/// An offer as a file or a caller tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfferTold {
    /// Its terms.
    pub terms: OfferTerms,
    /// Its supplier, when the source describes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<SupplierTold>,
    /// Its figures, when the source has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<OfferFigures>,
    /// When the source said so; none: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Instant>,
}

/// A supplier as its platform describes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SupplierTold {
    /// The platform's number of it.
    pub member_no: String,
    /// Name of its company; the first one told names the party.
    pub name: Name,
    /// Scores.
    pub scores: Scores,
    /// Beside scores.
    pub profile: Profile,
}

/// A word about a row of a return document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum ReturnWord {
    /// It is told.
    Told {
        /// The row.
        returned: Box<Returned>,
    },
    /// It is taken back: as if it had never been told.
    TakenBack {
        /// The row as it was told.
        returned: Box<Returned>,
        /// Which batch takes it back.
        batch: ExternalId,
    },
}

impl ReturnWord {
    /// The row.
    pub fn returned(&self) -> &Returned {
        match self {
            ReturnWord::Told { returned } | ReturnWord::TakenBack { returned, .. } => returned,
        }
    }
}

/// A break with what is to be done for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BreakAction {
    /// Which, with the figures that are decided on.
    pub of: BreakResolved,
    /// Facts to be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<LineFact>,
    /// An adjustment to be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjust: Option<Pending>,
}

/// A verdict on a pending command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Done now, in the same batch.
    Approve,
    /// Not done.
    Refuse,
    /// Taken back by its maker.
    Withdraw,
}

/// A command that may only be done with a second person's agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "pending", rename_all = "snake_case")]
pub enum Pending {
    /// A manual entry in the settled layer.
    Adjust {
        /// Business time.
        at: Instant,
        /// Why.
        reason: String,
        /// What moves.
        legs: Vec<Leg>,
        /// What it is for; none: a correction.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<AdjustmentPurpose>,
        /// Files that show it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<FileId>,
    },
    /// A settlement run is approved with exactly these sheets.
    ApproveRun {
        /// Which run.
        run: RunId,
        /// Over its sheets.
        digest: String,
    },
    /// A payment made outside.
    Pay(PaymentTerms),
    /// A payment came back.
    ReturnPayment(ReturnTerms),
    /// A negative balance is given up.
    WriteOff(WriteOffTerms),
    /// Money of a party is frozen.
    Freeze(FreezeTerms),
    /// Frozen money goes back to its party.
    Unfreeze(UnfreezeTerms),
    /// Frozen money goes to somebody else.
    Forfeit(ForfeitTerms),
    /// A suspended party may be paid again.
    Resume {
        /// Which.
        party: PartyId,
        /// Why.
        reason: String,
    },
    /// An approval policy is set.
    SetPolicy(PolicyTerms),
    /// An import is taken back although a month that it touched is cut off.
    ReverseImport(ImportReversal),
    /// A formula version that starts before lines already pinned.
    BackdateFormula {
        /// Which; none for a new one.
        formula: Option<FormulaId>,
        /// In force from here.
        effective_from: Instant,
        /// The formula.
        terms: Box<Formula>,
    },
    /// Balances of other books: a new cut-over, or a further opening of one.
    OpenBalances {
        /// Which; none for a new one, which is then of `scope`.
        cutover: Option<CutoverId>,
        /// What a new one is of.
        scope: Option<Scope>,
        /// The balances.
        opening: Box<Opening>,
    },
    /// An opening is taken back as a whole.
    ReverseOpening {
        /// Of which cut-over.
        cutover: CutoverId,
        /// Which opening.
        number: u32,
        /// Why.
        reason: String,
    },
    /// A sheet that was held back is issued after its run.
    IssueSheet {
        /// Which.
        sheet: SheetId,
        /// What it says.
        sha256: String,
    },
}

/// Who asks. Kept on every event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// The person; none for the system itself (timers, followers).
    pub person: Option<PersonId>,
    /// The key used.
    pub key: Option<KeyId>,
    /// The party it acts for.
    pub party: Option<PartyId>,
    /// Its role; none for the system itself.
    pub role: Option<Role>,
}

impl Actor {
    /// The system itself: timers, followers, the command line on its own database.
    pub const SYSTEM: Actor = Actor {
        person: None,
        key: None,
        party: None,
        role: None,
    };
}

/// What became of one fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FactOutcome {
    /// Its line.
    pub line: LineId,
    /// What became of it.
    pub state: FactState,
    /// Stable code when not simply applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same fact was known already.
    #[serde(default)]
    pub replayed: bool,
    /// Position of the event that records it.
    pub position: i64,
}

/// What became of one word about a return.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnOutcome {
    /// Its stream.
    pub returns: ReturnsId,
    /// Applied: matched, or taken back.
    pub state: FactState,
    /// Stable code when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The line it is matched to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// The same word was known already.
    #[serde(default)]
    pub replayed: bool,
    /// Position of the event that told it; 0 when there is none.
    pub position: i64,
}

/// What became of one receipt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptOutcome {
    /// Which.
    pub receipt: ReceiptId,
    /// `applied`, `conflict` or `parked`.
    pub state: FactState,
    /// Stable code when not simply applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same fact was known already.
    #[serde(default)]
    pub replayed: bool,
    /// Position of the event that records it.
    pub position: i64,
}

/// What a told offer came to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferFate {
    /// Its first version.
    New,
    /// The next version, or on sale again.
    Changed,
    /// As it stood.
    Unchanged,
    /// Not told: its code says why.
    Refused,
}

/// What became of one offer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OfferOutcome {
    /// Which.
    pub offer: OfferId,
    /// Its version now; 0 when it was refused.
    pub version: u32,
    /// What it came to.
    pub state: OfferFate,
    /// Stable code when it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<PartyId>,
    /// The supplier was registered with it.
    #[serde(default)]
    pub new_supplier: bool,
    /// The supplier goes by another name than this offer's company.
    #[serde(default)]
    pub other_company: bool,
    /// Position that shows it.
    pub position: i64,
}

/// What a command made, beside its events.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Made {
    /// Ids of new objects by name, such as `party`, `rule`, `membership`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// One outcome per fact, in the order told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactOutcome>,
    /// One outcome per word about a return, in the order told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<ReturnOutcome>,
    /// One outcome per receipt, in the order told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<ReceiptOutcome>,
    /// The month of a contract by each of its terms, whether it had to be brought anywhere or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub true_ups: Vec<TrueUp>,
    /// One outcome per offer, in the order told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<OfferOutcome>,
    /// What an ordered purchase comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Box<PurchaseFigures>>,
}

/// A month of a contract under one set of terms, and what a true-up came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrueUp {
    /// Start of the terms.
    pub terms_from: Instant,
    /// Currency of the tiers.
    pub currency: Currency,
    /// Of all lines of the month.
    pub figures: Figures,
    /// Rate of the tier that the month reaches.
    pub rate: Rate,
    /// The upper's part of the pool by the tiers.
    pub target: Minor,
    /// What earlier true-ups gave the upper beyond what the lines posted.
    pub trued_up_before: Minor,
    /// What this one gives the upper; negative: the member.
    pub change: Minor,
}
