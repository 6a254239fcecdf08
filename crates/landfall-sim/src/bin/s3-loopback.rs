//! A store in memory on a port of this machine, for `make bench`: `s3-loopback PORT BUCKET [--discard MIB]`.
//!
//! Prints its address and the key pair to stderr, then serves until it is ended.

use std::process::ExitCode;

use landfall_sim::{ACCESS_KEY_ID, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig};

const USAGE: &str = "usage: s3-loopback PORT BUCKET [--discard MIB]\n\n\
    --discard MIB   keep only the newest MIB mebibytes of objects";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(config) = parse(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match S3Simulator::start(config).await {
        Ok(simulator) => {
            let address = simulator.endpoint_url();
            eprintln!("{address} serves; access key {ACCESS_KEY_ID}, secret {SECRET_ACCESS_KEY}");
            simulator.serve().await;
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("the port cannot be listened on: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Option<SimulatorConfig> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (port, bucket, keep_mebibytes) = match arguments[..] {
        [port, bucket] => (port, bucket, None),
        [port, bucket, "--discard", mebibytes] => (port, bucket, Some(mebibytes.parse::<u64>().ok()?)),
        _ => return None,
    };
    let keep_bytes = keep_mebibytes.map(|mebibytes| mebibytes * 1024 * 1024);
    Some(SimulatorConfig {
        port: port.parse().ok()?,
        keep_bytes,
        ..SimulatorConfig::with_bucket(bucket)
    })
}
