//! Tests of what is reported of suppliers.
//! Must never need a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn told(minute: i64, composite: &str) -> SupplierReported {
    SupplierReported {
        supplier: PartyId::tagged(PartyKind::Supplier, Uuid::from_u128(7)),
        source: "1688".parse().unwrap(),
        member_no: "b2b-7".to_owned(),
        reported_at: Instant::from_micros(1_780_000_000_000_000)
            .unwrap()
            .plus_seconds(60 * minute),
        scores: Scores {
            composite: Some(composite.parse().unwrap()),
            ..Scores::default()
        },
        profile: Profile::default(),
    }
}

#[test]
fn the_same_scores_again_are_no_event_and_older_ones_do_not_replace_newer_ones() {
    let mut state = SupplierState::default();
    let first = decide::report(Some(&state), told(5, "4.0")).unwrap().unwrap();
    state.evolve(&first);
    assert_eq!(decide::report(Some(&state), told(9, "4.0")).unwrap(), None);
    assert_eq!(decide::report(Some(&state), told(1, "3.0")).unwrap(), None);
    assert_eq!(
        decide::report(Some(&state), told(9, "4.5")).unwrap(),
        Some(told(9, "4.5"))
    );
}

#[test]
fn only_a_supplier_is_reported_of() {
    let other = SupplierReported {
        supplier: PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(7)),
        ..told(0, "4.0")
    };
    assert_eq!(decide::report(None, other).unwrap_err().code, "party_kind");
}

#[test]
fn a_score_is_read_as_written() {
    for (text, hundredths, shown) in [
        ("4.0", 400, "4.0"),
        ("4.85", 485, "4.85"),
        ("5", 500, "5.0"),
        ("0.0", 0, "0.0"),
    ] {
        let score: Score = text.parse().unwrap();
        assert_eq!((score.hundredths(), score.to_string().as_str()), (hundredths, shown));
    }
    for text in ["", ".5", "4.", "-1", "10.01", "4.123", "4,5", "99"] {
        assert!(text.parse::<Score>().is_err(), "{text}");
    }
}

#[test]
fn a_member_of_one_source_is_not_the_member_of_another_with_the_same_number() {
    let (one, two): (ExternalId, ExternalId) = ("1688".parse().unwrap(), "other".parse().unwrap());
    let book = BookId(Uuid::from_u128(1));
    assert_ne!(party_of(book, &one, "7"), party_of(book, &two, "7"));
    assert_eq!(party_number(&one, "b2b-7").as_str(), "1688:b2b-7");
    assert!(party_number(&one, "会员 7").as_str().starts_with("sha:"));
}

proptest! {
    #[test]
    fn every_score_reads_back(hundredths in 0_u16..=1_000) {
        let score = Score::try_from(hundredths).unwrap();
        prop_assert_eq!(score.to_string().parse::<Score>().unwrap(), score);
    }
}
