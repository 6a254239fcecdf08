-- Times are milliseconds since the epoch, days are days since then. Text marked "stored form" is JSON with a version.

CREATE TABLE instance (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    instance_id TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    key_check BLOB NOT NULL -- opens only with the key that all secrets are sealed with
) STRICT;

-- The last number given out, for each kind of thing: numbers grow and are never used again.
CREATE TABLE counters (
    kind TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE access_keys (
    id INTEGER NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    description TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE destinations (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    stored TEXT NOT NULL, -- stored form: properties
    secrets BLOB, -- sealed; none once deleted
    standing TEXT NOT NULL, -- draft, pending_verification, active, failing
    failing_code TEXT,
    failing_message TEXT,
    failing_since INTEGER,
    failed_checks INTEGER NOT NULL DEFAULT 0,
    next_check_at INTEGER,
    verified_at INTEGER, -- first successful check
    last_check TEXT, -- stored form
    paused_at INTEGER,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL, -- grows with every change by a user
    access_revision INTEGER NOT NULL, -- grows with every change that a check must follow
    last_load_instant INTEGER
) STRICT;

CREATE UNIQUE INDEX destinations_by_name ON destinations (name) WHERE deleted_at IS NULL;

CREATE TABLE sources (
    id INTEGER NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    stored TEXT NOT NULL, -- stored form: properties
    destination_id INTEGER REFERENCES destinations (id),
    paused_at INTEGER,
    system_paused_at INTEGER,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX sources_by_name ON sources (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX sources_by_display_name ON sources (display_name) WHERE deleted_at IS NULL;
CREATE INDEX sources_by_destination ON sources (destination_id);

-- Access tokens of import_api sources, URL tokens of webhook sources.
CREATE TABLE tokens (
    id INTEGER NOT NULL PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX tokens_by_source ON tokens (source_id, id);

CREATE TABLE tables (
    id INTEGER NOT NULL PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    name TEXT NOT NULL,
    cleaned_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    active_version INTEGER,
    announced_version INTEGER, -- the active version that a load carried as new
    rows_landed INTEGER NOT NULL DEFAULT 0,
    rows_rejected INTEGER NOT NULL DEFAULT 0,
    highest_bookmark TEXT, -- stored form
    last_load_at INTEGER,
    last_load_seq INTEGER, -- the last load done, which may be pruned
    last_attempt_at INTEGER,
    last_error_code TEXT, -- none unless the last attempt failed
    last_error_message TEXT,
    UNIQUE (source_id, name)
) STRICT;

CREATE INDEX tables_by_cleaned_name ON tables (source_id, cleaned_name, id);

-- How far each table is dealt with, in each partition of the log it has been in. What retention took from the ledger
-- is kept as sums.
CREATE TABLE progress (
    table_id INTEGER NOT NULL REFERENCES tables (id),
    log_partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    pruned_position INTEGER,
    pruned_ordinal INTEGER,
    pruned_records INTEGER NOT NULL DEFAULT 0,
    pruned_landed INTEGER NOT NULL DEFAULT 0,
    pruned_rejected INTEGER NOT NULL DEFAULT 0,
    pruned_lost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (table_id, log_partition)
) STRICT;

-- Below this position the log holds nothing that is still needed.
CREATE TABLE partitions (
    log_partition INTEGER NOT NULL PRIMARY KEY,
    low_water INTEGER NOT NULL
) STRICT;

-- The ledger: one row for each load, and for each stretch of a table's log that needed none (kind "skip").
CREATE TABLE loads (
    seq INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, -- open, done, abandoned, skipped
    destination_id INTEGER REFERENCES destinations (id),
    source_id INTEGER NOT NULL REFERENCES sources (id),
    table_id INTEGER NOT NULL REFERENCES tables (id),
    version INTEGER NOT NULL,
    log_partition INTEGER NOT NULL,
    from_position INTEGER, -- not included; none is the beginning
    from_ordinal INTEGER,
    to_position INTEGER NOT NULL, -- included
    to_ordinal INTEGER NOT NULL,
    records INTEGER NOT NULL,
    activates INTEGER NOT NULL,
    new_version INTEGER NOT NULL,
    load_instant INTEGER NOT NULL,
    plan TEXT NOT NULL, -- stored form: keys, and what else fixes the bytes
    opened_at INTEGER NOT NULL,
    started_at INTEGER,
    done_at INTEGER,
    day INTEGER, -- of done_at
    rows_landed INTEGER NOT NULL DEFAULT 0,
    rows_rejected INTEGER NOT NULL DEFAULT 0,
    records_lost INTEGER NOT NULL DEFAULT 0,
    object_bytes INTEGER NOT NULL DEFAULT 0,
    duration_ms INTEGER,
    facts TEXT -- stored form: reasons, sequences, bookmarks
) STRICT;

CREATE UNIQUE INDEX open_loads ON loads (table_id) WHERE state = 'open';
CREATE INDEX open_loads_in_order ON loads (seq) WHERE state = 'open';
CREATE INDEX loads_by_destination ON loads (destination_id, seq);
CREATE INDEX loads_by_source ON loads (source_id, seq);
CREATE INDEX loads_by_source_and_end ON loads (source_id, done_at);
CREATE INDEX loads_by_table ON loads (table_id, seq);
CREATE INDEX loads_by_end ON loads (done_at);

CREATE TABLE load_objects (
    load_seq INTEGER NOT NULL REFERENCES loads (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL, -- root, sub_table, rejects
    sub_table TEXT,
    object_key TEXT NOT NULL,
    object_rows INTEGER NOT NULL,
    object_bytes INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (load_seq, number)
) STRICT;

CREATE TABLE attempts (
    id INTEGER NOT NULL PRIMARY KEY,
    table_id INTEGER NOT NULL REFERENCES tables (id),
    load_seq INTEGER, -- none if it failed before there was a load, or the load was pruned
    started_at INTEGER NOT NULL,
    completed_at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    error_code TEXT, -- none if it succeeded
    error_message TEXT
) STRICT;

CREATE INDEX attempts_by_table ON attempts (table_id, day, id);
CREATE INDEX attempts_by_end ON attempts (completed_at);

CREATE TABLE usage (
    table_id INTEGER NOT NULL REFERENCES tables (id),
    day INTEGER NOT NULL,
    rows_replicated INTEGER NOT NULL, -- rows of sub-tables included
    rows_rejected INTEGER NOT NULL,
    PRIMARY KEY (table_id, day)
) STRICT;

CREATE INDEX usage_by_day ON usage (day);

CREATE TABLE hooks (
    id INTEGER NOT NULL PRIMARY KEY,
    destination_id INTEGER NOT NULL REFERENCES destinations (id),
    url BLOB NOT NULL, -- sealed
    fingerprint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE INDEX hooks_by_destination ON hooks (destination_id, id);

-- Requests to hooks. Of those waiting for one hook and table, only the first has a next_at.
CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY,
    hook_id INTEGER NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
    table_id INTEGER NOT NULL REFERENCES tables (id),
    load_id TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL, -- waiting, delivered, undeliverable
    created_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    claimed_until INTEGER,
    finished_at INTEGER
) STRICT;

CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting' AND next_at IS NOT NULL;
CREATE INDEX outbox_lanes ON outbox (hook_id, table_id, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_hook ON outbox (hook_id, created_at);
CREATE INDEX outbox_by_load ON outbox (load_id, hook_id);
CREATE INDEX outbox_by_end ON outbox (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE deliveries (
    id INTEGER NOT NULL PRIMARY KEY,
    hook_id INTEGER NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
    outbox_id INTEGER NOT NULL,
    table_id INTEGER NOT NULL REFERENCES tables (id),
    load_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    failure TEXT -- none if it was delivered
) STRICT;

CREATE INDEX deliveries_by_hook ON deliveries (hook_id, id);
CREATE INDEX deliveries_by_time ON deliveries (tried_at);

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
