//! The control plane's errors: `{"errors": [{"id", "status", "code", "title", "detail", "source"}]}`.

use http::{StatusCode, header};
use serde_json::json;

use super::{answer::Answer, fields::Wrong};

/// A request that the control plane does not fulfil.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: Option<&'static str>,
    title: Option<&'static str>,
    detail: String,
    source: Source,
    allow: Option<String>,
}

/// What of the request was wrong.
#[derive(Debug)]
enum Source {
    Nothing,
    Pointer(String),
    Parameter(String),
}

impl Refusal {
    fn new(status: StatusCode, code: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title: None,
            detail: detail.into(),
            source: Source::Nothing,
            allow: None,
        }
    }

    /// 400 for the body as a whole.
    pub(super) fn invalid_body(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Some("invalid_request_body"),
            detail,
        )
    }

    /// 400 for the query parameter `name`.
    pub(super) fn invalid_parameter(name: &str, detail: impl Into<String>) -> Self {
        let source = Source::Parameter(name.to_owned());
        Self {
            source,
            ..Self::new(StatusCode::BAD_REQUEST, Some("invalid_filter"), detail)
        }
    }

    /// 401 as Confluent Cloud sends it: without a code.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, "Unauthorized")
    }

    /// 402: one more would be over `limit`.
    pub(super) fn quota_exceeded(what: &str, limit: u32) -> Self {
        let detail = format!("{what} is currently limited to {limit}.");
        Self {
            title: Some("Quota Exceeded"),
            ..Self::new(StatusCode::PAYMENT_REQUIRED, Some("quota_exceeded"), detail)
        }
    }

    /// 403 that says nothing: also the answer for what is gone.
    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Some("forbidden_access"),
            "Forbidden Access",
        )
    }

    /// 403 for a caller who may do nothing.
    pub(super) fn no_rights(caller: &str) -> Self {
        let detail =
            format!("The owner of API key '{caller}' is not allowed to access this resource.");
        let title = Some("User Access Unauthorized");
        Self {
            title,
            ..Self::new(StatusCode::FORBIDDEN, Some("user_unauthorized"), detail)
        }
    }

    /// 404 with the code of the kind of object.
    pub(super) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            title: Some("Not Found"),
            ..Self::new(StatusCode::NOT_FOUND, Some(code), detail)
        }
    }

    /// 404 for a path that nothing serves.
    pub(super) fn unknown_path(path: &str) -> Self {
        Self::not_found("not_found", format!("The path '{path}' is not served."))
    }

    /// 405 for a path that serves other methods.
    pub(super) fn method_not_allowed(allowed: &[&str]) -> Self {
        let refusal = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            Some("method_not_allowed"),
            "Method Not Allowed",
        );
        Self {
            allow: Some(allowed.join(", ")),
            ..refusal
        }
    }

    /// 409: `detail` says what exists already.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        let title = Some("Resource Already exists");
        Self {
            title,
            ..Self::new(
                StatusCode::CONFLICT,
                Some("resource_already_exists"),
                detail,
            )
        }
    }

    /// 429.
    pub(super) fn rate_limited() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            Some("rate_limit_exceeded"),
            "Too Many Requests",
        )
    }

    /// The answer; `id` is that of the request, as support asks for it.
    pub(super) fn into_answer(self, id: &str) -> Answer {
        let mut error = json!({"id": id, "status": self.status.as_str(), "detail": self.detail});
        error["source"] = match self.source {
            Source::Nothing => json!({}),
            Source::Pointer(pointer) => json!({"pointer": pointer}),
            Source::Parameter(parameter) => json!({"parameter": parameter}),
        };
        for (field, text) in [("code", self.code), ("title", self.title)] {
            if let Some(text) = text {
                error[field] = text.into();
            }
        }
        let answer = Answer::json(self.status, &json!({"errors": [error]}));
        match (self.status, self.allow) {
            (StatusCode::UNAUTHORIZED, _) => {
                let challenge =
                    r#"Basic error="invalid_key", error_description="The API Key is invalid""#;
                answer.with(header::WWW_AUTHENTICATE, challenge)
            }
            (_, Some(allow)) => answer.with(header::ALLOW, &allow),
            _ => answer,
        }
    }
}

/// 400 for one field of the body.
impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Self {
        let refusal = Self::new(
            StatusCode::BAD_REQUEST,
            Some("invalid_configuration"),
            wrong.to_string(),
        );
        Self {
            title: Some("Validation Failed"),
            source: Source::Pointer(wrong.pointer),
            ..refusal
        }
    }
}
