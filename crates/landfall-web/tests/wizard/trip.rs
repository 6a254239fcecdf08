//! An instance with a scripted bucket, and the way through the wizard.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use landfall_core::ids::DestinationId;
use landfall_core::settings::DestinationSettings;
use landfall_core::units::ByteCount;
use landfall_http::manage::Checker;
use landfall_setup::catalogue::CheckProblem;
use landfall_setup::principal::PrincipalArn;
use landfall_setup::{CheckReport, CheckStatus, Facts, ProblemCode, Step};
use tokio::sync::Semaphore;

use crate::world::{Answer, Browser, HOST, World};

pub const KEY: &str = "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].[csv|jsonl]";
pub const MISSING: &str = "An error occurred (404) when calling the HeadObject operation: Not Found";

/// A bucket that has its challenge file, or doesn't.
#[derive(Debug)]
pub struct Scripted {
    pub is_file_there: AtomicBool,
    pub may_end: Semaphore,
    pub made: Mutex<Vec<String>>,
}

#[async_trait]
impl Checker for Scripted {
    async fn check(&self, _: DestinationId, settings: &DestinationSettings) -> CheckReport {
        self.may_end.acquire().await.unwrap().forget();
        let is_there = self.is_file_there.load(Ordering::Relaxed);
        let problem = (!is_there).then(|| CheckProblem {
            code: ProblemCode::MissingChallengeFile,
            step: Step::HeadChallenge,
            raw_message: MISSING.to_owned(),
            cause: "The challenge file is not in the bucket.".to_owned(),
            remedy: "Upload an empty file.".to_owned(),
            entry: "test",
        });
        CheckReport {
            status: if is_there {
                CheckStatus::Succeeded
            } else {
                CheckStatus::Failed
            },
            bucket: settings.bucket.to_string(),
            steps: Vec::new(),
            errors: problem.into_iter().collect(),
            warnings: Vec::new(),
            information: Vec::new(),
            facts: Facts::default(),
        }
    }

    async fn principal(&self, _: &DestinationSettings) -> Option<PrincipalArn> {
        PrincipalArn::parse("arn:aws:iam::111122223333:role/landfall-loader").ok()
    }

    async fn read_start(&self, _: &DestinationSettings, _: &str, _: ByteCount) -> Result<Vec<u8>, String> {
        Err("nobody reads here".to_owned())
    }

