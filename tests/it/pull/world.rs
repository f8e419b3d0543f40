//! The orders of an invented day: when each is paid, received, settled, closed, or only touched.
//! It must never know how it is asked for.

use fenzhang::base::{Instant, Zone};

use crate::histories::chance::Chance;

/// A change of an order: it is in this state from this second on.
#[derive(Clone, Copy)]
pub struct Change {
    pub at: i64,
    /// 12 paid, 14 received, 3 settled, 13 closed.
    pub status: u8,
}

pub struct Order {
    pub cents: i64,
    pub changes: Vec<Change>,
}

pub struct World {
    pub orders: Vec<Order>,
    /// Second, order, number of its change; in order.
    moves: Vec<(i64, usize, usize)>,
}

pub struct Page {
    pub rows: Vec<String>,
    pub position: String,
    pub has_next: bool,
}

fn between(chance: &mut Chance, from: u64, to: u64) -> i64 {
    i64::try_from(from + chance.below(to - from)).unwrap()
}

impl World {
    /// A day from `start`: two fifths of the orders come in its first two hours, and change for half a day more.
    pub fn day(seed: u64, orders: usize, start: i64) -> World {
        let mut chance = Chance::new(seed);
        let mut all = Vec::with_capacity(orders);
        for _ in 0..orders {
            let rush = chance.percent(40);
            let mut at = start + between(&mut chance, 0, if rush { 7_200 } else { 86_400 });
            let mut changes = vec![Change { at, status: 12 }];
            let mut change = |chance: &mut Chance, from, to, status| {
                at += between(chance, from, to);
                changes.push(Change { at, status });
            };
            if chance.percent(30) {
                change(&mut chance, 1, 900, 12);
            }
            match chance.below(100) {
                0..15 => change(&mut chance, 60, 36_000, 13),
                15..50 => {
                    change(&mut chance, 3_600, 30_000, 14);
                    if chance.percent(60) {
                        change(&mut chance, 60, 10_000, 3);
                    }
                }
                _ => {}
            }
            all.push(Order {
                cents: between(&mut chance, 100, 100_000),
                changes,
            });
        }
        World::of(all)
    }

    pub fn of(orders: Vec<Order>) -> World {
        let mut moves = Vec::new();
        for (number, order) in orders.iter().enumerate() {
            for (change, told) in order.changes.iter().enumerate() {
                moves.push((told.at, number, change));
            }
        }
        moves.sort_unstable();
        World { orders, moves }
    }

    /// The last second in which something happens.
    pub fn end(&self) -> i64 {
        self.moves.last().map_or(0, |(at, ..)| *at)
    }

    /// Orders that at `now` stand in the window, both ends included: order and number of its last change.
    pub fn within(&self, by_update: bool, window: (i64, i64), now: i64) -> Vec<(usize, usize)> {
        let first = self.moves.partition_point(|(at, ..)| *at < window.0);
        let moves = self.moves[first..]
            .iter()
            .take_while(|(at, ..)| *at <= window.1.min(now));
        let mut found = Vec::new();
        for (_, order, change) in moves {
            let changes = &self.orders[*order].changes;
            let last = changes.partition_point(|change| change.at <= now) - 1;
            if (by_update && last == *change) || (!by_update && *change == 0) {
                found.push((*order, last));
            }
        }
        found
    }

