//! Home, integrations and loads over HTTP, as a browser without JavaScript has them.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a test whose world can't be built has failed"
)]

#[path = "pages/ledger.rs"]
mod ledger;
#[path = "pages/world.rs"]
mod world;

use std::time::Duration;

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use landfall_http::manage::{Backlog, LoadingNow, WaitingTable};
use ledger::{LOAD, add_destination, connect, connect_working, land, reject_all};
use world::{Browser, NOW, World};

const NAUGHTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}";
/// As a part of an address.
const NAUGHTY_PART: &str = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dalert%282%29%3E%7B%7B7%2A7%7D%7D";

/// Every page of one integration and its loads. `table` is encoded.
fn pages(table: &str) -> Vec<String> {
    let fixed = [
        "/",
        "/?range=7d",
        "/?range=30d",
        "/integrations",
        "/integrations/new",
        "/integrations/1",
        "/integrations/1?range=this_period",
        "/integrations/1?range=previous_period",
        "/integrations/1/rejects",
        "/integrations/1/connect",
        "/integrations/1/settings",
        "/loads",
        "/loads?integration=1",
        "/loads/load-1",
        "/loads/load-2",
    ];
    let of_table = [
        format!("/integrations/1/tables/{table}"),
        format!("/integrations/1/tables/{table}?date=2020-02-30"),
        format!("/integrations/1/rejects?table={table}"),
        format!("/integrations/1/connect?table={table}"),
        format!("/loads?integration=1&table={table}"),
    ];
    fixed.map(str::to_owned).into_iter().chain(of_table).collect()
}

