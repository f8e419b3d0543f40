//! Words of a text as the pool's search knows them: Chinese in pairs of characters, Latin words whole, in lower case.
//! Must never depend on a dictionary or a locale: what was indexed yesterday is found with today's query.

use unicode_normalization::UnicodeNormalization;

/// Letters from which on a Latin word may be meant by one with a wrong letter.
const FORGIVEN: usize = 4;

/// Words of a text, each once, in order of their bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words {
    /// Words that are looked up exactly.
    pub exact: Vec<String>,
    /// Those of them in Latin letters that may be mistyped.
    pub latin: Vec<String>,
    /// A single Chinese character that stands alone, if there is one: too little to look for.
    pub alone: Option<char>,
}

/// The words of a text. The same function reads titles and queries, so that a part of a title finds it: of 补水面膜 the
/// pairs 补水, 水面, 面膜; of `L'Oréal SPF50` the words `l`, `oreal`, `spf50`.
pub fn words(text: &str) -> Words {
    let mut found = Words::default();
    let mut run = String::new();
    let mut kind = Kind::Other;
    for c in plain(text) {
        let next = Kind::of(c);
        if next != kind {
            end(&mut found, &mut run, kind);
            kind = next;
        }
        if next != Kind::Other {
            run.push(c);
        }
    }
    end(&mut found, &mut run, kind);
    for list in [&mut found.exact, &mut found.latin] {
        list.sort_unstable();
        list.dedup();
    }
    found
}

/// Whether one word may be meant by the other: a letter wrong, missing, too many, or two of them exchanged; two such slips in
/// words of eight letters and more.
pub fn near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let shorter = one.len().min(other.len());
    let most = if shorter >= 8 { 2 } else { 1 };
    shorter >= FORGIVEN - 1 && one.len().abs_diff(other.len()) <= most && slips(&one, &other) <= most
}

/// Slips between two words (optimal string alignment), row by row.
fn slips(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let wrong = at(&last, j) + usize::from(a != b);
            let mut least = wrong.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let exchanged = i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a);
            if exchanged {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

/// A text as it is compared: full-width letters as plain ones, without accents, in lower case.
pub fn plain(text: &str) -> impl Iterator<Item = char> {
    let bare = text.nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'));
    bare.nfc().flat_map(char::to_lowercase)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Written without blanks between words: Chinese, kana, hangul.
    Dense,
    Latin,
    Other,
}

impl Kind {
    fn of(c: char) -> Kind {
        match c {
            '\u{3005}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}' => Kind::Dense,
            c if c.is_alphanumeric() => Kind::Latin,
            _ => Kind::Other,
        }
    }
}

fn end(found: &mut Words, run: &mut String, kind: Kind) {
    match kind {
        Kind::Dense => {
            let each: Vec<char> = run.chars().collect();
            found.exact.extend(each.windows(2).map(String::from_iter));
            if let [one] = each.as_slice() {
                found.exact.push(one.to_string());
                found.alone = Some(*one);
            }
        }
        Kind::Latin => {
            if run.chars().count() >= FORGIVEN && run.chars().any(char::is_alphabetic) {
                found.latin.push(run.clone());
            }
            found.exact.push(run.clone());
        }
        Kind::Other => {}
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Vec<String> {
        words(text).exact
    }

    #[test]
    fn chinese_is_read_in_pairs_and_latin_in_whole_words() {
        assert_eq!(exact("补水面膜"), ["水面", "补水", "面膜"]);
        assert_eq!(
            exact("L'Oréal ＳＰＦ50+ 防晒霜"),
            ["l", "oreal", "spf50", "晒霜", "防晒"]
        );
        assert_eq!(words("Lipstick 口红 12").latin, ["lipstick"]);
    }

    #[test]
    fn a_single_character_is_told_apart() {
        assert_eq!(words("茶").alone, Some('茶'));
        assert_eq!(words("绿茶").alone, None);
        assert!(words(" ,。！").exact.is_empty());
    }

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        for (asked, meant) in [
            ("lipstik", "lipstick"),
            ("velnora", "velmora"),
            ("nkie", "nike"),
            ("logitceh", "logitech"),
        ] {
            assert!(near(asked, meant) && near(meant, asked), "{asked} {meant}");
        }
        assert!(near("shisedo", "shiseido") && near("lanccme", "lancome"));
        for (asked, other) in [
            ("nike", "lego"),
            ("braun", "brown"),
            ("dyson", "tyson1"),
            ("anessa", "serum"),
        ] {
            assert!(!near(asked, other), "{asked} {other}");
        }
    }

    proptest! {
        /// INVARIANT: whatever part of a title is asked for, every word of it stands in the title's index.
        #[test]
        fn a_part_of_a_dense_title_is_always_found(title in "[一-龥]{2,30}", from in 0_usize..29, length in 2_usize..8) {
            let chars: Vec<char> = title.chars().collect();
            let from = from.min(chars.len() - 2);
            let part: String = chars.iter().skip(from).take(length).collect();
            let indexed = exact(&title);
            for word in exact(&part) {
                prop_assert!(indexed.contains(&word), "{word} of {part} in {title}");
            }
        }

        #[test]
        fn no_word_holds_a_blank_and_reading_again_changes_nothing(text in ".{0,60}") {
            let once = exact(&text);
            prop_assert!(once.iter().all(|word| !word.is_empty() && !word.contains(' ') && !word.contains('#')));
            for word in &once {
                prop_assert!(exact(word).contains(word), "{word:?}");
            }
        }
    }
}
