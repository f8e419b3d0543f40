//! Accounts: who owns one, of what kind, and in which layer it is moved.
//! Must never grow a second list of kinds: new kinds are added here (decision A18).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::PartyId;

/// The two layers of every account. Only the settled one is owed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// 预估: paid by the buyer, not yet settled; never payable.
    Estimated,
    /// 已结算: owed.
    Settled,
}

impl Layer {
    /// Number in the database.
    pub fn code(self) -> i16 {
        match self {
            Layer::Estimated => 0,
            Layer::Settled => 1,
        }
    }

    /// From the number in the database.
    pub fn from_code(code: i16) -> Option<Layer> {
        [Layer::Estimated, Layer::Settled]
            .into_iter()
            .find(|layer| layer.code() == code)
    }

    /// The word in texts and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Estimated => "estimated",
            Layer::Settled => "settled",
        }
    }
}

/// What an account is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 可付: what a party has earned (in the settled layer: is owed).
    Available,
    /// 冻结: punished or disputed.
    Frozen,
    /// 待扣回: to be given back for refunds won after settlement.
    ClawbackDue,
    /// 履约冻结: set aside by a hold.
    Held,
    /// 平台直付: what a platform paid the party itself; never payable here.
    DirectPaid,
    /// 佣金: what a merchant owes for commission.
    Commission,
    /// Cleared against a platform.
    Clearing,
    /// The book owner's own income.
    Income,
    /// Not yet explained.
    Suspense,
    /// Offset of opening balances; must reach zero.
    Cutover,
    /// 预支: paid to a party ahead of what it earns; taken back out of later months.
    Advance,
    /// 资金: the owner's own money at banks, wallets and platforms. A receipt debits it, a payment made outside credits it.
    Cash,
    /// 采购: what goods bought by a party, or by the book itself, cost; negative. Goods only: what is owed for them stands with
    /// their supplier.
    Purchases,
}

impl AccountKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [AccountKind; 13] = [
        AccountKind::Available,
        AccountKind::Frozen,
        AccountKind::ClawbackDue,
        AccountKind::Held,
        AccountKind::DirectPaid,
        AccountKind::Commission,
        AccountKind::Clearing,
        AccountKind::Income,
        AccountKind::Suspense,
        AccountKind::Cutover,
        AccountKind::Advance,
        AccountKind::Cash,
        AccountKind::Purchases,
    ];

    /// Number in the database.
    pub fn code(self) -> i16 {
        match self {
            AccountKind::Available => 1,
            AccountKind::Frozen => 2,
            AccountKind::ClawbackDue => 3,
            AccountKind::Held => 4,
            AccountKind::DirectPaid => 5,
            AccountKind::Commission => 6,
            AccountKind::Clearing => 7,
            AccountKind::Income => 8,
            AccountKind::Suspense => 9,
            AccountKind::Cutover => 10,
            AccountKind::Advance => 11,
            AccountKind::Cash => 12,
            AccountKind::Purchases => 13,
        }
    }

    /// From the number in the database.
    pub fn from_code(code: i16) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word in account names and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            AccountKind::Available => "available",
            AccountKind::Frozen => "frozen",
            AccountKind::ClawbackDue => "clawback_due",
            AccountKind::Held => "held",
            AccountKind::DirectPaid => "direct_paid",
            AccountKind::Commission => "commission",
            AccountKind::Clearing => "clearing",
            AccountKind::Income => "income",
            AccountKind::Suspense => "suspense",
            AccountKind::Cutover => "cutover",
            AccountKind::Advance => "advance",
            AccountKind::Cash => "cash",
            AccountKind::Purchases => "purchases",
        }
    }
}

/// Whose account it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Owner {
    /// The book itself.
    Book,
    /// A party.
    Party(PartyId),
}

/// One account, written `anchor:anc_…:available` or `book:income`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Account {
    /// Whose.
    pub owner: Owner,
    /// What for.
    pub kind: AccountKind,
}

impl Account {
    /// An account of a party.
    pub fn of(party: PartyId, kind: AccountKind) -> Account {
        Account {
            owner: Owner::Party(party),
            kind,
        }
    }

    /// An account of the book.
    pub fn book(kind: AccountKind) -> Account {
        Account {
            owner: Owner::Book,
            kind,
        }
    }

    /// The party that owns it, if one does.
    pub fn party(&self) -> Option<PartyId> {
        match self.owner {
            Owner::Party(party) => Some(party),
            Owner::Book => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Owner::Book => write!(f, "book:{}", self.kind.word()),
            Owner::Party(party) => {
                write!(f, "{}:{}:{}", party.kind().word(), party, self.kind.word())
            }
        }
    }
}

/// A text that names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an account: write book:income or anchor:anc_<32 hex digits>:available")]
pub struct AccountError;

impl std::str::FromStr for Account {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Account, AccountError> {
        let (owner, word) = text.rsplit_once(':').ok_or(AccountError)?;
        let kind = AccountKind::ALL
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or(AccountError)?;
        if owner == "book" {
            return Ok(Account::book(kind));
        }
        let (party_word, id) = owner.split_once(':').ok_or(AccountError)?;
        let party: PartyId = id.parse().map_err(|_| AccountError)?;
        if party.kind().word() == party_word {
            Ok(Account::of(party, kind))
        } else {
            Err(AccountError)
        }
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
