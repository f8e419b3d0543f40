//! One row of a roster as it was typed: numbers, names, shares, days.
//! Must never take a bare 30 for 30 %: a share says whether it is a percentage.

use std::path::Path;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::base::{ExternalId, Name, PartyKind};
use crate::domain::party::Share;
use crate::domain::placement::PlacementKind;
use crate::intake::emit::RowFault;
use crate::intake::field::outside_id;
use crate::intake::fixed::{Cell, Fixed, Heading};
use crate::intake::source::SourceError;
use crate::money::Rate;

/// Columns with their headings.
pub(super) const HEADINGS: [Heading; 19] = [
    ("number", &["主播编号", "编号", "工号"]),
    ("name", &["主播姓名", "主播名称", "主播", "姓名", "艺名"]),
    ("kind", &["类型"]),
    ("agency", &["机构编号", "机构"]),
    ("agency_name", &["机构名称"]),
    ("agency_share", &["机构分成比例", "机构比例", "机构分成"]),
    (
        "agency_share_percent",
        &[
            "机构分成%",
            "机构分成(%)",
            "机构比例%",
            "机构比例(%)",
            "机构分成比例(%)",
        ],
    ),
    ("anchor_share", &["主播分成比例", "主播比例", "主播分成"]),
    (
        "anchor_share_percent",
        &[
            "主播分成%",
            "主播分成(%)",
            "主播比例%",
            "主播比例(%)",
            "主播分成比例(%)",
        ],
    ),
    ("receiver", &["收款方"]),
    ("from", &["合同开始", "合同开始日期", "合同起始日", "签约日期"]),
    ("to", &["合同结束", "合同结束日期", "合同到期日", "到期日"]),
    ("platform", &["平台"]),
    ("account", &["平台账号", "账号", "会员ID"]),
    ("pid", &["推广位", "推广位ID", "PID"]),
    ("nick", &["昵称", "主播昵称", "平台昵称"]),
    ("room", &["直播间", "直播间ID"]),
    ("placement_from", &["推广位启用", "启用日期"]),
    ("placement_to", &["推广位停用", "停用日期"]),
];
/// Columns with placements.
const PLACEMENTS: [(&str, PlacementKind); 4] = [
    ("account", PlacementKind::Account),
    ("pid", PlacementKind::Pid),
    ("nick", PlacementKind::Nick),
    ("room", PlacementKind::Room),
];
/// Words for a contract without an end.
const OPEN: [&str; 5] = ["长期", "无固定期限", "永久", "open", "-"];

/// Whom the platform pays, in the words of a roster.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PaidTo {
    /// Everything comes into the book.
    #[default]
    Book,
    /// The agency.
    Agency,
    /// The anchor.
    Anchor,
    /// Each its own part.
    Each,
}

/// A number with the name it goes by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The agency's own number.
    pub number: ExternalId,
    /// The name told, if one was.
    pub name: Option<Name>,
    /// What to call it when no name was ever told: the number as it was typed.
    pub typed: Name,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Number of the row, from 1 after the header.
    pub row: u64,
    /// Anchor or promoter.
    pub kind: PartyKind,
    /// Who.
    pub anchor: Named,
    /// Whose contract it has.
    pub agency: Option<Named>,
    /// How they share.
    pub share: Option<Share>,
    /// Whom the platform pays.
    pub paid_to: PaidTo,
    /// First day of the contract.
    pub from: Option<NaiveDate>,
    /// Last day of the contract.
    pub to: Option<NaiveDate>,
    /// Platform of the placements.
    pub platform: ExternalId,
    /// Placements.
    pub placements: Vec<(PlacementKind, ExternalId)>,
    /// First day of the placements, when not the contract's.
    pub placement_from: Option<NaiveDate>,
    /// Last day of the placements, when not the contract's.
    pub placement_to: Option<NaiveDate>,
}

/// Reads a roster; `take` is told each row, or everything that is wrong with it.
pub fn read(path: &Path, mut take: impl FnMut(u64, Result<Row, Vec<RowFault>>)) -> Result<(), SourceError> {
    let file = Fixed::open(path, "roster", &HEADINGS, &["number"])?;
    file.each(
        |cell| Ok(row(cell)),
        |number, read| {
            let read = read.unwrap_or_else(|fault| Err(vec![fault]));
            take(number, read.map(|row| Row { row: number, ..row }));
        },
    )
}

