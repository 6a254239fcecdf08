//! Webhooks that are told of events (operations.md §2, management-api.md §12.3).

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use landfall_catalog::{Event, EventLevel};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Told;
use super::access_keys::SecretPage;
use super::event_names::{LEVELS, when};
use super::hooks::url_problem;
use super::refused::refused;
use super::row_act::RowAct;
use super::tabs::{Tab, Tabs};
use super::url::shown;
use crate::components::{Badge, Banner, CodeBox, Empty, Field, Moment, RowActions, Tone};
use crate::frame::{Frame, Page, Section, Shown, show, show_again};
use crate::state::WebState;
use crate::trouble::Trouble;
use crate::words::sentence;

const LIST: &str = "/settings/event-webhooks";
const NEW: &str = "/settings/event-webhooks/new";
const API: &str = "/v4/event-hooks";
/// A day: later, an event is no news.
const LONGEST_DELAY_MINUTES: u32 = 24 * 60;

#[derive(Debug, Deserialize)]
struct EventHook {
    id: u32,
    url: String,
    events: Vec<String>,
    delay_seconds: u64,
    created_at: Moment,
    disabled_at: Option<Moment>,
}

impl EventHook {
    fn url(&self, frame: &Frame) -> String {
        shown(&self.url, frame.is_admin())
    }

    fn href(&self) -> String {
        format!("{LIST}/{}", self.id)
    }

    fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    fn badge(&self) -> Badge {
        if self.is_enabled() {
            Badge::new(Tone::Good, "Enabled")
        } else {
            Badge::new(Tone::Quiet, "Disabled")
        }
    }

    fn delay(&self) -> String {
        match self.delay_seconds {
            0 => "At once".to_owned(),
            seconds => format!("After {} min", seconds.div_ceil(60)),
        }
    }
}

#[derive(Template)]
#[template(path = "settings/event_hooks.html")]
struct HooksPage {
    frame: Frame,
    tabs: Tabs,
    hooks: Vec<EventHook>,
    empty: Empty,
    url: Field,
    delay: Field,
    chosen: Vec<String>,
    events_problem: Option<String>,
}

impl HooksPage {
    fn actions(&self, hook: &EventHook) -> RowActions {
        RowActions {
            base: hook.href(),
            csrf: self.frame.csrf().to_owned(),
            name: format!("event webhook {}", hook.id),
            is_enabled: hook.is_enabled(),
            warning: "It hears of nothing any more.",
        }
    }

    fn levels(&self) -> impl Iterator<Item = (&'static str, Vec<Event>)> {
        LEVELS.into_iter().map(|(level, text)| (text, events_of(level)))
    }

    fn when(&self, event: &Event) -> &'static str {
        when(*event)
    }

    fn is_chosen(&self, event: &Event) -> bool {
        self.chosen.iter().any(|one| one == event.as_str())
    }
}

fn events_of(level: EventLevel) -> Vec<Event> {
    let of_level = |event: &Event| event.level() == level;
    Event::ALL.into_iter().filter(of_level).collect()
}

/// What was typed. Browsers send a pair for each box that is checked.
#[derive(Default)]
struct Typed {
    url: String,
    delay: String,
    events: Vec<String>,
}

impl Typed {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "url" => value.trim().clone_into(&mut typed.url),
                "delay" => value.trim().clone_into(&mut typed.delay),
                "events" => typed.events.push(value),
                _ => {}
            }
        }
        typed
    }

    fn delay_minutes(&self) -> Option<u32> {
        let text = if self.delay.is_empty() { "0" } else { &self.delay };
        let minutes = text.parse().ok();
        minutes.filter(|minutes| *minutes <= LONGEST_DELAY_MINUTES)
    }
}

/// What is wrong with a hook to be added.
#[derive(Default)]
struct Problems {
    url: Option<String>,
    events: Option<String>,
    delay: Option<String>,
}

async fn hooks_page(page: &Page, typed: Typed, problems: Problems) -> Result<HooksPage, Trouble> {
    Ok(HooksPage {
        frame: page.frame("Event webhooks", Section::Settings),
        tabs: Tabs::new(Tab::EventHooks),
        hooks: page.api.get(API).await?,
        empty: Empty::new(
            "No event webhook yet",
            "An event webhook is told at once when something goes wrong, and when it is over: for chats, paging \
             services and status pages. Every request is signed.",
        ),
        url: Field::text("url", "Address")
            .help("Begins with https://. Events are posted there as JSON.")
            .value(&typed.url)
            .error(problems.url)
            .autocomplete("url")
            .required(),
        delay: Field::text("delay", "Delay in minutes (optional)")
            .help("What is over within that time is not told. Without one, events are told at once.")
            .value(&typed.delay)
            .error(problems.delay),
        chosen: typed.events,
        events_problem: problems.events,
    })
}

