use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::Frame;
use landfall_core::ids::ClientId;
use landfall_core::units::ByteCount;
use proptest::prelude::*;

use super::*;
use crate::import::Identity;

/// Gives its pieces at intervals, and then nothing more, or the end.
struct Script {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    ends: bool,
}

impl http_body::Body for Script {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.pieces.is_empty() {
            return if self.ends {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        }
        if self.waiting.is_none() && !self.pause.is_zero() {
            // A deadline that nothing meets is a pause.
            let pause = timeout(self.pause, std::future::pending::<()>());
            self.waiting = Some(Box::pin(async move { drop(pause.await) }));
        }
        if let Some(waiting) = &mut self.waiting {
            std::task::ready!(waiting.as_mut().poll(context));
        }
        self.waiting = None;
        let piece = self.pieces.pop_front().map(Frame::data).map(Ok);
        Poll::Ready(piece)
    }
}

fn script(pieces: Vec<Vec<u8>>, pause: Duration, ends: bool) -> Body {
    Body::new(Script {
        pieces: pieces.into_iter().map(Bytes::from).collect(),
        pause,
        waiting: None,
        ends,
    })
}

fn reader(max_body: u64, max_bodies: u64) -> BodyReader {
    let identity = Identity {
        version: String::new(),
        revision: String::new(),
    };
    BodyReader::new(&ImportSettings {
        max_body: ByteCount::new(max_body),
        max_bodies: ByteCount::new(max_bodies),
        ..ImportSettings::new(ClientId::new(1), identity)
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_sending_is_given_up() {
    let reader = reader(1_000, 1_000);
    let start = Instant::now();
    let body = script(vec![b"[".to_vec()], Duration::ZERO, false);
    let fault = reader
        .receive(body, Packing::Identity, Some(500))
        .await
        .unwrap_err();
    assert_eq!(fault, BodyFault::TooSlow);
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_byte_by_byte_is_given_up_too() {
    let reader = reader(1_000, 1_000);
    let start = Instant::now();
    let body = script(vec![b"x".to_vec(); 1_000], Duration::from_secs(20), true);
    let fault = reader
        .receive(body, Packing::Identity, Some(1_000))
        .await
        .unwrap_err();
    assert_eq!(fault, BodyFault::TooSlow);
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_announced_share_the_memory_there_is() {
    let reader = reader(1 << 20, 2 << 20);
    let announced = || script(vec![vec![b'x'; 1 << 20]], Duration::ZERO, true);
    let receive = || reader.receive(announced(), Packing::Identity, Some(1 << 20));
    let first = receive().await.unwrap();
    let second = receive().await.unwrap();
    let start = Instant::now();
    assert_eq!(receive().await.unwrap_err(), BodyFault::NoRoom);
    assert_eq!(start.elapsed().as_secs(), 10, "it waits for room first");
    drop(first);
    let third = receive().await.unwrap();
    let some_to_spare = (1 << 20)..=(1 << 20) / 16 * 17;
    assert!(
        some_to_spare.contains(&third.bytes.capacity()),
        "one buffer of the announced size and some room for what follows it in the log: {}",
        third.bytes.capacity()
    );
    drop((second, third));
    assert_eq!(reader.room.available_permits(), (2 << 20) / PIECE_BYTES);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_grow_take_memory_as_they_do() {
    let reader = reader(1 << 20, 1 << 20);
    let growing = script(vec![vec![b'x'; 64 << 10]; 8], Duration::from_secs(1), true);
    let half = reader.receive(growing, Packing::Identity, None).await.unwrap();
    assert_eq!(half.bytes.len(), 512 << 10);
    assert!(half.room.num_permits() * PIECE_BYTES >= half.bytes.capacity());
    let more = script(vec![vec![b'x'; 64 << 10]; 16], Duration::ZERO, true);
    assert_eq!(
        reader.receive(more, Packing::Identity, None).await.unwrap_err(),
        BodyFault::NoRoom
    );
    drop(half);
    assert_eq!(
        reader.room.available_permits(),
        (1 << 20) / PIECE_BYTES,
        "all of it is given back"
    );
}

#[tokio::test]
async fn sizes_are_inclusive_however_the_body_comes() {
    let reader = reader(10_000, 100_000);
    for (length, packing) in [(10_000, Packing::Identity), (10_000, Packing::Gzip)] {
        let bytes = vec![b'x'; length];
        let sent = if packing == Packing::Gzip {
            gzip(&bytes)
        } else {
            bytes.clone()
        };
        let received = reader.receive(Body::from(sent), packing, None).await.unwrap();
        assert_eq!(received.bytes, bytes);
    }
    for packing in [Packing::Identity, Packing::Gzip] {
        let bytes = vec![b'x'; 10_001];
        let sent = if packing == Packing::Gzip {
            gzip(&bytes)
        } else {
            bytes
        };
        let fault = reader.receive(Body::from(sent), packing, None).await.unwrap_err();
        assert_eq!(fault, BodyFault::TooLarge { bytes: 10_001 }, "{packing:?}");
    }
    let fault = reader
        .receive(Body::empty(), Packing::Gzip, Some(10_001))
        .await
        .unwrap_err();
    assert_eq!(fault, BodyFault::TooLarge { bytes: 10_001 });
}

#[tokio::test]
async fn a_zip_bomb_is_refused_long_before_it_is_unpacked() {
    let reader = reader(1_000_000, 1_000_000);
    let bomb = gzip(&vec![b'['; 1 << 30]);
    assert!(bomb.len() > 1_000_000);
    let start = bomb[..900_000].to_vec();
    match reader.receive(Body::from(start), Packing::Gzip, None).await {
        Err(BodyFault::TooLarge { bytes }) => assert!(bytes < 8_000_000, "{bytes}"),
        other => panic!("{:?}", other.map(|received| received.bytes.len())),
    }
    assert_eq!(
        reader.room.available_permits(),
        1_000_000_usize.div_ceil(PIECE_BYTES)
    );
}

#[tokio::test]
async fn damaged_gzip_is_unreadable() {
    let reader = reader(10_000, 100_000);
    let good = gzip(b"[1,2,3]");
    let two = [good.clone(), gzip(b"[4]")].concat();
    let received = reader
        .receive(Body::from(two), Packing::Gzip, None)
        .await
        .unwrap();
    assert_eq!(received.bytes, b"[1,2,3][4]", "members follow each other");
    let mut wrong_sum = good.clone();
    let last = wrong_sum.len() - 5;
    wrong_sum[last] ^= 1;
    for damaged in [
        good[..good.len() - 4].to_vec(),
        wrong_sum,
        b"{}".to_vec(),
        vec![0x1F],
    ] {
        let fault = reader
            .receive(Body::from(damaged.clone()), Packing::Gzip, None)
            .await;
        assert!(
            matches!(fault, Err(BodyFault::Unreadable(_))),
            "{damaged:?}: {fault:?}"
        );
    }
    let empty = reader.receive(Body::empty(), Packing::Gzip, None).await.unwrap();
    assert!(empty.bytes.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_as_gzip_ends_in_an_outcome(
        packed in proptest::collection::vec(any::<u8>(), 0..300),
        noise in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        is_gzip in any::<bool>(),
        piece in 1..50_usize,
    ) {
        let mut sent = if is_gzip { gzip(&packed) } else { packed.clone() };
        let is_intact = is_gzip && noise.is_empty();
        // gzip is never empty.
        for (place, byte) in noise.iter().filter(move |_| is_gzip) {
            let place = place.index(sent.len());
            sent[place] = *byte;
        }
        let body = script(sent.chunks(piece).map(<[u8]>::to_vec).collect(), Duration::ZERO, true);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let received = runtime.block_on(reader(10_000, 100_000).receive(body, Packing::Gzip, None));
        match received {
            Ok(received) if is_intact => prop_assert_eq!(received.bytes, packed),
            Err(fault) if is_intact => prop_assert!(false, "{:?}", fault),
            Ok(_) | Err(_) => {}
        }
    }
}
