//! What finance reports are grouped by, by word.
//! Must never decide which report takes which: the registry says.

/// A dimension of a report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Dimension {
    /// Who promoted 主播.
    Anchor,
    /// Shop 店铺.
    Shop,
    /// Item 商品.
    Item,
    /// Month of the order 订单月.
    Month,
    /// Sub-order line 子订单.
    Line,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Dimension; 5] = [
        Dimension::Anchor,
        Dimension::Shop,
        Dimension::Item,
        Dimension::Month,
        Dimension::Line,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Dimension::Anchor => "anchor",
            Dimension::Shop => "shop",
            Dimension::Item => "item",
            Dimension::Month => "month",
            Dimension::Line => "line",
        }
    }

    /// The head of its column.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Dimension::Anchor => "anchor 主播",
            Dimension::Shop => "shop 店铺",
            Dimension::Item => "item 商品",
            Dimension::Month => "order_month 订单月",
            Dimension::Line => "line_no 子订单号",
        }
    }
}
