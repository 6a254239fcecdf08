use landfall_catalog::*;

use crate::world::{World, act, at};

fn new(text: &str) -> NewAccessKey<'_> {
    NewAccessKey {
        digest: Digest::of(text),
        last4: "f332",
        description: "CI",
    }
}

#[tokio::test]
async fn ten_keys_are_allowed_disabled_ones_included() {
    let world = World::new().await;
    for number in 0..MOST_ACCESS_KEYS {
        let text = format!("ac_{number}");
        let key = world.catalog.create_access_key(new(&text), act(1)).await.unwrap();
        if number > 0 {
            world
                .catalog
                .switch_access_key(key.id, Switch::Off, act(2))
                .await
                .unwrap();
        }
    }
    let eleventh = world.catalog.create_access_key(new("ac_x"), act(1)).await;
    assert!(matches!(eleventh, Err(AccessKeyError::TooMany)));
    let keys = world.catalog.access_keys().await.unwrap();
    assert_eq!(keys.len(), 10);
    assert_eq!(keys[0].created_by, "tester");
    world.catalog.delete_access_key(keys[5].id, act(3)).await.unwrap();
    let next = world
        .catalog
        .create_access_key(new("ac_x"), act(1))
        .await
        .unwrap();
    assert_eq!(next.id, AccessKeyId::new(11), "numbers are never used again");
}

#[tokio::test]
async fn a_key_is_found_by_its_digest() {
    let world = World::new().await;
    let key = world
        .catalog
        .create_access_key(new("ac_1"), act(1))
        .await
        .unwrap();
    let found = world.catalog.access_key_of(&Digest::of("ac_1")).await.unwrap();
    assert_eq!(found, Some(key.clone()));
    assert_eq!(
        world.catalog.access_key_of(&Digest::of("ac_2")).await.unwrap(),
        None
    );
    let twin = world.catalog.create_access_key(new("ac_1"), act(1)).await;
    assert!(matches!(twin, Err(AccessKeyError::Exists)));
}

#[tokio::test]
async fn the_last_enabled_key_stays() {
    let world = World::new().await;
    let catalog = &world.catalog;
    let first = catalog.create_access_key(new("ac_1"), act(1)).await.unwrap().id;
    let second = catalog.create_access_key(new("ac_2"), act(1)).await.unwrap().id;
    let off = catalog
        .switch_access_key(first, Switch::Off, act(5))
        .await
        .unwrap();
    assert_eq!(off.disabled_at, Some(at(5)));
    let refused = catalog.switch_access_key(second, Switch::Off, act(6)).await;
    assert!(matches!(refused, Err(AccessKeyError::LastKey(id)) if id == second));
    let refused = catalog.delete_access_key(second, act(6)).await;
    assert!(matches!(refused, Err(AccessKeyError::LastKey(id)) if id == second));
    let on = catalog
        .switch_access_key(first, Switch::On, act(7))
        .await
        .unwrap();
    assert_eq!(on.disabled_at, None);
    catalog.delete_access_key(second, act(8)).await.unwrap();
    let gone = catalog.delete_access_key(second, act(9)).await;
    assert!(matches!(gone, Err(AccessKeyError::NotFound(id)) if id == second));
}
