//! Trees that explain a sum: they add up at every node on every page, and their leaves are exactly the legs.
//! It must never accept a tree whose folded part hides an event.

use std::collections::BTreeSet;

use fenzhang::base::{Month, PartyId, PartyKind};
use fenzhang::ledger::{Account, AccountKind, Layer};
use fenzhang::report::{
    self, At, ExplainView, Fold, FoldBy, Lang, MonthCell, Node, Page, ReportError, StatementKey, Viewer, settlement,
    statement_difference,
};
use uuid::Uuid;

use super::{Book, fen};

const ALL: Viewer = Viewer::All;

/// INVARIANT: where a node says that it adds up, the amounts below it give its own.
pub fn adds_up(node: &Node) -> usize {
    let below: usize = node.because.iter().map(adds_up).sum();
    if !node.adds_up {
        return below;
    }
    let sum: i64 = node
        .because
        .iter()
        .map(|child| fen(child.amount.as_ref().unwrap()))
        .sum();
    assert_eq!(sum, fen(node.amount.as_ref().unwrap()), "{}", node.en);
    below + 1
}

/// References and amounts of the events opened: of the root's groups.
fn opened(root: &Node) -> Vec<(String, i64)> {
    let leaves = root.because.iter().flat_map(|group| &group.because);
    let leaves = leaves.filter(|leaf| leaf.kind == "leg");
    leaves
        .map(|leaf| (leaf.reference.clone().unwrap(), fen(leaf.amount.as_ref().unwrap())))
        .collect()
}

fn fold(by: FoldBy, after: Option<String>, limit: i64) -> Fold {
    Fold {
        page: Page::after(after, limit),
        ..Fold::by(by)
    }
}

/// Every page of a balance: the leaves of all pages, and the stated amount.
async fn whole(
    book: &Book,
    viewer: Viewer,
    account: Account,
    layer: Layer,
    by: FoldBy,
    limit: i64,
) -> (i64, Vec<(String, i64)>) {
    let (mut leaves, mut after, mut stated) = (Vec::new(), None, None);
    loop {
        let (asked, how) = ((account, layer, None), fold(by, after, limit));
        let at = At::Position(book.head);
        let view = report::explain_balance(&book.client, book.log, viewer, asked, at, &how).await;
        let view = view.unwrap();
        assert!(view.consistent, "{}", view.text(Lang::En));
        adds_up(&view.root);
        let events: i64 = view.root.because.iter().filter_map(|group| group.events).sum();
        let amount = fen(view.root.amount.as_ref().unwrap());
        assert_eq!(
            *stated.get_or_insert((amount, events)),
            (amount, events),
            "every page states the same"
        );
        let page = opened(&view.root);
        assert!(page.len() <= usize::try_from(limit).unwrap());
        leaves.extend(page);
        match view.next {
            Some(next) => after = Some(next),
            None => {
                let (amount, events) = stated.unwrap();
                assert_eq!(usize::try_from(events).unwrap(), leaves.len());
                return (amount, leaves);
            }
        }
    }
}

