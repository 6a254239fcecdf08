-- Entries that the log has lost and whose loss was accepted: what was in them, and not landed yet, is gone.
CREATE TABLE log_losses (
    log_partition INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL, -- for the first time
    PRIMARY KEY (log_partition, first_position)
) STRICT;
