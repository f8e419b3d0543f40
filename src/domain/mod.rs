//! The business: pure slices, each a folder of events, state, decisions. `event.rs` sums their events, `world.rs` their
//! states, `command.rs` what can be asked; `flow/` holds what crosses slices; `pricing/` pins and splits a line.
//! Must never read a clock, make a random id, or touch a database, a socket, or `serde_json::Value`.
//!
//! The shape of a slice: `event.rs` what happened (wire form, never changed), `state.rs` the fold (`evolve`),
//! `decide.rs` command and state to events or a refusal, `post.rs` event to legs where it moves money, `tests.rs`.
//!
//! Glossary: anchor 主播, agency 机构 (MCN), recruiting agent 团长, second-level promoter 推客, brand 品牌, supplier 供应商,
//! book 账套, plan/rule 佣金计划, exclusive 专享, technical fee 技术服务费, content fee 内容场景专项服务费, placement 推广位,
//! pre-sale 预售, deposit 定金, tail 尾款, kept deposit 定金不退, membership 机构合约, true-up 分成结算差额, period 账期, cut-off 截账,
//! cut-over 期初建账, return that names no order 未指单退货, legal entity 主体, settlement sheet 结算单, minimum guarantee 保底,
//! reserve 退货准备金, payment made outside 线下付款, receipt of money 回款, approval policy 审批规则, substitute 代审人,
//! reconciliation 对账, break 差异, dispute 申诉, exit settlement 离场结算, brand contract V任务, programme 栏目, offer 货源,
//! quote 报价, purchase 采购, dropship 一件代发, sample 样品, pool 选品池, submission 报品, running order 播品单.

pub mod adjustment;
pub mod approval;
pub mod book;
pub mod brief;
pub mod catalogue;
pub mod click;
pub mod command;
pub mod contract;
pub mod cutover;
pub mod dispute;
pub mod entity;
pub mod event;
pub mod flow;
pub mod freeze;
pub mod import;
pub mod order;
pub mod parked;
pub mod part;
pub mod party;
pub mod payment;
pub mod person;
pub mod placement;
pub mod plan;
pub mod policy;
pub mod pool;
pub mod pooling;
pub mod pricing;
pub mod receipt;
pub mod recon;
pub mod refusal;
pub mod returns;
pub mod selection;
pub mod settlement;
pub mod share;
pub mod stream;
pub mod submission;
pub mod watch;
pub mod world;

pub mod offer;
pub mod purchase;
pub mod sample;
pub mod supplier;
