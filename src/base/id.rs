//! Typed ids: sixteen bytes with a three-letter prefix on the wire (`lin_…`), so that one kind is never taken for another.
//! Must never make a random id: the engine does. Ids of things named by an outside number are derived from that number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::time::{Instant, Month};

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_ followed by 32 hex digits")]
pub struct IdError(pub &'static str);

/// Derives sixteen bytes from a namespace and parts; equal parts give equal ids on every server and for ever.
/// Each part is preceded by its length, so no two lists of parts read the same.
pub fn derive_uuid(namespace: &str, scope: Uuid, parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update((namespace.len() as u64).to_be_bytes());
    hash.update(namespace.as_bytes());
    hash.update(scope.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn parse_hex(text: &str) -> Option<Uuid> {
    let canonical = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if canonical { Uuid::try_parse(text).ok() } else { None }
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Prefix on the wire, without the underscore.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_")).and_then(parse_hex).map(Self).ok_or(IdError($prefix))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

typed_id!(
    /// A book 账套: one set of accounts.
    BookId, "bok"
);
typed_id!(
    /// A log: the money log of a book or one of its click logs.
    LogId, "log"
);
typed_id!(
    /// One event.
    EventId, "evt"
);
typed_id!(
    /// A sub-order line; derived from book, platform and the platform's line number.
    LineId, "lin"
);
typed_id!(
    /// An item for sale; derived from book, platform and the platform's item number.
    ItemId, "itm"
);
typed_id!(
    /// A shop; derived from book, platform and the platform's shop number.
    ShopId, "shp"
);
typed_id!(
    /// A legal entity 主体; derived from book and the book's own number.
    EntityId, "ent"
);
typed_id!(
    /// A placement 推广位; derived from book, platform, kind and number.
    PlacementId, "plc"
);
typed_id!(
    /// A commission rule (plan).
    RuleId, "rul"
);
typed_id!(
    /// All rules of one item or one shop; derived from that item or shop.
    ShelfId, "shf"
);
typed_id!(
    /// What a limited rule has used up; derived from the rule (and the order, for caps per order).
    UsageId, "usg"
);
typed_id!(
    /// A contract's month: what its lines came to under one set of terms; derived from contract, start of the terms, month.
    ShareId, "shr"
);
typed_id!(
    /// A formula.
    FormulaId, "fml"
);
typed_id!(
    /// An agency contract of a member.
    MembershipId, "mem"
);
typed_id!(
    /// A person who acts: holder of keys, maker or checker.
    PersonId, "per"
);
typed_id!(
    /// An API key.
    KeyId, "key"
);
typed_id!(
    /// A click; derived from source and click number, or from all its fields.
    ClickId, "clk"
);
typed_id!(
    /// A timer; derived from the event that set it.
    TimerId, "tmr"
);
typed_id!(
    /// A pending command that waits for a second person.
    ApprovalId, "apr"
);
typed_id!(
    /// Money set aside in a named account.
    HoldId, "hld"
);
typed_id!(
    /// An import 导入批次; derived from file, mapping and attempt.
    ImportId, "imp"
);
typed_id!(
    /// How parked facts were dealt with.
    ResolutionId, "rsl"
);
typed_id!(
    /// The returns of one buyer and item that name no order; derived from book, platform, buyer and item.
    ReturnsId, "rtn"
);
typed_id!(
    /// A manual adjustment.
    AdjustmentId, "adj"
);
typed_id!(
    /// A cut-over 期初建账: from where on these books count.
    CutoverId, "cut"
);
typed_id!(
    /// A settlement run; derived from book, month and number.
    RunId, "run"
);
typed_id!(
    /// A settlement sheet 结算单; derived from run, party and currency.
    SheetId, "sht"
);
typed_id!(
    /// Closing entries of a contract's guarantee, or of a party's reserve in a currency; derived from these.
    ClosingId, "clo"
);
typed_id!(
    /// A payment made outside: `pay_`.
    PaymentId, "pay"
);
typed_id!(
    /// A receipt of money: `rcp_`.
    ReceiptId, "rcp"
);
typed_id!(
    /// Frozen money of a party: `frz_`.
    FreezeId, "frz"
);
typed_id!(
    /// An approval policy: `pol_`.
    PolicyId, "pol"
);

impl PaymentId {
    /// The payment with this reference of this channel: a reference names one payment, whatever becomes of it.
    pub fn of(book: BookId, channel: &str, reference: &str) -> PaymentId {
        PaymentId(derive_uuid("payment", book.0, &[channel, reference]))
    }
}

impl ReceiptId {
    /// The movement with this flow number of this bank, wallet or platform.
    pub fn of(book: BookId, source: &str, flow_no: &str) -> ReceiptId {
        ReceiptId(derive_uuid("receipt", book.0, &[source, flow_no]))
    }
}

impl PolicyId {
    /// The policy of a kind of pending command.
    pub fn of(book: BookId, kind: &str) -> PolicyId {
        PolicyId(derive_uuid("policy", book.0, &[kind]))
    }
}

typed_id!(
    /// A reconciliation 对账: one statement file compared over one month.
    ReconciliationId, "rec"
);
typed_id!(
    /// A break: one difference, named by what it says.
    BreakId, "brk"
);
typed_id!(
    /// A dispute 申诉; derived from line and party.
    DisputeId, "dsp"
);

impl DisputeId {
    /// The dispute of a line by a party.
    pub fn of(line: LineId, party: PartyId) -> DisputeId {
        DisputeId(derive_uuid("dispute", line.0, &[&party.to_string()]))
    }
}

typed_id!(
    /// A brief 任务单; derived from book, brand and the brand's own number, when it has one.
    BriefId, "brf"
);
typed_id!(
    /// A brand contract (V任务).
    ContractId, "ctr"
);

impl BriefId {
    /// The brief that a brand numbers `external_id`.
    pub fn of(book: BookId, brand: PartyId, external_id: &str) -> BriefId {
        BriefId(derive_uuid("brief", book.0, &[&brand.to_string(), external_id]))
    }
}

impl ContractId {
    /// The contract of a brief with a party; `number` counts awards to the same party.
    pub fn of(brief: BriefId, party: PartyId, number: u32) -> ContractId {
        ContractId(derive_uuid(
            "contract",
            brief.0,
            &[&party.to_string(), &number.to_string()],
        ))
    }
}

typed_id!(
    /// What is reported of a supplier; derived from the party.
    SupplierId, "spl"
);
typed_id!(
    /// An offer 货源; derived from book, source and the source's product number.
    OfferId, "off"
);
typed_id!(
    /// A quote 报价.
    QuoteId, "quo"
);
typed_id!(
    /// A purchase 采购单; derived from book, source and the number there, from the book's own number, or from the buyer's line.
    PurchaseId, "pur"
);
typed_id!(
    /// The samples 样品 that a holder asks for of one item; derived from these.
    SampleId, "smp"
);

impl PurchaseId {
    /// The purchase that a source numbers `order_no`.
    pub fn of(book: BookId, source: &str, order_no: &str) -> PurchaseId {
        PurchaseId(derive_uuid("purchase", book.0, &[source, order_no]))
    }

    /// The purchase that the book numbers itself.
    pub fn numbered(book: BookId, external_id: &str) -> PurchaseId {
        PurchaseId(derive_uuid("purchase.own", book.0, &[external_id]))
    }

    /// The purchase that is made for a buyer's order line.
    pub fn of_line(line: LineId) -> PurchaseId {
        PurchaseId(derive_uuid("purchase.line", line.0, &[]))
    }
}

impl SampleId {
    /// What a holder asks for of one item, by the item's id or name.
    pub fn of(book: BookId, holder: PartyId, what: &str) -> SampleId {
        SampleId(derive_uuid("sample", book.0, &[&holder.to_string(), what]))
    }
}

typed_id!(
    /// A product submission 报品; derived from book, submitter and the submitter's own number, when it has one.
    SubmissionId, "sbm"
);
typed_id!(
    /// A saved selection of the pool; derived from whose it is and its name.
    SelectionId, "sel"
);
typed_id!(
    /// A watch over an entry of the pool; derived from whose it is and the entry.
    WatchId, "wch"
);

impl SubmissionId {
    /// The submission that its submitter numbers `external_id`.
    pub fn of(book: BookId, by: PartyId, external_id: &str) -> SubmissionId {
        SubmissionId(derive_uuid("submission", book.0, &[&by.to_string(), external_id]))
    }
}

impl SelectionId {
    /// The selection of this name; of a party, or of the book itself.
    pub fn of(book: BookId, party: Option<PartyId>, name: &str) -> SelectionId {
        let whose = party.map(|party| party.to_string()).unwrap_or_default();
        SelectionId(derive_uuid("selection", book.0, &[&whose, name]))
    }
}

impl WatchId {
    /// The watch over an entry; of a party, or of the book itself.
    pub fn of(book: BookId, party: Option<PartyId>, entry: Uuid) -> WatchId {
        let whose = party.map(|party| party.to_string()).unwrap_or_default();
        WatchId(derive_uuid("watch", book.0, &[&whose, &entry.simple().to_string()]))
    }
}

impl LineId {
    /// The line that a platform numbers `line_no`.
    pub fn of(book: BookId, platform: &str, line_no: &str) -> LineId {
        LineId(derive_uuid("line", book.0, &[platform, line_no]))
    }
}

impl ItemId {
    /// The item that a platform numbers `item_no`.
    pub fn of(book: BookId, platform: &str, item_no: &str) -> ItemId {
        ItemId(derive_uuid("item", book.0, &[platform, item_no]))
    }
}

impl ReturnsId {
    /// Returns of what a buyer bought of an item.
    pub fn of(book: BookId, platform: &str, buyer: &str, item_no: &str) -> ReturnsId {
        ReturnsId(derive_uuid("returns", book.0, &[platform, buyer, item_no]))
    }

    /// A return that names no buyer, or no item: it stands alone.
    pub fn of_row(book: BookId, platform: &str, document: &str, row: &str) -> ReturnsId {
        ReturnsId(derive_uuid("returns.row", book.0, &[platform, document, row]))
    }
}

impl ShopId {
    /// The shop that a platform numbers `shop_no`.
    pub fn of(book: BookId, platform: &str, shop_no: &str) -> ShopId {
        ShopId(derive_uuid("shop", book.0, &[platform, shop_no]))
    }
}

impl ShelfId {
    /// The rules of one item.
    pub fn of_item(item: ItemId) -> ShelfId {
        ShelfId(derive_uuid("shelf.item", item.0, &[]))
    }

    /// The rules of one shop and its categories.
    pub fn of_shop(shop: ShopId) -> ShelfId {
        ShelfId(derive_uuid("shelf.shop", shop.0, &[]))
    }
}

impl UsageId {
    /// What a rule has used in all.
    pub fn of_rule(rule: RuleId) -> UsageId {
        UsageId(derive_uuid("usage.rule", rule.0, &[]))
    }

    /// What a rule has used inside one order.
    pub fn of_order(rule: RuleId, platform: &str, order_no: &str) -> UsageId {
        UsageId(derive_uuid("usage.order", rule.0, &[platform, order_no]))
    }
}

impl ShareId {
    /// A month of a contract under the terms that begin at `terms_from`.
    pub fn of(membership: MembershipId, terms_from: Instant, month: Month) -> ShareId {
        let (from, month) = (terms_from.micros().to_string(), month.to_string());
        ShareId(derive_uuid("share", membership.0, &[&from, &month]))
    }
}

impl RunId {
    /// Run `number` of a month.
    pub fn of(book: BookId, period: Month, number: u32) -> RunId {
        RunId(derive_uuid("run", book.0, &[&period.to_string(), &number.to_string()]))
    }
}

impl SheetId {
    /// The sheet of a party in a currency.
    pub fn of(run: RunId, party: PartyId, currency: &str) -> SheetId {
        SheetId(derive_uuid("sheet", run.0, &[&party.to_string(), currency]))
    }
}

impl ClosingId {
    /// The guarantee of a contract.
    pub fn of_guarantee(membership: MembershipId) -> ClosingId {
        ClosingId(derive_uuid("closing.guarantee", membership.0, &[]))
    }

    /// The reserve of a party in a currency.
    pub fn of_reserve(party: PartyId, currency: &str) -> ClosingId {
        ClosingId(derive_uuid("closing.reserve", party.uuid(), &[currency]))
    }
}

impl TimerId {
    /// The timer that an event sets: first 16 bytes of SHA-256(log, position, ordinal from 0), big-endian, so a rebuild
    /// makes the same one (decision B13).
    pub fn set_by(log: LogId, position: i64, ordinal: u32) -> TimerId {
        let mut hash = Sha256::new();
        hash.update(log.0.as_bytes());
        hash.update(position.to_be_bytes());
        hash.update(ordinal.to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        TimerId(Uuid::from_bytes(bytes))
    }
}

/// What a party is. The kind is part of its id, so an account or a log line shows it without a look-up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// 主播: earns commission.
    Anchor,
    /// 机构 (MCN): takes a share of its anchors.
    Agency,
    /// 商家 / 品牌: sets rates and pays commission.
    Brand,
    /// 供应商: sells goods.
    Supplier,
    /// 推客: second-level promoter.
    Promoter,
    /// A platform that takes a fee (affiliate platform, live platform).
    Platform,
    /// Any other taker of a fee or payer of a subsidy.
    Other,
}

impl PartyKind {
    /// Every kind, in the order of their tags.
    pub const ALL: [PartyKind; 7] = [
        PartyKind::Anchor,
        PartyKind::Agency,
        PartyKind::Brand,
        PartyKind::Supplier,
        PartyKind::Promoter,
        PartyKind::Platform,
        PartyKind::Other,
    ];

    /// Prefix of the party's id on the wire.
    pub fn prefix(self) -> &'static str {
        match self {
            PartyKind::Anchor => "anc",
            PartyKind::Agency => "agc",
            PartyKind::Brand => "brd",
            PartyKind::Supplier => "sup",
            PartyKind::Promoter => "prm",
            PartyKind::Platform => "plt",
            PartyKind::Other => "oth",
        }
    }

    /// The field's word, as used in account names.
    pub fn word(self) -> &'static str {
        match self {
            PartyKind::Anchor => "anchor",
            PartyKind::Agency => "agency",
            PartyKind::Brand => "brand",
            PartyKind::Supplier => "supplier",
            PartyKind::Promoter => "promoter",
            PartyKind::Platform => "platform",
            PartyKind::Other => "other",
        }
    }

    fn tag(self) -> u8 {
        match self {
            PartyKind::Anchor => 0xa1,
            PartyKind::Agency => 0xa2,
            PartyKind::Brand => 0xa3,
            PartyKind::Supplier => 0xa4,
            PartyKind::Promoter => 0xa5,
            PartyKind::Platform => 0xa6,
            PartyKind::Other => 0xa7,
        }
    }
}

/// A party. The first byte of the id is the tag of its kind, the rest is random or derived from its outside number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyId(Uuid);

impl PartyId {
    /// Puts the tag of a kind on sixteen bytes.
    pub fn tagged(kind: PartyKind, bytes: Uuid) -> PartyId {
        let mut raw = *bytes.as_bytes();
        raw[0] = kind.tag();
        PartyId(Uuid::from_bytes(raw))
    }

    /// The party that its book knows under an outside number of its own.
    pub fn of(book: BookId, kind: PartyKind, external_id: &str) -> PartyId {
        PartyId::tagged(kind, derive_uuid("party", book.0, &[external_id]))
    }

    /// The ids that an outside number could stand for, one per kind; at most one of them exists in a book.
    pub fn candidates(book: BookId, external_id: &str) -> [PartyId; 7] {
        PartyKind::ALL.map(|kind| PartyId::of(book, kind, external_id))
    }

    /// Reads an id from sixteen bytes; refuses an unknown tag.
    pub fn from_uuid(bytes: Uuid) -> Result<PartyId, IdError> {
        let tag = bytes.as_bytes()[0];
        if PartyKind::ALL.iter().any(|kind| kind.tag() == tag) {
            Ok(PartyId(bytes))
        } else {
            Err(IdError("anc"))
        }
    }

    /// The sixteen bytes.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// What the party is.
    pub fn kind(self) -> PartyKind {
        let tag = self.0.as_bytes()[0];
        PartyKind::ALL
            .into_iter()
            .find(|kind| kind.tag() == tag)
            .unwrap_or(PartyKind::Other)
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind().prefix(), self.0.simple())
    }
}

impl fmt::Debug for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PartyId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<PartyId, IdError> {
        let wrong = IdError("anc, agc, brd, sup, prm, plt or oth");
        let (prefix, hex) = text.split_once('_').ok_or_else(|| wrong.clone())?;
        let id = parse_hex(hex)
            .and_then(|bytes| PartyId::from_uuid(bytes).ok())
            .ok_or_else(|| wrong.clone())?;
        if id.kind().prefix() == prefix {
            Ok(id)
        } else {
            Err(wrong)
        }
    }
}

impl Serialize for PartyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
