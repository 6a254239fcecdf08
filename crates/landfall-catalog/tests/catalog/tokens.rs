use landfall_catalog::*;
use landfall_core::ids::SourceId;

use crate::world::{Setup, World, act, at, check, fault};

const IMPORT: SourceType = SourceType::ImportApi;

async fn token(world: &World, source: SourceId, text: &str) -> Result<Token, TokenError> {
    world
        .catalog
        .create_token(source, &IMPORT, &Digest::of(text), act(10))
        .await
}

async fn answer(world: &World, text: &str) -> Authentication {
    world.catalog.authenticate(&Digest::of(text)).await.unwrap()
}

#[tokio::test]
async fn two_tokens_work_at_the_same_time() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let first = token(&world, source, "one").await.unwrap();
    let second = token(&world, source, "two").await.unwrap();
    assert!(matches!(
        token(&world, source, "three").await,
        Err(TokenError::TooMany)
    ));
    let numbers = |tokens: Vec<Token>| tokens.into_iter().map(|token| token.id).collect::<Vec<_>>();
    assert_eq!(
        numbers(world.catalog.tokens(source).await.unwrap()),
        [second.id, first.id]
    );

    let source_now = world
        .catalog
        .revoke_token(source, first.id, act(20))
        .await
        .unwrap();
    assert_eq!(source_now.updated_at, at(20));
    assert_eq!(answer(&world, "one").await, Authentication::Revoked);
    token(&world, source, "three").await.unwrap();
    let again = world.catalog.revoke_token(source, first.id, act(21)).await;
    assert!(matches!(again, Err(TokenError::NotFound(id)) if id == first.id));
    assert!(matches!(
        token(&world, source, "one").await,
        Err(TokenError::Exists)
    ));
}

#[tokio::test]
async fn tokens_are_for_sources_of_their_type() {
    let world = World::new().await;
    let source = world.source("shop").await;
    let digest = Digest::of("url");
    let refused = world
        .catalog
        .create_token(source, &SourceType::IncomingWebhook, &digest, act(1))
        .await;
    assert!(matches!(refused, Err(TokenError::WrongSourceType(_))));
    let unknown = SourceId::new(99);
    assert!(matches!(token(&world, unknown, "x").await, Err(TokenError::UnknownSource(id)) if id == unknown));
    let other = world.source("crm").await;
    let foreign = token(&world, other, "y").await.unwrap();
    let refused = world.catalog.revoke_token(source, foreign.id, act(2)).await;
    assert!(matches!(refused, Err(TokenError::NotFound(_))));
}

#[tokio::test]
async fn authentication_says_who_it_is_and_whether_data_loads_now() {
    let (world, setup) = World::with_table().await;
    token(&world, setup.source, "one").await.unwrap();
    assert_eq!(answer(&world, "nobody").await, Authentication::Unknown);
    let Authentication::Active(caller) = answer(&world, "one").await else {
        panic!("not active");
    };
    assert_eq!(caller.source, setup.source);
    assert_eq!((caller.name.as_str(), caller.source_type), ("shop", IMPORT));
    assert_eq!(caller.loading, Loading::Possible);

    world
        .check(setup.destination, &Verdict::Failed(fault()), 30)
        .await;
    let Authentication::Active(caller) = answer(&world, "one").await else {
        panic!("not active");
    };
    assert_eq!(caller.loading, Loading::Held);

    let pause = SourceChange {
        pause: Some(Pause::Pause),
        ..SourceChange::default()
    };
    world
        .catalog
        .update_source(setup.source, &pause, act(40))
        .await
        .unwrap();
    assert!(matches!(answer(&world, "one").await, Authentication::Inactive(_)));
}

#[tokio::test]
async fn a_token_of_a_deleted_source_opens_nothing() {
    let (world, setup) = World::with_table().await;
    token(&world, setup.source, "one").await.unwrap();
    world.catalog.delete_source(setup.source, act(50)).await.unwrap();
    assert!(matches!(answer(&world, "one").await, Authentication::Inactive(_)));
}

