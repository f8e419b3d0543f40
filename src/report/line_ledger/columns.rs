//! The columns of the line ledger: English name, Chinese word, and how each is read of a line. Names are the caller's choice;
//! a set of them is stated as the default.
//! Must never hold an amount rule: a column asks the line.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::names::Names;
use super::super::{Cell, ReportError, Viewer};
use super::line::{LedgerLine, Measure, Side, Taker, Told};
use crate::base::{Instant, Zone};
use crate::domain::book::BookState;
use crate::domain::order::{Funder, Pin, Purpose, RateTerms, RuleChoice};

/// A line with all that a cell needs.
pub(super) struct Shown<'a> {
    pub line: &'a LedgerLine,
    pub names: &'a Names,
    pub zone: Zone,
    pub viewer: Viewer,
}

type Read = fn(&Shown<'_>) -> Result<Cell, ReportError>;

#[derive(Clone)]
enum Source {
    Read(Read),
    Amount(Measure, Side),
    Reported(Told, Side),
}

/// One column.
#[derive(Clone)]
pub struct Column {
    /// Name, as a caller chooses it.
    pub name: Cow<'static, str>,
    /// Chinese word.
    pub zh: Cow<'static, str>,
    source: Source,
}

impl Column {
    /// As it stands at the head of a sheet.
    pub fn heading(&self) -> String {
        format!("{} {}", self.name, self.zh)
    }

    pub(super) fn cell(&self, shown: &Shown<'_>) -> Result<Cell, ReportError> {
        match &self.source {
            Source::Read(read) => read(shown),
            Source::Amount(measure, side) => {
                let amount = shown.line.amount(shown.viewer, measure, *side)?;
                Ok(amount.map_or(Cell::Empty, |amount| shown.line.money(amount)))
            }
            Source::Reported(..) if shown.viewer != Viewer::All => Ok(Cell::Empty),
            Source::Reported(told, side) => {
                let amount = match side {
                    Side::Difference => shown.line.differs_from_reported(*told)?,
                    side => shown.line.reported(*told, *side)?,
                };
                Ok(amount.map_or(Cell::Empty, |amount| shown.line.money(amount)))
            }
        }
    }
}

const SIDES: [(Side, &str, &str); 4] = [
    (Side::Estimated, "estimated", "预估"),
    (Side::Settled, "settled", "实际"),
    (Side::Difference, "difference", "差异"),
    (Side::Open, "open", "未结"),
];

/// The columns of the default set; `fee_*` stands for every fee that a formula of the book names.
const DEFAULT: &[&str] = &[
    "order_month",
    "accounting_month",
    "cash_month",
    "platform",
    "shop",
    "order_no",
    "line_no",
    "item_no",
    "item",
    "category",
    "quantity",
    "promoter",
    "agency",
    "room",
    "show",
    "source",
    "phase",
    "status",
    "after_sale",
    "settle_status",
    "ordered_at",
    "paid_at",
    "received_at",
    "settled_at",
    "currency",
    "payable",
    "paid",
    "discount_merchant",
    "discount_platform",
    "discount_anchor",
    "discount_agency",
    "discount_payment",
    "refunded",
    "refund_freight",
    "rate",
    "base_estimated",
    "base_settled",
    "gross_estimated",
    "gross_settled",
    "gross_difference",
    "fee_*",
    "content_fee_estimated",
    "content_fee_settled",
    "subsidies_estimated",
    "subsidies_settled",
    "upper_agency_estimated",
    "upper_agency_settled",
    "agency_estimated",
    "agency_settled",
    "anchor_estimated",
    "anchor_settled",
    "second_level_estimated",
    "second_level_settled",
    "merchant_debit_estimated",
    "merchant_debit_settled",
    "merchant_debit_difference",
    "base_reported_settled",
    "base_reported_difference",
    "gross_reported_estimated",
    "gross_reported_settled",
    "gross_reported_difference",
    "check",
    "clawback_due",
    "rule",
    "formula",
    "membership",
    "parked_code",
];

fn text(text: Option<impl ToString>) -> Result<Cell, ReportError> {
    Ok(text.map_or(Cell::Empty, |text| Cell::Text(text.to_string())))
}

fn time(shown: &Shown<'_>, at: Option<Instant>) -> Result<Cell, ReportError> {
    text(at.map(|at| shown.zone.local(at)))
}

fn number(number: Option<impl ToString>) -> Result<Cell, ReportError> {
    Ok(number.map_or(Cell::Empty, |number| Cell::Number(number.to_string())))
}

fn discount(shown: &Shown<'_>, funder: Funder) -> Result<Cell, ReportError> {
    let amount = shown.line.discounts(funder)?;
    Ok(shown.line.money(amount))
}

fn purpose(purpose: Option<Purpose>) -> &'static str {
    match purpose {
        None | Some(Purpose::Sale) => "sale",
        Some(Purpose::Gift) => "gift",
        Some(Purpose::OwnUse) => "own_use",
        Some(Purpose::Exchange) => "exchange",
    }
}

