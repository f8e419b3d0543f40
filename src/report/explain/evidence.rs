//! The evidence half of an explanation: rule and losers, click and window, contracts, formula, facts.
//! Must never show a viewer a candidate rule that is not open to it (decision A14).

use std::collections::{BTreeMap, HashMap};

use tokio_postgres::Client;
use uuid::Uuid;

use super::super::history::History;
use super::super::{Money, ReportError, Viewer, reason, rules, streams};
use super::{Node, shares};
use crate::base::{LogId, PartyId, ReturnsId, ShelfId};
use crate::domain::adjustment::AdjustmentPosted;
use crate::domain::approval::ApprovalState;
use crate::domain::book::BookState;
use crate::domain::click::Click;
use crate::domain::event::Event;
use crate::domain::order::{Keeps, Pin, Settleable};
use crate::domain::plan::{RuleState, ShelfState, Subjects};
use crate::domain::world::Entity;

/// What explanations need of other streams, read at once for all of them.
pub(super) struct Proof {
    shelves: BTreeMap<Uuid, ShelfState>,
    clicks: HashMap<Uuid, Click>,
}

impl Proof {
    /// Reads the rules and clicks that some pins speak of, as they stand at a position.
    pub async fn load<'a>(
        client: &Client,
        log: LogId,
        pins: impl Iterator<Item = &'a Pin>,
        position: i64,
    ) -> Result<Proof, ReportError> {
        let (mut shelves, mut clicks) = (Vec::new(), Vec::new());
        for pin in pins {
            shelves.extend(shelves_of(pin));
            clicks.extend(pin.attribution.click.map(|id| id.0));
        }
        for ids in [&mut shelves, &mut clicks] {
            ids.sort_unstable();
            ids.dedup();
        }
        let mut proof = Proof {
            shelves: rules::shelves(client, log, &shelves, position).await?,
            clicks: HashMap::new(),
        };
        if !clicks.is_empty() {
            let sql = include_str!("../sql/clicks_found.sql");
            for row in client.query(sql, &[&log.0, &clicks]).await? {
                let stored = streams::stored(log, &row, 0)?;
                if let Event::Click(click) = stored.event {
                    proof.clicks.insert(stored.stream, click);
                }
            }
        }
        Ok(proof)
    }
}

fn shelves_of(pin: &Pin) -> impl Iterator<Item = Uuid> {
    let shelves = [pin.dims.item.map(ShelfId::of_item), pin.dims.shop.map(ShelfId::of_shop)];
    shelves.into_iter().flatten().map(|shelf| shelf.0)
}

/// Adds everything the money was decided with.
pub(super) fn all(viewer: Viewer, history: &History, book: &BookState, proof: &Proof, root: &mut Node) {
    if let Some(pin) = history.pin() {
        root.push(rule(viewer, pin, proof));
        root.push(attribution(pin, book, proof));
        if let Some(contracts) = contracts(pin, viewer) {
            root.push(contracts);
        }
        root.push(formula(pin, book));
    }
    root.push(facts(history, book));
}

/// The return documents that were matched to the line: they name a buyer and an item, but no order.
pub(super) async fn matched(
    client: &Client,
    log: LogId,
    history: &History,
    book: &BookState,
    position: i64,
) -> Result<Option<Node>, ReportError> {
    let about = history.state.about();
    let (Some(platform), Some(buyer), Some(item)) = (history.state.platform(), &about.buyer, &about.item_no) else {
        return Ok(None);
    };
    let id = ReturnsId::of(book.opened.book, platform.as_str(), buyer.as_str(), item.as_str());
    let events = streams::events(client, log, id.into(), position).await?;
    let Some(Entity::Returns(returns)) = streams::fold(&events) else {
        return Ok(None);
    };
    let mut node = Node::new(
        "returns",
        "Returns that name no order, matched to this line as the only one that fits:",
        "未指单退货，唯一相符的是本行：",
    );
    for kept in returns.kept().filter(|kept| kept.line() == Some(history.line)) {
        let told = &kept.returned;
        let at = book.opened.zone.local(told.at);
        let (document, units) = (&told.document, told.units);
        let en = format!("document {document} at {at}: {units} units, case {}", told.case());
        let zh = format!("退货单 {document}，{at}：{units} 件，案号 {}", told.case());
        node.push(
            Node::new("return", en, zh)
                .refer(id)
                .with(Money::of(told.amount, told.currency)),
        );
    }
    Ok(Some(node).filter(|node| !node.because.is_empty()))
}

