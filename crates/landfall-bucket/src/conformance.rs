//! The contract of [`Bucket`] in executable form, to be run against every implementation.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{TryStreamExt, future};
use tokio::sync::oneshot;

use crate::body::ObjectBody;
use crate::bucket::{Bucket, PutOutcome, PutTags, WriteProbe};
use crate::error::FaultKind;

/// Runs the whole contract. `bucket` must exist and be empty but for an empty object `challenge_key`.
///
/// # Panics
/// At the first line of the contract that `bucket` does not keep.
pub async fn suite(bucket: &dyn Bucket, challenge_key: &str) {
    knows_itself(bucket).await;
    puts_an_object_once(bucket).await;
    puts_an_object_in_its_turn(bucket).await;
    leaves_foreign_objects_alone(bucket).await;
    keeps_any_content(bucket).await;
    lets_one_of_many_writers_win(bucket).await;
    lists_in_the_order_of_keys(bucket).await;
    says_what_is_missing(bucket).await;
    proves_writing_without_a_trace(bucket, challenge_key).await;
}

/// Tags for tests.
#[must_use]
pub fn tags() -> PutTags {
    PutTags {
        content_type: "application/x-ndjson".to_owned(),
        load_id: "load-1".to_owned(),
        part: "root".to_owned(),
    }
}

/// Reads a whole object.
///
/// # Panics
/// If it cannot be read.
pub async fn content(bucket: &dyn Bucket, key: &str) -> Bytes {
    let pieces = bucket.read(key).await.expect("the object can be opened");
    let pieces: Vec<Bytes> = pieces.try_collect().await.expect("the object can be read");
    pieces.concat().into()
}

/// A content that comes in pieces, made anew at each opening.
#[derive(Debug, Clone, Copy)]
pub struct Pieces {
    /// The size of each piece but the last.
    pub piece_bytes: usize,
    /// The size in all.
    pub total_bytes: usize,
}

impl ObjectBody for Pieces {
    fn size_bytes(&self) -> u64 {
        self.total_bytes as u64
    }

    fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        let starts = (0..self.total_bytes).step_by(self.piece_bytes.max(1));
        Box::new(starts.map(|start| {
            let end = self.total_bytes.min(start + self.piece_bytes);
            let number = start / self.piece_bytes.max(1);
            vec![(number % 251) as u8; end - start].into()
        }))
    }
}

impl Pieces {
    /// The content in one piece.
    #[must_use]
    pub fn whole(&self) -> Bytes {
        self.open(self.piece_bytes).collect::<Vec<_>>().concat().into()
    }
}

fn body(text: &'static str) -> Arc<dyn ObjectBody> {
    Arc::new(Bytes::from_static(text.as_bytes()))
}

async fn put(bucket: &dyn Bucket, key: &str, content: &'static str) -> PutOutcome {
    bucket.put_once(key, body(content), &tags()).await.expect(key)
}

fn is_created(outcome: &PutOutcome) -> bool {
    matches!(outcome, PutOutcome::Created { .. })
}

async fn knows_itself(bucket: &dyn Bucket) {
    assert!(!bucket.name().is_empty());
    bucket.head_bucket().await.expect("the bucket exists");
}

async fn puts_an_object_once(bucket: &dyn Bucket) {
    let key = "once/orders/1_1.jsonl";
    assert!(is_created(&put(bucket, key, "one\n").await));
    assert_eq!(content(bucket, key).await, "one\n");
    let facts = bucket
        .head(key)
        .await
        .expect("head")
        .expect("the object is there");
    assert_eq!(facts.size_bytes, 4);
    assert_eq!(
        put(bucket, key, "one\n").await,
        PutOutcome::AlreadyOurs,
        "the same content again"
    );
    assert_eq!(content(bucket, key).await, "one\n");
}

async fn puts_an_object_in_its_turn(bucket: &dyn Bucket) {
    let key = "turn/orders/1_1.jsonl";
    let large = Pieces {
        piece_bytes: 700_000,
        total_bytes: 6_000_000,
    };
    let put_in_turn = |turn| {
        let (tags, body) = (tags(), Arc::new(large));
        async move { bucket.put_in_turn(key, body, &tags, turn).await.expect(key) }
    };
    let is_there = || async { bucket.head(key).await.expect("head").is_some() };

    let (go, turn) = oneshot::channel();
    let withdraw = async { drop(go) };
    let ((), outcome) = future::join(withdraw, put_in_turn(turn)).await;
    assert_eq!(outcome, None, "its turn does not come");
    assert!(!is_there().await, "nothing appears");

    let (go, turn) = oneshot::channel();
    let give = async {
        assert!(!is_there().await, "it is not its turn yet");
        go.send(()).expect("the put waits for its turn");
    };
    let (outcome, ()) = future::join(put_in_turn(turn), give).await;
    assert!(outcome.as_ref().is_some_and(is_created), "{outcome:?}");
    assert!(is_there().await);

    let (go, turn) = oneshot::channel();
    go.send(()).expect("nobody has dropped it");
    assert_eq!(
        put_in_turn(turn).await,
        Some(PutOutcome::AlreadyOurs),
        "the same content again"
    );
}

