//! An entry of a brand contract in an explanation: which contract, what for, and the viewer's own legs.
//! Must never show a party the legs of another.

use super::super::{Money, Viewer};
use super::Node;
use crate::base::ContractId;
use crate::domain::contract::event::Why;
use crate::domain::contract::{ContractEvent, What};

/// Where an entry of a contract comes from.
pub(super) fn entry(id: ContractId, event: &ContractEvent, viewer: Viewer) -> Node {
    let (en, zh) = match &event.what {
        What::Funded { .. } => ("money set aside for the contract", "合约履约冻结"),
        What::Refunded { .. } => ("what no deliverable needs went back", "未占用的履约冻结退回"),
        What::Ended { .. } => ("the contract ended, what was left went back", "合约结束，余额退回"),
        What::Released { why, .. } => match why {
            Why::Accepted => ("an accepted delivery", "验收后结算"),
            Why::Result => ("a sales result", "保量结果结算"),
            Why::Uncontested => ("the uncontested part of a sales result", "保量结果无争议部分"),
            Why::Cancelled => ("a cancelled deliverable", "取消结算"),
            Why::Arbitration => ("decided by the arbiter", "裁决结算"),
        },
        _ => ("a brand contract", "品牌合约"),
    };
    let mut node = Node::new("contract", format!("V-task: {en}"), format!("V任务：{zh}")).refer(id);
    if let What::Released {
        deliverable,
        reason: Some(reason),
        ..
    } = &event.what
    {
        let text = format!("{deliverable}: {reason}");
        node.push(Node::new("reason", text.clone(), text));
    }
    for leg in &event.legs {
        if leg.account.party().is_none_or(|party| viewer.sees(party)) && !leg.amount.is_zero() {
            let text = format!("{} {}", leg.account, leg.amount.display(leg.currency));
            node.push(Node::new("leg", text.clone(), text).with(Money::of(leg.amount, leg.currency)));
        }
    }
    node
}
