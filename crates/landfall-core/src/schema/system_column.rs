//! `_sdc_…` columns that sources deliver themselves (rejects.md §3).

/// Columns of the loader; a record that brings one of its own is rejected.
const OWNED_BY_LOADER: [&str; 5] = [
    "_sdc_extracted_at",
    "_sdc_received_at",
    "_sdc_batched_at",
    "_sdc_sequence",
    "_sdc_table_version",
];

/// Whether `additionalProperties: false` does not concern a column of this name (rejects.md §5). Case does not matter.
pub(super) fn passes_as_system_column(name: &str) -> bool {
    const PREFIX: &str = "_sdc_";
    let has_prefix = name
        .get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    has_prefix
        && !OWNED_BY_LOADER
            .iter()
            .any(|owned| name.eq_ignore_ascii_case(owned))
}