/// Gathers what is wrong with a row, so that one look at it mends all.
struct Faults(Vec<RowFault>);

impl Faults {
    fn keep<T: Default>(&mut self, read: Result<T, RowFault>) -> T {
        read.unwrap_or_else(|fault| {
            self.0.push(fault);
            T::default()
        })
    }
}

fn row(cell: &Cell<'_>) -> Result<Row, Vec<RowFault>> {
    let mut faults = Faults(Vec::new());
    let anchor = faults.keep(named(cell, "number", "name"));
    if anchor.is_none() && faults.0.is_empty() {
        faults.keep(cell.need("number").map(|_| ()));
    }
    let agency = faults.keep(named(cell, "agency", "agency_name"));
    let kind = faults.keep(kind(cell).map(Some));
    let share = faults.keep(share(cell));
    let paid_to = faults.keep(paid_to(cell));
    let from = faults.keep(day(cell, "from"));
    let to = faults.keep(day(cell, "to"));
    let platform = faults.keep(cell.id("platform"));
    let placements = faults.keep(placements(cell));
    let placement_from = faults.keep(day(cell, "placement_from"));
    let placement_to = faults.keep(day(cell, "placement_to"));
    let taobao = || "taobao".parse::<ExternalId>().ok();
    match (anchor, kind, platform.or_else(taobao)) {
        (Some(anchor), Some(kind), Some(platform)) if faults.0.is_empty() => Ok(Row {
            row: 0,
            kind,
            anchor,
            agency,
            share,
            paid_to,
            from,
            to,
            platform,
            placements,
            placement_from,
            placement_to,
        }),
        _ => Err(faults.0),
    }
}

fn named(cell: &Cell<'_>, number: &'static str, name: &'static str) -> Result<Option<Named>, RowFault> {
    let told = cell.get(name).map(|text| called(text, name)).transpose()?;
    // Who has a name and no number goes by the name.
    let (text, column) = match (cell.get(number), cell.get(name)) {
        (Some(text), _) => (text, number),
        (None, Some(text)) if number == "agency" => (text, name),
        _ => return Ok(None),
    };
    Ok(Some(Named {
        number: outside_id(text).map_err(|fault| fault.at(column))?,
        name: told,
        typed: called(text, column)?,
    }))
}

fn called(text: &str, column: &'static str) -> Result<Name, RowFault> {
    text.parse()
        .map_err(|error: crate::base::TextError| RowFault::new("name_form", error.to_string()).at(column))
}

fn kind(cell: &Cell<'_>) -> Result<PartyKind, RowFault> {
    match cell.get("kind") {
        None | Some("anchor" | "主播") => Ok(PartyKind::Anchor),
        Some("promoter" | "推客") => Ok(PartyKind::Promoter),
        Some(_) => Err(RowFault::new("word_unknown", "anchor 主播 or promoter 推客").at("kind")),
    }
}

fn paid_to(cell: &Cell<'_>) -> Result<PaidTo, RowFault> {
    match cell.get("receiver") {
        None | Some("book" | "本账套") => Ok(PaidTo::Book),
        Some("agency" | "机构") => Ok(PaidTo::Agency),
        Some("anchor" | "主播") => Ok(PaidTo::Anchor),
        Some("each" | "各自" | "双方") => Ok(PaidTo::Each),
        Some(_) => {
            let message = "book 本账套, agency 机构, anchor 主播 or each 各自";
            Err(RowFault::new("word_unknown", message).at("receiver"))
        }
    }
}

/// The share, told once; told from both sides, both must come to 100 %.
fn share(cell: &Cell<'_>) -> Result<Option<Share>, RowFault> {
    let side = |fraction, percent| match (rate(cell, fraction)?, percentage(cell, percent)?) {
        (Some(_), Some(_)) => Err(RowFault::new("one_of", format!("give this or {fraction}, one of them")).at(percent)),
        (told, None) | (None, told) => Ok(told),
    };
    let keeps = side("agency_share", "agency_share_percent")?;
    let passes = side("anchor_share", "anchor_share_percent")?;
    match (keeps, passes) {
        (Some(keeps), Some(passes)) if keeps.ppm() + passes.ppm() != Rate::SCALE => {
            let message = format!(
                "the agency's {} and the anchor's {} do not come to 100 %",
                shown(keeps),
                shown(passes)
            );
            Err(RowFault::new("does_not_add_up", message).at("agency_share"))
        }
        (Some(keeps), _) => Ok(Some(Share::UpperKeeps(keeps))),
        (None, Some(passes)) => Ok(Some(Share::UpperPasses(passes))),
        (None, None) => Ok(None),
    }
}