async fn legs(book: &Book, account: Account, layer: Layer) -> BTreeSet<(String, i64)> {
    let sql = "select position, amount from leg where log = $1 and owner = $2 and account = $3 and layer = $4";
    let owner = account.party().map_or(Uuid::nil(), |party| party.uuid());
    let rows = book
        .client
        .query(sql, &[&book.log.0, &owner, &account.kind.code(), &layer.code()])
        .await
        .unwrap();
    let leg = |row: &tokio_postgres::Row| (format!("{}:{account}", row.get::<_, i64>(0)), row.get(1));
    rows.iter().map(leg).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_adds_up_at_every_node_of_every_page_and_its_leaves_are_exactly_the_legs() {
    let book = Book::load().await;
    let mut accounts: Vec<(Account, Layer)> = Vec::new();
    for party in book.busiest(1, 3).await {
        accounts.push((Account::of(party, AccountKind::Available), Layer::Settled));
        accounts.push((Account::of(party, AccountKind::Available), Layer::Estimated));
    }
    let anchor = busiest_anchor(&book).await;
    accounts.push((Account::of(anchor, AccountKind::Available), Layer::Settled));
    accounts.push((Account::of(anchor, AccountKind::ClawbackDue), Layer::Settled));
    let brand = book.busiest(6, 1).await[0];
    accounts.push((Account::of(brand, AccountKind::Commission), Layer::Settled));
    for (account, layer) in accounts {
        let expected = legs(&book, account, layer).await;
        let sum: i64 = expected.iter().map(|(_, amount)| amount).sum();
        for (by, limit) in [
            (FoldBy::Day, 7),
            (FoldBy::Month, 100),
            (FoldBy::Rule, 13),
            (FoldBy::Kind, 50),
        ] {
            let (stated, leaves) = whole(&book, ALL, account, layer, by, limit).await;
            assert_eq!(stated, sum, "{account} {by:?}");
            let seen: BTreeSet<(String, i64)> = leaves.iter().cloned().collect();
            assert_eq!(
                (seen.len(), &seen),
                (leaves.len(), &expected),
                "{account} {by:?}: each leg once"
            );
        }
    }
    a_month_is_the_settlement_summary(&book, anchor).await;
    a_party_sees_its_own(&book, anchor).await;
    a_group_can_be_opened_by_name(&book, anchor).await;
}

async fn busiest_anchor(book: &Book) -> PartyId {
    let parties = book.busiest(1, 60).await;
    parties
        .into_iter()
        .find(|party| party.kind() == PartyKind::Anchor)
        .unwrap()
}

async fn month_of(book: &Book, anchor: PartyId, month: Month, cell: Option<MonthCell>) -> ExplainView {
    let account = Account::of(anchor, AccountKind::Available);
    let asked = (account, month, cell, None);
    let view = report::explain_month(&book.client, book.log, ALL, asked, At::Now, &Fold::by(FoldBy::Kind)).await;
    let view = view.unwrap();
    assert!(view.consistent, "{}", view.text(Lang::En));
    adds_up(&view.root);
    view
}

async fn a_month_is_the_settlement_summary(book: &Book, anchor: PartyId) {
    for month in ["2025-11", "2025-12"] {
        let month: Month = month.parse().unwrap();
        let own = Viewer::Party(anchor);
        let summary = settlement(&book.client, book.log, own, PartyKind::Anchor, month, At::Now)
            .await
            .unwrap();
        let Some(row) = summary.rows.first() else { continue };
        let cells = [
            &row.opening,
            &row.settled,
            &row.clawbacks,
            &row.freezes,
            &row.adjustments,
        ];
        for (cell, stated) in MonthCell::ALL.into_iter().zip(cells) {
            let view = month_of(book, anchor, month, Some(cell)).await;
            assert_eq!(
                fen(view.root.amount.as_ref().unwrap()),
                fen(stated),
                "{cell:?} of {month}"
            );
        }
        let closing = month_of(book, anchor, month, None).await;
        assert_eq!(fen(closing.root.amount.as_ref().unwrap()), fen(&row.closing));
        let words: Vec<&str> = closing
            .root
            .because
            .iter()
            .filter_map(|group| group.reference.as_deref())
            .collect();
        assert!(words.contains(&"settled"), "{words:?}");
    }
}

async fn a_party_sees_its_own(book: &Book, anchor: PartyId) {
    let account = Account::of(anchor, AccountKind::Available);
    let asked = (account, Layer::Settled, None);
    let how = fold(FoldBy::Day, None, 100);
    let own = report::explain_balance(&book.client, book.log, Viewer::Party(anchor), asked, At::Now, &how)
        .await
        .unwrap();
    let text = serde_json::to_string(&own).unwrap();
    for other in book.busiest(1, 60).await {
        let foreign = other.kind() == PartyKind::Anchor && other != anchor;
        assert!(
            !foreign || !text.contains(&other.to_string()),
            "{other} stands in the tree of {anchor}"
        );
        if foreign {
            let stranger = Viewer::Party(other);
            let refused = report::explain_balance(&book.client, book.log, stranger, asked, At::Now, &how).await;
            assert!(matches!(refused, Err(ReportError::NotFound)));
        }
    }
    let suspense = (Account::book(AccountKind::Income), Layer::Settled, None);
    let refused = report::explain_balance(&book.client, book.log, Viewer::Party(anchor), suspense, At::Now, &how).await;
    assert!(
        matches!(refused, Err(ReportError::NotFound)),
        "accounts of the book are nobody's else"
    );
    for word in [
        "G: ",
        "window of 15 days",
        "Rule ",
        "Formula ",
        "Recomputed from the facts",
    ] {
        assert!(own.text(Lang::En).contains(word), "{word} is missing");
    }
    for word in ["佣金结算", "归因窗口", "佣金计划", "按事实重算"] {
        assert!(own.text(Lang::Zh).contains(word), "{word} is missing");
    }
}

async fn a_group_can_be_opened_by_name(book: &Book, anchor: PartyId) {
    let account = Account::of(anchor, AccountKind::Available);
    let asked = (account, Layer::Settled, None);
    let first = report::explain_balance(&book.client, book.log, ALL, asked, At::Now, &fold(FoldBy::Day, None, 1))
        .await
        .unwrap();
    let last = first.root.because.last().unwrap();
    assert_eq!(
        (last.kind, last.because.len()),
        ("group", 0),
        "only the first group is opened"
    );
    let how = Fold {
        group: last.reference.clone(),
        ..fold(FoldBy::Day, None, 100)
    };
    let view = report::explain_balance(&book.client, book.log, ALL, asked, At::Now, &how)
        .await
        .unwrap();
    adds_up(&view.root);
    let group = view.root.because.last().unwrap();
    assert_eq!(
        (&group.reference, group.because.len() as i64),
        (&last.reference, last.events.unwrap())
    );
    assert_eq!(view.root.because[0].kind, "folded");
}

/// INVARIANT: the events listed between two moments sum to the difference of the two statements, to the fen.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_between_two_moments_sums_to_the_difference_of_the_two_statements() {
    let book = Book::load().await;
    let mut changed = 0;
    for party in book.busiest(1, 4).await {
        let key = StatementKey {
            party,
            account: AccountKind::Available,
            period: "2025-11".parse().unwrap(),
        };
        for (from, to) in [(0, 10), (3, 7), (6, 7), (5, 5), (7, 10)] {
            let (earlier, later) = (book.head * from / 10, book.head * to / 10);
            changed += between(&book, key, earlier, later).await;
        }
    }
    assert!(changed > 5, "only {changed} differences");
    let wrong = At::Position(10);
    let key = StatementKey {
        party: book.busiest(1, 1).await[0],
        account: AccountKind::Available,
        period: "2025-11".parse().unwrap(),
    };
    let refused = statement_difference(
        &book.client,
        book.log,
        ALL,
        key,
        (wrong, At::Position(5)),
        &Page::default(),
    )
    .await;
    assert!(matches!(refused, Err(ReportError::Needs(_))));
}

