//! Tests of money: canonical spellings, rounding, allocation.
//! Must never need a database.

use proptest::prelude::*;

use super::*;

fn cny(text: &str) -> Result<Minor, MoneyError> {
    Minor::parse(text, Currency::CNY)
}

#[test]
fn only_the_canonical_spelling_of_an_amount_is_accepted() {
    assert_eq!(cny("100.00"), Ok(Minor(10_000)));
    assert_eq!(cny("-0.01"), Ok(Minor(-1)));
    for bad in [
        "1e3", "1.0", "1.005", "0x10", "+5", "-0", "-0.00", " 5", "５.00", "NaN", "00012.00", "", ".50", "1.",
        "1,000.00",
    ] {
        assert!(cny(bad).is_err(), "{bad:?} was accepted");
    }
    let jpy: Currency = "JPY".parse().unwrap();
    assert_eq!(Minor::parse("100", jpy), Ok(Minor(100)));
    assert!(Minor::parse("100.00", jpy).is_err());
}

#[test]
fn the_largest_amounts_keep_every_digit() {
    assert_eq!(cny("92233720368547758.07"), Ok(Minor(i64::MAX)));
    assert_eq!(cny("-92233720368547758.08"), Ok(Minor(i64::MIN)));
    assert_eq!(cny("92233720368547758.08"), Err(MoneyError::OutOfRange));
    assert_eq!(Minor(i64::MAX).display(Currency::CNY), "92233720368547758.07");
}

#[test]
fn a_percent_number_is_refused_with_a_hint() {
    let error = "20".parse::<Rate>().unwrap_err();
    assert_eq!(
        error,
        RateError::TooLarge {
            hint: Some("0.2".into())
        }
    );
    assert!("1.000001".parse::<Rate>().is_err());
    assert!("-0.1".parse::<Rate>().is_err());
    assert_eq!("1".parse::<Rate>().unwrap(), Rate::ONE);
    assert_eq!("0.2".parse::<Rate>().unwrap().to_string(), "0.2");
}

#[test]
fn given_totals_split_as_the_cases_say() {
    let split = |total, weights: &[u64]| allocate(Minor(total), weights).unwrap();
    assert_eq!(split(1, &[1, 1, 1]), [Minor(1), Minor(0), Minor(0)]);
    assert_eq!(split(100, &[1, 1, 1]), [Minor(34), Minor(33), Minor(33)]);
    assert_eq!(split(-1, &[1, 1, 1]), [Minor(-1), Minor(0), Minor(0)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn parts_of_an_allocation_sum_to_the_whole_and_lie_within_one_unit(
        total in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
        weights in prop::collection::vec(0_u64..=1_000_000, 1..64),
    ) {
        let parts = allocate(Minor(total), &weights).unwrap();
        prop_assert_eq!(Minor::sum(parts.iter().copied()).unwrap(), Minor(total));
        let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if sum > 0 {
            for (part, weight) in parts.iter().zip(&weights) {
                let off = i128::from(part.0) * sum - i128::from(total) * i128::from(*weight);
                prop_assert!(off.abs() < sum);
            }
        }
    }

    #[test]
    fn every_amount_reads_back_as_it_was_written(minor in any::<i64>()) {
        prop_assert_eq!(cny(&Minor(minor).display(Currency::CNY)), Ok(Minor(minor)));
    }

    #[test]
    fn rounding_a_negative_amount_mirrors_the_positive_one(minor in 0_i64..1_000_000_000_000, ppm in 0_u32..=1_000_000) {
        let rate = Rate::from_ppm(ppm).unwrap();
        for mode in [Rounding::HalfUp, Rounding::HalfEven, Rounding::Truncate] {
            let up = rate.of(Minor(minor), mode).unwrap();
            let down = rate.of(Minor(-minor), mode).unwrap();
            prop_assert_eq!(up.0, -down.0);
        }
    }
}
