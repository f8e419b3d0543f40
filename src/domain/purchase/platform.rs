//! What the platform's codes mean here (order, refund, staged payment). Unknown codes are kept and mean nothing.
//! Must never move money: a code has no amount. It ships, receives, ends, or calls off what nobody paid.

use serde::{Deserialize, Serialize};

/// What a code is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// The order itself.
    #[default]
    Order,
    /// A refund.
    Refund,
    /// A stage of a staged payment.
    Stage,
}

/// What a code means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Waits for somebody before it can be paid.
    Ordered,
    /// The platform says it is paid.
    Paid,
    /// It is sent.
    Shipped,
    /// It has arrived.
    Received,
    /// It came to its end.
    Done,
    /// It is off.
    Cancelled,
    /// The goods were not taken at the door.
    SignFailed,
    /// A refund is asked for and waits.
    Asked,
    /// A refund was agreed to and the goods are to come back.
    Returning,
    /// A refund was paid.
    Refunded,
    /// A refund came to nothing.
    RefundClosed,
    /// A stage waits.
    StageWaits,
}

impl Means {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Means::Ordered => "ordered",
            Means::Paid => "paid",
            Means::Shipped => "shipped",
            Means::Received => "received",
            Means::Done => "done",
            Means::Cancelled => "cancelled",
            Means::SignFailed => "sign_failed",
            Means::Asked => "asked",
            Means::Returning => "returning",
            Means::Refunded => "refunded",
            Means::RefundClosed => "refund_closed",
            Means::StageWaits => "stage_waits",
        }
    }
}

/// Codes of an order, those seen in the wild included.
pub const ORDER: [(&str, Means); 17] = [
    ("waitbuyerpay", Means::Ordered),
    ("waitsellerconfirm", Means::Ordered),
    ("waitbuyerconfirm", Means::Ordered),
    ("waitsellersend", Means::Paid),
    ("paid_but_not_fund", Means::Paid),
    ("waitlogisticstakein", Means::Shipped),
    ("waitbuyerreceive", Means::Shipped),
    ("waitbuyersign", Means::Shipped),
    ("send_goods_but_not_fund", Means::Shipped),
    ("signinfailed", Means::SignFailed),
    ("signinsuccess", Means::Received),
    ("confirm_goods", Means::Received),
    ("confirm_goods_but_not_fund", Means::Received),
    ("success", Means::Done),
    ("cancel", Means::Cancelled),
    ("terminated", Means::Cancelled),
    ("closed", Means::Cancelled),
];

/// Codes of a refund.
pub const REFUND: [(&str, Means); 6] = [
    ("waitselleragree", Means::Asked),
    ("waitbuyermodify", Means::Asked),
    ("waitbuyersend", Means::Returning),
    ("waitsellerreceive", Means::Returning),
    ("refundsuccess", Means::Refunded),
    ("refundclose", Means::RefundClosed),
];

/// Codes of a stage.
pub const STAGE: [(&str, Means); 11] = [
    ("waitactive", Means::StageWaits),
    ("waitsellerpush", Means::StageWaits),
    ("waitbuyerpay", Means::StageWaits),
    ("waitsellersend", Means::Paid),
    ("waitbuyerreceive", Means::Shipped),
    ("waitselleract", Means::StageWaits),
    ("waitbuyerconfirmaction", Means::StageWaits),
    ("settlebill", Means::StageWaits),
    ("success", Means::Done),
    ("cancel", Means::Cancelled),
    ("inactiveandcancel", Means::Cancelled),
];

/// What a code means; case does not matter.
pub fn meaning(track: Track, code: &str) -> Option<Means> {
    let table: &[(&str, Means)] = match track {
        Track::Order => &ORDER,
        Track::Refund => &REFUND,
        Track::Stage => &STAGE,
    };
    let code = code.trim();
    let found = table.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    found.map(|(_, means)| *means)
}
