-- Every table as it was at the first migration; later migrations alter these.

CREATE TABLE audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    scope VARCHAR(12),
    user_id UUID,
    acting_merchant_id UUID,
    merchant_id UUID,
    table_name VARCHAR(63) NOT NULL,
    row_id VARCHAR(80) NOT NULL,
    action VARCHAR(6) NOT NULL,
    before JSONB,
    after JSONB,
    CONSTRAINT pk_audit_entries PRIMARY KEY (id)
);

CREATE INDEX ix_audit_entries_merchant ON audit_entries (merchant_id, at desc);

CREATE INDEX ix_audit_entries_row ON audit_entries (table_name, row_id);

CREATE TABLE categories (
    id UUID NOT NULL,
    parent_id UUID,
    slug VARCHAR(60) NOT NULL,
    name_zh VARCHAR(60) NOT NULL,
    name_en VARCHAR(60) NOT NULL,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_categories PRIMARY KEY (id),
    CONSTRAINT fk_categories_parent_id FOREIGN KEY(parent_id) REFERENCES categories (id),
    CONSTRAINT uq_categories_slug UNIQUE (slug)
);

CREATE INDEX ix_categories_parent_id ON categories (parent_id);

CREATE TABLE idempotent_requests (
    owner VARCHAR(80) NOT NULL,
    key VARCHAR(80) NOT NULL,
    request_hash VARCHAR(64) NOT NULL,
    status INTEGER,
    body JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_idempotent_requests PRIMARY KEY (owner, key)
);

CREATE TABLE ledger_transactions (
    id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    source_type VARCHAR(20) NOT NULL,
    source_id UUID NOT NULL,
    order_id UUID,
    reverses_id UUID,
    memo VARCHAR(200),
    occurred_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ledger_transactions PRIMARY KEY (id),
    CONSTRAINT uq_ledger_transactions_source_id_kind UNIQUE (source_id, kind),
    CONSTRAINT fk_ledger_transactions_reverses_id FOREIGN KEY(reverses_id) REFERENCES ledger_transactions (id)
);

CREATE INDEX ix_ledger_transactions_order_id ON ledger_transactions (order_id);

CREATE TABLE merchants (
    id UUID NOT NULL,
    code VARCHAR(40) NOT NULL,
    name VARCHAR(120) NOT NULL,
    is_supplier BOOLEAN NOT NULL,
    is_distributor BOOLEAN NOT NULL,
    is_self_operated BOOLEAN NOT NULL,
    status VARCHAR(12) NOT NULL,
    settle_days INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    approved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_merchants PRIMARY KEY (id),
    CONSTRAINT ck_merchants_status_known CHECK (status in ('PENDING', 'ACTIVE', 'SUSPENDED', 'REJECTED')),
    CONSTRAINT ck_merchants_code_is_slug CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'),
    CONSTRAINT ck_merchants_has_role CHECK (is_supplier or is_distributor),
    CONSTRAINT uq_merchants_code UNIQUE (code)
);

CREATE INDEX ix_merchants_status ON merchants (status);

CREATE TABLE payment_callbacks (
    id UUID NOT NULL,
    provider VARCHAR(20) NOT NULL,
    event_id VARCHAR(80) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    number VARCHAR(40) NOT NULL,
    outcome VARCHAR(40) NOT NULL,
    body JSONB DEFAULT '{}' NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_payment_callbacks PRIMARY KEY (id),
    CONSTRAINT uq_payment_callbacks_provider_event_id UNIQUE (provider, event_id)
);

CREATE INDEX ix_payment_callbacks_number ON payment_callbacks (number);

CREATE TABLE platform_settings (
    key VARCHAR(60) NOT NULL,
    value JSONB DEFAULT '{}' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_platform_settings PRIMARY KEY (key)
);

CREATE TABLE users (
    id UUID NOT NULL,
    email VARCHAR(254) NOT NULL,
    name VARCHAR(80) NOT NULL,
    locale VARCHAR(8) NOT NULL,
    last_workspace VARCHAR(80),
    totp_enabled_at TIMESTAMP WITH TIME ZONE,
    disabled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT ck_users_email_lower CHECK (email = lower(email)),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    merchant_id UUID,
    scope VARCHAR(12) NOT NULL,
    name VARCHAR(80) NOT NULL,
    prefix VARCHAR(20) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    permissions JSONB DEFAULT '[]' NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    CONSTRAINT uq_api_keys_prefix UNIQUE (prefix),
    CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash),
    CONSTRAINT fk_api_keys_created_by FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE INDEX ix_api_keys_merchant_id ON api_keys (merchant_id);