async fn body(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_new_instance_says_how_to_begin() {
    let (world, admin) = World::with_admin().await;
    let home = body(&admin, "/").await;
    assert!(home.contains("href=\"/destinations/new\""), "{home}");
    assert!(home.contains("href=\"/integrations/new\""), "{home}");
    assert!(body(&admin, "/integrations").await.contains("No integration yet"));
    assert!(body(&admin, "/loads").await.contains("No load yet"));
    let viewer = world.viewer().await;
    for path in ["/", "/integrations"] {
        let page = body(&viewer, path).await;
        assert!(
            !page.contains("/new\""),
            "{path}: viewers are not sent where they can't act"
        );
    }
}

/// Three rows of integration 1 wait, to be loaded within four minutes.
fn three_rows() -> Backlog {
    let now = Timestamp::from_millis(NOW);
    let table = WaitingTable {
        source: SourceId::new(1),
        table: "orders".into(),
        rows: 3,
        rows_closed: 0,
        last_received: Some(now),
        closes_at: Some(now.plus(Duration::from_secs(235))),
        is_held: false,
    };
    Backlog {
        tables: vec![table],
        has_unread: false,
    }
}

fn contains(page: &str, there: &[&str], not_there: &[&str]) {
    for part in there {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    for part in not_there {
        assert!(!page.contains(part), "{part} is there: {page}");
    }
}

#[tokio::test]
async fn what_has_come_in_is_shown_with_when_it_lands_and_can_be_loaded_now() {
    let (world, admin) = World::with_admin().await;
    connect_working(&world, &admin, "lake", "Shop").await;
    contains(
        &body(&admin, "/integrations/1").await,
        &["Waiting for the first record", "Nothing received yet", "Never"],
        &["Load now"],
    );
    contains(&body(&admin, "/").await, &["Send the first record"], &[]);
    *world.loader.backlog.lock().unwrap() = Some(three_rows());
    let shown = [
        "Waiting to load",
        "rows, in 1 table",
        "within 4 minutes",
        "<h2>3 rows received</h2>",
        "data-waiting=\"3\"",
        "data-received=\"3 rows received, to be loaded within 4 minutes.\"",
        "data-held=\"\"",
        "data-turn=\"No longer held up: 3 rows, to be loaded within 4 minutes.\"",
        "data-place=\"lake\"",
        "role=\"status\" aria-live=\"polite\"",
    ];
    let wrong = ["Waiting for the first record", "Nothing received yet", "Never"];
    let page = body(&admin, "/integrations/1").await;
    contains(&page, &shown, &wrong);
    contains(&page, &["action=\"/integrations/1/load\"", "Load now"], &[]);
    let viewer = world.viewer().await;
    let page = body(&viewer, "/integrations/1").await;
    contains(&page, &shown, &wrong);
    contains(&page, &[], &["Load now"]);
    contains(
        &body(&admin, "/").await,
        &["See the first rows land", "within 4 minutes", "rows, in 1 table"],
        &["Send the first record"],
    );
    contains(&body(&admin, "/integrations").await, &[], &["Never"]);

    // The table was met, and has a line.
    let now = Timestamp::from_millis(NOW);
    let table = world
        .catalog
        .ensure_table(SourceId::new(1), "orders", "orders", now);
    table.await.unwrap();
    let page = body(&admin, "/integrations/1").await;
    contains(&page, &["<span class=\"sub\">3 rows</span>"], &["Up to date"]);

    *world.loader.loading.lock().unwrap() = Some(LoadingNow {
        rows: 3,
        tables: 1,
        rows_held: 0,
    });
    let told = admin.post_and_follow("/integrations/1/load", &[]).await;
    contains(&told.body, &["Loading was asked for."], &[]);
    assert_eq!(*world.loader.wishes.lock().unwrap(), [SourceId::new(1)]);
}

#[tokio::test]
async fn what_waits_for_a_destination_is_promised_for_no_time() {
    let (world, admin) = World::with_admin().await;
    connect_working(&world, &admin, "lake", "Shop").await;
    let mut held = three_rows();
    held.tables[0].is_held = true;
    held.tables[0].closes_at = None;
    *world.loader.backlog.lock().unwrap() = Some(held);
    let promises = ["within 4 minutes", "Load now", "Waiting for the first record"];
    let page = body(&admin, "/integrations/1").await;
    contains(
        &page,
        &[
            "<p class=\"help\">Held up: lake does not answer, and is tried again by itself</p>",
            "data-held=\"lake does not answer, and is tried again by itself\"",
            "data-turn=\"Held up: lake does not answer, and is tried again by itself.\"",
        ],
        &promises,
    );
    let page = body(&admin, "/destinations/1").await;
    contains(
        &page,
        &["It does not answer at the moment: 3 rows wait, and loading is tried again by itself."],
        &[],
    );
    contains(
        &body(&admin, "/").await,
        &["does not answer", "3 rows wait."],
        &["All is well"],
    );
    *world.loader.backlog.lock().unwrap() = Some(three_rows());
    contains(&body(&admin, "/destinations/1").await, &[], &["does not answer"]);
    let form = [("destination", "")];
    admin.post_and_follow("/integrations/1/destination", &form).await;
    let page = body(&admin, "/integrations/1").await;
    contains(&page, &["waiting for a destination"], &promises);
    let refused = admin.post("/integrations/1/load", &[]).await;
    contains(&refused.body, &["no destination"], &[]);
    // The loader has not read all yet, or does not answer.
    *world.loader.backlog.lock().unwrap() = None;
    let page = body(&admin, "/integrations/1").await;
    contains(
        &page,
        &["More is being read"],
        &["Nothing received yet", promises[2]],
    );
    let form = [("confirm", "Shop")];
    admin.post_and_follow("/integrations/1/delete", &form).await;
    contains(&body(&admin, "/integrations/1").await, &[], &promises);
    // Nobody can send them anywhere any more, and home says so.
    let mut held = three_rows();
    held.tables[0].is_held = true;
    *world.loader.backlog.lock().unwrap() = Some(held);
    let home = body(&admin, "/").await;
    contains(
        &home,
        &["is never loaded, and goes when retention ends. 3 rows wait."],
        &[],
    );
}

#[tokio::test]
async fn what_is_refused_leads_back_to_where_it_was_wanted() {
    let (world, admin) = World::with_admin().await;
    add_destination(&world, "Shop").await;
    let refused = admin.post("/destinations/1/check", &[]).await;
    assert_eq!(refused.status, 400);
    let way_back = "href=\"/destinations/1\">Go back to the page";
    contains(&refused.body, &["lacks required properties", way_back], &[]);
}

/// Opens home, and looks for parts of it.
async fn home_says(browser: &Browser, there: &[&str], not_there: &[&str]) {
    contains(&body(browser, "/").await, there, not_there);
}

#[tokio::test]
async fn home_says_why_rows_are_held_and_leads_to_what_mends_it() {
    let (world, admin) = World::with_admin().await;
    connect_working(&world, &admin, "lake", "Shop").await;
    *world.loader.backlog.lock().unwrap() = Some(three_rows());
    home_says(&admin, &[], &["rows wait.", "Needs attention"]).await;
    admin.post("/destinations/1/pause", &[]).await;
    let paused = ["href=\"/destinations/1\">lake is paused", "3 rows wait."];
    home_says(&admin, &paused, &["Only administrators"]).await;
    home_says(&admin, &["action=\"/destinations/1/resume\""], &[]).await;
    let viewer = world.viewer().await;
    home_says(&viewer, &paused, &["action=\"/destinations/1/resume\""]).await;
    home_says(
        &viewer,
        &["Only administrators can change what is told here."],
        &[],
    )
    .await;
    admin.post("/destinations/1/resume", &[]).await;

    let mut resting = three_rows();
    resting.tables[0].is_held = true;
    *world.loader.backlog.lock().unwrap() = Some(resting);
    home_says(&admin, &["lake does not answer", "3 rows wait."], &[]).await;
    *world.loader.backlog.lock().unwrap() = Some(three_rows());

    admin
        .post("/integrations/1/destination", &[("destination", "")])
        .await;
    let nowhere = [
        "href=\"/integrations/1/settings\">Shop",
        "It has no destination",
        "3 rows wait.",
    ];
    home_says(&admin, &nowhere, &["was removed"]).await;
    admin.post("/integrations/1/pause", &[]).await;
    home_says(
        &admin,
        &["It has no destination, and a user paused it", "3 rows wait."],
        &["was removed"],
    )
    .await;
    *world.loader.backlog.lock().unwrap() = Some(Backlog {
        tables: Vec::new(),
        has_unread: false,
    });
    admin.post("/integrations/1/resume", &[]).await;
    admin.post("/destinations/1/remove", &[("word", "DELETE")]).await;
    home_says(&admin, &[], &["Needs attention"]).await;
    *world.loader.backlog.lock().unwrap() = Some(three_rows());
    home_says(
        &admin,
        &["href=\"/destinations\">Shop", "3 rows wait."],
        &["was removed"],
    )
    .await;
}

#[tokio::test]
async fn an_integration_says_where_its_data_goes_and_is_resumed_where_that_is_told() {
    let (world, admin) = World::with_admin().await;
    let form = [
        ("type", "import_api"),
        ("display_name", "Shop"),
        ("destination", "none"),
    ];
    let added = admin.post_and_follow("/integrations", &form).await;
    contains(
        &added.body,
        &["Its folder in the bucket is <code>shop</code>"],
        &["lands in"],
    );
    let page = "/integrations/1";
    contains(
        &body(&admin, page).await,
        &["No destination: what arrives is kept"],
        &["Resume"],
    );
    admin.post("/integrations/1/pause", &[]).await;
    let resume = "action=\"/integrations/1/resume\"";
    let told = [
        "No destination: what was accepted before waits",
        "waits for a destination",
        "Choose a destination",
    ];
    contains(&body(&admin, page).await, &told, &["was removed"]);
    let viewer = world.viewer().await;
    for path in [page, "/integrations/1/rejects", "/integrations/1/connect"] {
        contains(&body(&admin, path).await, &[resume, "until you resume it"], &[]);
        let seen = body(&viewer, path).await;
        contains(
            &seen,
            &["until an administrator resumes it"],
            &[resume, "Choose a destination"],
        );
    }
    let settings = body(&admin, "/integrations/1/settings").await;
    assert_eq!(settings.matches(resume).count(), 1, "{settings}");
    let told = admin.post_and_follow("/integrations/1/resume", &[]).await;
    contains(&told.body, &["Resumed: data is taken again."], &[resume]);
    add_destination(&world, "Lake").await;
    admin
        .post("/integrations/1/destination", &[("destination", "1")])
        .await;
    admin.post("/destinations/1/remove", &[("word", "DELETE")]).await;
    let removed = [
        "Its destination was removed: what was accepted before waits",
        "waits for another destination",
    ];
    contains(&body(&admin, page).await, &removed, &["No destination:"]);
}

#[tokio::test]
async fn before_an_integration_is_deleted_its_page_says_what_becomes_of_what_waits() {
    let (world, admin) = World::with_admin().await;
    connect_working(&world, &admin, "lake", "Shop").await;
    let settings = "/integrations/1/settings";
    contains(
        &body(&admin, settings).await,
        &["Nothing waits to be loaded."],
        &[],
    );
    *world.loader.backlog.lock().unwrap() = Some(three_rows());
    let still = "3 rows wait to be loaded. What waits is still loaded into lake";
    contains(&body(&admin, settings).await, &[still], &[]);
    admin.post("/destinations/1/pause", &[]).await;
    let later =
        "3 rows wait to be loaded. What waits is still loaded after the deletion, as soon as lake works";
    contains(&body(&admin, settings).await, &[later], &[]);
    let form = [("destination", "")];
    admin.post_and_follow("/integrations/1/destination", &form).await;
    contains(
        &body(&admin, settings).await,
        &["What waits is never loaded then"],
        &[],
    );
    let refused = admin.post("/integrations/1/delete", &[("confirm", "no")]).await;
    contains(&refused.body, &["What waits is never loaded then"], &[]);
    let mut held = three_rows();
    held.tables[0].is_held = true;
    *world.loader.backlog.lock().unwrap() = Some(held);
    admin
        .post_and_follow("/integrations/1/delete", &[("confirm", "Shop")])
        .await;
    contains(
        &body(&admin, "/integrations/1").await,
        &["so this is never loaded"],
        &[],
    );
}

#[tokio::test]
async fn an_added_integration_shows_its_token_once_and_what_to_run() {
    let (_world, admin) = World::with_admin().await;
    let form = [
        ("type", "import_api"),
        ("display_name", "My Shop"),
        ("destination", ""),
    ];
    let added = admin.post_and_follow("/integrations", &form).await;
    assert_eq!(added.status, 200, "{}", added.body);
    let token = added.body.split("<code>at_").nth(1).unwrap();
    let token = format!("at_{}", token.split('<').next().unwrap());
    for part in [
        "http://localhost:8080/v2/import/batch",
        "http://localhost:8080/v2/import/push",
        "&#34;client_id&#34;: 1000",
        "<code>my_shop</code>",
    ] {
        assert!(added.body.contains(part), "{part}: {}", added.body);
    }
    assert_eq!(
        added.body.matches(&token).count(),
        4,
        "by itself and in three examples"
    );
    for path in [
        "/integrations",
        "/integrations/1",
        "/integrations/1/connect",
        "/integrations/1/connect?done=shown",
        "/integrations/1/settings",
    ] {
        assert!(
            !body(&admin, path).await.contains(&token),
            "{path} shows the token again"
        );
    }
}

#[tokio::test]
async fn a_page_that_shows_a_secret_says_so_when_it_is_loaded_again() {
    let (world, admin) = World::with_admin().await;
    let form = [
        ("type", "import_api"),
        ("display_name", "Shop"),
        ("destination", ""),
    ];
    let sent = admin.post("/integrations", &form).await;
    let page = "/integrations/1/secret?first=yes";
    assert_eq!((sent.status, sent.header("location")), (303, page));
    let viewer = world.viewer().await;
    let other = viewer.get(page).await;
    assert_eq!(other.status, 303, "it is for the session that made it");
    let told = body(&viewer, other.header("location")).await;
    contains(
        &told,
        &["Only administrators can make another token"],
        &["below, and revoke"],
    );
    assert!(body(&admin, page).await.contains("<code>at_"));
    let again = admin.get(page).await;
    assert_eq!(again.header("location"), "/integrations/1/connect?done=shown");
    let told = body(&admin, again.header("location")).await;
    assert!(
        told.contains("was shown once") && told.contains("make another token below"),
        "{told}"
    );
    assert!(told.contains("action=\"/integrations/1/tokens\""), "{told}");
    let listed = world.catalog.sources().await.unwrap();
    assert_eq!(listed.len(), 1, "loading a page again makes nothing");
}

#[tokio::test]
async fn a_webhook_shows_its_address_once() {
    let (_world, admin) = World::with_admin().await;
    let form = [
        ("type", "webhook.incoming-webhook"),
        ("display_name", "Hook"),
        ("key_field", "uid"),
        ("destination", ""),
    ];
    let added = admin.post_and_follow("/integrations", &form).await;
    let url = "http://localhost:8080/v1/clients/1000/token/";
    assert!(added.body.contains(url), "{}", added.body);
    assert!(added.body.contains("{&#34;uid&#34;: 1"), "{}", added.body);
    let token = added.body.split(url).nth(1).unwrap();
    let token = token.split('<').next().unwrap();
    assert!(token.len() > 40, "{token}");
    let connect = body(&admin, "/integrations/1/connect").await;
    assert!(
        !connect.contains(token) && connect.contains("YOUR_TOKEN"),
        "{connect}"
    );
}

#[tokio::test]
async fn among_several_destinations_one_is_chosen_deliberately() {
    let (world, admin) = World::with_admin().await;
    let page = body(&admin, "/integrations/new").await;
    assert!(
        page.contains("<option value=\"none\" selected>None yet"),
        "{page}"
    );
    assert!(
        !page.contains(" autofocus"),
        "the focus begins at the first field"
    );
    connect(&world, &admin, "Shop").await;
    let page = body(&admin, "/integrations/new").await;
    assert!(
        page.contains("<option value=\"1\" selected>"),
        "the only one is proposed: {page}"
    );
    add_destination(&world, "Pond").await;
    let page = body(&admin, "/integrations/new").await;
    assert!(
        page.contains("<option value=\"\" selected disabled>Choose a destination"),
        "{page}"
    );
    let add = |name: &'static str, destination: &'static str| {
        let form = [
            ("type", "import_api"),
            ("display_name", name),
            ("destination", destination),
        ];
        let admin = &admin;
        async move { admin.post("/integrations", &form).await }
    };
    let refused = add("Tills", "").await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Choose where its data goes, or None yet.")
            && refused.body.contains("value=\"Tills\""),
        "{}",
        refused.body
    );
    assert_eq!(add("Tills", "none").await.status, 303);
    assert_eq!(add("Cellar", "2").await.status, 303);
    let mapped = world.catalog.sources().await.unwrap();
    let of = |name: &str| {
        let found = mapped.iter().find(|source| source.display_name == name).unwrap();
        found.destination.map(|id| id.to_string())
    };
    assert_eq!((of("Tills"), of("Cellar")), (None, Some("2".to_owned())));
}

#[tokio::test]
async fn what_the_api_has_against_an_integration_is_said_at_its_field() {
    let (_world, admin) = World::with_admin().await;
    let add = |kind: &'static str, name: &'static str, key: &'static str, destination: &'static str| {
        let form = [
            ("type", kind),
            ("display_name", name),
            ("key_field", key),
            ("destination", destination),
        ];
        let admin = &admin;
        async move { admin.post("/integrations", &form).await }
    };
    assert_eq!(add("import_api", "Shop", "", "").await.status, 303);
    let long = "a_field_whose_name_is_far_too_long_to_be_a_field_of_a_record";
    let cases = [
        (
            "import_api",
            " ",
            "",
            "",
            "id=\"display_name-errors\"",
            "Give the integration a name, such as Shop.",
        ),
        (
            "import_api",
            "Shop",
            "",
            "",
            "id=\"display_name-errors\"",
            "Another integration is called Shop: choose a different name, such as Shop 2.",
        ),
        (
            "import_api",
            "Shop!",
            "",
            "",
            "id=\"display_name-errors\"",
            "Another integration has the same folder, shop: choose",
        ),
        (
            "import_api",
            "1",
            "",
            "",
            "id=\"display_name-errors\"",
            "The folder would be called 1, but its name begins with a letter or _: begin with a letter, such as Shop 1.",
        ),
        (
            "webhook.incoming-webhook",
            "Hook",
            long,
            "",
            "id=\"key_field-errors\"",
            "50 characters",
        ),
        (
            "import_api",
            "Other",
            "",
            "9",
            "id=\"destination-errors\"",
            "Destination not found (9).",
        ),
    ];
    for (kind, name, key, destination, place, message) in cases {
        let refused = add(kind, name, key, destination).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.body.contains(place), "{name}: {}", refused.body);
        assert!(refused.body.contains(message), "{name}: {}", refused.body);
        assert!(
            refused.body.contains(&format!("value=\"{}\"", name.trim())) || name == " ",
            "{name} stays typed"
        );
    }
}

