//! AWS as one local cloud sees it: a door in front of the process's moto, in an account of its own; invocations of
//! Lambda functions stay here.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;

use crate::{
    causes,
    door::{Call, Door},
    emulator::Emulator,
    http_client,
    lambda::Lambda,
    moto::Account,
    refusal,
    serve::{Listener, Server},
};

mod identify;
mod web_identity;

/// Answers with the state this many seconds ago.
const AS_OF: &str = "x-keywheel-as-of";

/// Serves `account` of moto, and `lambda`'s invocations. `emulator` trusts the identities that AWS vouches for here.
#[must_use]
pub fn serve(
    listener: Listener,
    account: Account,
    lambda: Lambda,
    emulator: Emulator,
    door: Door,
) -> Server {
    listener.serve(move |request| {
        answer(
            request,
            account.clone(),
            lambda.clone(),
            emulator.clone(),
            door.clone(),
        )
    })
}

async fn answer(
    request: Request<Incoming>,
    account: Account,
    lambda: Lambda,
    emulator: Emulator,
    door: Door,
) -> Option<Response<Bytes>> {
    let (head, body) = request.into_parts();
    // A query protocol names the action in its body, which must be read before the door is asked.
    let (form, body) = if identify::is_form(&head) {
        let whole = body.collect().await.ok()?.to_bytes();
        (whole.clone(), Either::Left(Full::new(whole)))
    } else {
        (Bytes::new(), Either::Right(body))
    };
    let (service, operation) = identify::service_and_operation(&head, &form);
    let by = head
        .headers
        .get("x-amzn-trace-id")
        .and_then(|trace| trace.to_str().ok())
        .and_then(|trace| door.player.caller(trace));
    let call = Call {
        service,
        operation,
        by,
    };
    let request = Request::from_parts(head, body);
    let vouches = call.service == "sts" && call.operation == "GetWebIdentityToken";
    door.pass(call, request, |request, as_of| async move {
        if vouches {
            return Some(web_identity::answer(
                request.body(),
                account.id(),
                &emulator,
            ));
        }
        match lambda.invoked_by(&request) {
            Some(function) => Some(lambda.answer(&function, request).await),
            None => forward(request, &account, as_of).await,
        }
    })
    .await
}

/// Hands the request on as it was signed. `None` when moto closes the connection.
async fn forward(
    mut request: Request<Bytes>,
    account: &Account,
    as_of: Option<Duration>,
) -> Option<Response<Bytes>> {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let uri = format!("{}{path}", account.url()).parse().ok()?;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    // The body is whole now, however it came.
    for own in [
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::EXPECT,
    ] {
        headers.remove(own);
    }
    headers.insert("x-moto-account-id", account.id().parse().ok()?);
    headers.remove(AS_OF);
    if let Some(age) = as_of {
        let seconds = HeaderValue::from_str(&age.as_secs_f64().to_string()).ok()?;
        headers.insert(AS_OF, seconds);
    }
    match http_client::send(request).await {
        Ok(mut answer) => {
            for own in [
                header::TRANSFER_ENCODING,
                header::CONNECTION,
                header::CONTENT_LENGTH,
            ] {
                answer.headers_mut().remove(own);
            }
            Some(answer)
        }
        Err(error) => Some(refusal::aws(
            500,
            "InternalFailure",
            &causes::sentence(&error),
        )),
    }
}