/// `GET /settings/event-webhooks`.
pub(super) async fn list(page: Page, Query(told): Query<Told>) -> Shown {
    let mut shown = hooks_page(&page, Typed::default(), Problems::default()).await?;
    if told.done == "shown" {
        shown.frame.banner = Some(Banner::warning(
            "The secret was shown once, and can't be shown again. If you did not copy it, delete the webhook and add \
             it once more.",
        ));
        return show(&shown);
    }
    shown.frame.banner = told.banner(&[
        ("enabled", "The event webhook is enabled."),
        ("disabled", "The event webhook is disabled."),
        ("deleted", "The event webhook is deleted."),
        ("tested", "The test message was taken."),
    ]);
    show(&shown)
}

#[derive(Deserialize)]
struct Minted {
    secret: String,
}

/// `POST /settings/event-webhooks`: leads to the page that shows the secret, once.
pub(super) async fn create(
    State(state): State<WebState>,
    page: Page,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Shown {
    let typed = Typed::read(pairs);
    let delay = typed.delay_minutes();
    let problems = Problems {
        events: typed
            .events
            .is_empty()
            .then(|| "Choose at least one event.".to_owned()),
        delay: delay.is_none().then(|| {
            format!("Enter a whole number of minutes, {LONGEST_DELAY_MINUTES} at most, or nothing.")
        }),
        ..Problems::default()
    };
    let Some(minutes) = delay.filter(|_| problems.events.is_none()) else {
        return show_again(&hooks_page(&page, typed, problems).await?);
    };
    let body = json!({"url": typed.url, "events": typed.events, "delay_seconds": minutes * 60});
    let made: Minted = match page.api.post(API, &body).await {
        Ok(made) => made,
        Err(error) => {
            let problems = Problems {
                url: Some(url_problem(refused(&error)?)),
                ..Problems::default()
            };
            return show_again(&hooks_page(&page, typed, problems).await?);
        }
    };
    state.once.keep(page.signed_in.session, NEW, made.secret.into());
    Ok(Redirect::to(NEW).into_response())
}

/// `GET /settings/event-webhooks/new`: a secret, the one time it is shown.
pub(super) async fn show_new(State(state): State<WebState>, page: Page) -> Shown {
    let Some(secret) = state.once.take(&page.signed_in.session, NEW) else {
        return Ok(Redirect::to(&format!("{LIST}?done=shown")).into_response());
    };
    show(&SecretPage {
        frame: page.frame("New event webhook", Section::Settings),
        tabs: Tabs::new(Tab::EventHooks),
        title: "Copy the secret now",
        text: "It is shown this once. Every request has the header X-Landfall-Signature: sha256= and the HMAC of its \
               body with this secret, by which the receiver knows that Landfall sent it.",
        secret: CodeBox {
            id: "secret".to_owned(),
            label: "Secret of the event webhook".to_owned(),
            text: secret,
        },
        back: LIST,
    })
}

/// `POST /settings/event-webhooks/{id}/{act}`.
pub(super) async fn act(page: Page, Path((id, act)): Path<(u32, String)>) -> Shown {
    let act = RowAct::parse(&act)?;
    match act.run(&page, &format!("{API}/{id}")).await? {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}?done={}", act.done())).into_response()),
        Err(problem) => tell(&page, problem).await,
    }
}

/// Shows the list, with something that went wrong above it.
async fn tell(page: &Page, problem: String) -> Shown {
    let mut shown = hooks_page(page, Typed::default(), Problems::default()).await?;
    shown.frame.banner = Some(Banner::error(problem));
    show_again(&shown)
}

/// What came of a test message.
#[derive(Deserialize)]
pub(super) struct TestResult {
    pub(super) delivered: bool,
    pub(super) failure: Option<String>,
}

/// `POST /settings/event-webhooks/{id}/test`.
pub(super) async fn test(page: Page, Path(id): Path<u32>) -> Shown {
    let sent = page
        .api
        .post::<TestResult>(&format!("{API}/{id}/test"), &Value::Null)
        .await;
    match sent {
        Ok(result) if result.delivered => Ok(Redirect::to(&format!("{LIST}?done=tested")).into_response()),
        Ok(result) => {
            let why = sentence(&result.failure.unwrap_or_default());
            tell(&page, format!("The test message was not taken. {why}")).await
        }
        Err(error) => {
            let problem = refused(&error)?;
            tell(&page, problem).await
        }
    }
}