/// The name of who has a place in the chain: the own one, and the promoter's; for a viewer of everything each.
fn taker(shown: &Shown<'_>, wanted: Taker) -> Result<Cell, ReportError> {
    let promoter = shown.line.state.pin.as_ref().and_then(|pin| pin.attribution.party);
    let seen = |party| shown.viewer.sees(party) || promoter == Some(party);
    let there = shown
        .line
        .chain()
        .filter(|(party, role)| *role == wanted && seen(*party));
    let names: Vec<&str> = there.filter_map(|(party, _)| shown.party(party)).collect();
    text((!names.is_empty()).then(|| names.join(" / ")))
}

impl Shown<'_> {
    fn pin(&self) -> Option<&Arc<Pin>> {
        self.line.state.pin.as_ref()
    }

    fn rule(&self) -> Option<&RuleChoice> {
        self.pin().and_then(|pin| pin.rule.as_ref())
    }

    fn party(&self, party: crate::base::PartyId) -> Option<&str> {
        self.names.parties.get(&party.uuid()).map(String::as_str)
    }

    /// Only for a viewer of everything.
    fn only_all(&self, cell: Result<Cell, ReportError>) -> Result<Cell, ReportError> {
        if self.viewer == Viewer::All {
            cell
        } else {
            Ok(Cell::Empty)
        }
    }

    fn item(&self) -> Option<&(String, Option<String>)> {
        self.names.items.get(&self.line.item()?.0)
    }

    fn shop(&self) -> Option<&(String, String, Option<String>)> {
        self.names.shops.get(&self.line.shop()?.0)
    }
}