CREATE TABLE freight_templates (
    id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    name VARCHAR(60) NOT NULL,
    is_default BOOLEAN NOT NULL,
    first_cents BIGINT DEFAULT '0' NOT NULL,
    additional_cents BIGINT DEFAULT '0' NOT NULL,
    free_from_cents BIGINT,
    region_surcharges JSONB DEFAULT '{}' NOT NULL,
    refused_regions JSONB DEFAULT '[]' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_freight_templates PRIMARY KEY (id),
    CONSTRAINT ck_freight_templates_not_negative CHECK (first_cents >= 0 and additional_cents >= 0),
    CONSTRAINT fk_freight_templates_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_freight_templates_supplier_id ON freight_templates (supplier_id);

CREATE UNIQUE INDEX uq_freight_templates_default ON freight_templates (supplier_id) WHERE is_default;

CREATE TABLE ledger_accounts (
    id UUID NOT NULL,
    merchant_id UUID,
    role VARCHAR(12) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ledger_accounts PRIMARY KEY (id),
    CONSTRAINT uq_ledger_accounts_merchant_id_role_kind_currency UNIQUE NULLS NOT DISTINCT (merchant_id, role, kind, currency),
    CONSTRAINT ck_ledger_accounts_kind_known CHECK (kind in ('CLEARING', 'PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID_OUT', 'COMMISSION', 'PAYMENT_FEE', 'MARKETING', 'UNALLOCATED')),
    CONSTRAINT fk_ledger_accounts_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);

CREATE TABLE merchant_details (
    merchant_id UUID NOT NULL,
    contact_name VARCHAR(80),
    contact_phone VARCHAR(20),
    contact_email VARCHAR(254),
    license_no VARCHAR(40),
    address VARCHAR(200),
    application_note VARCHAR(500),
    review_note VARCHAR(500),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_merchant_details PRIMARY KEY (merchant_id),
    CONSTRAINT fk_merchant_details_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id) ON DELETE CASCADE
);

CREATE TABLE notifications (
    id UUID NOT NULL,
    scope VARCHAR(12) NOT NULL,
    merchant_id UUID,
    kind VARCHAR(40) NOT NULL,
    params JSONB DEFAULT '{}' NOT NULL,
    path VARCHAR(200),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT fk_notifications_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);

CREATE INDEX ix_notifications_inbox ON notifications (scope, merchant_id, created_at desc);

CREATE TABLE one_time_tokens (
    id UUID NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    user_id UUID,
    merchant_id UUID,
    details JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (id),
    CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_one_time_tokens_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id) ON DELETE CASCADE
);