async fn leaves_foreign_objects_alone(bucket: &dyn Bucket) {
    let key = "foreign/orders/1_1.jsonl";
    put(bucket, key, "theirs").await;
    for ours in ["ours!!", "of another length"] {
        assert_eq!(put(bucket, key, ours).await, PutOutcome::Taken, "content: {ours}");
        assert_eq!(content(bucket, key).await, "theirs", "content: {ours}");
    }
}

async fn keeps_any_content(bucket: &dyn Bucket) {
    let cases = [
        (
            "empty",
            Pieces {
                piece_bytes: 1,
                total_bytes: 0,
            },
        ),
        (
            "small pieces",
            Pieces {
                piece_bytes: 7,
                total_bytes: 1000,
            },
        ),
        (
            "several ranges",
            Pieces {
                piece_bytes: 1 << 20,
                total_bytes: (4 << 20) + 3,
            },
        ),
    ];
    for (name, pieces) in cases {
        let key = format!("content/{name}");
        let outcome = bucket
            .put_once(&key, Arc::new(pieces), &tags())
            .await
            .expect(name);
        assert!(is_created(&outcome), "{name}");
        assert_eq!(content(bucket, &key).await, pieces.whole(), "{name}");
        let again = bucket
            .put_once(&key, Arc::new(pieces), &tags())
            .await
            .expect(name);
        assert_eq!(again, PutOutcome::AlreadyOurs, "{name}");
    }
}

async fn lets_one_of_many_writers_win(bucket: &dyn Bucket) {
    let key = "race/orders/1_1.jsonl";
    let writers = ["a", "b", "c", "d"].map(|content| put(bucket, key, content));
    let outcomes = futures_util::future::join_all(writers).await;
    let winners = outcomes.iter().filter(|outcome| is_created(outcome)).count();
    let losers = outcomes
        .iter()
        .filter(|outcome| **outcome == PutOutcome::Taken)
        .count();
    assert_eq!((winners, losers), (1, 3), "outcomes: {outcomes:?}");
}

async fn lists_in_the_order_of_keys(bucket: &dyn Bucket) {
    let keys = ["list/a.txt", "list/a/1", "list/b/1/2", "list/b/2", "lister"];
    for key in keys {
        put(bucket, key, "x").await;
    }
    let cases = [
        ("list/", 10, &keys[..4]),
        ("list/", 2, &keys[..2]),
        ("list/b", 10, &keys[2..4]),
        ("list/b/1", 10, &keys[2..3]),
        ("list", 10, &keys[..]),
        ("nothing", 10, &[][..]),
        ("list/", 0, &[][..]),
    ];
    for (prefix, max, expected) in cases {
        let found = bucket.list(prefix, max).await.expect(prefix);
        let found: Vec<&str> = found.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(found, expected, "prefix {prefix}, at most {max}");
    }
    assert_eq!(bucket.list("list/a/", 1).await.expect("list")[0].size_bytes, 1);
}

async fn says_what_is_missing(bucket: &dyn Bucket) {
    assert_eq!(bucket.head("missing/object").await.expect("head"), None);
    let refusal = bucket
        .read("missing/object")
        .await
        .err()
        .expect("there is nothing to read");
    assert_eq!(*refusal.kind(), FaultKind::NotFound);
}

async fn proves_writing_without_a_trace(bucket: &dyn Bucket, challenge_key: &str) {
    let before = bucket.list("", 100).await.expect("list");
    assert_eq!(
        bucket.probe_write(challenge_key).await.expect("probe"),
        WriteProbe::Clean
    );
    assert_eq!(bucket.list("", 100).await.expect("list"), before);
    let challenge = bucket
        .head(challenge_key)
        .await
        .expect("head")
        .expect("the challenge file stays");
    assert_eq!(challenge.size_bytes, 0);
}
