//! A layout: which columns of an operator's sheet hold the line number, the anchor, the month and the amounts.
//! Must never know a sheet by heart: what a column means stands in a file of the user's own.
//!
//! ```toml
//! name = "our-sheet"
//! [source]                        # as in a mapping
//! platform = "taobao"
//! currency = "CNY"
//! [[ignore]]                      # rows that are no lines, such as a total
//! column = "子订单号"
//! among = ["合计"]
//! [columns]
//! line_no = "子订单号"            # short for { column = "子订单号" }
//! anchor = { column = "主播", words = { "小李" = "李晓" } }
//! period = "记账月"               # optional: 2026-06, 202606, 2026年6月
//! [amounts]                       # any of commission, fees, agency, anchor; several columns are added up
//! commission = ["线上佣金"]
//! fees = ["技术服务费", "平台服务费"]
//! agency = [{ column = "机构分成", unit = "minor" }]
//! anchor = ["主播分成"]
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Component;
use crate::base::{ExternalId, Month};
use crate::intake::emit::RowFault;
use crate::intake::field::{Field, Spec, outside_id};
use crate::intake::mapping::{Condition, MappingError, Source};
use crate::intake::plan::{Cells, Column, Plan};
use crate::money::{Currency, Minor};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    line_no: Field,
    anchor: Option<Field>,
    period: Option<Field>,
    platform: Option<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    source: Source,
    #[serde(default)]
    ignore: Vec<Condition>,
    columns: Columns,
    amounts: BTreeMap<Component, Vec<Field>>,
}

type Read = Vec<(Spec, Vec<usize>)>;

/// A compiled layout.
#[derive(Debug)]
pub struct Layout {
    /// Its columns, as the reader of rows takes them.
    pub plan: Plan,
    /// Currency of every amount.
    pub currency: Currency,
    platform: Option<ExternalId>,
    ignore: Vec<(usize, Condition)>,
    line_no: Read,
    anchor: Option<Read>,
    period: Option<Read>,
    of_platform: Option<Read>,
    amounts: Vec<(Component, Vec<Read>)>,
}

/// A row of the sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub platform: ExternalId,
    pub line_no: ExternalId,
    pub anchor: Option<String>,
    pub period: Option<Month>,
    /// In the order of `Component::ALL`; none where the layout has no such amount.
    pub amounts: [Option<Minor>; 4],
}

impl Layout {
    /// Reads and compiles a layout file.
    pub fn parse(text: &str) -> Result<Layout, MappingError> {
        let file: File = toml::from_str(text).map_err(|error| MappingError::Form(error.to_string()))?;
        let sense = |message: &str| MappingError::Sense(message.to_owned());
        let currency = file.source.currency.ok_or_else(|| sense("set source.currency"))?;
        if file.source.platform.is_none() && file.columns.platform.is_none() {
            return Err(sense("set source.platform, or a column platform"));
        }
        if file.amounts.values().all(Vec::is_empty) {
            return Err(sense("a layout has amounts to compare"));
        }
        let mut columns = Vec::new();
        let mut ignore = Vec::with_capacity(file.ignore.len());
        for condition in file.ignore {
            ignore.push((slot(&mut columns, &condition.column, false), condition));
        }
        let mut read = |field: Field| compile(field, &mut columns);
        let line_no = read(file.columns.line_no)?;
        let anchor = file.columns.anchor.map(&mut read).transpose()?;
        let period = file.columns.period.map(&mut read).transpose()?;
        let of_platform = file.columns.platform.map(&mut read).transpose()?;
        let mut amounts = Vec::new();
        for (component, fields) in file.amounts {
            let fields: Result<Vec<Read>, MappingError> = fields.into_iter().map(&mut read).collect();
            amounts.push((component, fields?));
        }
        let platform = file.source.platform.clone();
        Ok(Layout {
            plan: Plan::of_columns(file.name, file.source, columns),
            currency,
            platform,
            ignore,
            line_no,
            anchor,
            period,
            of_platform,
            amounts,
        })
    }

    /// The platform of every row, when the layout names one.
    pub fn platform(&self) -> Option<&str> {
        match self.of_platform {
            None => self.platform.as_ref().map(ExternalId::as_str),
            Some(_) => None,
        }
    }