/// Columns that are read of the line itself, before its amounts.
const BEFORE: &[(&str, &str, Read)] = &[
    ("order_month", "订单月", |s| {
        text(s.line.ordered_at().map(|at| s.zone.month(at)))
    }),
    ("accounting_month", "核算月", |s| {
        let months: Vec<String> = s.line.months.iter().map(ToString::to_string).collect();
        text((!months.is_empty()).then(|| months.join(" ")))
    }),
    ("cash_month", "回款月", |_| Ok(Cell::Empty)),
    ("line", "明细编号", |s| text(Some(s.line.line))),
    ("platform", "平台", |s| text(s.line.state.platform())),
    ("shop_no", "店铺编号", |s| match s.shop() {
        Some((no, ..)) => text(Some(no)),
        None => text(s.line.state.about().shop_no.as_ref()),
    }),
    ("shop", "店铺", |s| text(s.shop().map(|(_, name, _)| name))),
    ("entity", "主体", |s| {
        s.only_all(text(s.shop().and_then(|(.., entity)| entity.as_ref())))
    }),
    ("order_no", "订单号", |s| {
        text(s.line.state.about().order_no.as_ref())
    }),
    ("line_no", "子订单号", |s| text(s.line.state.line_no())),
    ("item_no", "商品编号", |s| match s.item() {
        Some((no, _)) => text(Some(no)),
        None => text(s.line.state.about().item_no.as_ref()),
    }),
    ("item", "商品", |s| {
        text(s.item().and_then(|(_, title)| title.as_ref()))
    }),
    ("category", "类目", |s| {
        let pinned = s.pin().and_then(|pin| pin.dims.category.as_ref());
        text(pinned.or(s.line.state.about().category.as_ref()))
    }),
    ("quantity", "数量", |s| number(Some(s.line.state.quantity()))),
    ("buyer", "买家代号", |s| {
        s.only_all(text(s.line.state.about().buyer.as_ref()))
    }),
    ("account", "平台账号", |s| {
        s.only_all(text(s.line.state.about().account.as_ref()))
    }),
    ("pid", "推广位", |s| {
        s.only_all(text(s.line.state.about().pid.as_ref()))
    }),
    ("purpose", "用途", |s| {
        text(Some(purpose(s.line.state.about().purpose)))
    }),
    ("promoter", "推广者", |s| {
        let party = s.pin().and_then(|pin| pin.attribution.party);
        text(party.and_then(|party| s.party(party)))
    }),
    ("promoter_id", "推广者编号", |s| {
        text(s.pin().and_then(|pin| pin.attribution.party))
    }),
    ("upper_agency", "上级机构", |s| taker(s, Taker::UpperAgency)),
    ("agency", "机构", |s| taker(s, Taker::Agency)),
    ("anchor", "主播", |s| taker(s, Taker::Anchor)),
    ("second_level", "推客", |s| taker(s, Taker::SecondLevel)),
    ("room", "直播间", |s| {
        text(s.pin().and_then(|pin| pin.dims.room.as_ref()))
    }),
    ("show", "场次", |s| {
        text(s.pin().and_then(|pin| pin.dims.show.as_ref()))
    }),
    ("source", "流量来源", |s| {
        text(s.pin().and_then(|pin| pin.dims.source.as_ref()))
    }),
    ("phase", "内容阶段", |s| {
        text(s.pin().and_then(|pin| pin.dims.phase.as_ref()))
    }),
    ("status", "订单状态", |s| {
        text(Some(super::status_word(s.line.state.status())))
    }),
    ("after_sale", "售后状态", |s| text(s.line.after_sale())),
    ("settle_status", "结算状态", |s| text(Some(s.line.settle_status()))),
    ("ordered_at", "下单时间", |s| time(s, s.line.ordered_at())),
    ("paid_at", "付款时间", |s| {
        let story = s.line.state.story();
        time(s, story.paid.or(story.tail).or(story.deposit).map(|(at, _)| at))
    }),
    ("received_at", "收货时间", |s| {
        time(s, s.line.state.story().received)
    }),
    ("settled_at", "结算时间", |s| {
        time(s, s.line.state.target()?.settled_at)
    }),
    ("currency", "币种", |s| text(Some(s.line.currency))),
    ("payable", "应付货款", |s| {
        Ok(s.line
            .state
            .story()
            .payable_base()
            .map_or(Cell::Empty, |a| s.line.money(a)))
    }),
    ("paid", "实付货款", |s| {
        Ok(s.line
            .state
            .story()
            .paid_goods()
            .map_or(Cell::Empty, |a| s.line.money(a)))
    }),
    ("discount_merchant", "商家优惠", |s| discount(s, Funder::Merchant)),
    ("discount_platform", "平台优惠", |s| discount(s, Funder::Platform)),
    ("discount_anchor", "主播优惠", |s| discount(s, Funder::Anchor)),
    ("discount_agency", "机构优惠", |s| discount(s, Funder::Agency)),
    ("discount_payment", "支付优惠", |s| discount(s, Funder::Payment)),
    ("refunded", "退款", |s| {
        let story = s.line.state.story();
        let refunds = crate::money::Minor::sum(story.refunds.iter().map(|refund| refund.goods))?;
        Ok(s.line.money(refunds))
    }),
    ("refund_freight", "退运费", |s| {
        Ok(s.line.money(s.line.refund_freight()?))
    }),
    ("rate", "佣金率", |s| {
        match s.rule().map(|rule| &rule.rate) {
            Some(RateTerms::Flat(rate)) => number(Some(rate)),
            Some(RateTerms::Tiered(_)) => text(Some("tiered")),
            None => {
                // What a platform reports is posted without a rule of ours.
                let story = s.line.state.story();
                let track = story.settled_track.or(story.estimated_track);
                number(track.and_then(|track| track.rate))
            }
        }
    }),
];

/// Columns after the amounts.
const AFTER: &[(&str, &str, Read)] = &[
    ("check", "核对", |s| s.only_all(text(Some(s.line.check()?)))),
    ("clawback_due", "待扣回", |s| {
        Ok(s.line.money(s.line.clawback_due(s.viewer)?))
    }),
    ("rule", "规则", |s| text(s.rule().map(|rule| rule.rule))),
    ("rule_version", "规则版本", |s| {
        number(s.rule().map(|rule| rule.version))
    }),
    ("rule_level", "规则层级", |s| {
        number(s.rule().map(|rule| rule.level))
    }),
    ("formula", "公式", |s| text(s.pin().map(|pin| pin.formula))),
    ("formula_version", "公式版本", |s| {
        number(s.pin().map(|pin| pin.formula_version))
    }),
    ("why_nothing", "无佣金原因", |s| {
        text(s.pin().and_then(|pin| pin.why_nothing.as_ref()))
    }),
    ("membership", "机构合约", |s| {
        let terms = s.pin().and_then(|pin| pin.terms.as_ref());
        let hops = terms.map(|terms| terms.chain.as_slice()).unwrap_or_default();
        // A contract concerns the two that it stands between.
        let seen = hops.iter().enumerate().filter(|(at, hop)| {
            let below = hops.get(at + 1).is_some_and(|below| s.viewer.sees(below.party));
            s.viewer.sees(hop.party) || below
        });
        let ids: Vec<String> = seen
            .filter_map(|(_, hop)| hop.membership.map(|id| id.to_string()))
            .collect();
        text((!ids.is_empty()).then(|| ids.join(" ")))
    }),
    ("parked_code", "待处理代码", |s| {
        let codes: BTreeSet<&str> = s.line.state.parked().filter_map(|kept| kept.code.as_deref()).collect();
        text((!codes.is_empty()).then(|| codes.into_iter().collect::<Vec<_>>().join(" ")))
    }),
    ("parked_amount", "待处理金额", |s| {
        let amounts = s.line.state.parked().filter_map(|kept| kept.remainder);
        let sum = crate::money::Minor::sum(amounts)?;
        Ok(if sum.is_zero() { Cell::Empty } else { s.line.money(sum) })
    }),
];