fn rule(viewer: Viewer, pin: &Pin, proof: &Proof) -> Node {
    let shelves: Vec<&ShelfState> = shelves_of(pin).filter_map(|id| proof.shelves.get(&id)).collect();
    let known = |id| shelves.iter().find_map(|shelf| shelf.rule(id));
    let mut node = match &pin.rule {
        Some(choice) => {
            let (level_en, level_zh) = reason::level(choice.level);
            let rate = reason::rate_words(&choice.rate);
            let (version, level) = (choice.version, choice.level);
            let number = known(choice.rule).and_then(|rule| rule.external_id.as_ref());
            let number = number.map(|id| format!(" \"{id}\"")).unwrap_or_default();
            Node::new(
                "rule",
                format!("Rule{number} version {version}, {level_en} (level {level}), {rate}"),
                format!("佣金计划{number} 第 {version} 版，{level_zh}（第 {level} 级），{rate}"),
            )
            .refer(choice.rule)
        }
        None if pin.brought_over.is_some() => Node::new(
            "rule",
            "No rule of this book: brought over",
            "不适用本账佣金计划：期初转入",
        ),
        None => {
            let code = pin.why_nothing.as_deref().unwrap_or("no_rule");
            Node::new("rule", format!("No rule pays: {code}"), format!("没有计划付佣：{code}"))
        }
    };
    for lost in &pin.lost {
        if known(lost.rule).is_none_or(|rule| open_to(rule, viewer)) {
            let why = code_of(&lost.reason);
            let (id, version) = (lost.rule, lost.version);
            let en = format!("lost: {id} version {version}: {why}");
            let zh = format!("落选：{id} 第 {version} 版：{}", lost_zh(&why));
            node.push(Node::new("lost", en, zh).refer(id));
        }
    }
    if viewer == Viewer::All {
        for (why, count) in &pin.lost_more {
            let why = code_of(why);
            let zh = format!("另有 {count} 个落选：{}", lost_zh(&why));
            node.push(Node::new("lost", format!("{count} more lost: {why}"), zh));
        }
        for rule in shelves.iter().flat_map(|shelf| &shelf.rules) {
            if let Some(rest) = never_a_candidate(rule, pin) {
                node.push(rest);
            }
        }
    }
    node
}

/// Rules of the item and its shop that were no candidates: out of their window, or for others.
fn never_a_candidate(rule: &RuleState, pin: &Pin) -> Option<Node> {
    let named = pin.rule.as_ref().is_some_and(|choice| choice.rule == rule.id);
    if named || pin.lost.iter().any(|lost| lost.rule == rule.id) {
        return None;
    }
    let (en, zh) = match rule.in_force(pin.at) {
        None => ("not in force at the order", "下单时未生效"),
        Some(_) => ("not for this promoter", "不适用于该推广方"),
    };
    let id = rule.id;
    Some(Node::new("not_a_candidate", format!("{id}: {en}"), format!("{id}：{zh}")).refer(id))
}

fn open_to(rule: &RuleState, viewer: Viewer) -> bool {
    let Some(party) = viewer.party() else { return true };
    let open = rule.versions.iter().any(|version| match &version.terms.subjects {
        Subjects::Everyone | Subjects::OnApproval(_) => true,
        Subjects::Named(parties) => parties.contains(&party),
    });
    open || rule.brand == party
}

/// The stable code of a closed vocabulary.
fn code_of<T: serde::Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    json.trim_matches('"').to_owned()
}

