//! Amounts in Chinese capital figures 大写金额, and texts that may stand on one line or in a file name.
//! Must never round, and must never guess words for a currency it does not know.

use crate::money::{Currency, Minor};

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];

/// An amount of yuan in the figures that contracts and cheques want, such as 人民币壹仟零伍元贰角整; none for another
/// currency. After yuan or jiao without fen stands 整; a missing jiao before fen is said 零.
pub fn amount_in_words(amount: Minor, currency: Currency) -> Option<String> {
    if currency != Currency::CNY {
        return None;
    }
    let fen = amount.0.unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut words = String::from("人民币");
    if amount.0 < 0 {
        words.push('负');
    }
    if yuan > 0 || (jiao == 0 && fen == 0) {
        whole(yuan, &mut words);
        words.push('元');
    }
    let digit = |n: u64| DIGITS.get(usize::try_from(n).unwrap_or(0)).copied().unwrap_or("零");
    match (jiao, fen) {
        (0, 0) => words.push('整'),
        (jiao, 0) => words.extend([digit(jiao), "角整"]),
        (0, fen) if yuan > 0 => words.extend(["零", digit(fen), "分"]),
        (0, fen) => words.extend([digit(fen), "分"]),
        (jiao, fen) => words.extend([digit(jiao), "角", digit(fen), "分"]),
    }
    Some(words)
}

/// A whole number of any size: hundreds of millions, tens of thousands, the rest.
fn whole(number: u64, words: &mut String) {
    const YI: u64 = 100_000_000;
    const WAN: u64 = 10_000;
    if number == 0 {
        words.push('零');
        return;
    }
    let (yi, wan, rest) = (number / YI, number % YI / WAN, number % WAN);
    if yi > 0 {
        whole(yi, words);
        words.push('亿');
    }
    if wan > 0 {
        if yi > 0 && wan < 1_000 {
            words.push('零');
        }
        four(wan, words);
        words.push('万');
    }
    if rest > 0 {
        // A gap in the middle is said once, however many places it has.
        if (yi > 0 || wan > 0) && (rest < 1_000 || wan == 0) {
            words.push('零');
        }
        four(rest, words);
    }
}

/// One to 9999.
fn four(number: u64, words: &mut String) {
    let (mut begun, mut gap) = (false, false);
    for place in (0..4_u32).rev() {
        let digit = number / 10_u64.pow(place) % 10;
        if digit == 0 {
            gap = begun;
            continue;
        }
        if gap {
            words.push('零');
            gap = false;
        }
        begun = true;
        let digit = usize::try_from(digit).unwrap_or(0);
        words.push_str(DIGITS.get(digit).copied().unwrap_or(""));
        words.push_str(PLACES.get(place as usize).copied().unwrap_or(""));
    }
}

/// A text without anything that ends a line.
pub fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
}

/// A text as a part of a file name on every system: letters, digits, `-`, `_`; never empty, never hidden, never a path.
pub fn file_part(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' || c == '_' {
                c
            } else {
                '_'
            }
        })
        .take(60)
        .collect();
    let kept = kept.trim_matches(['_', '-']);
    if kept.is_empty() {
        "unnamed".to_owned()
    } else {
        kept.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fen: i64) -> String {
        amount_in_words(Minor(fen), Currency::CNY).unwrap()
    }

    #[test]
    fn amounts_are_said_as_the_rules_of_payment_want_them() {
        for (fen, words) in [
            (0, "人民币零元整"),
            (5, "人民币伍分"),
            (50, "人民币伍角整"),
            (53, "人民币伍角叁分"),
            (100, "人民币壹元整"),
            (105, "人民币壹元零伍分"),
            (150, "人民币壹元伍角整"),
            (140_950, "人民币壹仟肆佰零玖元伍角整"),
            (600_714, "人民币陆仟零柒元壹角肆分"),
            (168_032, "人民币壹仟陆佰捌拾元叁角贰分"),
            (10_700_053, "人民币壹拾万柒仟元伍角叁分"),
            (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
            (32_504, "人民币叁佰贰拾伍元零肆分"),
            (100_000, "人民币壹仟元整"),
            (1_000_100, "人民币壹万零壹元整"),
            (10_000_000_000, "人民币壹亿元整"),
            (10_000_000_100, "人民币壹亿零壹元整"),
            (10_000_100_000, "人民币壹亿零壹仟元整"),
            (10_001_000_100, "人民币壹亿零壹万零壹元整"),
            (-1_950, "人民币负壹拾玖元伍角整"),
            (100_000_000_000_000, "人民币壹万亿元整"),
            (1_000_000_000_000_000, "人民币壹拾万亿元整"),
            (
                123_456_789_012_345,
                "人民币壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分",
            ),
        ] {
            assert_eq!(said(fen), words, "{fen}");
        }
        assert!(said(i64::MIN).starts_with("人民币负玖亿") && said(i64::MAX).ends_with("零柒分"));
        assert_eq!(amount_in_words(Minor(1), "JPY".parse().unwrap()), None);
    }

    /// Reads the words back: an oracle that shares nothing with the writer.
    fn read(words: &str) -> i128 {
        let words = words.strip_prefix("人民币").unwrap();
        let (sign, words) = words.strip_prefix('负').map_or((1, words), |rest| (-1, rest));
        let (mut total, mut section, mut digit, mut fen) = (0_i128, 0_i128, 0_i128, 0_i128);
        for c in words.chars() {
            match c {
                '整' => {}
                '元' => {
                    fen += (total + section + digit) * 100;
                    (total, section, digit) = (0, 0, 0);
                }
                '角' => (fen, digit) = (fen + digit * 10, 0),
                '分' => (fen, digit) = (fen + digit, 0),
                '亿' => (total, section, digit) = ((total + section + digit) * 100_000_000, 0, 0),
                '万' => (total, section, digit) = (total + (section + digit) * 10_000, 0, 0),
                '仟' | '佰' | '拾' => {
                    let unit = [('仟', 1_000), ('佰', 100), ('拾', 10)]
                        .into_iter()
                        .find(|(u, _)| *u == c);
                    (section, digit) = (section + digit * unit.unwrap().1, 0);
                }
                figure => digit = DIGITS.iter().position(|d| d.starts_with(figure)).unwrap() as i128,
            }
        }
        sign * fen
    }

    proptest::proptest! {
        #[test]
        fn words_read_back_give_the_amount(fen in -1_000_000_000_000_000_i64..=1_000_000_000_000_000) {
            proptest::prop_assert_eq!(read(&said(fen)), i128::from(fen));
            proptest::prop_assert!(!said(fen).contains("零零"));
        }

        #[test]
        fn round_amounts_read_back_too(digits in 0_i64..10_000, place in 0_u32..12) {
            let fen = digits * 10_i64.pow(place);
            proptest::prop_assert_eq!(read(&said(fen)), i128::from(fen));
        }
    }

    #[test]
    fn names_of_files_stay_names_of_files() {
        for (text, part) in [
            ("../../etc/passwd", "etc_passwd"),
            ("=cmd|calc", "cmd_calc"),
            ("李晓 / 直播", "李晓___直播"),
            ("..", "unnamed"),
            ("", "unnamed"),
            ("C:\\x", "C__x"),
        ] {
            assert_eq!(file_part(text), part);
        }
    }
}
