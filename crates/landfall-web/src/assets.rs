//! Style sheet, script and icon: built in, and named by what is in them, so that browsers keep them for a year.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A file that browsers fetch.
#[derive(Debug)]
pub(crate) struct Asset {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    body: &'static str,
    hash: u64,
}

pub(crate) static STYLE: Asset = Asset::new(
    "landfall",
    "css",
    "text/css; charset=utf-8",
    concat!(
        include_str!("../assets/landfall.css"),
        include_str!("../assets/data.css"),
        include_str!("../assets/settings.css"),
        include_str!("../assets/wizard.css")
    ),
);
pub(crate) static SCRIPT: Asset = Asset::new(
    "landfall",
    "js",
    "text/javascript; charset=utf-8",
    concat!(
        include_str!("../assets/landfall.js"),
        include_str!("../assets/focus.js"),
        include_str!("../assets/news.js"),
        include_str!("../assets/notice.js"),
        include_str!("../assets/data.js"),
        include_str!("../assets/send.js")
    ),
);
pub(crate) static WIZARD_SCRIPT: Asset = Asset::new(
    "wizard",
    "js",
    "text/javascript; charset=utf-8",
    include_str!("../assets/wizard.js"),
);
pub(crate) static ICON: Asset =
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg"));

impl Asset {
    const fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        body: &'static str,
    ) -> Self {
        Self {
            stem,
            extension,
            content_type,
            body,
            hash: fnv1a(body.as_bytes()),
        }
    }

    fn name(&self) -> String {
        format!("{}-{:016x}.{}", self.stem, self.hash, self.extension)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("/assets/{}", self.name())
    }
}

/// FNV-1a, which is enough to tell one version of a file from another, and can be computed while compiling.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// `GET /assets/{name}`.
pub(crate) async fn get(Path(name): Path<String>) -> Response {
    let found = [&STYLE, &SCRIPT, &WIZARD_SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.name() == name);
    match found {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.body,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
