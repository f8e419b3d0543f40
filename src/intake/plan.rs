//! A compiled mapping: columns resolved to slots, fields checked against what each kind of fact has.
//! Must never read a row with a field that the mapping got wrong: all of that is found here, before the first row.

use std::collections::BTreeMap;

use super::emit::{RowFault, offer};
use super::field::{Field, Spec};
use super::mapping::{CashRows, Condition, Emit, Kind, Mapping, MappingError, Source};
use super::source::heading;

/// A column that the mapping reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name in the file, without blanks at the ends.
    pub name: String,
    /// Other headings it may have.
    pub also: Vec<String>,
    /// The file must have it.
    pub required: bool,
}

/// The cells of one row that the mapping reads, by slot. Reused from row to row.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    text: String,
    spans: Vec<Option<(usize, usize)>>,
    /// Hash of the whole row as it stands in the file; equal rows are counted by it.
    pub row_hash: u64,
}

impl Cells {
    /// Forgets the row before and makes room for `slots` cells.
    pub fn reset(&mut self, slots: usize) {
        self.text.clear();
        self.spans.clear();
        self.spans.resize(slots, None);
    }

    /// Tells a cell.
    pub fn set(&mut self, slot: usize, cell: &str) {
        let start = self.text.len();
        self.text.push_str(cell.trim());
        if let Some(span) = self.spans.get_mut(slot) {
            *span = Some((start, self.text.len()));
        }
    }

    /// A cell without its blanks; an empty one is absent.
    pub fn get(&self, slot: usize) -> Option<&str> {
        let (start, end) = (*self.spans.get(slot)?)?;
        self.text.get(start..end).filter(|cell| !cell.is_empty())
    }
}

/// A condition with its column found.
#[derive(Clone, Debug)]
pub(super) struct Check {
    slot: usize,
    condition: Condition,
}

impl Check {
    fn holds(&self, cells: &Cells) -> bool {
        let cell = cells.get(self.slot);
        let c = &self.condition;
        let number = || cell.and_then(|text| rust_decimal::Decimal::from_str_exact(&text.replace(',', "")).ok());
        c.is.as_deref().is_none_or(|wanted| cell == Some(wanted))
            && c.is_not.as_deref().is_none_or(|unwanted| cell != Some(unwanted))
            && (c.among.is_empty() || cell.is_some_and(|cell| c.among.iter().any(|word| word == cell)))
            && !cell.is_some_and(|cell| c.none_of.iter().any(|word| word == cell))
            && c.starts
                .as_deref()
                .is_none_or(|start| cell.is_some_and(|cell| cell.starts_with(start)))
            && (c.not_starts.as_deref()).is_none_or(|start| !cell.is_some_and(|cell| cell.starts_with(start)))
            && c.present.is_none_or(|present| cell.is_some() == present)
            && c.positive
                .is_none_or(|positive| number().is_some_and(|n| n.is_sign_positive() && !n.is_zero()) == positive)
    }
}

/// True when every condition holds.
pub(super) fn all(checks: &[Check], cells: &Cells) -> bool {
    checks.iter().all(|check| check.holds(cells))
}

/// An emission with its columns found.
#[derive(Clone, Debug)]
pub(super) struct EmitPlan {
    pub(super) kind: Kind,
    pub(super) when: Vec<Check>,
    /// Alternatives, the first that is filled counts.
    pub(super) fields: BTreeMap<&'static str, Vec<Found>>,
}

/// One alternative of a field with its columns found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) spec: Spec,
    pub(super) slots: Vec<usize>,
    /// Where the number of units stands, for an amount of one.
    pub(super) times: Option<usize>,
}

impl EmitPlan {
    /// Some field needs to know which occurrence of an identical row this is.
    fn counts(&self) -> bool {
        self.fields.values().flatten().any(|found| found.spec.ordinal)
    }
}

