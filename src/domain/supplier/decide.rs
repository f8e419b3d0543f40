//! Decisions about what is reported of a supplier.
//! Must never judge a score: it is kept as it was reported.

use super::{SupplierReported, SupplierState};
use crate::base::PartyKind;
use crate::domain::refusal::{Refusal, Wrong};

/// Notes a report. The same again is no event, whenever it is said; one older than what stands is none either.
pub fn report(standing: Option<&SupplierState>, told: SupplierReported) -> Result<Option<SupplierReported>, Refusal> {
    let mut wrong = Wrong::default();
    wrong.when(
        told.supplier.kind() != PartyKind::Supplier,
        "/supplier",
        "party_kind",
        "offers are a supplier's",
    );
    let unfit = |text: &String| text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control);
    let profile = &told.profile;
    let texts = profile
        .login_name
        .iter()
        .chain(&profile.business)
        .chain(&profile.services);
    wrong.when(
        texts.chain([&told.member_no]).any(unfit) || profile.services.len() > 50,
        "/profile",
        "text_length",
        "texts are 1 to 200 characters without control characters, at most 50 labels",
    );
    wrong.when(
        told.scores.medal.is_some_and(|medal| medal > 5),
        "/scores/medal",
        "score_form",
        "a medal is level 0 to 5",
    );
    wrong.check()?;
    let Some(known) = standing.and_then(|state| state.reported.as_ref()) else {
        return Ok(Some(told));
    };
    let same = (&known.scores, &known.profile, &known.source) == (&told.scores, &told.profile, &told.source);
    Ok((!same && known.reported_at <= told.reported_at).then_some(told))
}
