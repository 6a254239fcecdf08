use std::time::Duration;

use landfall_catalog::*;

use crate::world::{World, act, at};

const LIFE: SessionLife = SessionLife {
    idle: Duration::from_secs(100),
    absolute: Duration::from_secs(1000),
};
const THROTTLE: Throttle = Throttle {
    free_failures: 3,
    longest_wait: Duration::from_secs(60),
    forget_after: Duration::from_secs(3600),
};

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

fn viewer(name: &UserName) -> NewUser<'_> {
    NewUser {
        name,
        role: Role::Viewer,
        password_hash: "$hash",
    }
}

#[test]
fn user_names_are_plain_and_their_case_does_not_matter() {
    assert_eq!(name(" Ada@Example.com ").as_str(), "ada@example.com");
    let long = "a".repeat(65);
    let cases = [
        ("", UserNameError::Empty),
        ("  ", UserNameError::Empty),
        ("a b", UserNameError::ForbiddenCharacter),
        ("<script>", UserNameError::ForbiddenCharacter),
        ("аda", UserNameError::ForbiddenCharacter),
        (long.as_str(), UserNameError::TooLong),
    ];
    for (text, refusal) in cases {
        assert_eq!(text.parse::<UserName>(), Err(refusal), "{text:?}");
    }
}

#[tokio::test]
async fn only_an_instance_without_users_gets_its_first_admin() {
    let world = World::new().await;
    assert!(!world.catalog.has_users().await.unwrap());
    let (one, two) = (name("one"), name("two"));
    let (first, second) = tokio::join!(
        world.catalog.create_first_admin(&one, "$1", at(1)),
        world.catalog.create_first_admin(&two, "$2", at(1)),
    );
    let refused = [&first, &second].map(|made| matches!(made, Err(UserError::NotFirst)));
    assert_eq!(
        refused.iter().filter(|is| **is).count(),
        1,
        "one of them came first"
    );
    assert!(world.catalog.has_users().await.unwrap());
    let users = world.catalog.users().await.unwrap();
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].role, Role::Admin);
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let world = World::new().await;
    let catalog = &world.catalog;
    let admin = catalog
        .create_first_admin(&name("ada"), "$1", at(1))
        .await
        .unwrap();
    let bob = catalog.create_user(viewer(&name("bob")), act(2)).await.unwrap();
    let twin = catalog.create_user(viewer(&name("BOB")), act(2)).await;
    assert!(matches!(twin, Err(UserError::Exists(_))));
    assert!(matches!(
        catalog.delete_user(admin.id, act(3)).await,
        Err(UserError::LastAdmin)
    ));
    let demoted = catalog.set_role(admin.id, Role::Viewer, act(3)).await;
    assert!(matches!(demoted, Err(UserError::LastAdmin)));
    catalog.set_role(bob.id, Role::Admin, act(4)).await.unwrap();
    catalog.delete_user(admin.id, act(5)).await.unwrap();
    assert_eq!(catalog.users().await.unwrap().len(), 1);
    let log = catalog.audit_log(None, 10).await.unwrap();
    let actions: Vec<&str> = log.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(
        actions,
        ["user.delete", "user.role", "user.create", "user.create"]
    );
}

#[tokio::test]
async fn sessions_end_when_idle_when_old_and_when_the_password_changes() {
    let world = World::new().await;
    let catalog = &world.catalog;
    let ada = catalog
        .create_first_admin(&name("ada"), "$1", at(0))
        .await
        .unwrap();
    let digest = Digest::of("session");
    let is_open = async |millis: i64| {
        catalog
            .session(&digest, LIFE, at(millis))
            .await
            .unwrap()
            .is_some()
    };
    catalog.open_session(&digest, ada.id, &[], act(0)).await.unwrap();
    assert!(is_open(99_000).await);
    assert!(is_open(198_000).await, "the request before was noted");
    assert!(!is_open(298_000).await, "nobody came for too long");
    catalog.end_session(&digest, act(298_000)).await.unwrap();
    catalog
        .open_session(&digest, ada.id, &[], act(300_000))
        .await
        .unwrap();
    for step in 1..14 {
        assert!(is_open(300_000 + step * 70_000).await, "step {step}");
    }
    assert!(!is_open(1_300_000).await, "it is old, though never idle");
    let other = Digest::of("other");
    catalog
        .open_session(&other, ada.id, &[], act(2_000_000))
        .await
        .unwrap();
    catalog.set_password(ada.id, "$2", act(2_000_001)).await.unwrap();
    assert!(
        catalog
            .session(&other, LIFE, at(2_000_002))
            .await
            .unwrap()
            .is_none()
    );
    let (_, hash) = catalog.user_named(&name("ADA")).await.unwrap().unwrap();
    assert_eq!(hash, "$2");
}

#[tokio::test]
async fn all_sessions_of_a_user_end_together() {
    let world = World::new().await;
    let catalog = &world.catalog;
    let ada = catalog
        .create_first_admin(&name("ada"), "$1", at(0))
        .await
        .unwrap();
    for text in ["one", "two"] {
        catalog
            .open_session(&Digest::of(text), ada.id, &[], act(1))
            .await
            .unwrap();
    }
    assert_eq!(catalog.end_sessions(ada.id, act(2)).await.unwrap(), 2);
    assert!(
        catalog
            .session(&Digest::of("one"), LIFE, at(3))
            .await
            .unwrap()
            .is_none()
    );
}

#[test]
fn waits_double_up_to_the_longest() {
    let waits: Vec<u64> = [0, 2, 3, 4, 5, 9, 40, 400]
        .map(|failures| THROTTLE.wait(failures).as_secs())
        .into();
    assert_eq!(waits, [0, 0, 1, 2, 4, 60, 60, 60]);
}

#[tokio::test]
async fn failed_attempts_slow_down_later_ones_until_one_succeeds() {
    let world = World::new().await;
    let catalog = &world.catalog;
    let ada = catalog
        .create_first_admin(&name("ada"), "$1", at(0))
        .await
        .unwrap();
    let by_name = [(Digest::of("ada"), THROTTLE)];
    let ask = async |millis: i64| catalog.ask_sign_in(&by_name, at(millis)).await.unwrap();
    for attempt in 0..3 {
        assert_eq!(ask(attempt).await, SignInTurn::Now, "attempt {attempt}");
    }
    assert_eq!(ask(500).await, SignInTurn::NotBefore(at(1002)));
    assert_eq!(ask(1002).await, SignInTurn::Now);
    assert_eq!(ask(1003).await, SignInTurn::NotBefore(at(3002)));
    let someone_else = [(Digest::of("bob"), THROTTLE)];
    assert_eq!(
        catalog.ask_sign_in(&someone_else, at(1003)).await.unwrap(),
        SignInTurn::Now
    );
    catalog
        .open_session(&Digest::of("session"), ada.id, &[Digest::of("ada")], act(3002))
        .await
        .unwrap();
    assert_eq!(ask(3003).await, SignInTurn::Now);
    assert_eq!(
        ask(3004).await,
        SignInTurn::Now,
        "the failures before are forgotten"
    );
}
