//! Formulas with all their versions, from the fold of the book.
//! Must never leave out a version: lines cite it for ever.

use serde::Serialize;
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::{At, Cell, Money, ReportError, Statement, Table, position, streams};
use crate::base::{FormulaId, Instant, LogId, PartyId};
use crate::domain::book::{FormulaBasis, FormulaVersion};
use crate::domain::order::pin::FeeOf;
use crate::domain::order::{Funder, Settleable};
use crate::money::{Currency, Rounding};

pub(super) const SQL: &[Statement] = &[];

/// A fee, in formula order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FeeView {
    /// Component name.
    pub name: String,
    /// Who gets it.
    #[schema(value_type = String)]
    pub taker: PartyId,
    /// Rate, a decimal fraction.
    pub rate: String,
    /// `base`, `gross` or `remainder`.
    pub of: &'static str,
}

/// A subsidy: min(base x rate, cap) x share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SubsidyView {
    /// Name.
    pub name: String,
    /// Who pays it.
    #[schema(value_type = String)]
    pub payer: PartyId,
    /// Rate on the base.
    pub rate: String,
    /// Cap per line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// Share that reaches the takers.
    pub share: String,
}

/// One version of a formula.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FormulaView {
    /// Which.
    #[schema(value_type = String)]
    pub formula: FormulaId,
    /// 1, 2, 3, …
    pub version: u32,
    /// In force from here, until the next version's start.
    #[schema(value_type = String)]
    pub effective_from: Instant,
    /// Name.
    pub name: String,
    /// `own_rules` or `as_reported`.
    #[schema(value_type = String)]
    pub basis: FormulaBasis,
    /// Only for lines of this platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// `half_up`, `half_even` or `truncate`.
    #[schema(value_type = String)]
    pub rounding: Rounding,
    /// Discounts of these funders do not lower the base.
    #[schema(value_type = Vec<String>)]
    pub add_back: Vec<Funder>,
    /// A kept deposit is a base.
    pub kept_deposit_is_base: bool,
    /// Content fee 内容场景专项服务费 on the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_fee: Option<FeeView>,
    /// Rules state the overall rate, content fee included.
    pub rates_are_overall: bool,
    /// Fees.
    pub fees: Vec<FeeView>,
    /// Subsidies.
    pub subsidies: Vec<SubsidyView>,
    /// When a line becomes settleable.
    #[schema(value_type = Object)]
    pub settleable: Settleable,
    /// Attribution window in seconds before the order.
    pub window_seconds: i64,
    /// Returns that do not name their order are matched with the lines of the platform.
    pub returns_without_order: bool,
}

/// Every version of every formula, in order of setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct FormulasView {
    /// The position they reflect.
    pub position: i64,
    /// Versions.
    pub formulas: Vec<FormulaView>,
}

/// The formulas of a book.
pub async fn formulas(client: &Client, log: LogId, at: At) -> Result<FormulasView, ReportError> {
    let position = position(client, log, at).await?;
    let book = streams::book(client, log, position).await?;
    let currency = book.opened.currencies.first().copied().unwrap_or(Currency::CNY);
    let formulas = book.formulas.iter().map(|version| view(version, currency)).collect();
    Ok(FormulasView { position, formulas })
}

fn view(version: &FormulaVersion, currency: Currency) -> FormulaView {
    let terms = &version.terms;
    FormulaView {
        formula: version.id,
        version: version.version,
        effective_from: version.effective_from,
        name: terms.name.clone(),
        basis: terms.basis,
        platform: terms.platform.as_ref().map(ToString::to_string),
        rounding: terms.rounding,
        add_back: terms.add_back.clone(),
        kept_deposit_is_base: terms.kept_deposit_is_base,
        content_fee: terms.content_fee.map(|(taker, rate)| FeeView {
            name: "content_fee".to_owned(),
            taker,
            rate: rate.to_string(),
            of: "base",
        }),
        rates_are_overall: terms.rates_are_overall,
        fees: terms
            .fees
            .iter()
            .map(|fee| FeeView {
                name: fee.name.clone(),
                taker: fee.taker,
                rate: fee.rate.to_string(),
                of: match fee.of {
                    FeeOf::Gross => "gross",
                    FeeOf::Remainder => "remainder",
                },
            })
            .collect(),
        subsidies: terms
            .subsidies
            .iter()
            .map(|subsidy| SubsidyView {
                name: subsidy.name.clone(),
                payer: subsidy.payer,
                rate: subsidy.rate.to_string(),
                cap: subsidy.cap.map(|cap| Money::of(cap, currency)),
                share: subsidy.share.to_string(),
            })
            .collect(),
        settleable: terms.settleable,
        window_seconds: terms.window_seconds,
        returns_without_order: terms.returns_without_order,
    }
}

impl FormulasView {
    /// As a table.
    pub fn table(&self) -> Table {
        let mut table = Table::new(
            format!("Formulas at position {}", self.position),
            &["formula", "version", "from", "name", "fees"],
        );
        for row in &self.formulas {
            let fees: Vec<String> = row
                .fees
                .iter()
                .map(|fee| format!("{} {}", fee.name, fee.rate))
                .collect();
            table.push([
                row.formula.to_string().into(),
                Cell::from(i64::from(row.version)),
                row.effective_from.to_string().into(),
                row.name.clone().into(),
                fees.join(", ").into(),
            ]);
        }
        table
    }
}
