//! What the management API has against a change, in words for a page.

use axum::http::StatusCode;

use crate::api::ApiError;
use crate::trouble::Trouble;
use crate::words::sentence;

/// What to say beside a form, if the API refused what the form asked for. All else is trouble.
pub(super) fn refused(error: &ApiError) -> Result<String, Trouble> {
    let is_gone = matches!(error.code.as_deref(), Some("NotFound" | "InvalidId"));
    match error.status {
        StatusCode::BAD_REQUEST if is_gone => Err(Trouble::NotFound),
        StatusCode::BAD_REQUEST => Ok(sentence(&error.message)),
        _ => Err(error.clone().into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::Method;

    use super::*;

    #[test]
    fn what_is_refused_is_said_and_what_is_gone_is_not_found() {
        let error = |status, code: Option<&str>| ApiError {
            method: Method::PUT,
            path: "/x".to_owned(),
            status,
            code: code.map(str::to_owned),
            message: "no".to_owned(),
            fields: BTreeMap::new(),
        };
        let said = refused(&error(StatusCode::BAD_REQUEST, Some("LastKey")));
        assert_eq!(said.ok().as_deref(), Some("No."));
        for gone in [
            error(StatusCode::BAD_REQUEST, Some("NotFound")),
            error(StatusCode::BAD_REQUEST, Some("InvalidId")),
            error(StatusCode::NOT_FOUND, None),
        ] {
            assert!(matches!(refused(&gone), Err(Trouble::NotFound)), "{gone:?}");
        }
    }
}
