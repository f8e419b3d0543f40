//! A roster 主播名册 as an agency has it: anchors with their contracts and platform accounts, read from one file.
//! Must never change what stands: what differs from the book is a problem of its row, with what to do next.
//!
//! One row tells an anchor, its contract with the agency, and its placements on one platform; further rows of the same
//! number tell further contracts or platforms. Columns, in any order, English or Chinese; those not used may be left out:
//!
//! `number` 主播编号 (the agency's own), `name` 主播姓名, `kind` 类型 (anchor 主播, promoter 推客; anchor when empty),
//! `agency` 机构编号 (its number, or its name), `agency_name` 机构名称, then one of `agency_share` 机构分成比例 and
//! `anchor_share` 主播分成比例 (`30%` or `0.3`), or `agency_share_percent` 机构分成% and `anchor_share_percent` 主播分成% (`30`);
//! `receiver` 收款方 (whom the platform pays: book 本账套 when empty, agency 机构, anchor 主播, each 各自), `from` 合同开始 and
//! `to` 合同结束 (days, both included; open when empty or 长期), `platform` 平台 (taobao when empty), `account` 平台账号, `pid`
//! 推广位, `nick` 昵称, `room` 直播间 (several with ; between them), and `placement_from` 推广位启用 and `placement_to` 推广位停用
//! where these days are not the contract's.
//!
//! A share is of CPS commission. An agency that owns the book receives into the book. Who is on air when in a room of
//! several anchors is no matter of a roster: such rooms are assigned by date.

mod plan;
mod row;
mod run;
#[cfg(test)]
mod tests;

pub use plan::{Frame, Planned, Problem, Standing, Step, What, plan};
pub use row::{Row, read};
pub use run::{Outcome, RosterError, standing, tell};

/// A generated roster of four anchors, which says of itself that it is a sample.
pub const SAMPLE: &str = include_str!("../../../samples/roster.csv");

/// A column as people know it: its name and its first Chinese heading.
pub fn column(name: &str) -> String {
    let known = row::HEADINGS.iter().find(|(column, _)| *column == name);
    let chinese = known.and_then(|(_, also)| also.first());
    chinese.map_or_else(|| name.to_owned(), |chinese| format!("{name} {chinese}"))
}