fn lost_zh(code: &str) -> &str {
    match code {
        "less_specific" => "有更具体的计划",
        "lower_priority" => "优先级较低",
        "earlier" => "生效较早",
        "larger_id" => "编号较大",
        "excluded" => "被专享计划排除",
        "n_exhausted" => "前N件已用完",
        "budget_exhausted" => "预算已用完",
        "paused" => "已暂停",
        other => other,
    }
}

fn attribution(pin: &Pin, book: &BookState, proof: &Proof) -> Node {
    let (en, zh) = reason::attribution(&pin.attribution, pin.at);
    let party = pin.attribution.party.map(|party| party.to_string()).unwrap_or_default();
    let mut node = Node::new(
        "attribution",
        format!("Promoter {party} {en}"),
        format!("推广方 {party}：{zh}"),
    );
    if let Some(formula) = book.formula_version(pin.formula, pin.formula_version) {
        let zone = book.opened.zone;
        let from = zone.local(pin.at.plus_seconds(-formula.terms.window_seconds));
        let to = zone.local(pin.at);
        let (days, days_zh) = reason::span(formula.terms.window_seconds);
        let en = format!("window of {days}: clicks from {from} up to, not at, {to}");
        node.push(Node::new(
            "window",
            en,
            format!("归因窗口 {days_zh}：{from}（含）至 {to}（不含）"),
        ));
    }
    let Some(id) = pin.attribution.click else {
        return node;
    };
    node.push(proof.clicks.get(&id.0).map_or_else(
        || {
            Node::new(
                "click",
                "the click is in no click log of this book",
                "点击不在本账套的点击日志中",
            )
            .refer(id)
        },
        |click| click_node(click, book).refer(id),
    ));
    node
}

fn click_node(click: &Click, book: &BookState) -> Node {
    let at = book.opened.zone.local(click.at);
    let mut words = vec![format!("source {}", click.source)];
    let mut add = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name} {value}")));
    add("click", click.click_no.as_ref().map(ToString::to_string));
    add("item", click.item_no.as_ref().map(ToString::to_string));
    add("shop", click.shop_no.as_ref().map(ToString::to_string));
    add("room", click.room.as_ref().map(ToString::to_string));
    add("show", click.show.as_ref().map(ToString::to_string));
    add("traffic", click.traffic.clone());
    add("phase", click.phase.clone());
    add("trigger", click.trigger.clone());
    add("format", click.format.clone());
    let words = words.join(", ");
    Node::new(
        "click",
        format!("click at {at}: {words}"),
        format!("点击 {at}：{words}"),
    )
}

/// The hops a viewer may see: its own contract with the one below it, and the one above it.
fn contracts(pin: &Pin, viewer: Viewer) -> Option<Node> {
    let terms = pin.terms.as_ref()?;
    let mut node = Node::new("contracts", "Chain of takers:", "分成链：");
    for (index, hop) in terms.chain.iter().enumerate() {
        let below: Option<PartyId> = terms.chain.get(index + 1).map(|next| next.party);
        let visible = viewer.sees(hop.party) || below.is_some_and(|below| viewer.sees(below));
        if !visible {
            continue;
        }
        let (en, zh) = match hop.keeps {
            Keeps::Share(rate) => (
                format!("keeps {}", reason::percent(rate)),
                format!("留存 {}", reason::percent(rate)),
            ),
            Keeps::PassesOn(rate) => (
                format!("passes {} on", reason::percent(rate)),
                format!("转出 {}", reason::percent(rate)),
            ),
            Keeps::All => ("keeps the rest".to_owned(), "留存余额".to_owned()),
            Keeps::Portion { .. } => (
                "keeps the amount agreed, in proportion".to_owned(),
                "按约定金额比例留存".to_owned(),
            ),
        };
        let (direct_en, direct_zh) = if hop.direct {
            (", paid by the platform itself", "，平台直付")
        } else {
            ("", "")
        };
        let mut child = Node::new(
            "hop",
            format!("{} {en}{direct_en}", hop.party),
            format!("{} {zh}{direct_zh}", hop.party),
        );
        if let Some(membership) = hop.membership {
            child = child.refer(membership);
        }
        if let Some(formula) = &hop.formula {
            shares::terms(formula, &mut child);
        }
        node.push(child);
    }
    Some(node).filter(|node| !node.because.is_empty())
}