#[tokio::test]
async fn what_was_loaded_is_told_on_every_page_about_it() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "My Shop").await;
    land(&world, "orders").await;
    let cases: [(&str, &[&str]); 8] = [
        (
            "/",
            &[
                "1,233 landed, 1 rejected",
                "Needs attention",
                "Latest loads",
                "is not finished",
            ],
        ),
        ("/integrations", &["My Shop", "1,233", "<code>my_shop</code>"]),
        (
            "/integrations/1",
            &[
                "1,233",
                "/integrations/1/tables/orders",
                "2026-01-04",
                "items",
                "12 rows",
                "/rejects?table=orders",
            ],
        ),
        (
            "/integrations/1/tables/orders",
            &[
                "1,233",
                "Success",
                "access_denied",
                "the bucket said: orders",
                "2 attempts on",
                "/loads/load-1",
            ],
        ),
        (
            "/integrations/1/rejects",
            &[
                "A key property is missing or null",
                "<code>R3</code>",
                "its destination is gone",
                ".rejects",
            ],
        ),
        (
            "/loads",
            &["/loads/load-1", "/loads/load-2", "My Shop", "61.4 kB"],
        ),
        (
            "/loads/load-1",
            &[
                "1,233",
                "crc32:0badcafe",
                "Sub-table items",
                "41 to 4100",
                "Into <a href=\"/destinations/1\">My Shop</a>",
                "2026-01-01 to 2026-01-04",
                "61.4 kB",
            ],
        ),
        (
            "/loads/load-2",
            &[
                "Loading",
                "Not written yet",
                "access_denied",
                "the bucket said: orders",
            ],
        ),
    ];
    for (path, parts) in cases {
        let page = body(&admin, path).await;
        for part in parts {
            assert!(page.contains(part), "{path} lacks {part}: {page}");
        }
    }
    assert!(
        !body(&admin, &format!("/loads/{LOAD}"))
            .await
            .contains("Failed attempts")
    );
    assert!(
        body(&admin, "/loads?integration=1&table=none")
            .await
            .contains("No load like that")
    );
    assert!(
        body(&admin, "/loads?table=orders")
            .await
            .contains("Choose the integration")
    );
}

