//! The mappings that come with the program.
//! Must never hold a mapping in code: each is a file beside this one, of the same language as a user's own.

/// Name and text of every ready mapping.
pub const READY: [(&str, &str); 5] = [
    ("generic-orders", include_str!("mappings/generic-orders.toml")),
    ("generic-clicks", include_str!("mappings/generic-clicks.toml")),
    ("tmall-report", include_str!("mappings/tmall-report.toml")),
    ("rees46-events", include_str!("mappings/rees46-events.toml")),
    ("taobao-userbehavior", include_str!("mappings/taobao-userbehavior.toml")),
];

/// The text of a ready mapping.
pub fn find(name: &str) -> Option<&'static str> {
    READY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