CREATE TABLE products (
    id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    category_id UUID NOT NULL,
    title VARCHAR(120) NOT NULL,
    title_en VARCHAR(160),
    subtitle VARCHAR(200),
    description_html VARCHAR NOT NULL,
    spec_names JSONB DEFAULT '[]' NOT NULL,
    status VARCHAR(12) NOT NULL,
    search_grams VARCHAR[] DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (id),
    CONSTRAINT ck_products_status_known CHECK (status in ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    CONSTRAINT fk_products_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_products_category_id FOREIGN KEY(category_id) REFERENCES categories (id)
);

CREATE INDEX ix_products_category_id ON products (category_id);

CREATE INDEX ix_products_search_grams ON products USING gin (search_grams);

CREATE INDEX ix_products_supplier_updated ON products (supplier_id, updated_at desc);

CREATE TABLE roles (
    id UUID NOT NULL,
    merchant_id UUID,
    is_platform BOOLEAN NOT NULL,
    is_built_in BOOLEAN NOT NULL,
    code VARCHAR(40) NOT NULL,
    name VARCHAR(80) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_roles PRIMARY KEY (id),
    CONSTRAINT fk_roles_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_roles_owner_code ON roles (coalesce(merchant_id, '00000000-0000-0000-0000-000000000000'::uuid), code);

CREATE TABLE saved_views (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    scope VARCHAR(12) NOT NULL,
    merchant_id UUID,
    resource VARCHAR(60) NOT NULL,
    name VARCHAR(60) NOT NULL,
    query JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (id),
    CONSTRAINT fk_saved_views_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_saved_views_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);

CREATE INDEX ix_saved_views_user_id ON saved_views (user_id);

CREATE TABLE stores (
    id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    slug VARCHAR(40) NOT NULL,
    host_name VARCHAR(120),
    name VARCHAR(60) NOT NULL,
    tagline VARCHAR(120),
    announcement VARCHAR(200),
    contact_phone VARCHAR(20),
    theme JSONB DEFAULT '{}' NOT NULL,
    status VARCHAR(8) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_stores PRIMARY KEY (id),
    CONSTRAINT ck_stores_status_known CHECK (status in ('OPEN', 'CLOSED')),
    CONSTRAINT ck_stores_slug_is_slug CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'),
    CONSTRAINT fk_stores_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT uq_stores_slug UNIQUE (slug),
    CONSTRAINT uq_stores_host_name UNIQUE (host_name)
);

CREATE INDEX ix_stores_distributor_id ON stores (distributor_id);

CREATE TABLE user_secrets (
    user_id UUID NOT NULL,
    password_hash VARCHAR NOT NULL,
    totp_secret BYTEA,
    totp_pending_secret BYTEA,
    totp_last_step INTEGER,
    recovery_code_hashes JSONB DEFAULT '[]' NOT NULL,
    failed_logins INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    password_changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_secrets PRIMARY KEY (user_id),
    CONSTRAINT fk_user_secrets_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE user_sessions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    second_factor_at TIMESTAMP WITH TIME ZONE,
    ip VARCHAR(45),
    user_agent VARCHAR(300),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_user_sessions PRIMARY KEY (id),
    CONSTRAINT fk_user_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_user_sessions_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);

CREATE TABLE account_balances (
    account_id UUID NOT NULL,
    slot INTEGER NOT NULL,
    merchant_id UUID,
    balance_cents BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_account_balances PRIMARY KEY (account_id, slot),
    CONSTRAINT fk_account_balances_account_id FOREIGN KEY(account_id) REFERENCES ledger_accounts (id)
)
 WITH (fillfactor = 50);

CREATE INDEX ix_account_balances_merchant_id ON account_balances (merchant_id);

CREATE TABLE consumers (
    id UUID NOT NULL,
    store_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    phone VARCHAR(20) NOT NULL,
    name VARCHAR(60) NOT NULL,
    locale VARCHAR(8) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consumers PRIMARY KEY (id),
    CONSTRAINT uq_consumers_store_id_phone UNIQUE (store_id, phone),
    CONSTRAINT fk_consumers_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_consumers_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_consumers_distributor_id ON consumers (distributor_id);

CREATE TABLE listings (
    id UUID NOT NULL,
    store_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    product_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    status VARCHAR(14) NOT NULL,
    cost_policy VARCHAR(14) NOT NULL,
    pricing JSONB DEFAULT '{}' NOT NULL,
    title_override VARCHAR(120),
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_listings PRIMARY KEY (id),
    CONSTRAINT uq_listings_store_id_product_id UNIQUE (store_id, product_id),
    CONSTRAINT ck_listings_status_known CHECK (status in ('ON_SALE', 'PAUSED', 'NEEDS_REPRICE', 'OFF_POOL')),
    CONSTRAINT ck_listings_cost_policy_known CHECK (cost_policy in ('FOLLOW_MARGIN', 'HOLD_PRICE', 'PAUSE')),
    CONSTRAINT fk_listings_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_listings_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_listings_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_listings_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_listings_distributor_id ON listings (distributor_id);

CREATE INDEX ix_listings_product_id ON listings (product_id);

CREATE INDEX ix_listings_supplier_id ON listings (supplier_id);

CREATE TABLE memberships (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    merchant_id UUID,
    role_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_memberships PRIMARY KEY (id),
    CONSTRAINT uq_memberships_user_id_merchant_id_role_id UNIQUE NULLS NOT DISTINCT (user_id, merchant_id, role_id),
    CONSTRAINT fk_memberships_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_memberships_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id) ON DELETE CASCADE,
    CONSTRAINT fk_memberships_role_id FOREIGN KEY(role_id) REFERENCES roles (id)
);

CREATE INDEX ix_memberships_merchant_id ON memberships (merchant_id);

CREATE INDEX ix_memberships_role_id ON memberships (role_id);

CREATE INDEX ix_memberships_user_id ON memberships (user_id);

CREATE TABLE notification_reads (
    notification_id UUID NOT NULL,
    user_id UUID NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_notification_reads PRIMARY KEY (notification_id, user_id),
    CONSTRAINT fk_notification_reads_notification_id FOREIGN KEY(notification_id) REFERENCES notifications (id) ON DELETE CASCADE,
    CONSTRAINT fk_notification_reads_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE pool_entries (
    product_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    status VARCHAR(12) NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    reviewed_at TIMESTAMP WITH TIME ZONE,
    reviewed_by UUID,
    review_note VARCHAR(500),
    CONSTRAINT pk_pool_entries PRIMARY KEY (product_id),
    CONSTRAINT ck_pool_entries_status_known CHECK (status in ('SUBMITTED', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    CONSTRAINT fk_pool_entries_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
    CONSTRAINT fk_pool_entries_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_pool_entries_reviewed_by FOREIGN KEY(reviewed_by) REFERENCES users (id)
);

CREATE INDEX ix_pool_entries_status ON pool_entries (status);

CREATE INDEX ix_pool_entries_supplier_id ON pool_entries (supplier_id);

CREATE TABLE product_images (
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    blob_key VARCHAR(200) NOT NULL,
    alt VARCHAR(160) NOT NULL,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_product_images PRIMARY KEY (id),
    CONSTRAINT fk_product_images_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
    CONSTRAINT fk_product_images_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_product_images_product_id ON product_images (product_id);

CREATE TABLE role_permissions (
    role_id UUID NOT NULL,
    permission VARCHAR(80) NOT NULL,
    merchant_id UUID,
    CONSTRAINT pk_role_permissions PRIMARY KEY (role_id, permission),
    CONSTRAINT fk_role_permissions_role_id FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE,
    CONSTRAINT fk_role_permissions_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id) ON DELETE CASCADE
);

CREATE TABLE skus (
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    code VARCHAR(60) NOT NULL,
    spec_values JSONB DEFAULT '[]' NOT NULL,
    barcode VARCHAR(20),
    weight_g INTEGER NOT NULL,
    suggested_retail_cents BIGINT NOT NULL,
    band_kind VARCHAR(12) NOT NULL,
    floor_cents BIGINT,
    cap_cents BIGINT,
    is_active BOOLEAN NOT NULL,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_skus PRIMARY KEY (id),
    CONSTRAINT uq_skus_supplier_id_code UNIQUE (supplier_id, code),
    CONSTRAINT ck_skus_band_kind_known CHECK (band_kind in ('SUGGESTED', 'ENFORCED')),
    CONSTRAINT ck_skus_suggested_positive CHECK (suggested_retail_cents > 0),
    CONSTRAINT ck_skus_floor_positive CHECK (floor_cents is null or floor_cents > 0),
    CONSTRAINT ck_skus_band CHECK (cap_cents is null or cap_cents >= coalesce(floor_cents, 1)),
    CONSTRAINT fk_skus_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE,
    CONSTRAINT fk_skus_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_skus_product_id ON skus (product_id);

CREATE TABLE split_rules (
    id UUID NOT NULL,
    position INTEGER NOT NULL,
    name VARCHAR(80) NOT NULL,
    category_id UUID,
    supplier_id UUID,
    distributor_id UUID,
    product_id UUID,
    store_id UUID,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_split_rules PRIMARY KEY (id),
    CONSTRAINT fk_split_rules_category_id FOREIGN KEY(category_id) REFERENCES categories (id),
    CONSTRAINT fk_split_rules_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_split_rules_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_split_rules_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_split_rules_store_id FOREIGN KEY(store_id) REFERENCES stores (id)
);

CREATE INDEX ix_split_rules_position ON split_rules (position);

CREATE TABLE store_visits (
    store_id UUID NOT NULL,
    day VARCHAR(10) NOT NULL,
    visitor VARCHAR(32) NOT NULL,
    distributor_id UUID NOT NULL,
    page_views INTEGER NOT NULL,
    product_views INTEGER NOT NULL,
    cart_adds INTEGER NOT NULL,
    checkouts INTEGER NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_store_visits PRIMARY KEY (store_id, day, visitor),
    CONSTRAINT fk_store_visits_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_store_visits_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_store_visits_distributor_id ON store_visits (distributor_id);

CREATE TABLE carts (
    id UUID NOT NULL,
    store_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    consumer_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_carts PRIMARY KEY (id),
    CONSTRAINT fk_carts_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT uq_carts_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_carts_consumer_id FOREIGN KEY(consumer_id) REFERENCES consumers (id)
);

CREATE INDEX ix_carts_consumer_id ON carts (consumer_id);

CREATE INDEX ix_carts_store_id ON carts (store_id);

CREATE TABLE consumer_addresses (
    id UUID NOT NULL,
    consumer_id UUID NOT NULL,
    recipient VARCHAR(60) NOT NULL,
    phone VARCHAR(20) NOT NULL,
    province_code VARCHAR(6) NOT NULL,
    province VARCHAR(40) NOT NULL,
    city VARCHAR(40) NOT NULL,
    district VARCHAR(40) NOT NULL,
    street VARCHAR(160) NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consumer_addresses PRIMARY KEY (id),
    CONSTRAINT fk_consumer_addresses_consumer_id FOREIGN KEY(consumer_id) REFERENCES consumers (id) ON DELETE CASCADE
);

CREATE INDEX ix_consumer_addresses_consumer_id ON consumer_addresses (consumer_id);

CREATE TABLE consumer_secrets (
    consumer_id UUID NOT NULL,
    password_hash VARCHAR NOT NULL,
    failed_logins INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_consumer_secrets PRIMARY KEY (consumer_id),
    CONSTRAINT fk_consumer_secrets_consumer_id FOREIGN KEY(consumer_id) REFERENCES consumers (id) ON DELETE CASCADE
);

CREATE TABLE consumer_sessions (
    id UUID NOT NULL,
    consumer_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_consumer_sessions PRIMARY KEY (id),
    CONSTRAINT fk_consumer_sessions_consumer_id FOREIGN KEY(consumer_id) REFERENCES consumers (id) ON DELETE CASCADE,
    CONSTRAINT uq_consumer_sessions_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_consumer_sessions_consumer_id ON consumer_sessions (consumer_id);

CREATE TABLE listing_changes (
    id UUID NOT NULL,
    listing_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    sku_id UUID,
    kind VARCHAR(30) NOT NULL,
    before VARCHAR(200),
    after VARCHAR(200),
    outcome VARCHAR(30),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_listing_changes PRIMARY KEY (id),
    CONSTRAINT fk_listing_changes_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id) ON DELETE CASCADE,
    CONSTRAINT fk_listing_changes_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_listing_changes_inbox ON listing_changes (distributor_id, created_at desc);

CREATE INDEX ix_listing_changes_listing_id ON listing_changes (listing_id);

CREATE TABLE listing_sku_bases (
    listing_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    supply_cents BIGINT NOT NULL,
    CONSTRAINT pk_listing_sku_bases PRIMARY KEY (listing_id, sku_id),
    CONSTRAINT fk_listing_sku_bases_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id) ON DELETE CASCADE,
    CONSTRAINT fk_listing_sku_bases_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_listing_sku_bases_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE TABLE listing_skus (
    listing_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    store_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    retail_cents BIGINT NOT NULL,
    is_offered BOOLEAN NOT NULL,
    CONSTRAINT pk_listing_skus PRIMARY KEY (listing_id, sku_id),
    CONSTRAINT ck_listing_skus_retail_positive CHECK (retail_cents > 0),
    CONSTRAINT fk_listing_skus_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id) ON DELETE CASCADE,
    CONSTRAINT fk_listing_skus_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_listing_skus_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_listing_skus_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_listing_skus_sku_id ON listing_skus (sku_id);

CREATE INDEX ix_listing_skus_store_id ON listing_skus (store_id);

CREATE TABLE orders (
    id UUID NOT NULL,
    number VARCHAR(20) NOT NULL,
    store_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    buyer_kind VARCHAR(8) NOT NULL,
    consumer_id UUID,
    buyer_merchant_id UUID,
    status VARCHAR(16) NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    goods_cents BIGINT NOT NULL,
    discount_cents BIGINT DEFAULT '0' NOT NULL,
    freight_cents BIGINT DEFAULT '0' NOT NULL,
    total_cents BIGINT NOT NULL,
    paid_cents BIGINT DEFAULT '0' NOT NULL,
    refunded_cents BIGINT DEFAULT '0' NOT NULL,
    idempotency_key VARCHAR(80) NOT NULL,
    request_hash VARCHAR(64) NOT NULL,
    access_hash VARCHAR(64) NOT NULL,
    buyer_note VARCHAR(200),
    locale VARCHAR(8) NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT uq_orders_store_id_idempotency_key UNIQUE (store_id, idempotency_key),
    CONSTRAINT ck_orders_status_known CHECK (status in ('PENDING_PAYMENT', 'PAID', 'PARTLY_SHIPPED', 'SHIPPED', 'RECEIVED', 'COMPLETED', 'CLOSED', 'REFUNDED')),
    CONSTRAINT ck_orders_buyer_kind_known CHECK (buyer_kind in ('GUEST', 'CONSUMER', 'MERCHANT')),
    CONSTRAINT ck_orders_total_adds_up CHECK (total_cents = goods_cents - discount_cents + freight_cents),
    CONSTRAINT ck_orders_amounts CHECK (goods_cents >= discount_cents and freight_cents >= 0),
    CONSTRAINT ck_orders_refund_within_paid CHECK (refunded_cents between 0 and paid_cents),
    CONSTRAINT ck_orders_paid_whole_or_not CHECK (paid_cents in (0, total_cents)),
    CONSTRAINT uq_orders_number UNIQUE (number),
    CONSTRAINT fk_orders_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_orders_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_orders_consumer_id FOREIGN KEY(consumer_id) REFERENCES consumers (id),
    CONSTRAINT fk_orders_buyer_merchant_id FOREIGN KEY(buyer_merchant_id) REFERENCES merchants (id)
);

CREATE INDEX ix_orders_consumer_id ON orders (consumer_id);

CREATE INDEX ix_orders_distributor_placed ON orders (distributor_id, placed_at desc);

CREATE INDEX ix_orders_placed ON orders (placed_at desc);

CREATE INDEX ix_orders_store_id ON orders (store_id);

CREATE INDEX ix_orders_unpaid_expiry ON orders (expires_at) WHERE status = 'PENDING_PAYMENT';

CREATE TABLE shelf_items (
    listing_id UUID NOT NULL,
    store_id UUID NOT NULL,
    product_id UUID NOT NULL,
    category_id UUID NOT NULL,
    title VARCHAR(160) NOT NULL,
    title_en VARCHAR(160),
    image_key VARCHAR(200),
    min_cents BIGINT NOT NULL,
    max_cents BIGINT NOT NULL,
    in_stock BOOLEAN NOT NULL,
    sold INTEGER NOT NULL,
    position INTEGER NOT NULL,
    grams VARCHAR[] DEFAULT '{}' NOT NULL,
    listed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_shelf_items PRIMARY KEY (listing_id),
    CONSTRAINT fk_shelf_items_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id) ON DELETE CASCADE
);

CREATE INDEX ix_shelf_items_grams ON shelf_items USING gin (grams);

CREATE INDEX ix_shelf_items_product_id ON shelf_items (product_id);

CREATE INDEX ix_shelf_items_store ON shelf_items (store_id, position, listing_id);

CREATE INDEX ix_shelf_items_store_category ON shelf_items (store_id, category_id);

CREATE TABLE sku_costs (
    sku_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    cost_cents BIGINT NOT NULL,
    version INTEGER NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sku_costs PRIMARY KEY (sku_id),
    CONSTRAINT ck_sku_costs_not_negative CHECK (cost_cents >= 0),
    CONSTRAINT fk_sku_costs_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_sku_costs_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_sku_costs_supplier_id ON sku_costs (supplier_id);

CREATE TABLE split_rule_versions (
    id UUID NOT NULL,
    rule_id UUID NOT NULL,
    version INTEGER NOT NULL,
    effective_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    base VARCHAR(20) NOT NULL,
    after_discount BOOLEAN NOT NULL,
    rate_bps INTEGER NOT NULL,
    fixed_cents BIGINT DEFAULT '0' NOT NULL,
    min_cents BIGINT DEFAULT '0' NOT NULL,
    max_cents BIGINT,
    fee_bearer VARCHAR(12) NOT NULL,
    payment_fee_bps INTEGER NOT NULL,
    keeps_commission_on_refund BOOLEAN NOT NULL,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_split_rule_versions PRIMARY KEY (id),
    CONSTRAINT uq_split_rule_versions_rule_id_version UNIQUE (rule_id, version),
    CONSTRAINT ck_split_rule_versions_base_known CHECK (base in ('GOODS', 'GOODS_AND_FREIGHT')),
    CONSTRAINT ck_split_rule_versions_fee_bearer_known CHECK (fee_bearer in ('PLATFORM', 'SUPPLIER', 'DISTRIBUTOR')),
    CONSTRAINT ck_split_rule_versions_rate_is_share CHECK (rate_bps between 0 and 10000),
    CONSTRAINT ck_split_rule_versions_not_negative CHECK (fixed_cents >= 0 and min_cents >= 0),
    CONSTRAINT ck_split_rule_versions_max_above_min CHECK (max_cents is null or max_cents >= min_cents),
    CONSTRAINT fk_split_rule_versions_rule_id FOREIGN KEY(rule_id) REFERENCES split_rules (id) ON DELETE CASCADE
);

CREATE TABLE stock (
    sku_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    product_id UUID NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    low_at INTEGER NOT NULL,
    CONSTRAINT pk_stock PRIMARY KEY (sku_id),
    CONSTRAINT ck_stock_reserved_within_on_hand CHECK (reserved >= 0 and reserved <= on_hand),
    CONSTRAINT fk_stock_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_stock_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_stock_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE
)
 WITH (fillfactor = 50);

CREATE INDEX ix_stock_product_id ON stock (product_id);

CREATE INDEX ix_stock_supplier_id ON stock (supplier_id);

CREATE TABLE stock_movements (
    id UUID NOT NULL,
    sku_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    delta INTEGER NOT NULL,
    reason VARCHAR(12) NOT NULL,
    reference VARCHAR(60),
    user_id UUID,
    note VARCHAR(200),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_stock_movements PRIMARY KEY (id),
    CONSTRAINT ck_stock_movements_reason_known CHECK (reason in ('OPENING', 'RECEIPT', 'COUNT', 'DAMAGE', 'SHIPMENT', 'RETURN')),
    CONSTRAINT ck_stock_movements_moves CHECK (delta <> 0),
    CONSTRAINT fk_stock_movements_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id),
    CONSTRAINT fk_stock_movements_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_stock_movements_sku ON stock_movements (sku_id, created_at);

CREATE TABLE supply_prices (
    sku_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    product_id UUID NOT NULL,
    supply_cents BIGINT NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_supply_prices PRIMARY KEY (sku_id),
    CONSTRAINT ck_supply_prices_positive CHECK (supply_cents > 0),
    CONSTRAINT fk_supply_prices_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_supply_prices_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_supply_prices_product_id FOREIGN KEY(product_id) REFERENCES products (id) ON DELETE CASCADE
);

CREATE INDEX ix_supply_prices_product_id ON supply_prices (product_id);

CREATE INDEX ix_supply_prices_supplier_id ON supply_prices (supplier_id);

CREATE TABLE cart_lines (
    cart_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    listing_id UUID NOT NULL,
    quantity INTEGER NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_cart_lines PRIMARY KEY (cart_id, sku_id),
    CONSTRAINT ck_cart_lines_quantity_sane CHECK (quantity between 1 and 999),
    CONSTRAINT fk_cart_lines_cart_id FOREIGN KEY(cart_id) REFERENCES carts (id) ON DELETE CASCADE,
    CONSTRAINT fk_cart_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id) ON DELETE CASCADE,
    CONSTRAINT fk_cart_lines_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id) ON DELETE CASCADE
);

CREATE TABLE order_addresses (
    order_id UUID NOT NULL,
    recipient VARCHAR(60) NOT NULL,
    phone VARCHAR(20) NOT NULL,
    province_code VARCHAR(6) NOT NULL,
    province VARCHAR(40) NOT NULL,
    city VARCHAR(40) NOT NULL,
    district VARCHAR(40) NOT NULL,
    street VARCHAR(160) NOT NULL,
    CONSTRAINT pk_order_addresses PRIMARY KEY (order_id),
    CONSTRAINT fk_order_addresses_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);

CREATE TABLE payments (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    number VARCHAR(32) NOT NULL,
    provider VARCHAR(20) NOT NULL,
    status VARCHAR(8) NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    provider_ref VARCHAR(64),
    pay_url VARCHAR(300),
    refunded_cents BIGINT DEFAULT '0' NOT NULL,
    settled_by_order BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payments PRIMARY KEY (id),
    CONSTRAINT ck_payments_status_known CHECK (status in ('CREATED', 'PENDING', 'PAID', 'CLOSED', 'FAILED')),
    CONSTRAINT ck_payments_amount_positive CHECK (amount_cents > 0),
    CONSTRAINT fk_payments_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_payments_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT uq_payments_number UNIQUE (number)
);

CREATE INDEX ix_payments_order_id ON payments (order_id);

CREATE UNIQUE INDEX uq_payments_one_open ON payments (order_id) WHERE status in ('CREATED', 'PENDING');

CREATE TABLE supplier_orders (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    number VARCHAR(24) NOT NULL,
    supplier_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    store_id UUID NOT NULL,
    store_name VARCHAR(60) NOT NULL,
    status VARCHAR(16) NOT NULL,
    freight_cents BIGINT DEFAULT '0' NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    accepted_at TIMESTAMP WITH TIME ZONE,
    shipped_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_supplier_orders PRIMARY KEY (id),
    CONSTRAINT uq_supplier_orders_order_id_supplier_id UNIQUE (order_id, supplier_id),
    CONSTRAINT ck_supplier_orders_status_known CHECK (status in ('PENDING_PAYMENT', 'PAID', 'ACCEPTED', 'PARTLY_SHIPPED', 'SHIPPED', 'RECEIVED', 'COMPLETED', 'CLOSED', 'REJECTED')),
    CONSTRAINT fk_supplier_orders_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT uq_supplier_orders_number UNIQUE (number),
    CONSTRAINT fk_supplier_orders_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_supplier_orders_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_supplier_orders_store_id FOREIGN KEY(store_id) REFERENCES stores (id)
);

CREATE INDEX ix_supplier_orders_distributor ON supplier_orders (distributor_id, placed_at desc);

CREATE INDEX ix_supplier_orders_supplier ON supplier_orders (supplier_id, status, placed_at desc);

CREATE TABLE order_events (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID,
    supplier_id UUID,
    distributor_id UUID NOT NULL,
    kind VARCHAR(30) NOT NULL,
    from_status VARCHAR(16),
    to_status VARCHAR(16),
    actor_scope VARCHAR(12) NOT NULL,
    actor_user_id UUID,
    note VARCHAR(300),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_order_events PRIMARY KEY (id),
    CONSTRAINT fk_order_events_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_events_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id)
);

CREATE INDEX ix_order_events_order ON order_events (order_id, created_at);

CREATE TABLE order_lines (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    store_id UUID NOT NULL,
    listing_id UUID NOT NULL,
    product_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    title VARCHAR(160) NOT NULL,
    spec_text VARCHAR(160) NOT NULL,
    image_key VARCHAR(200),
    quantity INTEGER NOT NULL,
    retail_cents BIGINT NOT NULL,
    goods_cents BIGINT NOT NULL,
    discount_cents BIGINT DEFAULT '0' NOT NULL,
    refunded_cents BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_order_lines PRIMARY KEY (id),
    CONSTRAINT ck_order_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_order_lines_goods_add_up CHECK (goods_cents = retail_cents * quantity),
    CONSTRAINT ck_order_lines_discount_within_goods CHECK (discount_cents between 0 and goods_cents),
    CONSTRAINT ck_order_lines_refund_within_line CHECK (refunded_cents between 0 and goods_cents - discount_cents),
    CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_lines_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_order_lines_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_order_lines_store_id FOREIGN KEY(store_id) REFERENCES stores (id),
    CONSTRAINT fk_order_lines_listing_id FOREIGN KEY(listing_id) REFERENCES listings (id),
    CONSTRAINT fk_order_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_order_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);

CREATE INDEX ix_order_lines_order_id ON order_lines (order_id);

CREATE INDEX ix_order_lines_product_id ON order_lines (product_id);

CREATE INDEX ix_order_lines_supplier_order_id ON order_lines (supplier_order_id);

CREATE TABLE refunds (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID,
    payment_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    number VARCHAR(40) NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    reason VARCHAR(40) NOT NULL,
    status VARCHAR(12) NOT NULL,
    provider_ref VARCHAR(64),
    attempts INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    succeeded_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refunds PRIMARY KEY (id),
    CONSTRAINT ck_refunds_status_known CHECK (status in ('PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED')),
    CONSTRAINT ck_refunds_amount_positive CHECK (amount_cents > 0),
    CONSTRAINT fk_refunds_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_refunds_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_refunds_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
    CONSTRAINT fk_refunds_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT uq_refunds_number UNIQUE (number)
);

CREATE INDEX ix_refunds_order_id ON refunds (order_id);

CREATE INDEX ix_refunds_payment_id ON refunds (payment_id);

CREATE INDEX ix_refunds_supplier_order_id ON refunds (supplier_order_id);

CREATE TABLE shipments (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    carrier_code VARCHAR(20) NOT NULL,
    tracking_no VARCHAR(40) NOT NULL,
    shipped_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_shipments PRIMARY KEY (id),
    CONSTRAINT uq_shipments_supplier_order_id_carrier_code_tracking_no UNIQUE (supplier_order_id, carrier_code, tracking_no),
    CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_shipments_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_shipments_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_shipments_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_shipments_order_id ON shipments (order_id);

CREATE INDEX ix_shipments_supplier_id ON shipments (supplier_id);

CREATE TABLE splits (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    merchant_id UUID,
    kind VARCHAR(12) NOT NULL,
    amount_cents BIGINT NOT NULL,
    reversed_cents BIGINT DEFAULT '0' NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    state VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_splits PRIMARY KEY (id),
    CONSTRAINT uq_splits_supplier_order_id_kind UNIQUE (supplier_order_id, kind),
    CONSTRAINT ck_splits_kind_known CHECK (kind in ('SUPPLY', 'FREIGHT', 'COMMISSION', 'PAYMENT_FEE', 'MARGIN')),
    CONSTRAINT ck_splits_state_known CHECK (state in ('PENDING', 'AVAILABLE', 'REVERSED')),
    CONSTRAINT ck_splits_reversal CHECK (reversed_cents between 0 and greatest(amount_cents, 0)),
    CONSTRAINT fk_splits_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_splits_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_splits_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id),
    CONSTRAINT fk_splits_merchant_id FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);

CREATE INDEX ix_splits_merchant ON splits (merchant_id, created_at desc);

CREATE INDEX ix_splits_order_id ON splits (order_id);

CREATE INDEX ix_splits_payment_id ON splits (payment_id);

CREATE TABLE fulfilment_lines (
    line_id UUID NOT NULL,
    supplier_order_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    product_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    sku_code VARCHAR(60) NOT NULL,
    title VARCHAR(160) NOT NULL,
    spec_text VARCHAR(160) NOT NULL,
    image_key VARCHAR(200),
    quantity INTEGER NOT NULL,
    shipped_quantity INTEGER NOT NULL,
    supply_unit_cents BIGINT NOT NULL,
    supply_cents BIGINT NOT NULL,
    CONSTRAINT pk_fulfilment_lines PRIMARY KEY (line_id),
    CONSTRAINT ck_fulfilment_lines_ships_at_most_all CHECK (shipped_quantity between 0 and quantity),
    CONSTRAINT ck_fulfilment_lines_supply_adds_up CHECK (supply_cents = supply_unit_cents * quantity),
    CONSTRAINT fk_fulfilment_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_fulfilment_lines_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_fulfilment_lines_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_fulfilment_lines_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_fulfilment_lines_product_id FOREIGN KEY(product_id) REFERENCES products (id),
    CONSTRAINT fk_fulfilment_lines_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id)
);

CREATE INDEX ix_fulfilment_lines_sku_id ON fulfilment_lines (sku_id);

CREATE INDEX ix_fulfilment_lines_supplier_id ON fulfilment_lines (supplier_id);

CREATE INDEX ix_fulfilment_lines_supplier_order_id ON fulfilment_lines (supplier_order_id);

CREATE TABLE order_line_terms (
    line_id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_order_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    split_rule_version_id UUID,
    rule_name VARCHAR(80) NOT NULL,
    rule_version INTEGER NOT NULL,
    commission_bps INTEGER NOT NULL,
    keeps_commission_on_refund BOOLEAN NOT NULL,
    price_band JSONB DEFAULT '{}' NOT NULL,
    discount_bearers JSONB DEFAULT '{}' NOT NULL,
    cost_version INTEGER,
    supply_cents BIGINT NOT NULL,
    commission_cents BIGINT DEFAULT '0' NOT NULL,
    payment_fee_cents BIGINT DEFAULT '0' NOT NULL,
    margin_cents BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_order_line_terms PRIMARY KEY (line_id),
    CONSTRAINT fk_order_line_terms_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_order_line_terms_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_order_line_terms_supplier_order_id FOREIGN KEY(supplier_order_id) REFERENCES supplier_orders (id),
    CONSTRAINT fk_order_line_terms_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id),
    CONSTRAINT fk_order_line_terms_split_rule_version_id FOREIGN KEY(split_rule_version_id) REFERENCES split_rule_versions (id)
);

CREATE INDEX ix_order_line_terms_order_id ON order_line_terms (order_id);

CREATE INDEX ix_order_line_terms_supplier_order_id ON order_line_terms (supplier_order_id);

CREATE TABLE postings (
    id UUID NOT NULL,
    transaction_id UUID NOT NULL,
    from_account_id UUID NOT NULL,
    to_account_id UUID NOT NULL,
    from_merchant_id UUID,
    to_merchant_id UUID,
    amount_cents BIGINT NOT NULL,
    currency VARCHAR(3) DEFAULT 'CNY' NOT NULL,
    split_id UUID,
    supplier_order_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_postings PRIMARY KEY (id),
    CONSTRAINT ck_postings_amount_positive CHECK (amount_cents > 0),
    CONSTRAINT ck_postings_moves CHECK (from_account_id <> to_account_id),
    CONSTRAINT fk_postings_transaction_id FOREIGN KEY(transaction_id) REFERENCES ledger_transactions (id),
    CONSTRAINT fk_postings_from_account_id FOREIGN KEY(from_account_id) REFERENCES ledger_accounts (id),
    CONSTRAINT fk_postings_to_account_id FOREIGN KEY(to_account_id) REFERENCES ledger_accounts (id),
    CONSTRAINT fk_postings_split_id FOREIGN KEY(split_id) REFERENCES splits (id)
);

CREATE INDEX ix_postings_from ON postings (from_account_id, created_at);

CREATE INDEX ix_postings_to ON postings (to_account_id, created_at);

CREATE INDEX ix_postings_transaction_id ON postings (transaction_id);

CREATE TABLE shipment_lines (
    shipment_id UUID NOT NULL,
    line_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    quantity INTEGER NOT NULL,
    CONSTRAINT pk_shipment_lines PRIMARY KEY (shipment_id, line_id),
    CONSTRAINT ck_shipment_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT fk_shipment_lines_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id),
    CONSTRAINT fk_shipment_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_shipment_lines_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE TABLE stock_reservations (
    line_id UUID NOT NULL,
    order_id UUID NOT NULL,
    sku_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    quantity INTEGER NOT NULL,
    shipped_quantity INTEGER NOT NULL,
    state VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_stock_reservations PRIMARY KEY (line_id),
    CONSTRAINT ck_stock_reservations_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_stock_reservations_state_known CHECK (state in ('HELD', 'COMMITTED', 'SHIPPED', 'RELEASED')),
    CONSTRAINT ck_stock_reservations_ships_at_most_all CHECK (shipped_quantity between 0 and quantity),
    CONSTRAINT fk_stock_reservations_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id),
    CONSTRAINT fk_stock_reservations_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_stock_reservations_sku_id FOREIGN KEY(sku_id) REFERENCES skus (id),
    CONSTRAINT fk_stock_reservations_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id)
);

CREATE INDEX ix_stock_reservations_open ON stock_reservations (sku_id) WHERE state in ('HELD', 'COMMITTED');

CREATE INDEX ix_stock_reservations_order_id ON stock_reservations (order_id);

CREATE TABLE tracking_events (
    id UUID NOT NULL,
    shipment_id UUID NOT NULL,
    order_id UUID NOT NULL,
    supplier_id UUID NOT NULL,
    distributor_id UUID NOT NULL,
    state VARCHAR(20) NOT NULL,
    text VARCHAR(300) NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_tracking_events PRIMARY KEY (id),
    CONSTRAINT uq_tracking_events_shipment_id_occurred_at_text UNIQUE (shipment_id, occurred_at, text),
    CONSTRAINT fk_tracking_events_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id),
    CONSTRAINT fk_tracking_events_order_id FOREIGN KEY(order_id) REFERENCES orders (id),
    CONSTRAINT fk_tracking_events_supplier_id FOREIGN KEY(supplier_id) REFERENCES merchants (id),
    CONSTRAINT fk_tracking_events_distributor_id FOREIGN KEY(distributor_id) REFERENCES merchants (id)
);

CREATE INDEX ix_tracking_events_order_id ON tracking_events (order_id);

create sequence order_numbers;
