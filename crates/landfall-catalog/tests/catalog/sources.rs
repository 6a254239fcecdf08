use landfall_catalog::*;
use landfall_core::ids::{DestinationId, SourceId};

use crate::world::{World, act, at, new_destination, new_source};

#[tokio::test]
async fn names_are_unique_until_their_source_is_deleted() {
    let world = World::new().await;
    let first = world.source("shop").await;
    let same_display_name = NewSource {
        name: "other".to_owned(),
        ..new_source("shop")
    };
    let refused = world.catalog.create_source(&same_display_name, act(5)).await;
    assert!(matches!(refused, Err(SourceError::DisplayNameTaken(name)) if name == "The shop"));
    let same_name = NewSource {
        display_name: "Other".to_owned(),
        ..new_source("shop")
    };
    let refused = world.catalog.create_source(&same_name, act(5)).await;
    assert!(matches!(refused, Err(SourceError::NameTaken(name)) if name == "shop"));
    world.catalog.delete_source(first, act(6)).await.unwrap();
    let second = world.source("shop").await;
    assert_eq!(second, SourceId::new(2));
    assert_eq!(world.catalog.sources().await.unwrap().len(), 2);
    let refused = world.catalog.delete_source(first, act(7)).await;
    assert!(matches!(refused, Err(SourceError::NotFound(id)) if id == first));
}

#[tokio::test]
async fn a_display_name_can_change_but_not_to_one_in_use() {
    let world = World::new().await;
    let first = world.source("shop").await;
    world.source("crm").await;
    let rename = |name: &str| SourceChange {
        display_name: Some(name.to_owned()),
        ..SourceChange::default()
    };
    let same = world
        .catalog
        .update_source(first, &rename("The shop"), act(9))
        .await;
    assert_eq!(same.unwrap().updated_at, at(9));
    let taken = world
        .catalog
        .update_source(first, &rename("The crm"), act(9))
        .await;
    assert!(matches!(taken, Err(SourceError::DisplayNameTaken(_))));
}

#[tokio::test]
async fn a_new_source_loads_to_the_only_destination() {
    let world = World::new().await;
    let alone = world.source("a").await;
    let first = world.destination("Lake").await;
    let mapped = world.source("b").await;
    world.destination("Pond").await;
    let undecided = world.source("c").await;
    for (source, expected) in [(alone, None), (mapped, Some(first)), (undecided, None)] {
        let source = world.catalog.source(source).await.unwrap().unwrap();
        assert_eq!(source.destination, expected, "{}", source.name);
    }
    let nowhere = NewSource {
        mapping: Mapping::To(DestinationId::new(9)),
        ..new_source("d")
    };
    let refused = world.catalog.create_source(&nowhere, act(5)).await;
    assert!(matches!(refused, Err(SourceError::UnknownDestination(id)) if id == DestinationId::new(9)));
}

#[tokio::test]
async fn pausing_keeps_its_first_instant_and_resuming_ends_every_pause() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let pause = |pause| SourceChange {
        pause: Some(pause),
        ..SourceChange::default()
    };
    for millis in [10, 20] {
        let paused = world
            .catalog
            .update_source(source, &pause(Pause::Pause), act(millis))
            .await;
        assert_eq!(paused.unwrap().paused_at, Some(at(10)));
    }
    let resumed = world
        .catalog
        .update_source(source, &pause(Pause::Resume), act(30))
        .await;
    assert_eq!(resumed.unwrap().paused_at, None);
}