    /// A page of the order query. The position is the key of the last row of the page before.
    pub fn page(
        &self,
        by_update: bool,
        window: (i64, i64),
        position: Option<&str>,
        size: usize,
        now: i64,
        twice: bool,
    ) -> Page {
        let key = |(order, change): (usize, usize)| {
            let changes = &self.orders[order].changes;
            (changes[if by_update { change } else { 0 }].at, order)
        };
        let after = position.map(|position| {
            let (_, last) = position.split_once('|').unwrap();
            let (at, order) = last.split_once('_').unwrap();
            (at.parse::<i64>().unwrap(), order.parse::<usize>().unwrap())
        });
        let found = self.within(by_update, window, now);
        let behind = found.partition_point(|row| after.is_some_and(|after| key(*row) <= after));
        let from = if twice { behind.saturating_sub(1) } else { behind };
        let rows = &found[from..found.len().min(behind + size)];
        let (first, last) = (rows.first().map(|row| key(*row)), rows.last().map(|row| key(*row)));
        let text = |key: Option<(i64, usize)>| {
            let (at, order) = key.or(after).unwrap_or_default();
            format!("{at}_{order}")
        };
        Page {
            rows: rows.iter().map(|(order, change)| self.row(*order, *change)).collect(),
            position: format!("{}|{}", text(first), text(last)),
            has_next: found.len() > behind + size,
        }
    }

    pub fn trade_id(order: usize) -> String {
        // Beyond what a float keeps.
        format!("29415988744{order:07}")
    }

    /// A row of the order query, in the documented types.
    fn row(&self, order: usize, change: usize) -> String {
        let told = &self.orders[order];
        let Change { at, status } = told.changes[change];
        let (paid, modified) = (time(told.changes[0].at), time(at));
        let earned = if status == 3 { modified.clone() } else { String::new() };
        let yuan = format!("{}.{:02}", told.cents / 100, told.cents % 100);
        let number = World::trade_id(order);
        format!(
            "{{\"tb_paid_time\":\"{paid}\",\"tk_paid_time\":\"{paid}\",\"pay_price\":\"{}\",\"pub_share_fee\":\"0\",\
             \"trade_id\":\"{number}\",\"tk_order_role\":2,\"tk_earning_time\":\"{earned}\",\"adzone_id\":111112234455,\
             \"refund_tag\":0,\"alipay_total_price\":\"{yuan}\",\"item_title\":\"连衣裙 {order}\",\"item_num\":1,\
             \"trade_parent_id\":\"{number}\",\"tk_create_time\":\"{paid}\",\"tk_status\":{status},\
             \"item_id\":\"590141576510\",\"modified_time\":\"{modified}\",\
             \"service_fee_dto_list\":{{\"service_fee_d_t_o\":[{{\"tk_share_role_type\":122,\"share_fee\":\"0\"}}]}}}}",
            if status == 3 { yuan.as_str() } else { "0" }
        )
    }

    pub fn refund(&self, order: usize, change: usize) -> String {
        let at = time(self.orders[order].changes[change].at);
        let number = World::trade_id(order);
        format!(
            "{{\"tb_trade_id\":{number},\"tb_trade_parent_id\":{number},\"refund_status\":4,\"tk_refund_time\":\"{at}\"}}"
        )
    }

    pub fn estimate(&self, order: usize, change: usize) -> String {
        let at = time(self.orders[order].changes[change].at);
        let number = World::trade_id(order);
        format!("{{\"biz_order_id\":\"{number}\",\"item_id\":590141576510,\"pay_time\":\"{at}\",\"pay_price\":12.50}}")
    }

    /// An order of 1688 with two items.
    pub fn buyer_order(&self, order: usize, change: usize) -> String {
        let at = time(self.orders[order].changes[change].at).replace(['-', ' ', ':'], "");
        let number = World::trade_id(order);
        let item =
            |n: u8| format!("{{\"productID\":558700975520,\"subItemIDString\":\"{number}{n}\",\"itemAmount\":6.15}}");
        format!(
            "{{\"baseInfo\":{{\"idOfStr\":\"{number}\",\"status\":\"waitsellersend\",\"modifyTime\":\"{at}000+0800\"}},\
             \"productItems\":[{},{}]}}",
            item(1),
            item(2)
        )
    }
}

fn time(seconds: i64) -> String {
    Zone::SHANGHAI.local(Instant::from_micros(seconds * 1_000_000).unwrap())
}
