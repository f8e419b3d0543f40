//! The split of a base under pinned terms: gross commission, content fee, fees, subsidies, chain (decisions A1, A2, A13).
//! Must never round twice, and must never lose a minor unit.
