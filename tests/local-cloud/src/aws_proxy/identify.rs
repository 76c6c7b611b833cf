//! Which service and action a request to AWS names: AWS puts both into every request, in four ways.

use http::{header, request::Parts};

use crate::moto::signing_name;

/// Whether the action stands in the body.
pub(super) fn is_form(head: &Parts) -> bool {
    head.headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// The service by its name in signatures, and the action; `form` is the body of a query protocol. A REST operation that is not
/// known is method and path.
pub(super) fn service_and_operation(head: &Parts, form: &[u8]) -> (String, String) {
    let scope = scope(head).unwrap_or("unknown");
    let target = head
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let path = head.uri.path();
    if let Some((target, action)) = target.and_then(|target| target.rsplit_once('.')) {
        (signing_name(target).to_owned(), action.to_owned())
    } else if let Some(operation) = lambda_operation(head.method.as_str(), path) {
        ("lambda".to_owned(), operation.to_owned())
    } else {
        let query = head.uri.query().unwrap_or_default();
        let action = action(form).or_else(|| action(query.as_bytes()));
        let operation = action.unwrap_or_else(|| format!("{} {path}", head.method));
        (scope.to_owned(), operation)
    }
}

fn action(form: &[u8]) -> Option<String> {
    url::form_urlencoded::parse(form)
        .find(|(name, _)| name == "Action")
        .map(|(_, action)| action.into_owned())
}

/// The service in the signature's scope: `Credential=<key>/<date>/<region>/<service>/aws4_request`.
fn scope(head: &Parts) -> Option<&str> {
    let authorization = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split(['/', ',']).nth(3)
}

fn lambda_operation(method: &str, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("/2015-03-31/")?.trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    Some(match (method, segments.as_slice()) {
        ("POST", ["functions", _, "invocations"]) => "Invoke",
        ("GET", ["functions"]) => "ListFunctions",
        ("POST", ["functions"]) => "CreateFunction",
        ("GET", ["functions", _]) => "GetFunction",
        ("DELETE", ["functions", _]) => "DeleteFunction",
        ("GET", ["functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
        ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
        ("GET", ["functions", _, "policy"]) => "GetPolicy",
        ("POST", ["functions", _, "policy"]) => "AddPermission",
        ("DELETE", ["functions", _, "policy", _]) => "RemovePermission",
        ("GET", ["event-source-mappings"]) => "ListEventSourceMappings",
        ("POST", ["event-source-mappings"]) => "CreateEventSourceMapping",
        ("GET", ["event-source-mappings", _]) => "GetEventSourceMapping",
        ("PUT", ["event-source-mappings", _]) => "UpdateEventSourceMapping",
        ("DELETE", ["event-source-mappings", _]) => "DeleteEventSourceMapping",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn identified(request: http::request::Builder, form: &str) -> (String, String) {
        let (head, ()) = request.body(()).unwrap().into_parts();
        service_and_operation(&head, form.as_bytes())
    }

    fn signed(service: &str) -> http::request::Builder {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        Request::post("/").header("authorization", authorization)
    }

    #[test]
    fn each_protocol_names_service_and_action() {
        for (target, service, action) in [
            (
                "secretsmanager.PutSecretValue",
                "secretsmanager",
                "PutSecretValue",
            ),
            (
                "AmazonSSM.GetParametersByPath",
                "ssm",
                "GetParametersByPath",
            ),
            ("DynamoDB_20120810.GetItem", "dynamodb", "GetItem"),
            ("AWSEvents.PutEvents", "events", "PutEvents"),
            ("Logs_20140328.PutLogEvents", "logs", "PutLogEvents"),
        ] {
            let request = signed("logs").header("x-amz-target", target);
            assert_eq!(
                identified(request, ""),
                (service.to_owned(), action.to_owned())
            );
        }
        let sts = ("sts".to_owned(), "GetCallerIdentity".to_owned());
        assert_eq!(
            identified(signed("sts"), "Action=GetCallerIdentity&Version=2011-06-15"),
            sts
        );

        let invoke = Request::post("/2015-03-31/functions/key-rotation/invocations");
        assert_eq!(
            identified(invoke, ""),
            ("lambda".to_owned(), "Invoke".to_owned())
        );

        let schedule = signed("scheduler").uri("/schedules/hourly");
        assert_eq!(
            identified(schedule, ""),
            ("scheduler".to_owned(), "POST /schedules/hourly".to_owned())
        );
    }
}
