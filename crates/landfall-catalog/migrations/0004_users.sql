-- People who use the web pages. A removed user's name is free again; their lines in the audit log keep it.
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE, -- in lowercase
    role TEXT NOT NULL, -- admin, viewer
    password TEXT NOT NULL, -- a PHC string, such as $argon2id$…
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    password_set_at INTEGER NOT NULL
) STRICT;

-- Browsers that are signed in.
CREATE TABLE sessions (
    digest BLOB NOT NULL PRIMARY KEY, -- of the id in the cookie
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL -- of now and then: see Catalog::session
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);

-- Attempts to sign in that have not succeeded, by the name that was given and by the address they came from.
CREATE TABLE sign_in_attempts (
    digest BLOB NOT NULL PRIMARY KEY, -- of the name or address
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_attempts_by_time ON sign_in_attempts (last_at);