#[tokio::test]
async fn viewers_see_all_of_it_and_change_nothing() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    land(&world, "orders").await;
    let viewer = world.viewer().await;
    assert_eq!(viewer.get("/integrations/new").await.status, 403);
    for path in pages("orders")
        .into_iter()
        .filter(|path| path != "/integrations/new")
    {
        let page = body(&viewer, &path).await;
        for form in page.split("method=\"post\" action=\"").skip(1) {
            assert!(
                form.starts_with("/theme") || form.starts_with("/sign-out"),
                "{path} offers viewers {form}"
            );
        }
    }
    for path in [
        "/integrations",
        "/integrations/1/tokens",
        "/integrations/1/tokens/1/revoke",
        "/integrations/1/pause",
        "/integrations/1/resume",
        "/integrations/1/rename",
        "/integrations/1/destination",
        "/integrations/1/delete",
    ] {
        assert_eq!(
            viewer.post(path, &[("display_name", "x")]).await.status,
            403,
            "{path}"
        );
        let stranger = world.browser();
        let sent = stranger
            .post_as_it_is(path, &[], Some("http://localhost:8080"))
            .await;
        assert_eq!(sent.status, 303, "{path}");
        assert!(sent.header("location").starts_with("/sign-in?back="), "{path}");
    }
    let stranger = world.browser();
    for path in pages("orders").into_iter().chain(["/live/home".to_owned()]) {
        let answer = stranger.get(&path).await;
        assert!(answer.header("location").starts_with("/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn nothing_that_people_or_programs_name_breaks_out_of_a_page() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, NAUGHTY).await;
    land(&world, NAUGHTY).await;
    for path in pages(NAUGHTY_PART) {
        let page = body(&admin, &path).await;
        let is_safe = !page.contains("<script>") && !page.contains("<img src=x") && !page.contains(" style=");
        assert!(is_safe, "{path}: {page}");
    }
    let table = body(&admin, &format!("/integrations/1/tables/{NAUGHTY_PART}")).await;
    assert!(
        table.contains("{{7*7}}</h1>") && table.contains("Success"),
        "{table}"
    );
    let refused = admin
        .post("/integrations/1/delete", &[("confirm", NAUGHTY_PART)])
        .await;
    assert_eq!(refused.status, 422);
    assert!(!refused.body.contains("<script>"), "{}", refused.body);
}

#[tokio::test]
async fn an_integration_is_renamed_paused_moved_and_deleted() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    let post = |path: &'static str, name: &'static str, value: &'static str| {
        let admin = &admin;
        async move {
            let answer = admin
                .post(&format!("/integrations/1/{path}"), &[(name, value)])
                .await;
            (answer.status, answer.header("location").to_owned(), answer.body)
        }
    };
    let (status, _, page) = post("rename", "display_name", " ").await;
    assert!(
        status == 422 && page.contains("Give the integration a name, such as Shop."),
        "{page}"
    );
    let (status, to, _) = post("rename", "display_name", "Store").await;
    assert_eq!((status, to.as_str()), (303, "/integrations/1?done=renamed"));
    assert!(body(&admin, &to).await.contains("The name is changed"));
    let (_, to, _) = post("pause", "", "").await;
    assert!(body(&admin, &to).await.contains("Paused</span>"));
    let (_, to, _) = post("resume", "", "").await;
    assert!(body(&admin, &to).await.contains("Active</span>"));
    let (_, to, _) = post("destination", "destination", "").await;
    assert!(body(&admin, &to).await.contains("No destination</span>"));
    assert!(body(&admin, "/").await.contains("Choose where it is to go"));
    let settings = body(&admin, "/integrations/1/settings").await;
    assert!(
        settings.contains(", where it was before, pauses the integration: pushes are refused with 401"),
        "{settings}"
    );
    let (_, to, _) = post("destination", "destination", "1").await;
    assert!(body(&admin, &to).await.contains("Active</span>"), "it went back");
    let settings = body(&admin, "/integrations/1/settings").await;
    assert!(
        settings.contains("Another destination pauses the integration"),
        "{settings}"
    );
    let (status, _, page) = post("delete", "confirm", "Shop").await;
    assert!(status == 422 && page.contains("This is not the name."), "{page}");
    let (_, to, _) = post("delete", "confirm", "Store").await;
    assert_eq!(to, "/integrations?done=deleted");
    assert!(body(&admin, &to).await.contains("The integration is deleted."));
    let page = body(&admin, "/integrations/1").await;
    assert!(page.contains("This integration was deleted."), "{page}");
    assert!(
        !body(&admin, "/integrations/1/settings")
            .await
            .contains("action=\"/integrations")
    );
}