/// A compiled mapping.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the mapping.
    pub name: String,
    /// How the rows look.
    pub source: Source,
    /// The columns read, by slot.
    pub columns: Vec<Column>,
    /// Some field needs to know which occurrence of an identical row this is.
    pub counts_identical_rows: bool,
    pub(super) ignore: Vec<(String, Vec<Check>)>,
    pub(super) emits: Vec<EmitPlan>,
    pub(super) cash: Option<EmitPlan>,
}

/// What a fact may tell about its line.
const ABOUT: [&str; 14] = [
    "order_no",
    "buyer",
    "item_no",
    "shop_no",
    "category",
    "quantity",
    "ordered_at",
    "promoter",
    "room",
    "show",
    "account",
    "pid",
    "nick",
    "purpose",
];
const CLICK: [&str; 12] = [
    "click_no", "item_no", "shop_no", "room", "show", "slot", "traffic", "off_site", "campaign", "phase", "trigger",
    "format",
];
/// Discounts by who bears them.
pub(super) const DISCOUNTS: [&str; 5] = [
    "discount_merchant",
    "discount_platform",
    "discount_anchor",
    "discount_agency",
    "discount_payment",
];

/// Fields of one track of what a row reports.
pub(super) struct TrackFields {
    pub(super) base: &'static str,
    pub(super) rate: &'static str,
    pub(super) gross: &'static str,
    pub(super) content_fee: &'static str,
    /// Field and component name.
    pub(super) fees: [(&'static str, &'static str); 6],
    pub(super) subsidies: [(&'static str, &'static str); 3],
}

macro_rules! track {
    ($track:literal) => {
        TrackFields {
            base: concat!($track, "_base"),
            rate: concat!($track, "_rate"),
            gross: concat!($track, "_gross"),
            content_fee: concat!($track, "_content_fee"),
            fees: [
                (concat!($track, "_technical_fee"), "technical_fee"),
                (concat!($track, "_live_share"), "live_share"),
                (concat!($track, "_service_fee"), "service_fee"),
                (concat!($track, "_agent_fee"), "agent_fee"),
                (concat!($track, "_channel_fee"), "channel_fee"),
                (concat!($track, "_other_fee"), "other_fee"),
            ],
            subsidies: [
                (concat!($track, "_subsidy"), "subsidy"),
                (concat!($track, "_platform_subsidy"), "platform_subsidy"),
                (concat!($track, "_merchant_subsidy"), "merchant_subsidy"),
            ],
        }
    };
}

/// The estimate's.
pub(super) const ESTIMATED: TrackFields = track!("estimated");
/// The settlement's.
pub(super) const SETTLED: TrackFields = track!("settled");

impl TrackFields {
    fn amounts(&self) -> impl Iterator<Item = &'static str> {
        let named = self.fees.iter().chain(&self.subsidies).map(|(field, _)| *field);
        [self.base, self.gross, self.content_fee].into_iter().chain(named)
    }
}

