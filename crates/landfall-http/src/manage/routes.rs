//! Which address is answered by what.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use super::access_keys::AccessKeyObject;
use super::answer::{Answer, Refusal};
use super::api::{Api, Nothing, Null, answers};
use super::audit::AuditLog;
use super::authentication::require_key;
use super::bodies::*;
use super::bucket_policy::PolicyObject;
use super::buffer::BufferObject;
use super::check_object::CheckObject;
use super::custom_emails::{CustomEmailObject, DisabledAt};
use super::deliveries::{DeliveryLog, Replayed};
use super::destination_object::DestinationObject;
use super::destinations_v3::DestinationV3;
use super::event_hooks::{EventHookObject, TestResult};
use super::grant::GrantObject;
use super::hooks::{HookList, HookObject};
use super::instance::InstanceObject;
use super::key_preview::Preview;
use super::ledger::{AttemptObject, LoadHistory, Series};
use super::load_object::LoadDetail;
use super::loading::LoadingNowObject;
use super::loads::{Page, ReportObject};
use super::notifications::{NotificationList, NotificationSettingsObject, ResolvedList};
use super::rejects::RejectsReport;
use super::setup_help::{Judgement, PlaceDefaults, ProgressObject};
use super::source_object::SourceObject;
use super::state::ManageState;
use super::tokens::{NewToken, NewUrl, TokenObject, UrlObject};
use super::types::{ReportCard, SourceTypeCard};
use super::usage::{SourceStats, UsageReport};
use super::verify::VerifyObject;
use super::{
    access_keys, audit, bucket_policy, buffer, checks, custom_emails, deliveries, destinations,
    destinations_v3, event_hooks, grant, hooks, instance, key_preview, ledger, loading, loads, notifications,
    openapi, rejects, setup_help, sources, tokens, types, usage, verify,
};

/// The management API. It takes `/v3`, `/v4` and `/notifications` for itself, with all that is below them, and leaves
/// every other address to the routers that it is merged with.
///
/// Requests that carry [`Internal`](super::Internal) as an extension need no key.
pub fn router(state: ManageState) -> Router {
    let guarded = |routes: Router<ManageState>| {
        routes
            .fallback(not_found)
            .method_not_allowed_fallback(not_found)
            .layer(from_fn_with_state(state.clone(), require_key))
    };
    let [v4, v3, notifications] = tables().map(|api| guarded(api.router));
    // The only address that anybody may look at.
    let v4 = v4.route("/openapi.json", get(openapi::show));
    Router::new()
        .nest("/v4", v4)
        .nest("/v3", v3)
        .nest("/notifications", notifications)
        .with_state(state)
}

/// Unknown addresses, and methods that an address doesn't know (management-api.md §1.2).
pub(super) async fn not_found() -> Answer {
    Err(Refusal::not_found())
}

/// All calls, by prefix.
pub(super) fn tables() -> [Api; 3] {
    let v4 = reports(sources_of(setup_of(destinations_of(Api::new("/v4")))));
    [
        of_instance(v4),
        v3(Api::new("/v3")),
        notices(Api::new("/notifications")),
    ]
}

fn destinations_of(api: Api) -> Api {
    api.get(
        "/destinations",
        destinations::list,
        answers::<Vec<DestinationObject<'_>>>("List destinations")
            .number("source_id", "Only the one that this source is mapped to")
            .number("destination_id", "Only this one"),
    )
    .post(
        "/destinations",
        destinations::create,
        answers::<DestinationObject<'_>>("Make a destination").takes::<NewDestinationBody>(),
    )
    .get(
        "/destinations/{id}",
        destinations::get,
        answers::<DestinationObject<'_>>("One destination"),
    )
    .put(
        "/destinations/{id}",
        destinations::update,
        answers::<DestinationObject<'_>>("Change a destination").takes::<DestinationChangeBody>(),
    )
    .delete(
        "/destinations/{id}",
        destinations::delete,
        answers::<Nothing>("Delete a destination").choice(
            "sources",
            "What becomes of mapped sources",
            &["pause", "delete"],
        ),
    )
    .get(
        "/destination-types",
        types::destination_types,
        answers::<Vec<ReportCard>>("Types of destinations"),
    )
    .get(
        "/destination-types/{type}",
        types::destination_type,
        answers::<ReportCard>("One type of destinations"),
    )
}

