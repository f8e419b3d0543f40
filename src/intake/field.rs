//! One value of a row: where it comes from and how it is converted.
//! Must never round silently or guess a form: what does not fit is a fault with a code and the column's name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use super::emit::RowFault;
use crate::base::{ExternalId, Instant, PartyKind, Zone};
use crate::money::{Currency, Minor, Rate};

/// Longest text of an outside number.
const ID_LENGTH: usize = 64;

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The text between the parts.
    pub by: String,
    /// Which part, from 0.
    pub take: usize,
}

/// The unit of an amount in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Yuan, dollars: a decimal number.
    #[default]
    Major,
    /// Fen, cents: a whole number.
    Minor,
}

/// The unit of a rate in the file. Platforms mix them; here a rate is parts per million.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// `0.0999` is 9.99 %.
    #[default]
    Fraction,
    /// `9.99` or `9.99%`.
    Percent,
    /// `999`.
    PercentX100,
    /// `999`: the same, as some networks call it.
    BasisPoints,
    /// `999`: the same, of a ratio.
    RatioX10000,
    /// `99.9`.
    Permille,
    /// `9990`.
    #[serde(rename = "per_100000")]
    Per100000,
    /// `99900`.
    Ppm,
}

impl RateUnit {
    /// Parts per million in one of it.
    fn parts(self) -> u32 {
        match self {
            RateUnit::Fraction => 1_000_000,
            RateUnit::Percent => 10_000,
            RateUnit::PercentX100 | RateUnit::BasisPoints | RateUnit::RatioX10000 => 100,
            RateUnit::Permille => 1_000,
            RateUnit::Per100000 => 10,
            RateUnit::Ppm => 1,
        }
    }
}

/// Where a value comes from and how it is converted. In a mapping a bare text is short for `{ column = "…" }`, and a list
/// names several: the first that is filled counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Field(pub Vec<Spec>);

