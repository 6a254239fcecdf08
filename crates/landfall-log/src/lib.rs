//! The durable log that accepted records wait in, until they are in their bucket.
