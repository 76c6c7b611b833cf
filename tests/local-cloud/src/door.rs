//! What every server does with a request before and after its own work: logs it and lets the ordered fault strike.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Body;

use crate::{
    faults::{Effect, Fault, Faults},
    player::Player,
    refusal,
    requests::{Caller, RequestLog},
};

mod onlooker;

pub use onlooker::Onlooker;

/// A cheap handle to what the servers of one local cloud share.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// The ordered faults.
    pub faults: Faults,
    /// The request log.
    pub requests: RequestLog,
    /// Whose processes the faults kill.
    pub player: Player,
    /// Who looks on.
    pub onlooker: Onlooker,
}

/// What a request asks for, told from its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Name of the service in the request log.
    pub service: String,
    /// The AWS action, or method and path template.
    pub operation: String,
    /// The invocation that asks.
    pub by: Option<Caller>,
}

impl Door {
    /// Lets a request through to `answer`, which gets it whole, with the age of the state to read from when the answer
    /// shall be stale. `None` is to close the connection without an answer.
    pub async fn pass<B, A, F>(
        &self,
        call: Call,
        request: Request<B>,
        answer: A,
    ) -> Option<Response<Bytes>>
    where
        B: Body<Data = Bytes>,
        A: FnOnce(Request<Bytes>, Option<Duration>) -> F,
        F: Future<Output = Option<Response<Bytes>>>,
    {
        let fault = self
            .faults
            .strike(&call.service, &call.operation, call.by.as_ref());
        let place = self
            .requests
            .arrived(&call.service, &call.operation, call.by.clone());
        let answer = self.strike(&call, fault.as_ref(), request, answer).await;
        self.onlooker.look(&call).await;
        let answer = answer?;
        self.requests.answered(place, answer.status().as_u16());
        Some(answer)
    }

    async fn strike<B, A, F>(
        &self,
        call: &Call,
        fault: Option<&Fault>,
        request: Request<B>,
        answer: A,
    ) -> Option<Response<Bytes>>
    where
        B: Body<Data = Bytes>,
        A: FnOnce(Request<Bytes>, Option<Duration>) -> F,
        F: Future<Output = Option<Response<Bytes>>>,
    {
        if fault.is_some_and(|fault| fault.effect == Effect::Drop) {
            return None;
        }
        let (head, body) = request.into_parts();
        // A client that goes away in the middle of its body gets no answer either.
        let body = body.collect().await.ok()?.to_bytes();
        let request = Request::from_parts(head, body);
        let Some(fault) = fault else {
            return answer(request, None).await;
        };
        match fault.effect {
            Effect::Drop | Effect::FailBefore => None,
            Effect::FailAfter => {
                answer(request, None).await;
                None
            }
            Effect::Delay => {
                tokio::time::sleep(fault.span()).await;
                answer(request, None).await
            }
            Effect::Status if fault.spoils_the_real_answer() => {
                let answer = answer(request, None).await?;
                Some(refusal::spoilt(answer, fault))
            }
            Effect::Status => Some(refusal::ordered(&call.service, fault)),
            Effect::StaleRead => answer(request, Some(fault.span())).await,
            Effect::KillCallerBefore => {
                self.kill(call).await;
                None
            }
            Effect::KillCallerAfter => {
                answer(request, None).await;
                self.kill(call).await;
                None
            }
        }
    }

    async fn kill(&self, call: &Call) {
        if let Some(caller) = &call.by {
            self.player.kill(&caller.request_id).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use http_body_util::Full;
    use serde_json::json;

    use super::*;
    use crate::refusal::as_json;

    /// What a client gets for the first of its calls, and how often the service did its work.
    async fn struck(fault: serde_json::Value) -> (Option<(u16, String)>, usize) {
        let door = Door::default();
        door.faults.post(json!([fault])).unwrap();
        let done = Arc::new(AtomicUsize::new(0));
        let call = Call {
            service: "ssm".to_owned(),
            operation: "PutParameter".to_owned(),
            by: None,
        };
        let request = Request::new(Full::new(Bytes::from("{}")));
        let counted = Arc::clone(&done);
        let answer = door
            .pass(call, request, |_, as_of| async move {
                counted.fetch_add(1, Ordering::Relaxed);
                let age = as_of.map(|age| age.as_secs_f64());
                Some(as_json(200, &json!({"Version": 1, "age": age})))
            })
            .await;
        let status = answer.as_ref().map(|answer| answer.status().as_u16());
        assert_eq!(door.requests.since(0)[0].status, status);
        let answer = answer.map(|answer| {
            let text = String::from_utf8(answer.body().to_vec()).unwrap();
            (answer.status().as_u16(), text)
        });
        (answer, done.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn without_an_answer_the_work_is_done_only_when_the_fault_comes_after() {
        for (effect, done) in [
            ("drop", 0),
            ("fail_before", 0),
            ("fail_after", 1),
            ("kill_caller_before", 0),
            ("kill_caller_after", 1),
        ] {
            let fault = json!({"service": "ssm", "effect": effect});
            assert_eq!(struck(fault).await, (None, done), "{effect}");
        }
    }

    #[tokio::test]
    async fn an_onlooker_sees_what_was_done_also_when_the_answer_is_lost() {
        let door = Door::default();
        let (done, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (work, look) = (Arc::clone(&done), Arc::clone(&seen));
        door.onlooker.set(move |call| {
            assert_eq!(call.operation, "PutParameter");
            look.store(work.load(Ordering::Relaxed), Ordering::Relaxed);
            std::future::ready(())
        });
        let fault = json!({"service": "ssm", "effect": "fail_after"});
        door.faults.post(json!([fault])).unwrap();
        for times in 1..=2 {
            let call = Call {
                service: "ssm".to_owned(),
                operation: "PutParameter".to_owned(),
                by: None,
            };
            let request = Request::new(Full::new(Bytes::from("{}")));
            let work = async |_, _| {
                done.fetch_add(1, Ordering::Relaxed);
                Some(as_json(200, &json!({})))
            };
            let answer = door.pass(call, request, work).await;
            assert_eq!(answer.is_some(), times == 2);
            assert_eq!(seen.load(Ordering::Relaxed), times);
        }
    }

    #[tokio::test]
    async fn a_status_is_answered_in_the_service_s_form_and_nothing_is_done() {
        let fault = json!({"service": "ssm", "effect": "status", "status": 400, "code": "AccessDeniedException"});
        let (answer, done) = struck(fault).await;
        let (status, text) = answer.unwrap();
        assert_eq!((status, done), (400, 0));
        assert!(text.contains("AccessDeniedException"), "{text}");
    }

    #[tokio::test]
    async fn a_spoilt_body_without_a_status_is_that_of_the_real_answer() {
        let fault = json!({"service": "ssm", "effect": "status", "body": "truncated"});
        let (answer, done) = struck(fault).await;
        assert_eq!(
            (answer, done),
            (Some((200, r#"{"Version":1"#.to_owned())), 1)
        );
    }

    #[tokio::test]
    async fn a_stale_read_asks_for_the_past() {
        let fault = json!({"service": "ssm", "effect": "stale_read", "seconds": 1.5});
        let (answer, _) = struck(fault).await;
        assert!(answer.unwrap().1.contains("1.5"));
    }
}
