//! The mappings that come with the program.
//! Must never hold a mapping in code: each is a file beside this one, of the same language as a user's own.

/// Name and text of every ready mapping.
pub const READY: [(&str, &str); 20] = [
    ("generic-orders", include_str!("mappings/generic-orders.toml")),
    ("generic-events", include_str!("mappings/generic-events.toml")),
    ("generic-snapshots", include_str!("mappings/generic-snapshots.toml")),
    ("generic-statement", include_str!("mappings/generic-statement.toml")),
    ("generic-clicks", include_str!("mappings/generic-clicks.toml")),
    ("taobao-tbk-orders", include_str!("mappings/taobao-tbk-orders.toml")),
    ("taobao-refunds", include_str!("mappings/taobao-refunds.toml")),
    (
        "taobao-live-estimates",
        include_str!("mappings/taobao-live-estimates.toml"),
    ),
    ("tmall-report", include_str!("mappings/tmall-report.toml")),
    ("pinduoduo-ddk", include_str!("mappings/pinduoduo-ddk.toml")),
    ("douyin-settle-bill", include_str!("mappings/douyin-settle-bill.toml")),
    ("douyin-cash-flow", include_str!("mappings/douyin-cash-flow.toml")),
    ("bank-receipts", include_str!("mappings/bank-receipts.toml")),
    ("alipay-receipts", include_str!("mappings/alipay-receipts.toml")),
    ("douyin-receipts", include_str!("mappings/douyin-receipts.toml")),
    ("ganet", include_str!("mappings/ganet.toml")),
    ("online-retail", include_str!("mappings/online-retail.toml")),
    ("rees46-events", include_str!("mappings/rees46-events.toml")),
    ("taobao-userbehavior", include_str!("mappings/taobao-userbehavior.toml")),
    ("1688-offers", include_str!("mappings/1688-offers.toml")),
];

/// The text of a ready mapping.
pub fn find(name: &str) -> Option<&'static str> {
    READY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