#[tokio::test]
async fn a_switch_from_one_destination_to_another_pauses_the_source_until_it_is_resumed() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let lake = world.destination("Lake").await;
    let pond = world.destination("Pond").await;
    let to = |destination| SourceChange {
        destination: Some(destination),
        ..SourceChange::default()
    };
    let resume = |destination| SourceChange {
        pause: Some(Pause::Resume),
        destination,
        ..SourceChange::default()
    };
    let steps = [
        ("the first destination", to(Some(lake)), None),
        ("the same one again", to(Some(lake)), None),
        ("another one", to(Some(pond)), Some(at(12))),
        ("and back: the pause stays as it is", to(Some(lake)), Some(at(12))),
        ("resumed by hand", resume(None), None),
        ("none", to(None), None),
        ("none, still", to(None), None),
        ("the one it was taken off", to(Some(lake)), None),
        ("none again", to(None), None),
        ("another one after none", to(Some(pond)), Some(at(19))),
        (
            "another one, resumed in the same change",
            resume(Some(Some(lake))),
            None,
        ),
        ("renamed", SourceChange::default(), None),
    ];
    for (millis, (step, change, expected)) in (10..).zip(steps) {
        let changed = world.catalog.update_source(source, &change, act(millis)).await;
        let changed = changed.unwrap();
        assert_eq!(changed.system_paused_at, expected, "{step}");
        assert_eq!(changed.paused_at, None, "{step}");
        let stored = world.catalog.source(source).await.unwrap().unwrap();
        assert_eq!(stored, changed, "{step}");
    }
}

#[tokio::test]
async fn a_removed_destination_pauses_its_sources_once_and_the_next_one_does_not_again() {
    let world = World::new().await;
    let lake = world.destination("Lake").await;
    let pond = world.destination("Pond").await;
    let source = world.source_of("shop", Mapping::To(lake)).await;
    let removed = world
        .catalog
        .delete_destination(lake, MappedSources::Pause, act(10))
        .await;
    removed.unwrap();
    let stored = world.catalog.source(source).await.unwrap().unwrap();
    assert_eq!(
        (stored.destination, stored.system_paused_at),
        (None, Some(at(10)))
    );
    assert!(!stored.is_paused_by(pond));
    for change in [
        SourceChange {
            pause: Some(Pause::Resume),
            ..SourceChange::default()
        },
        SourceChange {
            destination: Some(Some(pond)),
            ..SourceChange::default()
        },
    ] {
        let changed = world.catalog.update_source(source, &change, act(20)).await;
        assert_eq!(changed.unwrap().system_paused_at, None);
    }
}

#[tokio::test]
async fn a_new_destination_takes_over_sources_without_one_and_pauses_those_that_had_another() {
    let world = World::new().await;
    let lake = world.destination("Lake").await;
    let fresh = world.source_of("fresh", Mapping::Nowhere).await;
    let moved = world.source_of("moved", Mapping::To(lake)).await;
    let nowhere = SourceChange {
        destination: Some(None),
        ..SourceChange::default()
    };
    world
        .catalog
        .update_source(moved, &nowhere, act(10))
        .await
        .unwrap();
    let mut new = new_destination(Some("Pond"));
    new.unmapped_sources = UnmappedSources::Map;
    let pond = world.catalog.create_destination(&new, act(20)).await.unwrap();
    assert!(!pond.state.can_load(), "sources go to it before any check of it");
    for (source, paused_at) in [(fresh, None), (moved, Some(at(20)))] {
        let stored = world.catalog.source(source).await.unwrap().unwrap();
        assert_eq!(stored.destination, Some(pond.id), "{}", stored.name);
        assert_eq!(stored.system_paused_at, paused_at, "{}", stored.name);
        assert_eq!(stored.left_destination, None, "{}", stored.name);
    }
}

#[test]
fn types_are_spelled_as_in_the_management_api() {
    for spelling in ["import_api", "webhook.incoming-webhook", "platform.github"] {
        let parsed = SourceType::from_spelling(spelling).unwrap();
        assert_eq!(parsed.to_string(), spelling);
    }
    for spelling in ["", "platform.", "webhook", "Import_API"] {
        assert_eq!(SourceType::from_spelling(spelling), None, "{spelling}");
    }
}

#[tokio::test]
async fn the_first_table_of_a_cleaned_name_owns_it() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let other_source = world.source("crm").await;
    let cases = [
        (source, "a b", None),
        (source, "a!b", Some("a b")),
        (source, "a b", None),
        (other_source, "a!b", None),
    ];
    for (source, name, collides_with) in cases {
        let ensured = world
            .catalog
            .ensure_table(source, name, "a_b", at(9))
            .await
            .unwrap();
        assert_eq!(ensured.collides_with.as_deref(), collides_with, "{name}");
    }
    assert_eq!(world.catalog.tables(source).await.unwrap().len(), 2);
}