/// Makes one change after the other, and expects each of them to have told so.
#[tokio::test]
async fn every_change_to_what_authentication_answers_ends_what_is_remembered() {
    let (world, setup) = World::with_table().await;
    let catalog = &world.catalog;
    let mut last = catalog.access_generation();
    let mut expect_new = |step: &str| {
        let now = catalog.access_generation();
        assert_ne!(now, last, "{step}");
        last = now;
    };
    let Setup {
        destination, source, ..
    } = setup;

    let made = token(&world, source, "one").await.unwrap();
    expect_new("token made");
    world.check(destination, &Verdict::Failed(fault()), 20).await;
    expect_new("check failed");
    world.check(destination, &Verdict::Succeeded, 30).await;
    expect_new("check succeeded");
    let revision = catalog
        .destination(destination)
        .await
        .unwrap()
        .unwrap()
        .access_revision;
    catalog
        .load_refused(destination, revision, fault(), at(40))
        .await
        .unwrap();
    expect_new("load refused");
    catalog.revoke_token(source, made.id, act(50)).await.unwrap();
    expect_new("token revoked");
    catalog
        .update_source(source, &SourceChange::default(), act(60))
        .await
        .unwrap();
    expect_new("source changed");
    catalog
        .update_destination(destination, &DestinationChange::default(), act(70))
        .await
        .unwrap();
    expect_new("destination changed");
    catalog
        .delete_destination(destination, MappedSources::Pause, act(80))
        .await
        .unwrap();
    expect_new("destination deleted");
    catalog.delete_source(source, act(90)).await.unwrap();
    expect_new("source deleted");
}

#[tokio::test]
async fn what_does_not_matter_to_authentication_leaves_what_is_remembered() {
    let (world, setup) = World::with_table().await;
    let before = world.catalog.access_generation();
    world.land(setup, crate::world::range(None, 5), 10, 100).await;
    world
        .catalog
        .start_check(setup.destination, &check(1).name, at(1))
        .await
        .unwrap();
    assert_eq!(world.catalog.access_generation(), before);
}

#[tokio::test]
async fn nobody_remembers_a_token_past_its_revocation_among_many_readers() {
    let world = std::sync::Arc::new(World::new().await);
    let source = world.source("shop").await;
    let made = token(&world, source, "one").await.unwrap();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move {
                loop {
                    let generation = world.catalog.access_generation();
                    let answer = world.catalog.authenticate(&Digest::of("one")).await.unwrap();
                    if answer == Authentication::Revoked {
                        return;
                    }
                    // A remembered answer that lets in must be void once the change has been told.
                    let is_void = world.catalog.access_generation() != generation;
                    let fresh = world.catalog.authenticate(&Digest::of("one")).await.unwrap();
                    assert!(
                        is_void
                            || fresh != Authentication::Revoked
                            || world.catalog.access_generation() != generation
                    );
                }
            })
        })
        .collect();
    world
        .catalog
        .revoke_token(source, made.id, act(20))
        .await
        .unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn a_revocation_whose_caller_goes_away_is_not_forgotten_either() {
    for polls in 0..60 {
        let world = World::new().await;
        let source = world.source("shop").await;
        let made = token(&world, source, "one").await.unwrap();
        let mut revoking = Box::pin(world.catalog.revoke_token(source, made.id, act(20)));
        for _ in 0..polls {
            tokio::select! {
                biased;
                _ = &mut revoking => break,
                () = tokio::task::yield_now() => {}
            }
        }
        drop(revoking);
        let remembered_under = world.catalog.access_generation();
        let remembered = answer(&world, "one").await;
        world.catalog.check_writable().await.unwrap(); // comes after whatever was under way
        let now = answer(&world, "one").await;
        let is_void = world.catalog.access_generation() != remembered_under;
        assert!(
            is_void || now == remembered,
            "after {polls} polls: {remembered:?}, then {now:?}"
        );
    }
}