/// A rate as a percentage.
pub(super) fn shown(rate: Rate) -> String {
    let percent = Decimal::new(i64::from(rate.ppm()), 4);
    format!("{} %", percent.normalize())
}

/// `30%` or `0.3`. A bare 30, or a bare 1, could be either.
fn rate(cell: &Cell<'_>, name: &'static str) -> Result<Option<Rate>, RowFault> {
    let Some(text) = cell.get(name) else { return Ok(None) };
    if let Some(percent) = text.strip_suffix(['%', '％']) {
        return of_percent(percent.trim(), name).map(Some);
    }
    let number = decimal(text, name)?;
    if number >= Decimal::ONE {
        let message =
            format!("write {number}% if that is meant, or a fraction below 1, or put it in the column {name}_percent");
        return Err(RowFault::new("rate_unit", message).at(name));
    }
    ppm(number, name).map(Some)
}

/// `30` is 30 %. A bare 0.3 is more likely 30 % than 0.3 %, and is not guessed.
fn percentage(cell: &Cell<'_>, name: &'static str) -> Result<Option<Rate>, RowFault> {
    let Some(text) = cell.get(name) else { return Ok(None) };
    if let Some(percent) = text.strip_suffix(['%', '％']) {
        return of_percent(percent.trim(), name).map(Some);
    }
    let number = decimal(text, name)?;
    if number < Decimal::ONE && !number.is_zero() {
        let message = format!("in a column of percentages: write {number}% if that is meant, or 30 for 30 %");
        return Err(RowFault::new("rate_unit", message).at(name));
    }
    of_percent(text, name).map(Some)
}

fn of_percent(text: &str, name: &'static str) -> Result<Rate, RowFault> {
    let fraction = decimal(text, name)?.checked_div(Decimal::ONE_HUNDRED);
    ppm(fraction.unwrap_or_default(), name)
}

fn decimal(text: &str, name: &'static str) -> Result<Decimal, RowFault> {
    Decimal::from_str_exact(text).map_err(|_| RowFault::new("rate_form", "a rate such as 30% or 0.3").at(name))
}

fn ppm(fraction: Decimal, name: &'static str) -> Result<Rate, RowFault> {
    let wrong = |_| RowFault::new("rate_out_of_range", "a rate from 0 to 100 %, to one part in a million").at(name);
    fraction.normalize().to_string().parse().map_err(wrong)
}

fn day(cell: &Cell<'_>, name: &'static str) -> Result<Option<NaiveDate>, RowFault> {
    let Some(text) = cell.get(name) else { return Ok(None) };
    if matches!(name, "to" | "placement_to") && OPEN.contains(&text) {
        return Ok(None);
    }
    // A workbook tells a day as its midnight.
    let day = text.strip_suffix(" 00:00:00").unwrap_or(text);
    let read = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]
        .iter()
        .find_map(|pattern| NaiveDate::parse_from_str(day, pattern).ok());
    read.map(Some)
        .ok_or_else(|| RowFault::new("day_form", "a day such as 2026-05-31").at(name))
}

fn placements(cell: &Cell<'_>) -> Result<Vec<(PlacementKind, ExternalId)>, RowFault> {
    let mut found = Vec::new();
    for (name, kind) in PLACEMENTS {
        let numbers = cell.get(name).into_iter();
        let numbers = numbers.flat_map(|text| text.split([';', '；', '、', '|', '\n']));
        for number in numbers.map(str::trim).filter(|number| !number.is_empty()) {
            let number = outside_id(number).map_err(|fault| fault.at(name))?;
            if !found.contains(&(kind, number.clone())) {
                found.push((kind, number));
            }
        }
    }
    Ok(found)
}
