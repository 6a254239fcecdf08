//! Control state: destinations, sources, tokens, tables, the ledger of loads, the outbox of webhooks.