#[tokio::test]
async fn what_was_deleted_in_another_window_says_so_and_leads_to_the_list() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    admin.post("/integrations/1/delete", &[("confirm", "Shop")]).await;
    for path in ["rename", "pause", "resume", "destination", "delete", "tokens"] {
        let form = [("display_name", "Store"), ("confirm", "Shop")];
        let told = admin.post(&format!("/integrations/1/{path}"), &form).await;
        assert_eq!(told.status, 410, "{path}: {}", told.body);
        assert!(
            told.body.contains("This integration was deleted"),
            "{path}: {}",
            told.body
        );
        assert!(
            told.body.contains("class=\"button\" href=\"/integrations\""),
            "{path}: {}",
            told.body
        );
    }
    admin.post("/destinations/1/remove", &[("word", "DELETE")]).await;
    for path in ["pause", "resume", "check"] {
        let told = admin.post(&format!("/destinations/1/{path}"), &[]).await;
        assert_eq!(told.status, 410, "{path}: {}", told.body);
        assert!(
            told.body.contains("class=\"button\" href=\"/destinations\""),
            "{path}: {}",
            told.body
        );
    }
}

#[tokio::test]
async fn a_table_of_which_nothing_was_landed_is_not_up_to_date() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    reject_all(&world, "orders").await;
    let rejects =
        "<a href=\"/integrations/1/rejects?table=orders\"><span class=\"badge badge-bad\">All rejected";
    for path in ["/integrations/1", "/integrations/1/tables/orders"] {
        let page = body(&admin, path).await;
        assert!(page.contains(rejects), "{path}: {page}");
    }
    for path in ["/loads", "/loads/load-rejected"] {
        assert!(body(&admin, path).await.contains("All rejected</span>"), "{path}");
    }
    let news = "data-landed=\"0\" data-rejected=\"1234\"";
    let page = body(&admin, "/integrations/1").await;
    contains(&page, &[news, "data-rejects=\"see Rejected records\""], &[]);
    let page = body(&admin, "/integrations/1/rejects?table=orders").await;
    assert!(
        page.contains("A key property is missing or null") && page.contains("<code>R3</code>"),
        "{page}"
    );
}

