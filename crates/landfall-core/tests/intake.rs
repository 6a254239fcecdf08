//! Accepted requests keep everything on their way through the log.
#![allow(clippy::unwrap_used, missing_docs)]

use landfall_core::ids::SourceId;
use landfall_core::intake::{AcceptedItem, AcceptedPart, AcceptedRecord, AcceptedRequest, decode, encode};
use landfall_core::time::Timestamp;
use landfall_core::units::TableVersion;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn part() -> impl Strategy<Value = AcceptedPart> {
    let names = || vec("\\PC{0,8}", 0..3);
    let texts = vec(
        (any::<i64>(), "\\PC{0,12}", option::of("\\PC{1,9}"), any::<bool>()),
        0..6,
    );
    (
        "\\PC{0,12}",
        any::<i64>(),
        names(),
        names(),
        option::of("\\PC{0,12}"),
        texts,
    )
        .prop_map(|(table, version, key_names, bookmark_names, schema, texts)| {
            let mut text = String::from("{ ");
            let mut items = Vec::new();
            for (sequence, data, extracted_at, is_record) in texts {
                if !is_record {
                    items.push(AcceptedItem::ActivateVersion);
                    continue;
                }
                let mut push = |piece: &str| {
                    text.push_str(piece);
                    text.len() - piece.len()..text.len()
                };
                let extracted_at = extracted_at.map(|time| push(&time));
                let data = push(&data);
                items.push(AcceptedItem::Record(AcceptedRecord {
                    sequence,
                    extracted_at,
                    data,
                }));
            }
            let version = TableVersion::new(version);
            AcceptedPart {
                table,
                version,
                key_names,
                bookmark_names,
                schema,
                items,
                text,
            }
        })
}

proptest! {
    #[test]
    fn a_request_comes_back_as_it_went_in(
        source in any::<u32>(),
        received_at in -1_000_000_000_000..4_000_000_000_000_i64,
        parts in vec(part(), 0..4),
    ) {
        let source = SourceId::new(source);
        let received_at = Timestamp::from_millis(received_at);
        let request = AcceptedRequest { source, received_at, parts };
        prop_assert_eq!(decode(&encode(request.clone())).unwrap().into_owned(), request);
    }

    #[test]
    fn any_bytes_are_an_entry_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
        let mut versioned = bytes;
        let length = versioned.len() as u32 / 2;
        versioned.extend(length.to_le_bytes());
        versioned.push(2);
        let _ = decode(&versioned);
    }
}
