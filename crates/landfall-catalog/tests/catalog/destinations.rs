use landfall_catalog::*;
use landfall_core::ids::DestinationId;

use crate::world::{World, act, at, check, fault, new_destination, range};

async fn state(world: &World, id: DestinationId) -> DestinationState {
    world.catalog.destination(id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn destinations_have_a_limit_and_names_of_their_own() {
    let world = World::new().await;
    let mut new = new_destination(None);
    new.most_destinations = 3;
    for expected in ["s3", "s3 2", "s3 3"] {
        let made = world.catalog.create_destination(&new, act(1)).await.unwrap();
        assert_eq!(made.name, expected);
    }
    let fourth = world.catalog.create_destination(&new, act(1)).await;
    assert!(matches!(fourth, Err(DestinationError::TooMany { most: 3 })));
    new.most_destinations = 4;
    new.name = Some("s3 2".to_owned());
    let twin = world.catalog.create_destination(&new, act(1)).await;
    assert!(matches!(twin, Err(DestinationError::NameTaken(name)) if name == "s3 2"));
    let second = DestinationId::new(2);
    world
        .catalog
        .delete_destination(second, MappedSources::Pause, act(2))
        .await
        .unwrap();
    let heir = world.catalog.create_destination(&new, act(3)).await.unwrap();
    assert_eq!(heir.id, DestinationId::new(4));
    assert_eq!(world.catalog.destinations().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_new_destination_takes_the_sources_that_have_none_if_asked() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let mut new = new_destination(None);
    new.unmapped_sources = UnmappedSources::Map;
    let made = world.catalog.create_destination(&new, act(1)).await.unwrap();
    let mapped = world.catalog.destination_of(source).await.unwrap().unwrap();
    assert_eq!(mapped.id, made.id);
}

#[tokio::test]
async fn properties_change_as_a_whole_and_not_behind_each_others_back() {
    let world = World::new().await;
    let id = world.active_destination("Lake").await;
    let read = world.catalog.destination(id).await.unwrap().unwrap();
    let change = |properties: DestinationProperties, access, form| DestinationChange {
        properties: Some(PropertiesChange {
            properties,
            form,
            access,
            read_revision: read.revision,
        }),
        ..DestinationChange::default()
    };
    let mut csv = read.properties.clone();
    csv.set("output_file_format", "csv");
    let first = change(csv.clone(), AccessEffect::Same, Form::Complete);
    let changed = world
        .catalog
        .update_destination(id, &first, act(10))
        .await
        .unwrap();
    assert_eq!(changed.state.as_str(), "active");
    assert_eq!(changed.properties.open()["output_file_format"], "csv");
    assert!(changed.properties.is_set("sentinel_key"));
    assert_eq!(changed.access_revision, read.access_revision);
    let late = change(csv, AccessEffect::Changed, Form::Complete);
    let refused = world.catalog.update_destination(id, &late, act(11)).await;
    assert!(matches!(refused, Err(DestinationError::ChangedMeanwhile(_))));

    let mut bucket = changed.properties.clone();
    bucket.set("s3_bucket", "com-other-bucket");
    bucket.unset("aws_secret_access_key");
    let mut moved = change(bucket, AccessEffect::Changed, Form::Complete);
    moved.properties.as_mut().unwrap().read_revision = changed.revision;
    let moved = world
        .catalog
        .update_destination(id, &moved, act(12))
        .await
        .unwrap();
    assert_eq!(moved.state.as_str(), "pending_verification");
    assert_eq!(moved.access_revision, read.access_revision + 1);
    assert!(!moved.properties.is_set("aws_secret_access_key"));
    assert_eq!(moved.verified_at, Some(at(2)), "it was verified once");
    let raw = moved.properties.to_raw();
    assert_eq!(raw["sentinel_key"], "stitch-challenge-file-topsecret");
}

#[tokio::test]
async fn a_draft_becomes_complete() {
    let world = World::new().await;
    let mut new = new_destination(None);
    new.form = Form::Incomplete;
    let draft = world.catalog.create_destination(&new, act(1)).await.unwrap();
    assert_eq!(draft.state.as_str(), "draft");
    let complete = DestinationChange {
        name: Some("Lake".to_owned()),
        description: Some(Some("Raw landing zone".to_owned())),
        properties: Some(PropertiesChange {
            properties: draft.properties.clone(),
            form: Form::Complete,
            access: AccessEffect::Changed,
            read_revision: draft.revision,
        }),
        pause: None,
    };
    let complete = world
        .catalog
        .update_destination(draft.id, &complete, act(2))
        .await
        .unwrap();
    assert_eq!(complete.state.as_str(), "pending_verification");
    assert_eq!(complete.description.as_deref(), Some("Raw landing zone"));
}

#[tokio::test]
async fn a_failing_destination_recovers_by_its_checks() {
    let world = World::new().await;
    let id = world.active_destination("Lake").await;
    let destination = world.catalog.destination(id).await.unwrap().unwrap();
    let revision = destination.access_revision;
    let (before, after) = world
        .catalog
        .load_refused(id, revision, fault(), at(1_000))
        .await
        .unwrap();
    assert_eq!((before.as_str(), after.as_str()), ("active", "failing"));
    assert_eq!(state(&world, id).await, after, "stored and read alike");
    assert_eq!(after.system_paused_at(), Some(at(1_000)));

    assert_eq!(world.catalog.due_checks(at(60_999)).await.unwrap(), []);
    assert_eq!(world.catalog.due_checks(at(61_000)).await.unwrap(), [id]);
    world.check(id, &Verdict::Failed(fault()), 61_000).await;
    assert_eq!(world.catalog.due_checks(at(180_999)).await.unwrap(), []);
    assert_eq!(world.catalog.due_checks(at(181_000)).await.unwrap(), [id]);
    world.check(id, &Verdict::Transient, 181_000).await;
    assert_eq!(state(&world, id).await.as_str(), "failing");
    world.check(id, &Verdict::Succeeded, 182_000).await;
    assert_eq!(state(&world, id).await.as_str(), "active");
    assert_eq!(world.catalog.due_checks(at(i64::MAX)).await.unwrap(), []);
}

#[tokio::test]
async fn pausing_and_resuming_come_back_to_where_it_stood() {
    let world = World::new().await;
    let id = world.active_destination("Lake").await;
    world.check(id, &Verdict::Failed(fault()), 10).await;
    let pause = |pause| DestinationChange {
        pause: Some(pause),
        ..DestinationChange::default()
    };
    let paused = world
        .catalog
        .update_destination(id, &pause(Pause::Pause), act(20))
        .await
        .unwrap();
    assert_eq!(paused.state.paused_at(), Some(at(20)));
    assert_eq!(world.catalog.due_checks(at(i64::MAX)).await.unwrap(), []);
    let resumed = world
        .catalog
        .update_destination(id, &pause(Pause::Resume), act(30))
        .await
        .unwrap();
    assert_eq!(resumed.state.as_str(), "failing");
}

#[tokio::test]
async fn one_check_runs_at_a_time_and_none_for_ever() {
    let world = World::new().await;
    let id = world.destination("Lake").await;
    assert_eq!(
        world.catalog.start_check(id, "one", at(0)).await.unwrap(),
        CheckStart::Started
    );
    let CheckStart::Running(running) = world.catalog.start_check(id, "two", at(119_999)).await.unwrap()
    else {
        panic!("started");
    };
    assert_eq!(running.name, "one");
    let after_the_longest = world.catalog.start_check(id, "two", at(120_000)).await.unwrap();
    assert_eq!(after_the_longest, CheckStart::Started);
    let mut ended = check(120_500);
    ended.errors.push(CheckError {
        code: "missing_challenge_file".to_owned(),
        step: "head_challenge".to_owned(),
        message: "m".to_owned(),
        cause: "c".to_owned(),
        remedy: "r".to_owned(),
    });
    let verdict = Verdict::Failed(fault());
    let end = world
        .catalog
        .finish_check(id, 1, &ended, &verdict, at(120_500))
        .await
        .unwrap();
    assert_eq!(
        end,
        CheckEnd::Counted(DestinationState::Live(Standing::PendingVerification))
    );
    let destination = world.catalog.destination(id).await.unwrap().unwrap();
    assert_eq!(destination.last_check, Some(ended));
    assert_eq!(destination.verified_at, None);
}

#[tokio::test]
async fn a_check_of_what_access_was_before_does_not_count() {
    let world = World::new().await;
    let id = world.destination("Lake").await;
    let read = world.catalog.destination(id).await.unwrap().unwrap();
    let moved = DestinationChange {
        properties: Some(PropertiesChange {
            properties: read.properties.clone(),
            form: Form::Complete,
            access: AccessEffect::Changed,
            read_revision: read.revision,
        }),
        ..DestinationChange::default()
    };
    world
        .catalog
        .update_destination(id, &moved, act(5))
        .await
        .unwrap();
    let end = world
        .catalog
        .finish_check(id, read.access_revision, &check(6), &Verdict::Succeeded, at(6))
        .await
        .unwrap();
    assert_eq!(end, CheckEnd::Outdated);
    assert_eq!(state(&world, id).await.as_str(), "pending_verification");
}

#[tokio::test]
async fn deleting_a_destination_pauses_or_deletes_what_hangs_on_it() {
    for (mapped, is_deleted) in [(MappedSources::Pause, false), (MappedSources::Delete, true)] {
        let (world, setup) = World::with_table().await;
        let url = "https://example.com/hook".to_owned().into();
        world
            .catalog
            .create_hook(setup.destination, &url, act(5))
            .await
            .unwrap();
        world.land(setup, range(None, 5), 10, 100).await;
        let open = setup.intent("open", range(Some(5), 6), 1);
        world
            .catalog
            .open_load(&open, &crate::world::keys, at(200))
            .await
            .unwrap();

        world
            .catalog
            .delete_destination(setup.destination, mapped, act(300))
            .await
            .unwrap();
        let gone = world
            .catalog
            .destination(setup.destination)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(gone.state, DestinationState::Deleted { at: at(300) });
        assert!(!gone.properties.is_set("sentinel_key"), "secrets are erased");
        assert!(gone.properties.is_set("s3_bucket"));
        let source = world.catalog.source(setup.source).await.unwrap().unwrap();
        assert_eq!(source.destination, None);
        assert_eq!(source.deleted_at.is_some(), is_deleted);
        assert_eq!(source.system_paused_at.is_some(), !is_deleted);
        assert!(world.catalog.hooks().await.unwrap().is_empty());
        assert!(world.catalog.open_loads().await.unwrap().is_empty());
        let again = world
            .catalog
            .delete_destination(setup.destination, mapped, act(301))
            .await;
        assert!(matches!(again, Err(DestinationError::NotFound(_))));
        let late = world.catalog.load(&LoadId::new("open")).await.unwrap().unwrap();
        assert_eq!(late.state, LoadState::Abandoned);
    }
}