#[tokio::test]
async fn characters_that_hide_in_names_are_shown_on_every_page() {
    let (world, admin) = World::with_admin().await;
    let name = "Sh\u{202e}op\u{200b}";
    connect(&world, &admin, name).await;
    land(&world, "or\u{2066}ders").await;
    for path in pages("or%E2%81%A6ders") {
        let page = body(&admin, &path).await;
        // What forms send back is not shown, and stays as it is.
        let values = page
            .split(" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        let shown = values.fold(page.clone(), |page, value| {
            page.replace(&format!(" value=\"{value}\""), "")
        });
        let hidden = shown.contains(['\u{202e}', '\u{200b}', '\u{2066}']);
        assert!(!hidden, "{path}: {page}");
    }
    let page = body(&admin, "/integrations/1").await;
    assert!(
        page.contains("Sh⟨U+202E⟩op⟨U+200B⟩") && page.contains("or⟨U+2066⟩ders"),
        "{page}"
    );
    let settings = body(&admin, "/integrations/1/settings").await;
    let field = format!("value=\"{name}\"");
    assert!(
        settings.contains(&field),
        "saving the form changes no name: {settings}"
    );
    assert!(
        settings
            .contains("id=\"display_name-hidden\">Some characters in it can't be seen: Sh⟨U+202E⟩op⟨U+200B⟩"),
        "{settings}"
    );
    let as_shown = [("confirm", "Sh⟨U+202E⟩op⟨U+200B⟩")];
    assert_eq!(admin.post("/integrations/1/delete", &as_shown).await.status, 303);
}

