//! Allocation of a given total over weights by largest remainder.
//! Must never be used for commission lines, which round component by component; only where a total is given.

use super::{Minor, MoneyError};

/// Splits `total` over `weights` so that the parts sum to it exactly: each part is the exact share rounded towards zero,
/// and the units left go to the largest remainders, ties in stated order. Mirrored for negative totals.
/// With no positive weight everything goes to the first part; an empty list gives an empty list.
pub fn allocate(total: Minor, weights: &[u64]) -> Result<Vec<Minor>, MoneyError> {
    let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    if weights.is_empty() {
        return Ok(Vec::new());
    }
    if sum == 0 {
        let mut parts = vec![Minor::ZERO; weights.len()];
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        return Ok(parts);
    }
    let magnitude = i128::from(total.0).abs();
    let sign: i128 = if total.0 < 0 { -1 } else { 1 };
    let mut floors = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given: i128 = 0;
    for (index, weight) in weights.iter().enumerate() {
        let exact = magnitude
            .checked_mul(i128::from(*weight))
            .ok_or(MoneyError::OutOfRange)?;
        floors.push(exact / sum);
        remainders.push((exact % sum, index));
        given += exact / sum;
    }
    // Stable sort: equal remainders keep the stated order.
    remainders.sort_by_key(|(remainder, _)| std::cmp::Reverse(*remainder));
    let left = usize::try_from(magnitude - given).map_err(|_| MoneyError::OutOfRange)?;
    for (_, index) in remainders.iter().take(left) {
        if let Some(part) = floors.get_mut(*index) {
            *part += 1;
        }
    }
    floors
        .into_iter()
        .map(|part| {
            i64::try_from(part * sign)
                .map(Minor)
                .map_err(|_| MoneyError::OutOfRange)
        })
        .collect()
}
