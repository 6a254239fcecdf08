//! What the buttons of a line ask for.

use serde_json::{Value, json};

use super::refused::refused;
use crate::api::ApiError;
use crate::frame::Page;
use crate::trouble::Trouble;

/// What is to become of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowAct {
    Enable,
    Disable,
    Delete,
}

impl RowAct {
    /// The last part of the address that the button posts to.
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        match text {
            "enable" => Ok(Self::Enable),
            "disable" => Ok(Self::Disable),
            "delete" => Ok(Self::Delete),
            _ => Err(Trouble::NotFound),
        }
    }

    /// As the address of the next page tells it.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Enable => "enabled",
            Self::Disable => "disabled",
            Self::Delete => "deleted",
        }
    }

    /// Does it to what has the path in the API. `Err` of the inner result is what the API has against it.
    pub(super) async fn run(self, page: &Page, path: &str) -> Result<Result<(), String>, Trouble> {
        let switch = |to: bool| json!({"enable": to});
        self.run_with(page, path, switch).await
    }

    /// The same, where the body of a switch has another form.
    pub(super) async fn run_with(
        self,
        page: &Page,
        path: &str,
        switch: impl Fn(bool) -> Value,
    ) -> Result<Result<(), String>, Trouble> {
        let changed: Result<(), ApiError> = match self {
            Self::Enable => page.api.put::<Value>(path, &switch(true)).await.map(drop),
            Self::Disable => page.api.put::<Value>(path, &switch(false)).await.map(drop),
            Self::Delete => page.api.delete(path).await,
        };
        match changed {
            Ok(()) => Ok(Ok(())),
            Err(error) => Ok(Err(refused(&error)?)),
        }
    }
}
