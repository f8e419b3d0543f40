//! What is written can be loaded; what fails leaves nothing; the application's role cannot change the log.
//! It must never assert money rules.

use fenzhang::base::{Instant, ItemId, LineId, PartyKind, ShopId};
use fenzhang::domain::click::{buyer_key, log_of};
use fenzhang::domain::event::Event;
use fenzhang::domain::flow::ClickQuery;
use fenzhang::ledger::{Account, AccountKind, Layer};
use fenzhang::money::{Currency, Minor};
use fenzhang::store::append::{begin, rollback};
use fenzhang::store::connect::{TakeRole, check, connect};
use fenzhang::store::{Kind, Statements, head, load};
use tokio_postgres::Client;

use super::sample::{Sample, outside};
use crate::support::pg::{TestDb, fresh_db};

async fn opened(db: &TestDb) -> (Client, Statements, Sample) {
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    let statements = Statements::prepare(&client).await.unwrap();
    let sample = Sample::open(&client).await;
    (client, statements, sample)
}

#[tokio::test]
async fn what_is_appended_is_loaded_and_folds_to_the_same_state() {
    let db = fresh_db().await;
    let (client, st, mut sample) = opened(&db).await;
    let money = sample.logs.money;
    let anchor = sample.party(PartyKind::Anchor, "anchor");
    let events = vec![
        sample.opened(),
        sample.registered(PartyKind::Anchor, "anchor"),
        sample.registered(PartyKind::Brand, "brand"),
        sample.paid("1", anchor, 1950, true),
        sample.paid("2", anchor, 50, false),
    ];
    let streams: Vec<_> = events.iter().map(|(stream, _)| *stream).collect();
    assert_eq!(sample.write(&client, &st, money, events).await.unwrap(), 5);

    let head = head::read(&client, money).await.unwrap().unwrap();
    assert_eq!((head.position, head.root.as_slice()), (5, head.tree.root().as_slice()));
    let loaded = load::streams(&client, &st, money, &streams, &[]).await.unwrap();
    let folded = load::fold(streams.iter().copied(), &loaded);
    for stream in streams {
        assert_eq!(folded.get(&stream), sample.world.get(stream), "{stream}");
    }
    let key = |layer| (Account::of(anchor, AccountKind::Available), layer, Currency::CNY);
    let keys = [key(Layer::Settled), key(Layer::Estimated)];
    let balances = load::balances(&client, &st, money, &keys).await.unwrap();
    assert_eq!(balances, [(keys[0], Minor(1950)), (keys[1], Minor(50))]);
}

#[tokio::test]
async fn a_stream_that_does_not_exist_is_known_to_be_absent() {
    let db = fresh_db().await;
    let (client, st, sample) = opened(&db).await;
    let absent = sample.party(PartyKind::Agency, "nobody").into();
    let loaded = load::streams(&client, &st, sample.logs.money, &[absent], &[])
        .await
        .unwrap();
    assert_eq!(
        load::fold([absent], &loaded).get(&absent).map(|known| known.version),
        Some(0)
    );
}

#[tokio::test]
async fn parties_above_are_loaded_even_when_contracts_form_a_cycle() {
    let db = fresh_db().await;
    let (client, st, mut sample) = opened(&db).await;
    let money = sample.logs.money;
    let kinds = [
        (PartyKind::Promoter, "p"),
        (PartyKind::Anchor, "a"),
        (PartyKind::Agency, "g"),
    ];
    let ids = kinds.map(|(kind, external)| sample.party(kind, external));
    let mut events: Vec<_> = kinds
        .iter()
        .map(|(kind, external)| sample.registered(*kind, external))
        .collect();
    events.extend([(0, 1), (1, 2), (2, 1)].map(|(member, upper)| sample.signed(ids[member], ids[upper])));
    sample.write(&client, &st, money, events).await.unwrap();
    let loaded = load::streams(&client, &st, money, &[], &[ids[0]]).await.unwrap();
    let folded = load::fold([], &loaded);
    assert_eq!(folded.len(), 3);
    assert!(
        ids.iter()
            .all(|id| folded.get(&(*id).into()).is_some_and(|known| known.version == 2))
    );
}

