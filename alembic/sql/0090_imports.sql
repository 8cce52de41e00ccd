-- Imported orders are history: marked as such, paid whatever their source says, moved by nobody.

alter table orders add imported_at timestamptz;
alter table supplier_orders add imported_at timestamptz;

alter table orders drop constraint ck_orders_paid_whole_or_not;
alter table orders add constraint ck_orders_paid_whole_or_not
    check (paid_cents in (0, total_cents) or (imported_at is not null and paid_cents > 0))
    not valid;
alter table orders validate constraint ck_orders_paid_whole_or_not;

alter table payments add method varchar(20);
alter table payments add installments smallint;
alter table payments add constraint ck_payments_installments check (installments > 0);
-- Some marketplaces keep a row for a voucher that was not used.
alter table payments drop constraint ck_payments_amount_positive;
alter table payments add constraint ck_payments_amount_positive
    check (amount_cents > 0 or (amount_cents = 0 and provider = 'imported')) not valid;
alter table payments validate constraint ck_payments_amount_positive;

-- The import compares all its orders with their lines by one statement for each batch.
drop trigger orders_equal_their_lines on orders;
create constraint trigger orders_equal_their_lines after insert on orders
    deferrable initially deferred for each row when (new.imported_at is null)
    execute function check_order_adds_up();

create function refuse_to_move_history() returns trigger language plpgsql as $$
begin
    raise exception '% % was imported: history is not moved', tg_table_name, old.number
        using errcode = 'check_violation', constraint = 'history_is_not_moved';
end $$;

create trigger history_is_not_moved before update of status, imported_at on orders for each row
    when (old.imported_at is not null
          and (new.status, new.imported_at) is distinct from (old.status, old.imported_at))
    execute function refuse_to_move_history();
create trigger history_is_not_moved before update of status, imported_at on supplier_orders
    for each row when (old.imported_at is not null
          and (new.status, new.imported_at) is distinct from (old.status, old.imported_at))
    execute function refuse_to_move_history();

create sequence imported_order_numbers;
grant select, usage, update on sequence imported_order_numbers to tongshang_engine;
-- So that the import's plans may use several processes.
alter function new_uuid() parallel safe;


-- Two accounts: the marketplace before us, and what of its money the files do not explain.

alter table ledger_accounts drop constraint ck_ledger_accounts_kind_known;
alter table ledger_accounts add constraint ck_ledger_accounts_kind_known check (kind in
    ('CLEARING', 'PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID_OUT', 'COMMISSION', 'PAYMENT_FEE',
     'MARKETING', 'UNALLOCATED', 'HISTORY', 'HISTORY_OPEN'));


-- Customers of another marketplace have no login here, and often no telephone number.

alter table consumers alter phone drop not null;
alter table consumers add external_id varchar(100);
create unique index uq_consumers_external_id on consumers (store_id, external_id)
    where external_id is not null;
alter table consumer_addresses add external_id varchar(100);
create unique index uq_consumer_addresses_external_id on consumer_addresses (external_id)
    where external_id is not null;


create table reviews (
    id uuid not null constraint pk_reviews primary key,
    order_id uuid not null constraint fk_reviews_order_id references orders (id),
    store_id uuid not null constraint fk_reviews_store_id references stores (id),
    distributor_id uuid not null constraint fk_reviews_distributor_id references merchants (id),
    supplier_id uuid constraint fk_reviews_supplier_id references merchants (id),
    product_id uuid constraint fk_reviews_product_id references products (id),
    score smallint not null constraint ck_reviews_score check (score between 1 and 5),
    title varchar(200) not null default '',
    body text not null default '',
    external_id varchar(100),
    created_at timestamptz not null default now(),
    answered_at timestamptz,
    constraint uq_reviews_order_id_external_id unique (order_id, external_id),
    constraint ck_reviews_body_bounded check (length(body) <= 4000)
);
create index ix_reviews_distributor on reviews (distributor_id, created_at desc);
create index ix_reviews_supplier on reviews (supplier_id) where supplier_id is not null;
create index ix_reviews_product on reviews (product_id) where product_id is not null;


create table external_ids (
    source varchar(30) not null,
    kind varchar(12) not null constraint ck_external_ids_kind_known
        check (kind in ('categories', 'suppliers', 'distributors', 'products')),
    external_id varchar(60) not null,
    row_id uuid,
    details jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint pk_external_ids primary key (source, kind, external_id)
);

create table import_runs (
    id uuid not null constraint pk_import_runs primary key,
    source varchar(30) not null,
    fingerprint varchar(64) not null,
    state varchar(10) not null constraint ck_import_runs_state_known
        check (state in ('RUNNING', 'DONE', 'STOPPED')),
    user_id uuid,
    result jsonb not null default '{}',
    started_at timestamptz not null default now(),
    finished_at timestamptz
);
create index ix_import_runs_started on import_runs (started_at desc);

create table import_steps (
    id uuid not null constraint pk_import_steps primary key,
    run_id uuid not null constraint fk_import_steps_run_id references import_runs (id)
        on delete cascade,
    step varchar(20) not null,
    batch integer not null,
    written jsonb not null default '{}',
    finished_at timestamptz not null default now()
);
create index ix_import_steps_run_id on import_steps (run_id);

create table import_problems (
    id uuid not null constraint pk_import_problems primary key,
    run_id uuid not null constraint fk_import_problems_run_id references import_runs (id)
        on delete cascade,
    kind varchar(12) not null,
    file varchar(200) not null,
    line integer not null,
    field varchar(100) not null,
    problem varchar(30) not null,
    value varchar(100) not null default '',
    params varchar(200) not null default ''
);
create index ix_import_problems_run on import_problems (run_id, file, line);


-- COPY is refused where there is row-level security: files are staged here, then inserted from.

create schema staging;
grant usage, create on schema staging to tongshang_engine;

-- Millions of rows come at once, and plans made for few would take hours. Only an owner may analyze,
-- so the engine asks for it by this.
create function analyze_history() returns void language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    analyze merchants, stores, categories, products, skus, listings, external_ids, consumers,
        consumer_addresses, orders, supplier_orders, order_lines, fulfilment_lines, payments,
        shipments, reviews, ledger_accounts, ledger_transactions, postings;
end $$;
revoke execute on function analyze_history() from public;
grant execute on function analyze_history() to tongshang_engine;