/// The long form of a field. Steps run in this order: source, default, split, has, words, hash, ordinal, prefix, conversion.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The column; its blanks at both ends do not count, and an empty one is absent.
    pub column: Option<String>,
    /// Several columns, joined with `/`; empty ones leave nothing between their signs.
    #[serde(default)]
    pub columns: Vec<String>,
    /// What joins them instead; the value is then absent unless all of them are filled.
    pub join: Option<String>,
    /// A constant: the same for every row.
    pub value: Option<String>,
    /// May be absent, as may be its column.
    #[serde(default)]
    pub optional: bool,
    /// Words that stand for nothing in this column, such as a `0` where a number of an object should be.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Taken when absent.
    pub default: Option<String>,
    /// Takes a part.
    pub split: Option<Split>,
    /// Replaces words; a word that is not listed is a fault.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// Replaces the value by the first 32 hex digits of its SHA-256.
    #[serde(default)]
    pub hash: bool,
    /// Appends `-n`: the how-manieth occurrence of the identical row this is. For rows without a number of their own.
    #[serde(default)]
    pub ordinal: bool,
    /// Put before the value.
    pub prefix: Option<String>,
    /// Form of a time: `rfc3339` (default), `epoch`, `epoch_ms`, or a pattern such as `%Y-%m-%d %H:%M:%S`; several, if a
    /// file may have any of them.
    #[serde(default, deserialize_with = "words")]
    pub time: Vec<String>,
    /// Zone of this time; else the source's.
    pub zone: Option<Zone>,
    /// Moves a time: a stated stand-in where the file has none.
    pub plus_seconds: Option<i64>,
    /// Unit of an amount.
    #[serde(default)]
    pub unit: Unit,
    /// The file writes the amount with the opposite sign.
    #[serde(default)]
    pub negate: bool,
    /// The file writes the amount with either sign; what it says is its size.
    #[serde(default)]
    pub absolute: bool,
    /// The file groups thousands with commas, as `1,234.50`.
    #[serde(default)]
    pub grouped: bool,
    /// The amount is of one unit; this column says how many.
    pub times: Option<String>,
    /// Unit of a rate.
    #[serde(default)]
    pub rate: RateUnit,
    /// The value is a list of labels: filled with `gives` when one of these is among them, else absent.
    #[serde(default)]
    pub has: Vec<String>,
    /// What `has` gives; `true` when absent.
    pub gives: Option<String>,
    /// The value is a list of objects: what the members that the field knows are called there.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// Kind of a party that is named by its outside number; an anchor when absent.
    pub party: Option<PartyKind>,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Field;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name, a table such as { column = \"…\", time = \"epoch\" }, or a list of these")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Field, E> {
                Ok(Field(vec![Spec {
                    column: Some(text.to_owned()),
                    ..Spec::default()
                }]))
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Field, M::Error> {
                Spec::deserialize(MapAccessDeserializer::new(map)).map(|spec| Field(vec![spec]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
                let mut specs = Vec::new();
                while let Some(Field(more)) = list.next_element()? {
                    specs.extend(more);
                }
                Ok(Field(specs))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// One word or a list of them.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Form;
    impl<'de> Visitor<'de> for Form {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut words = Vec::new();
            while let Some(word) = list.next_element()? {
                words.push(word);
            }
            Ok(words)
        }
    }
    deserializer.deserialize_any(Form)
}

/// An amount as the file had it and as the ledger takes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    /// As read, in major units.
    pub raw: Decimal,
    /// As booked.
    pub minor: Minor,
    /// Raw minus booked: not zero where the row has more decimals than its currency.
    pub difference: Decimal,
}

impl Spec {
    /// The text of the value after every step but the conversion. `cells` are those of `column` or `columns`, in order.
    pub fn text<'c>(&'c self, cells: &[Option<&'c str>], ordinal: u32) -> Result<Option<Cow<'c, str>>, RowFault> {
        let filled = |cell: &Option<&'c str>| cell.filter(|cell| !self.absent.iter().any(|word| word == cell));
        let found: Option<Cow<'c, str>> = match (&self.value, cells) {
            (Some(value), _) => Some(Cow::Borrowed(value.as_str())),
            (None, [one]) => filled(one).map(Cow::Borrowed),
            (None, []) => None,
            (None, many) if many.iter().all(|cell| filled(cell).is_none()) => None,
            (None, many) if self.join.is_some() && many.iter().any(|cell| filled(cell).is_none()) => None,
            (None, many) => {
                let parts: Vec<&str> = many.iter().map(|cell| filled(cell).unwrap_or("")).collect();
                Some(Cow::Owned(parts.join(self.join.as_deref().unwrap_or("/"))))
            }
        };
        let Some(mut text) = found.or(self.default.as_deref().map(Cow::Borrowed)) else {
            return Ok(None);
        };
        if let Some(split) = &self.split {
            let part = text
                .split(split.by.as_str())
                .nth(split.take)
                .map(|part| part.trim().to_owned());
            text = Cow::Owned(part.ok_or_else(|| RowFault::new("part_missing", "the value has fewer parts"))?);
        }
        if !self.has.is_empty() {
            let labels: Vec<&str> = match serde_json::from_str(&text) {
                Ok(labels) => labels,
                Err(_) => vec![text.as_ref()],
            };
            if !labels
                .iter()
                .any(|label| self.has.iter().any(|word| word == label.trim()))
            {
                return Ok(None);
            }
            text = Cow::Borrowed(self.gives.as_deref().unwrap_or("true"));
        }
        if !self.words.is_empty() {
            let word = self.words.get(text.as_ref());
            let word = word.ok_or_else(|| RowFault::new("word_unknown", "the mapping does not list this word"))?;
            text = Cow::Borrowed(word.as_str());
        }
        if self.hash {
            text = Cow::Owned(short_hash(&text));
        }
        if self.ordinal {
            text = Cow::Owned(format!("{text}-{ordinal}"));
        }
        if let Some(prefix) = &self.prefix {
            text = Cow::Owned(format!("{prefix}{text}"));
        }
        Ok(Some(text))
    }

    /// Reads a time.
    pub fn instant(&self, text: &str, zone: Zone) -> Result<Instant, RowFault> {
        let wrong = || RowFault::new("time_form", "not a time of the form that the mapping states");
        let time = match self.time.as_slice() {
            [] => text.parse().map_err(|_| wrong())?,
            forms => forms
                .iter()
                .find_map(|form| self.instant_as(form, text, zone))
                .ok_or_else(wrong)?,
        };
        let time = time.plus_seconds(self.plus_seconds.unwrap_or(0));
        // 1970 to 2999, as everywhere.
        if (0..32_503_680_000_000_000).contains(&time.micros()) {
            Ok(time)
        } else {
            Err(RowFault::new("time_out_of_range", "a time outside 1970 to 2999"))
        }
    }

    fn instant_as(&self, form: &str, text: &str, zone: Zone) -> Option<Instant> {
        match form {
            "rfc3339" => text.parse().ok(),
            "epoch" | "epoch_ms" => {
                let number: i64 = text.parse().ok()?;
                let scale = if form == "epoch" { 1_000_000 } else { 1_000 };
                Instant::from_micros(number.checked_mul(scale)?).ok()
            }
            pattern => self.zone.unwrap_or(zone).parse_local(text, pattern).ok(),
        }
    }

    /// Reads a rate, exactly: one that is not a whole number of parts per million is a fault.
    pub fn rate(&self, text: &str) -> Result<Rate, RowFault> {
        let wrong = || RowFault::new("rate_form", "not a rate of the unit that the mapping states");
        // A percent sign says its unit itself.
        let (digits, parts) = match text.strip_suffix('%') {
            Some(digits) => (digits.trim_end(), RateUnit::Percent.parts()),
            None => (text, self.rate.parts()),
        };
        let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(plain) {
            return Err(wrong());
        }
        let number = Decimal::from_str_exact(digits).map_err(|_| wrong())?;
        let ppm = number.checked_mul(Decimal::from(parts)).ok_or_else(wrong)?.normalize();
        if ppm.scale() > 0 {
            let message = "finer than one part in a million, which no rate here is";
            return Err(RowFault::new("rate_form", message));
        }
        let whole = u32::try_from(ppm.mantissa()).ok();
        let rate = whole.and_then(|ppm| Rate::from_ppm(ppm).ok());
        rate.ok_or_else(|| RowFault::new("rate_out_of_range", "a rate above 100 %"))
    }

    /// Reads an amount; half-up where the row has more decimals than the currency, with the difference kept. `units`: how
    /// many there are, where the amount is of one.
    pub fn amount(&self, text: &str, units: Option<&str>, currency: Currency) -> Result<Amount, RowFault> {
        let wrong = || RowFault::new("amount_form", "not a plain decimal number");
        let text = &*match self.grouped {
            true => Cow::Owned(text.replace(',', "")),
            false => Cow::Borrowed(text),
        };
        let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if text.is_empty() || text.len() > 30 || !text.bytes().all(plain) {
            return Err(wrong());
        }
        let mut raw = Decimal::from_str_exact(text).map_err(|_| wrong())?;
        if let Some(units) = units {
            let units: i64 = units
                .parse()
                .map_err(|_| RowFault::new("value_form", "not a number of units"))?;
            raw = raw.checked_mul(Decimal::from(units)).ok_or_else(wrong)?;
        }
        if self.absolute {
            raw.set_sign_positive(true);
        }
        if self.negate {
            raw.set_sign_negative(raw.is_sign_positive() && !raw.is_zero());
        }
        if self.unit == Unit::Minor {
            let scale = raw.scale().checked_add(currency.digits()).ok_or_else(wrong)?;
            raw.set_scale(scale).map_err(|_| wrong())?;
        }
        let booked = raw.round_dp_with_strategy(currency.digits(), RoundingStrategy::MidpointAwayFromZero);
        let minor = Minor::from_decimal(booked, currency)
            .map_err(|_| RowFault::new("amount_out_of_range", "the amount does not fit"))?;
        let difference = raw.checked_sub(booked).ok_or_else(wrong)?;
        Ok(Amount { raw, minor, difference })
    }
}

/// The first 32 hex digits of a text's SHA-256.
fn short_hash(text: &str) -> String {
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    digest.get(..32).unwrap_or_default().to_owned()
}

/// Reads an outside number. What the id grammar has no letters for is percent-escaped with `:` as the sign and the prefix
/// `pct:`, so that it is the same id on every run; longer ones are hashed. A number that a spreadsheet mangled is refused.
pub fn outside_id(text: &str) -> Result<ExternalId, RowFault> {
    if mangled(text) {
        return Err(RowFault::new(
            "id_mangled",
            "a spreadsheet has turned this number into an approximation (such as 6.91E+18); export it again as text",
        ));
    }
    let wrong = || RowFault::new("id_form", "not a usable number of an object");
    // `="123"` is how a CSV file makes a spreadsheet keep a number as text.
    let quoted = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    let text = quoted.unwrap_or(text);
    if text.is_empty() {
        return Err(wrong());
    }
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut escaped = String::from("pct:");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!(":{byte:02X}"));
        }
    }
    if escaped.len() > ID_LENGTH {
        escaped = format!("sha:{}", short_hash(text));
    }
    escaped.parse().map_err(|_| wrong())
}

/// `6.91E+18`: digits, a point, digits, `E+`, digits.
fn mangled(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let Some((number, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let Some(exponent) = exponent.strip_prefix('+') else {
        return false;
    };
    let mantissa_ok = match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(number),
    };
    mantissa_ok && digits(exponent)
}