fn setup_of(api: Api) -> Api {
    let partitions = ["aws", "aws-cn", "aws-us-gov"];
    api.post(
        "/destinations/key-preview",
        key_preview::show,
        answers::<Preview>("Judge an S3 Key").takes::<KeyPreviewBody>(),
    )
    .post(
        "/destinations/{id}/check",
        checks::start,
        answers::<CheckObject<'_>>("Start a connection check"),
    )
    .get(
        "/destinations/{id}/last-connection-check",
        checks::last_of_destination,
        answers::<CheckObject<'_>>("The last connection check of a destination"),
    )
    .get(
        "/destinations/{id}/bucket-policy",
        bucket_policy::get,
        answers::<PolicyObject<'_>>("The bucket policy that lets Landfall in").choice(
            "partition",
            "Partition of AWS",
            &partitions,
        ),
    )
    .get(
        "/destinations/{id}/grant",
        grant::get,
        answers::<GrantObject<'_>>("What to grant to whom, in every form").choice(
            "partition",
            "Partition of AWS",
            &partitions,
        ),
    )
    .post(
        "/destinations/validate",
        setup_help::validate,
        answers::<Judgement<'_>>("Judge a destination without storing it").takes::<DestinationDraftBody>(),
    )
    .get(
        "/destinations/place-defaults",
        setup_help::place_defaults,
        answers::<PlaceDefaults>("What this instance proposes"),
    )
    .get(
        "/destinations/{id}/check-progress",
        setup_help::progress,
        answers::<ProgressObject<'_>>("The last connection check, step by step"),
    )
    .post(
        "/destinations/{id}/challenge-file",
        setup_help::make_challenge_file,
        answers::<Nothing>("Make the challenge file, in a bucket that is a folder"),
    )
}

fn sources_of(api: Api) -> Api {
    let api = api
        .get(
            "/sources",
            sources::list,
            answers::<Vec<SourceObject<'_>>>("List sources"),
        )
        .post(
            "/sources",
            sources::create,
            answers::<SourceObject<'_>>("Make a source").takes::<NewSourceBody>(),
        )
        .get(
            "/sources/{id}",
            sources::get,
            answers::<SourceObject<'_>>("One source"),
        )
        .put(
            "/sources/{id}",
            sources::update,
            answers::<SourceObject<'_>>("Change a source").takes::<SourceChangeBody>(),
        )
        .delete(
            "/sources/{id}",
            sources::delete,
            answers::<SourceObject<'_>>("Delete a source"),
        );
    source_parts(api)
        .post(
            "/sources/{id}/load",
            loading::load_now,
            answers::<LoadingNowObject>("Load what was received of a source now"),
        )
        .get(
            "/source-types",
            types::source_types,
            answers::<Vec<SourceTypeCard>>("Types of sources"),
        )
        .get(
            "/source-types/{type}",
            types::source_type,
            answers::<SourceTypeCard>("One type of sources"),
        )
}

fn source_parts(api: Api) -> Api {
    api.get(
        "/sources/{id}/tokens",
        tokens::list_tokens,
        answers::<Vec<TokenObject>>("Access tokens of a source"),
    )
    .post(
        "/sources/{id}/tokens",
        tokens::create_token,
        answers::<NewToken<'_>>("Make an access token, shown once"),
    )
    .delete(
        "/sources/{id}/tokens/{token_id}",
        tokens::revoke_token,
        answers::<SourceObject<'_>>("Revoke an access token"),
    )
    .get(
        "/sources/{id}/webhook-urls",
        tokens::list_urls,
        answers::<Vec<UrlObject>>("URLs of a webhook source"),
    )
    .post(
        "/sources/{id}/webhook-urls",
        tokens::create_url,
        answers::<NewUrl<'_>>("Make a URL, shown once"),
    )
    .delete(
        "/sources/{id}/webhook-urls/{url_id}",
        tokens::revoke_url,
        answers::<SourceObject<'_>>("Revoke a URL"),
    )
    .get(
        "/sources/{id}/last-connection-check",
        checks::last_of_source,
        answers::<CheckObject<'_>>("The last connection check of a source"),
    )
}