    /// Reads a row; nothing for one that is no line.
    pub(super) fn row(&self, cells: &Cells) -> Result<Option<Row>, RowFault> {
        if self
            .ignore
            .iter()
            .any(|(slot, condition)| holds(condition, cells.get(*slot)))
        {
            return Ok(None);
        }
        let missing = |field: &str| RowFault::new("value_missing", format!("the row has no {field}"));
        let line_no = text(&self.line_no, cells)?.ok_or_else(|| missing("line number"))?;
        let platform = match &self.of_platform {
            Some(read) => text(read, cells)?.map(|text| outside_id(&text)).transpose()?,
            None => None,
        };
        let platform = platform.or_else(|| self.platform.clone());
        let maybe = |read: &Option<Read>| read.as_ref().map_or(Ok(None), |read| text(read, cells));
        let period = maybe(&self.period)?.map(|text| month(&text)).transpose()?;
        let mut amounts = [None; 4];
        for (wanted, slot) in Component::ALL.iter().zip(&mut amounts) {
            if let Some((_, fields)) = self.amounts.iter().find(|(component, _)| component == wanted) {
                *slot = Some(self.sum(fields, cells)?);
            }
        }
        Ok(Some(Row {
            platform: platform.ok_or_else(|| missing("platform"))?,
            line_no: outside_id(&line_no)?,
            anchor: maybe(&self.anchor)?,
            period,
            amounts,
        }))
    }

    fn sum(&self, fields: &[Read], cells: &Cells) -> Result<Minor, RowFault> {
        let too_large = |_| RowFault::new("amount_out_of_range", "the amounts do not fit");
        let mut sum = Minor::ZERO;
        for read in fields {
            // An empty cell of a sheet is nothing.
            let Some((spec, written)) = filled(read, cells)? else {
                continue;
            };
            let amount = spec.amount(&plain(&written), None, self.currency)?;
            sum = sum.plus(amount.minor).map_err(too_large)?;
        }
        Ok(sum)
    }
}

fn slot(columns: &mut Vec<Column>, name: &str, required: bool) -> usize {
    let name = name.trim();
    if let Some(slot) = columns.iter().position(|column| column.name == name) {
        if let Some(column) = columns.get_mut(slot) {
            column.required |= required;
        }
        return slot;
    }
    columns.push(Column {
        name: name.to_owned(),
        also: Vec::new(),
        required,
    });
    columns.len() - 1
}

fn compile(Field(specs): Field, columns: &mut Vec<Column>) -> Result<Read, MappingError> {
    let alone = specs.len() == 1;
    let mut read = Read::with_capacity(specs.len());
    for spec in specs {
        let named = spec.column.iter().chain(&spec.columns);
        let required = alone && !spec.optional;
        let slots: Vec<usize> = named.map(|name| slot(columns, name, required)).collect();
        if slots.is_empty() && spec.value.is_none() {
            return Err(MappingError::Sense("a field of a layout names a column".to_owned()));
        }
        read.push((spec, slots));
    }
    Ok(read)
}

/// The first of the columns that is filled, with the way it is converted.
fn filled<'r>(read: &'r Read, cells: &Cells) -> Result<Option<(&'r Spec, String)>, RowFault> {
    for (spec, slots) in read {
        let found: Vec<Option<&str>> = slots.iter().map(|slot| cells.get(*slot)).collect();
        if let Some(text) = spec.text(&found, 1)? {
            return Ok(Some((spec, text.into_owned())));
        }
    }
    Ok(None)
}

fn text(read: &Read, cells: &Cells) -> Result<Option<String>, RowFault> {
    Ok(filled(read, cells)?.map(|(_, text)| text))
}

fn holds(condition: &Condition, cell: Option<&str>) -> bool {
    let c = condition;
    c.is.as_deref().is_none_or(|wanted| cell == Some(wanted))
        && c.is_not.as_deref().is_none_or(|unwanted| cell != Some(unwanted))
        && (c.among.is_empty() || cell.is_some_and(|cell| c.among.iter().any(|word| word == cell)))
        && c.present.is_none_or(|present| cell.is_some() == present)
}

/// An amount as people write it in a sheet: thousands marks and a currency sign are no part of the number.
fn plain(written: &str) -> String {
    written
        .chars()
        .filter(|c| !matches!(c, ',' | '，' | '¥' | '￥' | ' '))
        .collect()
}

/// `2026-06`, `202606`, `2026/6`, `2026年6月`, or a day of that month.
fn month(written: &str) -> Result<Month, RowFault> {
    let wrong = || RowFault::new("month_form", "not a month such as 2026-06");
    let digits: Vec<&str> = written
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let number = match digits.as_slice() {
        [whole] if whole.len() == 6 => whole.parse().ok(),
        [year, month, ..] if year.len() == 4 && month.len() <= 2 => {
            let parts = (year.parse::<i32>(), month.parse::<i32>());
            match parts {
                (Ok(year), Ok(month)) => Some(year * 100 + month),
                _ => None,
            }
        }
        _ => None,
    };
    Month::from_number(number.ok_or_else(wrong)?).map_err(|_| wrong())
}