fn formula(pin: &Pin, book: &BookState) -> Node {
    if let Some(agreed) = pin.brought_over {
        return Node::new(
            "brought_over",
            "Brought over from the books before, with terms of its own",
            "期初转入，按原账约定",
        )
        .refer(agreed.cutover);
    }
    let version = pin.formula_version;
    let name = book
        .formula_version(pin.formula, version)
        .map(|formula| formula.terms.name.clone());
    let name = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let mut node = Node::new(
        "formula",
        format!("Formula{name} version {version}"),
        format!("公式{name} 第 {version} 版"),
    )
    .refer(pin.formula);
    if let Some(terms) = &pin.terms {
        let rounding = code_of(&terms.rounding);
        node.push(Node::new(
            "rounding",
            format!("rounding {rounding}"),
            format!("舍入方式 {rounding}"),
        ));
        let (en, zh) = match terms.settleable {
            Settleable::PlatformSettled => ("settles when the platform says so".into(), "平台结算时结算".into()),
            Settleable::ReceivedPlusDays(days) => (
                format!("settles {days} days after receipt"),
                format!("确认收货后 {days} 天结算"),
            ),
            Settleable::Fulfilment => ("settles session by session".to_owned(), "按次核销结算".to_owned()),
        };
        node.push(Node::new("settleable", en, zh));
    }
    node
}

fn facts(history: &History, book: &BookState) -> Node {
    let mut node = Node::new("facts", "Facts, in order of recording:", "事实（按记录顺序）：");
    let currency = history.currency(book);
    for kept in history.state.facts() {
        let at = book.opened.zone.local(kept.fact.at);
        let state = code_of(&kept.state);
        let code = kept.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        let amounts: Vec<String> = kept.fact.amounts().map(|amount| amount.display(currency)).collect();
        let text = format!("{} at {at}: {state}{code} {}", kept.fact.what.kind(), amounts.join(" "));
        let text = text.trim_end().to_owned();
        let mut child = Node::new("fact", text.clone(), text.replacen(" at ", " ", 1));
        if let Some(remainder) = kept.remainder {
            child = child.with(Money::of(remainder, currency));
        }
        node.push(child);
    }
    node
}

/// Why a manual adjustment was posted. Its other legs, and who asked and agreed, are shown to a viewer of everything only.
pub(super) fn adjustment(adjustment: &AdjustmentPosted, approval: Option<&ApprovalState>, viewer: Viewer) -> Node {
    let reason = &adjustment.reason;
    let mut node = Node::new(
        "adjustment",
        format!("manual adjustment, approved by a second person: {reason}"),
        format!("人工调整（经第二人审批）：{reason}"),
    )
    .refer(adjustment.adjustment);
    if let Some(persons) = approval.filter(|_| viewer == Viewer::All).and_then(persons) {
        node.push(persons);
    }
    for leg in &adjustment.legs {
        if viewer.sees_account(leg.account) {
            let text = format!(
                "{} {} {}",
                leg.account,
                leg.layer.word(),
                leg.amount.display(leg.currency)
            );
            node.push(Node::new("leg", text.clone(), text).with(Money::of(leg.amount, leg.currency)));
        }
    }
    node
}

/// Who asked and who agreed.
pub(super) fn persons(approval: &ApprovalState) -> Option<Node> {
    let (requested, ended) = (approval.requested.as_ref()?, approval.ended.as_ref()?);
    let (maker, checker) = (requested.maker, ended.by);
    let remark = ended
        .remark
        .as_ref()
        .map(|remark| format!(": {remark}"))
        .unwrap_or_default();
    let en = format!("asked for by {maker}, approved by {checker}{remark}");
    let zh = format!("申请人 {maker}，审批人 {checker}{}", remark.replacen(": ", "：", 1));
    Some(Node::new("approval", en, zh).refer(requested.approval))
}
