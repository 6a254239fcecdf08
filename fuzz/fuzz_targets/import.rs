//! Any bytes as the body of a batch, a push in JSON and in Transit, and a webhook: no panic and no hang; answers are
//! JSON, and what is accepted can be read back from the log, each record being an object. The first byte chooses.
#![no_main]

use std::sync::LazyLock;

use landfall_core::ids::{ClientId, SourceId};
use landfall_core::intake::{AcceptedItem, AcceptedRequest, decode, encode};
use landfall_core::json::{Json, Kind};
use landfall_http::import::{Answer, Encoding, Intake, PushForm, ReceiptInstant};
use libfuzzer_sys::fuzz_target;

/// One for all inputs, so that what it keeps from one can be seen by the next.
static INTAKE: LazyLock<Intake> = LazyLock::new(|| Intake::new(1 << 16));

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    match choice {
        b'b' => check(read_batch(body)),
        b'p' => check(read_push(body, Encoding::Json)),
        b'h' => {
            let hook = INTAKE.read_hook(body.to_vec(), Some("id"), SOURCE, NOW);
            if let Some(outcome) = hook.transpose() {
                check(outcome);
            }
        }
        _ => check(read_push(body, Encoding::Transit)),
    }
});

const SOURCE: SourceId = SourceId::new(1);
const NOW: ReceiptInstant = ReceiptInstant { nanos: 1 };

fn read_batch(body: &[u8]) -> Result<AcceptedRequest, Answer> {
    let outcome = INTAKE.read_batch(body.to_vec(), SOURCE, NOW);
    // A schema that was compiled before, and places that were met before, change nothing.
    assert_eq!(
        outcome,
        INTAKE.read_batch(body.to_vec(), SOURCE, NOW),
        "read twice"
    );
    assert_eq!(
        outcome,
        Intake::new(1 << 16).read_batch(body.to_vec(), SOURCE, NOW),
        "read anew"
    );
    outcome
}

fn read_push(body: &[u8], encoding: Encoding) -> Result<AcceptedRequest, Answer> {
    let form = PushForm {
        encoding,
        user_agent: None,
        client: ClientId::new(7723),
    };
    INTAKE.read_push(body.to_vec(), form, SOURCE, NOW)
}

fn check(outcome: Result<AcceptedRequest, Answer>) {
    match outcome {
        Err(answer) => {
            assert!((400..500).contains(&answer.status()));
            Json::parse(answer.body().as_bytes()).expect("answers are JSON");
        }
        Ok(request) => {
            let entry = encode(request.clone());
            assert_eq!(
                decode(&entry).map(AcceptedRequest::into_owned).as_ref(),
                Ok(&request)
            );
            for part in &request.parts {
                for item in &part.items {
                    let AcceptedItem::Record(record) = item else {
                        continue;
                    };
                    let record = Json::parse(part.text[record.data.clone()].as_bytes());
                    assert_eq!(record.map(|record| record.kind()), Ok(Kind::Object));
                }
            }
        }
    }
}
