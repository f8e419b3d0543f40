//! What a brief says (domain 3.5): goods, form and fees, window, whom it is for, samples, rules of the creative, deadlines.
//! Must never hold a phone, a name of a person, or an address: a contact is a reference of the brand's own.

use serde::{Deserialize, Serialize};

use crate::base::{ExternalId, Instant, ItemId, Name, PartyId};
use crate::domain::contract::Terms;
use crate::domain::contract::terms::is_text;
use crate::domain::refusal::{Refusal, Wrong};
use crate::money::Minor;

/// Goods.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// The item.
    pub item: ItemId,
    /// List price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<Minor>,
    /// The price below which it is not sold 底价.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_price: Option<Minor>,
}

/// Who sees a brief and may apply.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Every anchor and agency.
    #[default]
    Open,
    /// Those who were invited.
    Invited,
    /// Agencies, and those who were invited.
    Agency,
}

/// Whom it is for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Filters {
    /// Least level of the anchor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// Least number of fans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fans: Option<u64>,
    /// Audience segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Of this agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<PartyId>,
}

/// Samples 样品.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Samples {
    /// They go back.
    pub returned: bool,
    /// Sent by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Instant>,
}

/// Everything that a brief says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BriefTerms {
    /// Title.
    pub title: Name,
    /// Category of the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    /// Form, deliverables with fees and windows, service fee, penalty, clocks: what a contract would begin with.
    pub terms: Terms,
    /// Most that all contracts of it may need together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Minor>,
    /// How many contracts are wanted.
    pub slots: u32,
    /// Place in the running order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// Whom it is for.
    #[serde(default)]
    pub filters: Filters,
    /// Samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Samples>,
    /// Rules of the creative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creative: Option<String>,
    /// It is marked as advertising 广告标识.
    #[serde(default)]
    pub ad_label: bool,
    /// Claims that must not be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_claims: Vec<String>,
    /// Days without a competitor's goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusivity_days: Option<u32>,
    /// Rights to cut it anew 二次剪辑.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recut_rights: Option<String>,
    /// Kind of invoice, such as `vat_special`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_kind: Option<String>,
    /// Title of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_title: Option<String>,
    /// The brand's own reference of a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ExternalId>,
    /// SHA-256 of uploaded files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Visibility,
    /// Seconds that an invitation waits for an answer.
    #[serde(default = "two_days")]
    pub invitation: u32,
    /// Applications close here.
    pub closes_at: Instant,
    /// Nothing is awarded from here on.
    pub expires_at: Instant,
}

fn two_days() -> u32 {
    2 * 86_400
}

impl BriefTerms {
    /// Refuses what makes no sense, naming every field.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        wrong.when(
            !(1..=1_000).contains(&self.slots),
            "/slots",
            "slots_out_of_range",
            "1 to 1,000 contracts",
        );
        wrong.when(
            self.expires_at < self.closes_at,
            "/expires_at",
            "window_empty",
            "it expires when applications close, or later",
        );
        wrong.when(
            self.budget.is_some_and(|budget| budget.0 < 0),
            "/budget",
            "amount_negative",
            "a budget is not negative",
        );
        wrong.when(
            !(1..=31_622_400).contains(&self.invitation),
            "/invitation",
            "clock_out_of_range",
            "a clock runs for at most 366 days",
        );
        let negative = |price: &Option<Minor>| price.is_some_and(|price| price.0 < 0);
        let products = self.products.iter();
        wrong.when(
            self.products.len() > 200
                || products
                    .clone()
                    .any(|one| negative(&one.list_price) || negative(&one.floor_price)),
            "/products",
            "products_count",
            "at most 200 products, with prices that are not negative",
        );
        let texts = [
            &self.creative,
            &self.recut_rights,
            &self.invoice_kind,
            &self.invoice_title,
            &self.category,
        ];
        let long = |text: &&String| !is_text(text, 4_000);
        wrong.when(
            texts.into_iter().flatten().any(|text| long(&text)) || self.forbidden_claims.iter().any(|text| long(&text)),
            "/creative",
            "text_length",
            "texts are 1 to 4,000 characters",
        );
        let digest = |file: &String| file.len() == 64 && file.bytes().all(|b| b.is_ascii_hexdigit());
        wrong.when(
            self.attachments.len() > 100 || self.forbidden_claims.len() > 100 || !self.attachments.iter().all(digest),
            "/attachments",
            "digest_form",
            "files are named by their SHA-256, at most 100",
        );
        wrong.check()?;
        self.terms.check()
    }
}
