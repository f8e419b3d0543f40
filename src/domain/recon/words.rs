//! The words of a reconciliation: classes of breaks, their probable causes, and what may be proposed, in both languages.
//! Must never change a code that was released: they stand in events and in saved filters.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $en:literal, $zh:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Stable code.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            /// From its code.
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }

            /// In English.
            pub fn en(self) -> &'static str {
                match self { $($name::$variant => $en,)* }
            }

            /// In Chinese.
            pub fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)* }
            }
        }
    };
}

words! {
    /// The class of a break.
    BreakClass {
        /// In the platform's statement, not in the ledger.
        B01 = "B01", "in the statement, not in the ledger", "平台有，本账无";
        /// In the ledger, not in the statement.
        B02 = "B02", "in the ledger, not in the statement", "本账有，平台无";
        /// The base differs.
        B03 = "B03", "the base differs", "计佣基数不符";
        /// The rate differs from the rule that was pinned.
        B04 = "B04", "the rate differs", "佣金率不符";
        /// An amount differs by one minor unit.
        B05 = "B05", "an amount differs by one minor unit", "相差一分";
        /// An amount differs by more.
        B06 = "B06", "an amount differs", "金额不符";
        /// The status differs.
        B07 = "B07", "the status differs", "状态不符";
        /// Settled twice.
        B08 = "B08", "settled twice in the statement", "重复结算";
        /// A refund after settlement was not taken back on one side.
        B09 = "B09", "a refund after settlement is not taken back on both sides", "结算后退款未扣回";
        /// Commission larger than the payment.
        B10 = "B10", "the commission is larger than the payment", "佣金大于付款额";
        /// Cash differs from the statement.
        B11 = "B11", "cash differs from the statement", "动账与账单不符";
        /// Another accounting month.
        B12 = "B12", "settled in another month", "账期不符";
    }
}

words! {
    /// The probable cause of a break.
    Cause {
        /// No such line here.
        LineUnknown = "line_unknown", "the ledger has no such sub-order: a gap between imports, or an order that was never told", "本账无此子订单：导入有缺口，或从未收到";
        /// The line is here, but nobody promoted it.
        NotAttributed = "not_attributed", "the sub-order is here without a promoter: the click was lost, or a placement is not assigned", "子订单无归属：点击丢失或推广位未登记";
        /// Not in the statement.
        NotReported = "not_reported", "invalid or not attributed at the platform, or reported next month", "平台判无效、未归属，或下期才出账";
        /// Coupons, freight, part refunds.
        BaseDiffers = "base_differs", "freight, a coupon's funder, a part refund or kept goods", "运费、优惠承担方、部分退款或保留商品";
        /// The case is known with another amount.
        RefundAmount = "refund_amount", "the refund case has another amount", "维权金额不一致";
        /// The plan changed, or a fee is hidden in the rate.
        RateDiffers = "rate_differs", "the plan changed around the order, or a fee is hidden in the rate; our rule is the one pinned", "计划在下单前后变更，或费用并入佣金率；本账以锁定规则为准";
        /// Rounding.
        Rounding = "rounding", "rounded in another order", "舍入顺序不同";
        /// A fee at another rate, a cap, or waived.
        FeeDiffers = "fee_differs", "another fee rate, a subsidy's cap, or commission waived", "费率不同、补贴封顶或免佣";
        /// The commission is not base x rate.
        CommissionDiffers = "commission_differs", "the commission is not what base and rate give: a cap, a special fee, or an error there", "佣金不等于基数乘费率：封顶、专项费或对方出错";
        /// Settled there, not here.
        BehindHere = "behind_here", "settled at the platform, and the ledger has not heard", "平台已结算，本账未收到";
        /// Settled here, not there.
        BehindThere = "behind_there", "settled here, and the statement is behind", "本账已结算，账单滞后";
        /// Invalid there, settled here.
        InvalidThere = "invalid_there", "invalid at the platform after the ledger settled it", "本账已结算，平台判无效";
        /// Closed here, settled there.
        ClosedHere = "closed_here", "closed here, settled at the platform", "本账已关闭，平台已结算";
        /// Repeated without a correction.
        Repeated = "repeated", "the platform repeats the settlement and has booked no correction", "平台重复结算且未更正";
        /// Repeated and corrected.
        Corrected = "corrected", "the platform repeated the settlement and corrected it itself", "平台重复结算后已自行更正";
        /// A correction whose repetition is not in the statement.
        CorrectionAlone = "correction_alone", "the platform corrects a repetition that this statement does not have", "更正所对应的重复结算不在本账单内";
        /// The refund is not known here.
        RefundUnknown = "refund_unknown", "the platform took a refund back, and the ledger does not know the case", "平台已扣回，本账无此维权";
        /// Deducted there only.
        DeductedThere = "deducted_there", "the platform has deducted the case, here it is still due", "平台已扣款，本账仍为待扣回";
        /// Still to be deducted there.
        StillToDeduct = "still_to_deduct", "the case is still to be deducted at the platform: carried as a receivable", "平台待扣款，挂账应收";
        /// The platform's figures cannot be right.
        CommissionExceedsPayment = "commission_exceeds_payment", "an error upstream: more commission than was paid", "上游错误：佣金超过实付";
        /// The cash is not what the statement says.
        CashDiffers = "cash_differs", "a fee was kept back, or a part is paid later", "扣除了费用，或部分稍后支付";
        /// A withdrawal came back.
        WithdrawalBounced = "withdrawal_bounced", "the withdrawal bounced: the money is with the platform again", "提现退票，款项退回平台";
        /// Around the end of a month.
        OtherMonth = "other_month", "settled around the end of a month: reported by settle date, with the order month beside it", "月末结算跨期：按结算日归期，附下单月份";
        /// The statement says less than is known.
        StatementOlder = "statement_older", "the statement's row is older than what the ledger has heard since", "账单行早于本账最新数据";
    }
}

