//! The management API, asked within the process: pages have no rules of their own.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use landfall_http::manage::Internal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;
use tower::ServiceExt;

/// The management API for the user of one request. Paths are those of the documentation, such as `/v4/sources/3`.
#[derive(Debug, Clone)]
pub struct Api {
    router: Router,
    internal: Internal,
    /// Where the browser reaches this server, which addresses in answers begin with.
    host: HeaderValue,
}

/// Why the management API did not do what it was asked.
#[derive(Debug, Clone, Error)]
#[error("{method} {path} was answered {status}: {message}")]
pub struct ApiError {
    /// What was asked.
    pub method: Method,
    /// What it was asked of.
    pub path: String,
    /// The status of the answer.
    pub status: StatusCode,
    /// The error's code, such as `InvalidProperties`, where the answer has one.
    pub code: Option<String>,
    /// Its text, to be shown.
    pub message: String,
    /// What is wrong with each property; a form shows it beside the field.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Api {
    pub(crate) fn new(router: Router, internal: Internal) -> Self {
        Self {
            router,
            internal,
            host: HeaderValue::from_static("localhost"),
        }
    }

    /// The same, for a browser that reaches this server at that host.
    pub(crate) fn seen_at(self, host: Option<&HeaderValue>) -> Self {
        match host {
            Some(host) => Self {
                host: host.clone(),
                ..self
            },
            None => self,
        }
    }

    /// Reads something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.send(Method::GET, path, None::<&()>).await
    }

    /// Creates or starts something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Changes something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Removes something. What the API answers is of no interest.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn delete(&self, path: &str) -> Result<(), ApiError> {
        let _: Value = self.send(Method::DELETE, path, None::<&()>).await?;
        Ok(())
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ApiError> {
        let fail = |status, message: String| ApiError {
            method: method.clone(),
            path: path.to_owned(),
            status,
            code: None,
            message,
            fields: BTreeMap::new(),
        };
        let internal = |what: &str| fail(StatusCode::INTERNAL_SERVER_ERROR, what.to_owned());
        let bytes = body.map(serde_json::to_vec).transpose();
        let bytes = bytes.map_err(|_| internal("the request could not be written"))?;
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::HOST, self.host.clone())
            .extension(self.internal.clone())
            .body(bytes.map_or_else(Body::empty, Body::from))
            .map_err(|_| fail(StatusCode::NOT_FOUND, "there is no such page".to_owned()))?;
        let Ok(answer) = self.router.clone().oneshot(request).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes);
        let body = body.map_err(|_| internal("the answer broke off"))?;
        if head.status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|fault| internal(&format!("the answer was not understood: {fault}")));
        }
        let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Err(refusal(fail(head.status, String::new()), &answer))
    }
}

/// Reads the error forms of management-api.md §1.2.
fn refusal(blank: ApiError, answer: &Value) -> ApiError {
    let error = &answer["error"];
    let message = [&answer["data"]["message"], &error["message"], answer, error]
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or("the request was refused")
        .to_owned();
    let fields = answer["data"]["errors"].as_object().map(|errors| {
        let texts = |list: &Value| {
            let list = list.as_array().into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        errors
            .iter()
            .map(|(name, list)| (name.clone(), texts(list)))
            .collect()
    });
    ApiError {
        code: error.as_str().map(str::to_owned),
        message,
        fields: fields.unwrap_or_default(),
        ..blank
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_error_is_understood() {
        let fields = json!({"error": "InvalidProperties", "data": {"message": "no", "errors": {"s3_bucket": ["a", "b"]}}});
        let cases = [
            (json!("plain text"), None, "plain text"),
            (json!({"error": "NotFound"}), Some("NotFound"), "NotFound"),
            (json!({"error": {"type": "x", "message": "typed"}}), None, "typed"),
            (
                json!({"error": "C", "data": {"message": "coded"}}),
                Some("C"),
                "coded",
            ),
            (fields, Some("InvalidProperties"), "no"),
            (json!(null), None, "the request was refused"),
        ];
        for (answer, code, message) in cases {
            let blank = ApiError {
                method: Method::GET,
                path: String::new(),
                status: StatusCode::BAD_REQUEST,
                code: None,
                message: String::new(),
                fields: BTreeMap::new(),
            };
            let error = refusal(blank, &answer);
            assert_eq!(
                (error.code.as_deref(), error.message.as_str()),
                (code, message),
                "{answer}"
            );
            assert_eq!(
                error.fields.contains_key("s3_bucket"),
                answer["data"]["errors"].is_object()
            );
        }
    }
}
