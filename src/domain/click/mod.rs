//! Clicks: an anchor's link was followed by a buyer. They live in click logs and carry no money.
//! Must never hold personal data: the buyer is a pseudonym, a segment is an id with its version.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::base::{BookId, ClickId, ExternalId, Instant, ItemId, PartyId, ShopId};

/// A click as recorded. Kind `click.recorded`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Click {
    /// The platform or site that saw it.
    pub source: ExternalId,
    /// Its number there; identity when present, else the hash of all fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_no: Option<ExternalId>,
    /// When.
    pub at: Instant,
    /// Pseudonym of the buyer.
    pub buyer: ExternalId,
    /// Whose link: an anchor or a second-level promoter.
    pub promoter: PartyId,
    /// Platform of the item or shop.
    pub platform: ExternalId,
    /// Item arrived at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_no: Option<ExternalId>,
    /// Shop arrived at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop_no: Option<ExternalId>,
    /// Live room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<ExternalId>,
    /// Show 场次.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<ExternalId>,
    /// Slot in the running order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<ExternalId>,
    /// channel, fan_group, message, micro_tao, search, off_site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<String>,
    /// youku, weibo or other, when off-site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_site: Option<String>,
    /// Campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<ExternalId>,
    /// preview, live, slice, replay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// tap, gesture, voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// flat or vr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Audience segment with its version, `segment@version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
}

/// Allowed words of the closed dimensions.
pub const TRAFFIC: [&str; 6] = ["channel", "fan_group", "message", "micro_tao", "search", "off_site"];
/// Content phases.
pub const PHASES: [&str; 4] = ["preview", "live", "slice", "replay"];
/// Triggers.
pub const TRIGGERS: [&str; 3] = ["tap", "gesture", "voice"];
/// Formats.
pub const FORMATS: [&str; 2] = ["flat", "vr"];
/// Sites outside.
pub const OFF_SITES: [&str; 3] = ["youku", "weibo", "other"];

impl Click {
    /// Identity: source and click number, or the hash of all fields. Equal clicks are one click.
    pub fn id(&self, book: BookId) -> ClickId {
        match &self.click_no {
            Some(no) => ClickId(crate::base::derive_uuid(
                "click",
                book.0,
                &[self.source.as_str(), no.as_str()],
            )),
            None => {
                let all = serde_json::to_string(self).unwrap_or_default();
                ClickId(crate::base::derive_uuid("click.fields", book.0, &[&all]))
            }
        }
    }

    /// Order among clicks of one instant: the source's click number, or the hash of all fields; compared bytewise.
    pub fn tie(&self, book: BookId) -> String {
        match &self.click_no {
            Some(no) => no.as_str().to_owned(),
            None => self.id(book).0.simple().to_string(),
        }
    }

    /// The item arrived at.
    pub fn item(&self, book: BookId) -> Option<ItemId> {
        self.item_no
            .as_ref()
            .map(|no| ItemId::of(book, self.platform.as_str(), no.as_str()))
    }

    /// The shop arrived at.
    pub fn shop(&self, book: BookId) -> Option<ShopId> {
        self.shop_no
            .as_ref()
            .map(|no| ShopId::of(book, self.platform.as_str(), no.as_str()))
    }
}

/// Sixteen bytes that stand for a buyer in indexes and choose its click log: SHA-256 of book and pseudonym.
pub fn buyer_key(book: BookId, buyer: &ExternalId) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(book.0.as_bytes());
    hash.update(buyer.as_str().as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::from_bytes(bytes)
}

/// Which of `logs` click logs holds a buyer's clicks.
pub fn log_of(buyer: Uuid, logs: u32) -> u32 {
    (u64::from_be_bytes(buyer.as_bytes()[..8].try_into().unwrap_or_default()) % u64::from(logs.max(1))) as u32
}