async fn between(book: &Book, key: StatementKey, earlier: i64, later: i64) -> usize {
    let known = (At::Position(earlier), At::Position(later));
    let (mut listed, mut page) = (0, Page::first(9));
    let view = loop {
        let view = statement_difference(&book.client, book.log, ALL, key, known, &page)
            .await
            .unwrap();
        listed += view.lines.iter().map(|line| fen(&line.amount)).sum::<i64>();
        match &view.next {
            Some(next) => page = Page::after(Some(next.clone()), 9),
            None => break view,
        }
    };
    let closing = |at: i64| async move {
        let where_ =
            "leg where log = $1 and owner = $2 and account = 1 and layer = 1 and period <= 202511 and position <= $3";
        book.sum(where_, &[&key.party.uuid(), &at]).await
    };
    let difference = closing(later).await - closing(earlier).await;
    assert_eq!(listed, difference, "{} between {earlier} and {later}", key.party);
    assert_eq!(view.differences.iter().map(fen).sum::<i64>(), difference);
    if let Some((was, is)) = view.sums.first() {
        assert_eq!(
            (fen(&was.closing), fen(&is.closing)),
            (closing(earlier).await, closing(later).await)
        );
    }
    let asked = (Account::of(key.party, key.account), key.period, None);
    let tree = report::explain_difference(&book.client, book.log, ALL, asked, known, &Fold::by(FoldBy::Kind))
        .await
        .unwrap();
    assert!(tree.consistent);
    adds_up(&tree.root);
    assert_eq!(fen(tree.root.amount.as_ref().unwrap()), difference);
    usize::from(difference != 0)
}