impl Kind {
    /// The word in mappings and reports.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Click => "click",
            Kind::Created => "created",
            Kind::Deposit => "deposit",
            Kind::Tail => "tail",
            Kind::Paid => "paid",
            Kind::Received => "received",
            Kind::Fulfilled => "fulfilled",
            Kind::Settled => "settled",
            Kind::Closed => "closed",
            Kind::DepositKept => "deposit_kept",
            Kind::RefundOpened => "refund_opened",
            Kind::RefundWon => "refund_won",
            Kind::RefundLost => "refund_lost",
            Kind::RefundDeducted => "refund_deducted",
            Kind::Frozen => "frozen",
            Kind::Unfrozen => "unfrozen",
            Kind::Forfeited => "forfeited",
            Kind::PriceCorrected => "price_corrected",
            Kind::Snapshot => "snapshot",
            Kind::Return => "return",
            Kind::Receipt => "receipt",
            Kind::Offer => "offer",
            Kind::Cash => "cash",
        }
    }

    /// Fields it needs, and fields it may have.
    fn fields(self) -> (Vec<&'static str>, Vec<&'static str>) {
        if self == Kind::Click {
            let mut may = CLICK.to_vec();
            may.extend(["source", "platform", "segment"]);
            return (vec!["at", "buyer", "promoter"], may);
        }
        if self == Kind::Return {
            let may = vec!["platform", "currency", "buyer", "item_no"];
            return (vec!["document", "row", "at", "units", "amount"], may);
        }
        if self == Kind::Receipt {
            let may = vec!["platform", "currency", "account", "payer", "tag", "memo"];
            return (vec!["flow_no", "at", "amount"], may);
        }
        if self == Kind::Offer {
            return (offer::NEEDS.to_vec(), offer::MAY.to_vec());
        }
        if self == Kind::Cash {
            let may = vec!["line_no", "flow_no", "platform", "currency"];
            return (vec!["at", "amount", "tag"], may);
        }
        let mut needs = vec!["line_no", "at"];
        let mut may = ABOUT.to_vec();
        may.extend(["platform", "currency", "view"]);
        for track in [&ESTIMATED, &SETTLED] {
            may.push(track.rate);
            may.extend(track.amounts());
        }
        match self {
            Kind::Created => {
                may.push("amount");
                may.extend(DISCOUNTS);
            }
            Kind::Paid => {
                needs.push("amount");
                may.extend(DISCOUNTS);
            }
            Kind::Deposit | Kind::Tail | Kind::DepositKept => needs.push("amount"),
            Kind::Fulfilled => needs.extend(["k", "n"]),
            Kind::Settled => may.push("amount"),
            Kind::Closed => may.push("reason"),
            Kind::RefundWon => {
                needs.extend(["case", "amount"]);
                may.extend(["freight", "units", "deducted", "manner"]);
            }
            Kind::RefundOpened
            | Kind::RefundLost
            | Kind::RefundDeducted
            | Kind::Frozen
            | Kind::Unfrozen
            | Kind::Forfeited => needs.push("case"),
            Kind::PriceCorrected => needs.extend(["case", "amount"]),
            Kind::Snapshot => may.extend([
                "created_at",
                "paid_at",
                "received_at",
                "settled_at",
                "closed_at",
                "paid",
                "settled_base",
                "refunded",
            ]),
            Kind::Received | Kind::Click | Kind::Return | Kind::Receipt | Kind::Offer | Kind::Cash => {}
        }
        (needs, may)
    }
}

impl Plan {
    /// Compiles a mapping.
    pub fn compile(mapping: &Mapping) -> Result<Plan, MappingError> {
        let mut slots = Slots {
            columns: Vec::new(),
            aliases: &mapping.aliases,
        };
        let mut ignore = Vec::with_capacity(mapping.ignore.len());
        for left_out in &mapping.ignore {
            ignore.push((left_out.reason.clone(), slots.checks(&left_out.when)));
        }
        let mut emits = Vec::with_capacity(mapping.emit.len());
        for emit in &mapping.emit {
            emits.push(compile_emit(mapping, emit, &mut slots)?);
        }
        let cash = mapping
            .cash
            .as_ref()
            .map(|rows| compile_cash(mapping, rows, &mut slots))
            .transpose()?;
        for name in mapping.common.keys() {
            if !emits
                .iter()
                .chain(&cash)
                .any(|emit| emit.fields.contains_key(name.as_str()))
            {
                let message = format!("no emission has the common field {name:?}");
                return Err(MappingError::Sense(message));
            }
        }
        if !mapping.source.header {
            for column in &slots.columns {
                let named = mapping.source.columns.iter().any(|name| name.trim() == column.name);
                if column.required && !named {
                    let message = format!("source.columns does not name {:?}", column.name);
                    return Err(MappingError::Sense(message));
                }
            }
        }
        if let Some(unused) = mapping.aliases.keys().find(|name| slots.find(name).is_none()) {
            let message = format!("nothing reads the column {unused:?} that has aliases");
            return Err(MappingError::Sense(message));
        }
        Ok(Plan {
            name: mapping.name.clone(),
            source: mapping.source.clone(),
            counts_identical_rows: emits.iter().any(EmitPlan::counts),
            columns: slots.columns,
            ignore,
            emits,
            cash,
        })
    }