words! {
    /// What a break proposes: one typed action.
    Proposal {
        /// Tell the ledger what the statement says.
        TellFacts = "tell_facts", "tell the ledger what the statement says", "按账单补录事实";
        /// Post an entry that a second person approves.
        Adjust = "adjust", "post an adjustment that a second person approves", "经复核过账调整";
        /// Wait until a day.
        Wait = "wait", "wait, and look again after the day named", "等待至所列日期后复查";
        /// Ask the platform; our figures stand meanwhile.
        AskPlatform = "ask_platform", "ask the platform; our figures stand meanwhile", "向平台申诉核实，期间以本账为准";
        /// Close: no money of ours is wrong.
        Close = "close", "close: nothing of ours is wrong", "关闭：本账无误";
    }
}

words! {
    /// What a movement on a platform's cash account is.
    CashTag {
        /// Commission paid.
        Commission = "commission", "commission", "佣金";
        /// Commission given back.
        CommissionRefund = "commission_refund", "commission given back", "佣金退款";
        /// An order's settlement.
        Settlement = "settlement", "settlement of an order", "订单结算";
        /// A part of it.
        PartSettlement = "part_settlement", "part settlement", "部分结算";
        /// Freight.
        Freight = "freight", "freight", "运费结算";
        /// A service fee given back.
        ServiceFeeReturned = "service_fee_returned", "service fee given back", "服务费退还";
        /// A subsidy taken back.
        SubsidyTakenBack = "subsidy_taken_back", "subsidy taken back", "补贴追回";
        /// A refund that bounced.
        RefundBounced = "refund_bounced", "refund bounced", "退款退票";
        /// A duplicate settlement corrected.
        DuplicateCorrected = "duplicate_corrected", "duplicate settlement corrected", "重复结算更正";
        /// A deposit given back.
        DepositRefund = "deposit_refund", "deposit given back", "保证金退款";
        /// A withdrawal.
        Withdrawal = "withdrawal", "withdrawal", "提现";
        /// A withdrawal that came back.
        WithdrawalBounced = "withdrawal_bounced", "withdrawal bounced", "提现退票";
        /// A fast refund's split.
        FastRefundSplit = "fast_refund_split", "fast-refund split", "极速退分账";
        /// A small payment.
        SmallPayment = "small_payment", "small payment", "小额打款";
    }
}
