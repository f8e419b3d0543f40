//! Licences that goods of some categories are sold with in China: hints for a review, not law.
//! Must never refuse: whoever reviews decides what is enough.

use super::event::SubmissionTerms;

/// A part of a category's name, and the licence that is asked for: the first that fits counts.
const WANTED: &[(&[&str], &str)] = &[
    (&["保健"], "保健食品注册证"),
    (&["食品", "零食", "饮料", "茶", "酒", "生鲜"], "食品经营许可证"),
    (&["美妆", "化妆", "护肤", "彩妆", "防晒"], "化妆品备案"),
    (&["医疗", "器械"], "医疗器械许可证"),
    (&["母婴", "童", "玩具"], "3C认证"),
    (&["家电", "数码", "电器"], "3C认证"),
    (&["图书", "出版"], "出版物经营许可证"),
];

/// The licence that a category asks for and the terms do not have.
pub fn missing(terms: &SubmissionTerms) -> Option<&'static str> {
    let category = terms.category.as_deref()?;
    let fits = |words: &&[&str]| words.iter().any(|word| category.contains(word));
    let (_, wanted) = WANTED.iter().find(|(words, _)| fits(words))?;
    let known = terms.qualifications.iter().any(|one| one.kind.contains(wanted));
    (!known).then_some(wanted)
}

/// Qualifications that end before the show.
pub fn expired(terms: &SubmissionTerms) -> impl Iterator<Item = &str> {
    let ends = |one: &&super::event::Qualification| one.expires.is_some_and(|expires| expires <= terms.show_at);
    terms.qualifications.iter().filter(ends).map(|one| one.kind.as_str())
}