    /// Columns to be read, without anything that a row would tell.
    pub(super) fn of_columns(name: String, source: Source, columns: Vec<Column>) -> Plan {
        Plan {
            name,
            source,
            columns,
            counts_identical_rows: false,
            ignore: Vec::new(),
            emits: Vec::new(),
            cash: None,
        }
    }

    /// Reads and compiles a mapping file.
    pub fn parse(text: &str) -> Result<Plan, MappingError> {
        Plan::compile(&Mapping::parse(text)?)
    }

    /// True when this row is one of those that are told apart by their occurrence.
    pub fn counts(&self, cells: &Cells) -> bool {
        self.counts_identical_rows && self.emits.iter().any(|emit| emit.counts() && all(&emit.when, cells))
    }

    /// True when a row may tell a click.
    pub fn has_clicks(&self) -> bool {
        self.emits.iter().any(|emit| emit.kind == Kind::Click)
    }

    /// True when a row may tell an offer: the same bytes may then be said anew, after others.
    pub fn has_offers(&self) -> bool {
        self.emits.iter().any(|emit| emit.kind == Kind::Offer)
    }

    /// True when a row may be a movement of cash.
    pub fn has_cash(&self) -> bool {
        self.cash.is_some()
    }

    /// True when a row may tell a refund.
    pub fn has_refunds(&self) -> bool {
        let tells = |emit: &EmitPlan| matches!(emit.kind, Kind::RefundWon | Kind::RefundDeducted);
        self.emits.iter().any(tells)
    }

    /// True when a row may tell that a line is settled.
    pub fn has_settlements(&self) -> bool {
        let tells = |emit: &EmitPlan| matches!(emit.kind, Kind::Snapshot | Kind::Settled);
        self.emits.iter().any(tells)
    }

    /// True when a row may tell a fact of an order, a return that names none, a receipt or an offer.
    pub fn has_facts(&self) -> bool {
        self.emits.iter().any(|emit| emit.kind != Kind::Click)
    }

    /// Finds the position of each column in a header; a required one that is missing is a fault.
    pub fn bind(&self, header: &[&str]) -> Result<Vec<Option<usize>>, RowFault> {
        let mut positions = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let is = |wanted: &String| header.iter().position(|name| heading(name) == heading(wanted));
            let position = std::iter::once(&column.name).chain(&column.also).find_map(is);
            if position.is_none() && column.required {
                let message = format!(
                    "the file has no column {:?}; it has: {}",
                    column.name,
                    header.join(", ")
                );
                return Err(RowFault::new("column_missing", message).at(&column.name));
            }
            positions.push(position);
        }
        Ok(positions)
    }
}

