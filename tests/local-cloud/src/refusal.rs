//! Errors in each service's own form, as its gateway or itself would word them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::faults::{Body, Fault};

/// What a gateway answers when it has nothing better.
const PAGE: &str = "<html><head><title>Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>";

/// The answer that `fault` orders for a call of `service`; nothing is known of the call itself.
#[must_use]
pub fn ordered(service: &str, fault: &Fault) -> Response<Bytes> {
    let status = fault.status.unwrap_or(503);
    let answer = match fault.body {
        Some(Body::Html) => answer(status, "text/html; charset=utf-8", PAGE.into()),
        _ => in_form_of(service, status, fault.code.as_deref()),
    };
    spoilt(answer, fault)
}

/// `answer` with the body and the `Retry-After` that `fault` orders.
#[must_use]
pub fn spoilt(mut answer: Response<Bytes>, fault: &Fault) -> Response<Bytes> {
    match fault.body {
        Some(Body::Truncated) => {
            let half = answer.body().len() / 2;
            answer.body_mut().truncate(half);
        }
        Some(Body::Empty) => answer.body_mut().clear(),
        Some(Body::Json | Body::Html) | None => {}
    }
    if let Some(seconds) = fault.retry_after {
        let value = HeaderValue::from(seconds);
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}

/// An error of `service`; `code` none is the one that fits the status.
#[must_use]
pub fn in_form_of(service: &str, status: u16, code: Option<&str>) -> Response<Bytes> {
    match service {
        "confluent" => {
            let request_id = Uuid::new_v4().simple().to_string();
            let error = json!({"id": request_id, "status": status.to_string(), "code": code.unwrap_or(confluent_code(status)),
                "title": reason(status), "detail": sentence(status)});
            let mut answer = as_json(status, &json!({"errors": [error]}));
            if let Ok(value) = HeaderValue::from_str(&request_id) {
                answer.headers_mut().insert("x-request-id", value);
            }
            answer
        }
        "kafka_rest" | "schema_registry" => {
            let code = code
                .and_then(|code| code.parse().ok())
                .unwrap_or(u32::from(status) * 100 + 1);
            as_json(
                status,
                &json!({"error_code": code, "message": sentence(status)}),
            )
        }
        "sts" => {
            let code = code.unwrap_or(aws_code(status));
            let text = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
                sentence(status),
                Uuid::new_v4()
            );
            answer(status, "text/xml", text.into())
        }
        _ => aws(status, code.unwrap_or(aws_code(status)), &sentence(status)),
    }
}

/// An error of an AWS service that speaks JSON.
#[must_use]
pub fn aws(status: u16, code: &str, message: &str) -> Response<Bytes> {
    // `Message` is Lambda's spelling; SDKs look for either.
    let mut answer = as_json(
        status,
        &json!({"__type": code, "message": message, "Message": message}),
    );
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(code) {
        headers.insert("x-amzn-errortype", value);
    }
    if let Ok(value) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", value);
    }
    answer
}

/// A JSON answer.
#[must_use]
pub fn as_json(status: u16, body: &Value) -> Response<Bytes> {
    answer(status, "application/json", format!("{body}\n").into())
}

fn answer(status: u16, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut answer = Response::new(body);
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}

fn sentence(status: u16) -> String {
    format!("{} (ordered by a fault)", reason(status))
}

fn confluent_code(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        402 => "quota_exceeded",
        403 => "forbidden_access",
        404 => "resource_not_found",
        429 => "rate_limit_exceeded",
        400..500 => "invalid_request",
        _ => "internal_error",
    }
}

fn aws_code(status: u16) -> &'static str {
    match status {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        429 => "ThrottlingException",
        400..500 => "ValidationException",
        503 => "ServiceUnavailable",
        _ => "InternalServiceError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::from_value;

    fn fault(text: Value) -> Fault {
        from_value(text).unwrap()
    }

    #[test]
    fn each_service_speaks_its_own_form() {
        let body = |service, code| {
            let answer = in_form_of(service, 403, code);
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        assert!(
            body("ssm", Some("AccessDeniedException"))
                .contains(r#""__type":"AccessDeniedException""#)
        );
        assert!(body("confluent", None).contains(r#""code":"forbidden_access""#));
        assert!(body("confluent", None).contains(r#""status":"403""#));
        assert!(body("kafka_rest", None).contains(r#""error_code":40301"#));
        assert!(body("schema_registry", Some("40101")).contains(r#""error_code":40101"#));
        assert!(body("sts", Some("ExpiredToken")).contains("<Code>ExpiredToken</Code>"));
    }

    #[test]
    fn a_body_can_be_a_page_half_or_nothing() {
        let ordered = |body: &str| {
            let fault = fault(
                json!({"service": "confluent", "effect": "status", "status": 502, "body": body, "retry_after": 2}),
            );
            ordered("confluent", &fault)
        };
        assert_eq!(
            ordered("html").headers()["content-type"],
            "text/html; charset=utf-8"
        );
        assert!(serde_json::from_slice::<Value>(ordered("truncated").body()).is_err());
        assert!(!ordered("truncated").body().is_empty());
        let empty = ordered("empty");
        assert!(empty.body().is_empty());
        assert_eq!(
            (empty.status().as_u16(), &empty.headers()["retry-after"]),
            (502, &"2".parse::<HeaderValue>().unwrap())
        );
    }
}