fn reports(api: Api) -> Api {
    api.get(
        "/sources/{id}/loading-report",
        loads::report,
        answers::<Vec<ReportObject<'_>>>("What was loaded of each table").choice(
            "range",
            "A period has 30 days",
            &["24h", "this_period", "previous_period"],
        ),
    )
    .get(
        "/sources/{id}/loading-report/{table}",
        ledger::report_of_table,
        answers::<Vec<AttemptObject>>("Attempts to load a table on a day, newest first")
            .day("date", "UTC; today, if it isn't given"),
    )
    .get(
        "/sources/{id}/stats",
        usage::stats,
        answers::<SourceStats>("How a source stands"),
    )
    .get(
        "/sources/{id}/rejects",
        rejects::show,
        answers::<RejectsReport<'_>>("Rejected records: how many, why, where, and some of them")
            .text("table", "Only of this table")
            .number("samples", "Records to show, 50 at most"),
    )
    .get(
        "/{client}/loads",
        loads::list,
        answers::<Page<'_>>("The last load of each stream").number("page", "100 to a page"),
    )
    .get(
        "/{client}/loads/history",
        ledger::history,
        answers::<LoadHistory<'_>>("All loads, newest first")
            .number("destination_id", "Only to this one")
            .number("source_id", "Only of this one")
            .text("table", "Only of this table; needs a source_id")
            .number("before", "The next of the answer before")
            .number("limit", "100 at most"),
    )
    .get(
        "/loads/{load}",
        ledger::load,
        answers::<LoadDetail<'_>>("One load, with its objects"),
    )
    .get(
        "/series",
        ledger::series,
        answers::<Series>("Rows loaded and rejected over time")
            .number("source_id", "Only of this one")
            .choice("step", "In UTC", &["hour", "day"])
            .text("from", "A timestamp or a day")
            .text("to", "A timestamp or a day, not included"),
    )
    .get(
        "/buffer",
        buffer::show,
        answers::<BufferObject>("What is received and not loaded yet"),
    )
    .get(
        "/usage",
        usage::usage,
        answers::<UsageReport>("Rows replicated")
            .day("from", "UTC")
            .day("to", "UTC, included")
            .choice("group", "What a line is about", &["source", "table", "day"]),
    )
}

fn of_instance(api: Api) -> Api {
    let api = api
        .get(
            "/instance",
            instance::show,
            answers::<InstanceObject<'_>>("The instance: its version, and how long it keeps things"),
        )
        .get(
            "/access-keys",
            access_keys::list,
            answers::<Vec<AccessKeyObject<'_>>>("List access keys"),
        )
        .post(
            "/access-keys",
            access_keys::create,
            answers::<AccessKeyObject<'_>>("Make an access key, shown once").takes::<NewAccessKeyBody>(),
        )
        .put(
            "/access-keys/{id}",
            access_keys::switch,
            answers::<AccessKeyObject<'_>>("Enable or disable an access key").takes::<SwitchBody>(),
        )
        .delete(
            "/access-keys/{id}",
            access_keys::delete,
            answers::<Nothing>("Delete an access key"),
        )
        .get(
            "/audit-log",
            audit::list,
            answers::<AuditLog<'_>>("Who changed what, newest first")
                .number("before", "The next of the answer before")
                .number("limit", "100 at most"),
        )
        .get(
            "/verify",
            verify::show,
            answers::<VerifyObject<'_>>("What the ledger says of itself")
                .text("after", "The next of the answer before"),
        );
    events(api)
}