fn compile_emit(mapping: &Mapping, emit: &Emit, slots: &mut Slots) -> Result<EmitPlan, MappingError> {
    let (needs, may) = emit.kind.fields();
    let kind = emit.kind.word();
    let find = |name: &str| needs.iter().chain(&may).find(|known| **known == name).copied();
    // What is only read where a column is that need not be there, need not be there either.
    let sure = emit.kind != Kind::Cash && !emit.when.iter().any(|condition| condition.optional);
    let mut fields = BTreeMap::new();
    for (name, field) in &emit.fields {
        let known = find(name).ok_or_else(|| MappingError::UnknownField {
            kind,
            field: name.clone(),
            known: needs.iter().chain(&may).copied().collect::<Vec<_>>().join(", "),
        })?;
        fields.insert(known, slots.field(name, field, sure)?);
    }
    for (name, field) in mapping.common.iter().filter(|_| !emit.alone) {
        if let Some(known) = find(name).filter(|known| !fields.contains_key(known)) {
            fields.insert(known, slots.field(name, field, sure)?);
        }
    }
    if let Some(missing) = needs.iter().find(|name| !fields.contains_key(**name)) {
        return Err(MappingError::MissingField { kind, field: missing });
    }
    if mapping.source.platform.is_none() && !fields.contains_key("platform") {
        let message = format!("kind {kind:?} has no platform: set source.platform, or a field platform");
        return Err(MappingError::Sense(message));
    }
    let amounts = ["amount", "freight", "paid", "settled_base", "refunded"];
    let has_amount = emit.kind == Kind::Offer
        || fields
            .keys()
            .any(|name| amounts.contains(name) || DISCOUNTS.contains(name) || name.ends_with("_gross"));
    if has_amount && mapping.source.currency.is_none() && !fields.contains_key("currency") {
        let message = format!("kind {kind:?} has amounts: set source.currency, or a field currency");
        return Err(MappingError::Sense(message));
    }
    Ok(EmitPlan {
        kind: emit.kind,
        when: slots.checks(&emit.when),
        fields,
    })
}

/// Movements of cash: a file that is imported need not have their columns.
fn compile_cash(mapping: &Mapping, rows: &CashRows, slots: &mut Slots) -> Result<EmitPlan, MappingError> {
    let mut when = rows.when.clone();
    when.iter_mut().for_each(|condition| condition.optional = true);
    let emit = Emit {
        kind: Kind::Cash,
        when,
        alone: false,
        fields: rows.fields.clone(),
    };
    compile_emit(mapping, &emit, slots)
}

/// The columns found so far.
struct Slots<'m> {
    columns: Vec<Column>,
    aliases: &'m BTreeMap<String, Vec<String>>,
}

impl Slots<'_> {
    fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name.trim())
    }

    fn slot(&mut self, name: &str, required: bool) -> usize {
        let name = name.trim();
        if let Some(slot) = self.find(name) {
            if let Some(column) = self.columns.get_mut(slot) {
                column.required |= required;
            }
            return slot;
        }
        self.columns.push(Column {
            name: name.to_owned(),
            also: self.aliases.get(name).cloned().unwrap_or_default(),
            required,
        });
        self.columns.len() - 1
    }

    fn checks(&mut self, conditions: &[Condition]) -> Vec<Check> {
        let mut checks = Vec::with_capacity(conditions.len());
        for condition in conditions {
            checks.push(Check {
                slot: self.slot(&condition.column, !condition.optional),
                condition: condition.clone(),
            });
        }
        checks
    }

    fn field(&mut self, name: &str, field: &Field, sure: bool) -> Result<Vec<Found>, MappingError> {
        if field.0.is_empty() {
            return Err(MappingError::Sense(format!("the field {name:?} names nothing")));
        }
        // Where there are several, none of them must be in the file.
        let alone = sure && field.0.len() == 1;
        field.0.iter().map(|spec| self.alternative(name, spec, alone)).collect()
    }

    fn alternative(&mut self, name: &str, spec: &Spec, alone: bool) -> Result<Found, MappingError> {
        let sources = usize::from(spec.column.is_some())
            + usize::from(!spec.columns.is_empty())
            + usize::from(spec.value.is_some());
        if sources != 1 {
            let message = format!("the field {name:?} takes exactly one of column, columns, value");
            return Err(MappingError::Sense(message));
        }
        if spec.split.as_ref().is_some_and(|split| split.by.is_empty()) {
            return Err(MappingError::Sense(format!("the field {name:?} splits by nothing")));
        }
        let required = alone && !spec.optional && spec.default.is_none();
        let mut slots = Vec::new();
        for column in spec.column.iter().chain(&spec.columns) {
            slots.push(self.slot(column, required));
        }
        Ok(Found {
            times: spec.times.as_deref().map(|column| self.slot(column, required)),
            spec: spec.clone(),
            slots,
        })
    }
}
