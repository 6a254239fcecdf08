-- Addresses that all mail goes to.
CREATE TABLE custom_emails (
    id INTEGER NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE event_hooks (
    id INTEGER NOT NULL PRIMARY KEY,
    url BLOB NOT NULL, -- sealed
    secret BLOB NOT NULL, -- sealed
    events TEXT NOT NULL, -- keys, with blanks between
    delay_seconds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE notification_settings (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    stored TEXT NOT NULL, -- stored form
    smtp_password BLOB -- sealed
) STRICT;

-- What is, or was, to be told to people. Of each event and subject one is open at a time.
CREATE TABLE conditions (
    id INTEGER NOT NULL PRIMARY KEY,
    event TEXT NOT NULL,
    subject TEXT NOT NULL, -- what it is about, such as destination/3
    stored TEXT NOT NULL, -- stored form: what is told
    raised_at INTEGER NOT NULL,
    resolved_at INTEGER,
    dismissed_at INTEGER
) STRICT;

CREATE UNIQUE INDEX open_conditions ON conditions (event, subject) WHERE resolved_at IS NULL;
CREATE INDEX conditions_by_end ON conditions (resolved_at);

-- Messages about conditions: to a hook, or by mail to an address.
CREATE TABLE announcements (
    id INTEGER NOT NULL PRIMARY KEY,
    condition_id INTEGER NOT NULL REFERENCES conditions (id) ON DELETE CASCADE,
    hook_id INTEGER REFERENCES event_hooks (id) ON DELETE CASCADE,
    email_id INTEGER REFERENCES custom_emails (id) ON DELETE CASCADE,
    is_recovery INTEGER NOT NULL,
    state TEXT NOT NULL, -- waiting, delivered, undeliverable
    created_at INTEGER NOT NULL,
    next_at INTEGER, -- none once it is over
    tries INTEGER NOT NULL DEFAULT 0,
    failure TEXT -- of the last try
) STRICT;

CREATE INDEX announcements_due ON announcements (next_at) WHERE state = 'waiting';
CREATE INDEX announcements_by_condition ON announcements (condition_id);
