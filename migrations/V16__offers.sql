-- Suppliers as reported, offers and quotes as they stand, for lists and look-ups. Terms, versions and what a quote says are
-- in their events.

create table supplier (
    log                 uuid not null,
    supplier            uuid not null,
    source              text not null,
    member_no           text not null,
    -- scores in hundredths of a point; what a platform does not report is null
    composite           smallint,
    logistics           smallint,
    dispute             smallint,
    offer_score         smallint,
    after_sales         smallint,
    consulting          smallint,
    medal               smallint,
    repurchase_ppm      int,
    collected_48h_ppm   int,
    quality_refund_ppm  int,
    member_years        smallint,
    reported_at         timestamptz not null,
    position            bigint not null,
    primary key (log, supplier)
);
create index supplier_by_position on supplier (log, position);

create table offer (
    log             uuid not null,
    offer           uuid not null,
    source          text not null,
    product_no      text not null,
    supplier        uuid,
    subject         text not null,
    other_subject   text,
    -- numbers of the platform, with a slash between them
    category        text not null,
    place           text,
    status          text not null,
    version         int not null,
    currency        text not null,
    -- lowest and highest unit price of wholesale, in minor units
    low             bigint,
    high            bigint,
    unit            text,
    min_order       int not null,
    mixed           boolean not null,
    dropship        boolean not null,
    seller_pays     boolean not null,
    ships_within_h  smallint,
    sold            bigint,
    sold_days       smallint,
    orders          bigint,
    score           smallint,
    repurchase_ppm  int,
    -- words, with a blank between them
    notes           text not null,
    position        bigint not null,
    primary key (log, offer)
);
create index offer_of_supplier on offer (log, supplier, offer);
create index offer_by_position on offer (log, position);

create table quote (
    log          uuid not null,
    quote        uuid not null,
    offer        uuid not null,
    version      int not null,
    -- null: the book's owner
    buyer        uuid,
    kind         text not null,
    currency     text not null,
    quantity     int not null,
    total        bigint not null,
    valid_until  timestamptz not null,
    used_for     text,
    position     bigint not null,
    primary key (log, quote)
);
create index quote_of_buyer on quote (log, buyer, quote);
create index quote_of_offer on quote (log, offer, quote);
create index quote_by_position on quote (log, position);

grant select, insert, update, delete on supplier, offer, quote to fenzhang_app;
