//! A store on a port of this machine, for `make bench`: `s3-loopback PORT BUCKET [--forget]`.
//!
//! Prints its address and the key pair to stderr, then serves until it is ended.

use std::process::ExitCode;

use landfall_sim::{ACCESS_KEY_ID, S3Simulator, SECRET_ACCESS_KEY, SimulatorConfig, StoreHabits};

const USAGE: &str = "usage: s3-loopback PORT BUCKET [--forget]\n\n\
    --forget   keep size and CRC-32 of objects, not their contents";

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
    let (port, bucket, keeps_contents) = match arguments[..] {
        [port, bucket] => (port, bucket, true),
        [port, bucket, "--forget"] => (port, bucket, false),
        _ => return None,
    };
    Some(SimulatorConfig {
        port: port.parse().ok()?,
        habits: StoreHabits {
            keeps_contents,
            ..StoreHabits::like_aws()
        },
        ..SimulatorConfig::with_bucket(bucket)
    })
}
