//! Confluent's Security Token Service: `/sts/v1/oauth2/token`, and who signs in with what it gave.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{answer::Answer, call::Call, errors::Refusal, query::Query};

/// The organization's one identity pool, which may do everything.
pub const IDENTITY_POOL: &str = "pool-q8fz";
/// What its identity provider expects in `aud`.
pub const AUDIENCE: &str = "https://confluent.cloud/oidc";

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const LONGEST: u32 = 900;

/// Tokens that count until their time, by their text. What AWS signed is known by having been given: the stand-in for
/// its public keys.
#[derive(Default)]
pub(super) struct Tokens {
    identities: HashMap<String, Identity>,
    access: HashMap<String, OffsetDateTime>,
}

struct Identity {
    audience: Vec<String>,
    until: OffsetDateTime,
}

impl Tokens {
    pub(super) fn know(&mut self, token: String, audience: Vec<String>, until: OffsetDateTime) {
        self.identities.insert(token, Identity { audience, until });
    }

    /// Whether the caller shows a token that counts; `None` when it shows none at all.
    pub(super) fn admits(&self, headers: &HeaderMap, now: OffsetDateTime) -> Option<bool> {
        let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let token = shown.strip_prefix("Bearer ")?;
        Some(self.access.get(token).is_some_and(|until| now < *until))
    }

    /// Answers an exchange, with the token that it gave.
    pub(super) fn exchange(&mut self, call: &Call<'_>) -> Result<(Answer, String), Refusal> {
        let refused = |name: &str, why: &str| Err(Refusal::invalid_parameter(name, why.to_owned()));
        let content_type = call.headers.get(header::CONTENT_TYPE);
        if content_type.is_none_or(|value| value != "application/x-www-form-urlencoded") {
            return Err(Refusal::invalid_body("expected a form"));
        }
        if call.headers.contains_key(header::AUTHORIZATION) {
            return refused("Authorization", "is not taken here");
        }
        let form = Query::of(std::str::from_utf8(call.body).ok());
        let required = [
            "grant_type",
            "subject_token",
            "subject_token_type",
            "requested_token_type",
            "identity_pool_id",
        ];
        form.allow(&[&required[..], &["expires_in"]].concat(), &[])?;
        for (name, expected) in [
            ("grant_type", GRANT_TYPE),
            ("subject_token_type", JWT),
            ("requested_token_type", ACCESS_TOKEN),
        ] {
            if form.required(name)? != expected {
                return refused(name, "is not one that is served");
            }
        }
        if !form
            .required("identity_pool_id")?
            .eq_ignore_ascii_case(IDENTITY_POOL)
        {
            return refused("identity_pool_id", "there is no such identity pool");
        }
        let identity = self.identities.get(form.required("subject_token")?);
        let counts = identity.is_some_and(|identity| {
            call.now < identity.until
                && identity
                    .audience
                    .iter()
                    .any(|audience| audience == AUDIENCE)
        });
        if !counts {
            return refused(
                "subject_token",
                "is no token of the identity provider's, or has expired",
            );
        }
        let expires_in = match form.filter("expires_in").map(str::parse) {
            None => LONGEST,
            Some(Ok(seconds @ 1..=LONGEST)) => seconds,
            Some(_) => return refused("expires_in", "is no number of seconds from 1 to 900"),
        };
        let token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
            URL_SAFE_NO_PAD.encode(Uuid::new_v4())
        );
        let until = call.now + Duration::seconds(expires_in.into());
        self.access.insert(token.clone(), until);
        let body = json!({"access_token": token, "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer",
            "expires_in": expires_in});
        Ok((Answer::json(StatusCode::OK, &body), token))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};
    use url::form_urlencoded::Serializer;

    use super::super::{
        Gateway,
        scene::{Scene, said},
    };
    use super::*;

    fn ask(
        scene: &Scene,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        scene.emulator.handle(Gateway::ControlPlane, &request, None)
    }

    fn exchange(scene: &Scene, token: &str, pool: &str) -> Response<Bytes> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("subject_token", token)
            .append_pair("subject_token_type", JWT)
            .append_pair("requested_token_type", ACCESS_TOKEN)
            .append_pair("identity_pool_id", pool)
            .finish();
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        ask(scene, "POST", "/sts/v1/oauth2/token", &[form_type], form)
    }

    #[test]
    fn an_identity_is_exchanged_for_a_token_that_signs_in() {
        let scene = Scene::new();
        let later = OffsetDateTime::now_utc() + Duration::minutes(5);
        scene
            .emulator
            .know_identity("a.b.c", vec![AUDIENCE.to_owned()], later);
        let (status, given) = said(&exchange(&scene, "a.b.c", IDENTITY_POOL));
        assert_eq!((status, &given["token_type"]), (200, &"Bearer".into()));
        let token = given["access_token"].as_str().unwrap();
        assert!(
            scene
                .emulator
                .handed_out()
                .iter()
                .any(|secret| secret == token)
        );
        let list = |token: &str| {
            let bearer = format!("Bearer {token}");
            let list = ask(
                &scene,
                "GET",
                "/iam/v2/api-keys",
                &[("authorization", &bearer)],
                String::new(),
            );
            list.status().as_u16()
        };
        assert_eq!((list(token), list("made.up")), (200, 401));
    }

    #[test]
    fn what_is_not_exactly_asked_for_is_refused() {
        let scene = Scene::new();
        let now = OffsetDateTime::now_utc();
        let audience = || vec![AUDIENCE.to_owned()];
        scene
            .emulator
            .know_identity("good", audience(), now + Duration::minutes(5));
        scene
            .emulator
            .know_identity("late", audience(), now - Duration::minutes(5));
        scene.emulator.know_identity(
            "other",
            vec!["urn:x".to_owned()],
            now + Duration::minutes(5),
        );
        for (token, pool, parameter) in [
            ("good", "pool-none", "identity_pool_id"),
            ("late", IDENTITY_POOL, "subject_token"),
            ("other", IDENTITY_POOL, "subject_token"),
            ("forged", IDENTITY_POOL, "subject_token"),
            ("", IDENTITY_POOL, "subject_token"),
        ] {
            let (status, refused) = said(&exchange(&scene, token, pool));
            assert_eq!(status, 400, "{token} {pool}");
            assert_eq!(refused["errors"][0]["source"]["parameter"], parameter);
        }
        let json = ask(
            &scene,
            "POST",
            "/sts/v1/oauth2/token",
            &[("content-type", "application/json")],
            "{}".into(),
        );
        assert_eq!(json.status(), 400);
    }
}