#[tokio::test]
async fn the_last_click_before_the_order_is_found_on_the_item_and_on_the_shop() {
    let db = fresh_db().await;
    let (client, st, mut sample) = opened(&db).await;
    let buyer = buyer_key(sample.book, &outside("buyer-1"));
    let log = sample.logs.clicks[log_of(buyer, 2) as usize];
    let clicks = [
        sample.click(Some("1"), "2026-06-10T10:00:00Z", Some("i"), None),
        sample.click(Some("3"), "2026-06-10T11:00:00Z", Some("i"), None),
        sample.click(Some("2"), "2026-06-10T11:00:00Z", Some("i"), None),
        sample.click(Some("4"), "2026-06-10T11:30:00Z", Some("other"), Some("s")),
        sample.click(Some("5"), "2026-06-10T12:00:00Z", Some("i"), Some("s")),
    ];
    let events = clicks
        .iter()
        .map(|click| (click.id(sample.book).into(), Event::Click(click.clone())));
    sample.write(&client, &st, log, events.collect()).await.unwrap();
    let ask = |line: &str, from: &str, before: &str| ClickQuery {
        line: LineId::of(sample.book, "tmall", line),
        buyer,
        item: Some(ItemId::of(sample.book, "tmall", "i")),
        shop: Some(ShopId::of(sample.book, "tmall", "s")),
        from: from.parse::<Instant>().unwrap(),
        before: before.parse::<Instant>().unwrap(),
    };
    // A click at the order's own instant is not before it.
    let queries = [
        ask("1", "2026-06-01T00:00:00Z", "2026-06-10T12:00:00Z"),
        ask("2", "2026-06-10T12:00:00Z", "2026-06-11T00:00:00Z"),
        ask("3", "2026-06-11T00:00:00Z", "2026-06-12T00:00:00Z"),
    ];
    let found = load::clicks(&client, &st, &sample.logs.clicks, &queries).await.unwrap();
    let numbers = |index: usize| -> Vec<&str> {
        let mut numbers: Vec<_> = found[&queries[index].line]
            .iter()
            .filter_map(|c| c.click_no.as_ref())
            .map(|n| n.as_str())
            .collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(0), ["3", "4"]);
    assert_eq!(numbers(1), ["5"]);
    assert!(numbers(2).is_empty());
    let known = load::clicks_known(&client, &st, log, &[clicks[0].id(sample.book)])
        .await
        .unwrap();
    assert_eq!(known, [clicks[0].id(sample.book)]);
}

#[tokio::test]
async fn a_batch_that_fails_in_any_statement_leaves_nothing_although_commit_answers() {
    let db = fresh_db().await;
    let (client, st, mut sample) = opened(&db).await;
    let money = sample.logs.money;
    let anchor = sample.party(PartyKind::Anchor, "anchor");
    let first = vec![sample.opened(), sample.paid("1", anchor, 5, true)];
    sample.write(&client, &st, money, first).await.unwrap();
    // A memory that is behind: the same version again.
    sample.world.clear();
    let stale = sample.paid("1", anchor, 7, true);
    sample.world.tell(stale.0, fenzhang::domain::world::Known::ABSENT);
    let error = sample.write(&client, &st, money, vec![stale]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Constraint);
    assert_eq!(error.constraint(), Some("event_log_stream_version_key"));
    let head = head::read(&client, money).await.unwrap().unwrap();
    assert_eq!(head.position, 2);
    let legs: i64 = client.query_one("select count(*) from leg", &[]).await.unwrap().get(0);
    assert_eq!(legs, 2);
}

#[tokio::test]
async fn the_applications_role_cannot_change_or_remove_an_event_and_neither_can_the_owner_by_accident() {
    let db = fresh_db().await;
    let (client, st, mut sample) = opened(&db).await;
    let opened = vec![sample.opened()];
    sample.write(&client, &st, sample.logs.money, opened).await.unwrap();
    let attempts = [
        "update event set payload = '{}'",
        "delete from event",
        "truncate event",
        "update receipt set answer = ''",
        "delete from receipt",
        "truncate receipt",
        "delete from log",
    ];
    for attempt in attempts {
        let error: fenzhang::store::Error = client.batch_execute(attempt).await.unwrap_err().into();
        assert_eq!(error.kind(), Kind::Forbidden, "{attempt}");
    }
    let owner = db.client().await;
    for attempt in &attempts[..3] {
        let error: fenzhang::store::Error = owner.batch_execute(attempt).await.unwrap_err().into();
        assert_eq!(error.kind(), Kind::Forbidden, "{attempt}");
    }
}

#[tokio::test]
async fn a_role_that_may_change_events_is_refused_unless_allowed() {
    let db = fresh_db().await;
    let app = connect(db.url(), TakeRole::Application).await.unwrap();
    assert!(!check(&app, false).await.unwrap().may_change_events);
    let owner = connect(db.url(), TakeRole::Login).await.unwrap();
    assert!(check(&owner, false).await.is_err());
    assert!(check(&owner, true).await.unwrap().may_change_events);
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_busy_and_the_connection_goes_on() {
    let db = fresh_db().await;
    let (client, st, sample) = opened(&db).await;
    let other = connect(db.url(), TakeRole::Application).await.unwrap();
    let other_st = Statements::prepare(&other).await.unwrap();
    begin(&client).await.unwrap();
    head::lock(&client, &st, sample.logs.money).await.unwrap();
    begin(&other).await.unwrap();
    let error = head::lock(&other, &other_st, sample.logs.money).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy);
    rollback(&other).await.unwrap();
    rollback(&client).await.unwrap();
    begin(&other).await.unwrap();
    assert!(
        head::lock(&other, &other_st, sample.logs.money)
            .await
            .unwrap()
            .is_some()
    );
}