    async fn make_challenge_file(&self, settings: &DestinationSettings) -> Result<(), String> {
        if settings.bucket.as_str() == "locked" {
            return Err("making the folder: check who may write there".to_owned());
        }
        self.made.lock().unwrap().push(settings.bucket.to_string());
        self.is_file_there.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Somebody at the wizard.
pub struct Trip {
    pub world: World,
    pub bucket: Arc<Scripted>,
    pub browser: Browser,
    /// The drafts that were begun, each with what its addresses begin with.
    drafts: Mutex<Vec<(String, String)>>,
}

impl Trip {
    pub async fn begin() -> Self {
        let bucket = Arc::new(Scripted {
            is_file_there: AtomicBool::new(false),
            may_end: Semaphore::new(1000),
            made: Mutex::default(),
        });
        let world = World::with_checker(None, bucket.clone()).await;
        let browser = world.first_browser().await;
        Self {
            world,
            bucket,
            browser,
            drafts: Mutex::default(),
        }
    }

    /// The address of a screen or form, with the draft of this trip if it is part of one.
    pub async fn at(&self, path: &str) -> String {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let run = match parts[..] {
            ["destinations", "new", "settings" | "key" | "validate"] => "/destinations/new".to_owned(),
            ["destinations", id, "setup", "settings" | "key" | "validate"] => {
                format!("/destinations/{id}/setup")
            }
            _ => return path.to_owned(),
        };
        let known = |drafts: &Mutex<Vec<(String, String)>>| {
            let drafts = drafts.lock().unwrap();
            let found = drafts.iter().find(|(begun, _)| *begun == run);
            found.map(|(_, draft)| draft.clone())
        };
        let draft = match known(&self.drafts) {
            Some(draft) => draft,
            None => {
                let draft = begin(&self.browser, &run).await;
                self.drafts.lock().unwrap().push((run, draft.clone()));
                draft
            }
        };
        format!("{path}?draft={draft}")
    }

    /// A page, of this trip's draft if it is a screen of one.
    pub async fn show(&self, path: &str) -> Answer {
        self.browser.get(&self.at(path).await).await
    }

    /// The next new destination is another one.
    pub fn begin_anew(&self) {
        self.drafts
            .lock()
            .unwrap()
            .retain(|(run, _)| run != "/destinations/new");
    }

    /// Screen 2, with some fields other than they should be.
    pub async fn send_settings(&self, other: &[(&str, &str)]) -> Answer {
        self.send_settings_to("/destinations/new/settings", other).await
    }

    pub async fn send_settings_to(&self, path: &str, other: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("name", "Lake"),
            ("description", ""),
            ("s3_bucket", "com-test-stitch-bucket"),
            ("output_file_format", "jsonl"),
            ("csv_delimiter", ","),
        ];
        fields.retain(|(name, _)| !other.iter().any(|(given, _)| given == name));
        fields.extend_from_slice(other);
        // The page that edits a destination has its draft in a field.
        fields.push(("draft", "00000000000000ed"));
        self.browser.post(&self.at(path).await, &fields).await
    }

    pub async fn send_key(&self, path: &str, key: &str) -> Answer {
        let path = self.at(path).await;
        self.browser.post(&path, &[("s3_key_format_string", key)]).await
    }

    /// Up to screen 4; the name that it shows.
    pub async fn make_destination(&self) -> String {
        self.make_destination_with(&[]).await
    }

    pub async fn make_destination_with(&self, other: &[(&str, &str)]) -> String {
        let sent = self.send_settings(other).await;
        assert_eq!(screen(&sent), "/destinations/new/key", "{}", text(&sent.body));
        let sent = self.send_key("/destinations/new/key", KEY).await;
        assert_eq!(
            sent.header("location"),
            "/destinations/1/setup/verify",
            "{}",
            sent.body
        );
        self.begin_anew();
        let screen = self.browser.get("/destinations/1/setup/verify").await;
        name_in(&screen.body).expect("the name is shown")
    }

    /// Sends a form of screen 4, without a look at any other page.
    pub async fn post_staying(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.browser.get("/destinations/1/setup/verify").await.csrf();
        let fields = [fields, &[("csrf", csrf.as_str())]].concat();
        let origin = format!("http://{HOST}");
        self.browser.post_as_it_is(path, &fields, Some(&origin)).await
    }

    /// Waits for the check that is running.
    pub async fn wait_for_check(&self) -> Answer {
        loop {
            let panel = self.browser.get("/destinations/1/setup/progress").await;
            if !panel.body.contains("data-state=\"running\"") {
                return panel;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Begins a run of the wizard whose addresses begin with `run`; its draft.
pub async fn begin(browser: &Browser, run: &str) -> String {
    let begun = browser.get(&format!("{run}/settings")).await;
    let (_, draft) = begun
        .header("location")
        .split_once("?draft=")
        .expect("a draft is begun");
    draft.to_owned()
}

/// Where a form leads, without its draft.
pub fn screen(answer: &Answer) -> &str {
    let location = answer.header("location");
    location.split("?draft=").next().unwrap()
}

/// The name of a challenge file in a page.
pub fn name_in(page: &str) -> Option<String> {
    let at = page.find("stitch-challenge-file-0")?;
    Some(
        page[at..]
            .chars()
            .take_while(|one| one.is_ascii_alphanumeric() || *one == '-')
            .collect(),
    )
}

/// A page as its reader sees it, as far as escapes go.
pub fn text(page: &str) -> String {
    let escapes = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    escapes.iter().fold(page.to_owned(), |page, (escape, plain)| {
        page.replace(escape, plain)
    })
}
