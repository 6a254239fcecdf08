//! How fast objects are put, against the same bytes sent by plain HTTP to the same server and, for folders, against
//! writing and syncing a plain file: `cargo run --release -p landfall-bucket --example put_throughput`.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use landfall_bucket::conformance::tags;
use landfall_bucket::{
    Bucket, Credentials, Encryption, FolderBucket, ObjectBody, PutOutcome, S3Bucket, S3Config, S3Options,
};
use landfall_sim::{ACCESS_KEY_ID, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MEBIBYTE: usize = 1024 * 1024;
const ROUNDS: usize = 16;
const BUCKET: &str = "bench";

/// A content in pieces of a mebibyte, as encoders yield them.
struct Pieces(Vec<Bytes>);

impl ObjectBody for Pieces {
    fn size_bytes(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }

    fn open(&self, _piece_bytes: usize) -> Box<dyn Iterator<Item = Bytes> + Send + '_> {
        Box::new(self.0.iter().cloned())
    }
}

fn main() {
    // The server has its own threads, as it would have its own machine.
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let keep_bytes = Some(256 * MEBIBYTE as u64);
            let config = SimulatorConfig {
                keep_bytes,
                ..SimulatorConfig::with_bucket(BUCKET)
            };
            let server = S3Simulator::start(config).await.expect("a free port");
            sender.send(server.endpoint_url()).expect("the main thread waits");
            server.serve().await;
        });
    });
    let endpoint = address.recv().expect("the server started");
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(measure(&endpoint));
}

async fn measure(endpoint: &str) {
    let bucket = S3Bucket::open(config(endpoint), S3Options::default()).await;
    let root = tempfile::tempdir_in(".").expect("a temporary folder");
    std::fs::create_dir(root.path().join(BUCKET)).expect("the bucket");
    let folder = FolderBucket::open(root.path(), BUCKET);
    println!("MiB/s of {ROUNDS} objects; put / yardstick");
    for mebibytes in [1, 8, 48, 64, 128] {
        let body = Arc::new(Pieces(vec![Bytes::from(vec![b'x'; MEBIBYTE]); mebibytes]));
        let http = best_of(2, async || plain_http(endpoint, &body).await).await;
        let s3 = best_of(2, async || put_all(&bucket, &body).await).await;
        let file = best_of(1, async || plain_files(root.path(), &body)).await;
        let files = best_of(1, async || put_all(&folder, &body).await).await;
        let speed = |took: Duration| (ROUNDS * mebibytes) as f64 / took.as_secs_f64();
        println!(
            "{mebibytes:4} MiB  s3 {:6.0} / http {:6.0} = {:.2} of the time   folder {:6.0} / file {:6.0} = {:.2} of the time",
            speed(s3),
            speed(http),
            s3.as_secs_f64() / http.as_secs_f64(),
            speed(files),
            speed(file),
            files.as_secs_f64() / file.as_secs_f64(),
        );
    }
}

fn config(endpoint: &str) -> S3Config {
    S3Config {
        bucket: BUCKET.to_owned(),
        region: None,
        endpoint_url: Some(endpoint.to_owned()),
        force_path_style: true,
        credentials: Credentials::Static {
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
            session_token: None,
        },
        encryption: Encryption::BucketDefault,
    }
}

async fn best_of(times: usize, work: impl AsyncFn()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..times {
        let start = Instant::now();
        work().await;
        best = best.min(start.elapsed());
    }
    best
}

async fn put_all(bucket: &dyn Bucket, body: &Arc<Pieces>) {
    for _ in 0..ROUNDS {
        let outcome = bucket
            .put_once(&new_key(), body.clone(), &tags())
            .await
            .expect("put");
        assert!(matches!(outcome, PutOutcome::Created { .. }));
    }
}

/// One connection, one unsigned `PUT` after the other.
async fn plain_http(endpoint: &str, body: &Arc<Pieces>) {
    let address = endpoint.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("the server listens");
    connection.set_nodelay(true).expect("a TCP option");
    for _ in 0..ROUNDS {
        let head = format!(
            "PUT /{BUCKET}/{} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n",
            new_key(),
            body.size_bytes()
        );
        connection.write_all(head.as_bytes()).await.expect("sent");
        for piece in body.open(1 << 20) {
            connection.write_all(&piece).await.expect("sent");
        }
        let mut answer = vec![0; 4096];
        let length = connection.read(&mut answer).await.expect("an answer");
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
}

fn plain_files(root: &std::path::Path, body: &Arc<Pieces>) {
    for _ in 0..ROUNDS {
        let mut file = std::fs::File::create_new(root.join(new_key())).expect("a new file");
        body.open(1 << 20)
            .for_each(|piece| file.write_all(&piece).expect("written"));
        file.sync_all().expect("synced");
    }
}

fn new_key() -> String {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    format!(
        "object-{}",
        NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    )
}