fn events(api: Api) -> Api {
    api.get(
        "/notifications",
        notifications::list,
        answers::<NotificationList<'_>>("What is wrong now"),
    )
    .get(
        "/notifications/resolved",
        notifications::resolved,
        answers::<ResolvedList<'_>>("What was wrong lately and is over, newest first"),
    )
    .post(
        "/notifications/{id}/dismiss",
        notifications::dismiss,
        answers::<Nothing>("Take something off the list"),
    )
    .get(
        "/notification-settings",
        notifications::settings,
        answers::<NotificationSettingsObject<'_>>("How people are told"),
    )
    .put(
        "/notification-settings",
        notifications::update,
        answers::<NotificationSettingsObject<'_>>("Change how people are told")
            .takes::<NotificationSettingsBody>(),
    )
    .post(
        "/notification-settings/test",
        notifications::test,
        answers::<TestResult>("Send a test mail").takes::<EmailBody>(),
    )
    .get(
        "/event-hooks",
        event_hooks::list,
        answers::<Vec<EventHookObject<'_>>>("List event hooks"),
    )
    .post(
        "/event-hooks",
        event_hooks::create,
        answers::<EventHookObject<'_>>("Make an event hook; its secret is shown once")
            .takes::<NewEventHookBody>(),
    )
    .put(
        "/event-hooks/{id}",
        event_hooks::switch,
        answers::<EventHookObject<'_>>("Enable or disable an event hook").takes::<SwitchBody>(),
    )
    .delete(
        "/event-hooks/{id}",
        event_hooks::delete,
        answers::<Null>("Delete an event hook"),
    )
    .post(
        "/event-hooks/{id}/test",
        event_hooks::test,
        answers::<TestResult>("Send a test message to an event hook"),
    )
}

fn v3(api: Api) -> Api {
    api.get(
        "/destinations",
        destinations_v3::list,
        answers::<Vec<DestinationV3>>("List destinations, old shape"),
    )
    .post(
        "/destinations",
        destinations_v3::create,
        answers::<DestinationV3>("Make a destination, old shape").takes::<DestinationBodyV3>(),
    )
    .put(
        "/destinations/{id}",
        destinations_v3::update,
        answers::<DestinationV3>("Change a destination, old shape").takes::<DestinationBodyV3>(),
    )
}

fn notices(api: Api) -> Api {
    let hook_calls = api
        .get(
            "/public/v1/api/hooks",
            hooks::list,
            answers::<HookList<'_>>("List post-load webhooks"),
        )
        .post(
            "/public/v1/api/hooks",
            hooks::create,
            answers::<HookObject<'_>>("Make a post-load webhook").takes::<NewHookBody>(),
        )
        .put(
            "/public/v1/api/hooks/{id}",
            hooks::switch,
            answers::<HookObject<'_>>("Enable or disable a post-load webhook").takes::<SwitchBody>(),
        )
        .delete(
            "/public/v1/api/hooks/{id}",
            hooks::delete,
            answers::<Null>("Delete a post-load webhook"),
        )
        .get(
            "/public/v1/api/hooks/{id}/deliveries",
            deliveries::list,
            answers::<DeliveryLog<'_>>("Tries to deliver, newest first")
                .number("before", "The next of the answer before")
                .number("limit", "100 at most"),
        )
        .post(
            "/public/v1/api/hooks/{id}/replay",
            deliveries::replay,
            answers::<Replayed>("Send again what was sent since an instant").takes::<ReplayBody>(),
        );
    hook_calls
        .get(
            "/public/v1/api/custom-emails",
            custom_emails::list,
            answers::<Vec<CustomEmailObject<'_>>>("List addresses that all mail goes to"),
        )
        .post(
            "/public/v1/api/custom-emails",
            custom_emails::create,
            answers::<CustomEmailObject<'_>>("Add an address").takes::<EmailBody>(),
        )
        .put(
            "/public/v1/api/custom-emails/{id}",
            custom_emails::switch,
            answers::<DisabledAt>("Enable or disable an address").takes::<EmailSwitchBody>(),
        )
        .delete(
            "/public/v1/api/custom-emails/{id}",
            custom_emails::delete,
            answers::<Vec<u32>>("Remove an address; answers with how many that were"),
        )
}
