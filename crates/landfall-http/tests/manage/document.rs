//! The OpenAPI document, as it is kept in the repository and as requests find it to be true.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use landfall_http::manage::router;

use crate::world::{ADMIN, World};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_document_in_the_repository_is_that_of_the_handlers() {
    let path = repository().join("docs/src/reference/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, landfall_http::manage::openapi()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == landfall_http::manage::openapi(),
        "{} is not what the handlers are: run `make docs-generated`",
        path.display()
    );
}

/// The addresses that a router has, as its `Debug` shows them: it tells in no other way.
fn addresses_of(router: &axum::Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let (routes, _) = shown.split_once("fallback_router").unwrap();
    let texts = routes.split('"').skip(1).step_by(2);
    texts
        .filter(|text| text.starts_with("/v") || text.starts_with("/notifications"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_address_of_the_router_is_in_the_document() {
    let world = World::new().await;
    let addresses = addresses_of(&router(world.state.clone()));
    let document: serde_json::Value = serde_json::from_str(landfall_http::manage::openapi()).unwrap();
    let described = document["paths"].as_object().unwrap().keys().cloned();
    let mut described: BTreeSet<String> = described.collect();
    described.insert("/v4/openapi.json".to_owned()); // it doesn't describe itself
    assert_eq!(addresses, described);
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let text = landfall_http::manage::openapi();
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}

/// Where `scripts/test-deps.sh` put schemathesis.
fn schemathesis() -> PathBuf {
    let environment =
        std::env::var_os("LANDFALL_TEST_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from);
    let program = environment.join("schemathesis/bin/schemathesis");
    assert!(
        program.exists(),
        "there is no {}: run scripts/test-deps.sh",
        program.display()
    );
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_whatever_may_be_asked_are_as_the_document_says() {
    let program = schemathesis();
    let world = World::new().await;
    world.destination().await;
    for name in ["Shop", "Clicks"] {
        let source = format!(r#"{{"type":"import_api","display_name":"{name}"}}"#);
        world.ok("POST", "/v4/sources", &source).await;
    }
    let ran = tokio::process::Command::new(program)
        .args(["run", &format!("http://{}/v4/openapi.json", world.address)])
        .args(["--header", &format!("Authorization: Bearer {ADMIN}")])
        .args([
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "15",
        ])
        .args([
            "--seed",
            "7",
            "--generation-database",
            "none",
            "--no-color",
            "--suppress-health-check",
            "all",
        ])
        .current_dir(std::env::temp_dir())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let trouble = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}\n{trouble}");
}

const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
