//! `sts:GetWebIdentityToken`, which moto does not know: AWS's word for who the caller is, as a JWT. Confluent's side is
//! told of each, in the place of the keys that its signature would be checked with.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use serde_json::json;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use url::form_urlencoded;
use uuid::Uuid;

use crate::{emulator::Emulator, refusal};

/// Answers the query in `form`, asked in `account`.
pub(super) fn answer(form: &[u8], account: &str, emulator: &Emulator) -> Response<Bytes> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| {
        fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    };
    let audience: Vec<String> = fields
        .iter()
        .filter(|(name, value)| name.starts_with("Audience.member.") && !value.is_empty())
        .map(|(_, value)| value.clone())
        .collect();
    let seconds = field("DurationSeconds").map_or(Ok(300), str::parse::<i64>);
    let algorithm =
        field("SigningAlgorithm").filter(|algorithm| ["ES384", "RS256"].contains(algorithm));
    let (Some(algorithm), Ok(seconds @ 60..=3600), 1..=10, Some("2011-06-15")) =
        (algorithm, seconds, audience.len(), field("Version"))
    else {
        return refusal::in_form_of("sts", 400, Some("ValidationError"));
    };
    let now = OffsetDateTime::now_utc();
    let until = now + Duration::seconds(seconds);
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = [
        part(json!({"alg": algorithm, "kid": "local", "typ": "JWT"})),
        part(json!({
            "iss": format!("https://{account}.tokens.sts.global.api.aws"),
            "sub": format!("arn:aws:iam::{account}:role/local"),
            "aud": audience,
            "iat": now.unix_timestamp(),
            "exp": until.unix_timestamp(),
            "jti": Uuid::new_v4().to_string(),
        })),
        URL_SAFE_NO_PAD.encode([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat()),
    ]
    .join(".");
    emulator.know_identity(&token, audience, until);
    let text = format!(
        "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetWebIdentityTokenResult><WebIdentityToken>{token}</WebIdentityToken><Expiration>{}</Expiration></GetWebIdentityTokenResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>",
        until.format(&Rfc3339).unwrap_or_default(),
        Uuid::new_v4()
    );
    let mut answer = Response::new(Bytes::from(text));
    let xml = HeaderValue::from_static("text/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, xml);
    answer
}