#[tokio::test]
async fn tokens_are_made_up_to_two_and_revoked() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    let second = admin.post_and_follow("/integrations/1/tokens", &[]).await;
    assert!(second.body.contains("<code>at_"), "{}", second.body);
    let third = admin.post("/integrations/1/tokens", &[]).await;
    assert_eq!(third.header("location"), "/integrations/1/connect?done=full");
    let page = body(&admin, "/integrations/1/connect").await;
    assert!(!page.contains("action=\"/integrations/1/tokens\""), "{page}");
    for token in ["1", "2"] {
        let path = format!("/integrations/1/tokens/{token}/revoke");
        assert!(page.contains(&path), "{page}");
        assert_eq!(admin.post(&path, &[]).await.status, 303);
    }
    assert!(
        body(&admin, "/integrations/1/connect")
            .await
            .contains("Nothing can send data")
    );
    assert_eq!(
        admin.post("/integrations/1/tokens/9/revoke", &[]).await.status,
        400
    );
    for path in [
        "/integrations/9",
        "/integrations/9/settings",
        "/loads/none",
        "/integrations/1/tables/none",
    ] {
        assert_eq!(admin.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn open_pages_are_told_of_changes_until_the_server_ends() {
    let (world, admin) = World::with_admin().await;
    connect(&world, &admin, "Shop").await;
    land(&world, "orders").await;
    for path in [
        "/live/home",
        "/live/loads",
        "/live/loads/load-1",
        "/live/integrations/1",
    ] {
        world.end.send_replace(false);
        let stream = admin.get(path);
        tokio::pin!(stream);
        // The stream goes on: it ends only when the server does.
        let waited = tokio::time::timeout(std::time::Duration::from_millis(300), &mut stream).await;
        assert!(waited.is_err(), "{path} ended by itself");
        world.end.send_replace(true);
        let answer = stream.await;
        assert_eq!(answer.header("content-type"), "text/event-stream", "{path}");
        assert_eq!(
            answer.body.matches("event: change").count(),
            1,
            "{path}: {}",
            answer.body
        );
    }
}