/// The platform's figures beside ours; they were reported to the book, not to a party.
fn reported(columns: &mut Vec<Column>) {
    let told = [
        ("base", "基数", Told::Base),
        ("gross", "佣金", Told::Gross),
        ("fees", "费用", Told::Fees),
        ("content_fee", "内容场景专项服务费", Told::ContentFee),
        ("subsidies", "补贴", Told::Subsidies),
    ];
    let sides = [
        (Side::Estimated, "estimated", "预估"),
        (Side::Settled, "settled", "结算"),
        (Side::Difference, "difference", "差异"),
    ];
    for (name, zh, told) in told {
        columns.extend(sides.map(|(side, word, zh_word)| Column {
            name: format!("{name}_reported_{word}").into(),
            zh: format!("平台{zh}{zh_word}").into(),
            source: Source::Reported(told, side),
        }));
    }
}

fn amounts(name: &str, zh: &str, measure: &Measure, out: &mut Vec<Column>) {
    out.extend(SIDES.into_iter().map(|(side, word, zh_word)| Column {
        name: format!("{name}_{word}").into(),
        zh: format!("{zh}{zh_word}").into(),
        source: Source::Amount(measure.clone(), side),
    }));
}

/// Names of the fees that the formulas of a book have.
fn fees(book: &BookState) -> BTreeSet<&str> {
    let versions = book.formulas.iter();
    versions
        .flat_map(|version| version.terms.fees.iter().map(|fee| fee.name.as_str()))
        .collect()
}

/// Every column that a book has, in the order of a sheet.
pub(super) fn all(book: &BookState) -> Vec<Column> {
    let read = |(name, zh, read): &(&'static str, &'static str, Read)| Column {
        name: (*name).into(),
        zh: (*zh).into(),
        source: Source::Read(*read),
    };
    let mut columns: Vec<Column> = BEFORE.iter().map(read).collect();
    amounts("base", "佣金基数", &Measure::Base, &mut columns);
    amounts("gross", "佣金", &Measure::Gross, &mut columns);
    for fee in fees(book) {
        amounts(&format!("fee_{fee}"), fee, &Measure::Fee(fee.to_owned()), &mut columns);
    }
    let rest = [
        ("fees", "费用合计", Measure::Fees),
        ("content_fee", "内容场景专项服务费", Measure::ContentFee),
        ("subsidies", "补贴", Measure::Subsidies),
        ("upper_agency", "上级机构所得", Measure::Taker(Taker::UpperAgency)),
        ("agency", "机构所得", Measure::Taker(Taker::Agency)),
        ("anchor", "主播所得", Measure::Taker(Taker::Anchor)),
        ("second_level", "推客所得", Measure::Taker(Taker::SecondLevel)),
        ("other_takers", "其他所得", Measure::Taker(Taker::Other)),
        ("merchant_debit", "商家支出", Measure::MerchantDebit),
    ];
    for (name, zh, measure) in &rest {
        amounts(name, zh, measure, &mut columns);
    }
    reported(&mut columns);
    columns.extend(AFTER.iter().map(read));
    columns
}

/// The columns of the default set.
pub(super) fn default_set(book: &BookState) -> Vec<String> {
    let fee = |fee: &str| ["estimated", "settled"].map(|side| format!("fee_{fee}_{side}"));
    let names = DEFAULT.iter().flat_map(|name| match *name {
        "fee_*" => fees(book).into_iter().flat_map(fee).collect(),
        name => vec![name.to_owned()],
    });
    names.collect()
}

/// The columns of these names, in this order: none for the default set, `all` for every one.
pub(super) fn choose(book: &BookState, names: &[String]) -> Result<Vec<Column>, ReportError> {
    let all = all(book);
    let default;
    let names = match names {
        [] => {
            default = default_set(book);
            &default
        }
        [one] if one == "all" => return Ok(all),
        names => names,
    };
    let find = |name: &String| {
        let found = all.iter().find(|column| column.name == *name);
        found
            .cloned()
            .ok_or_else(|| ReportError::Column(name.chars().take(64).collect()))
    };
    names.iter().map(find).collect()
}
