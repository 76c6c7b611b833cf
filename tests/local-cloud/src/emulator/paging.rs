//! Listings in pages: `page_size`, an opaque `page_token`, and `metadata.next` as a full URL.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    query::{LONGEST, Query},
};

/// The parameters that every listing takes.
pub(super) const PARAMETERS: [&str; 2] = ["page_size", "page_token"];

/// Without a wish, in items.
const DEFAULT_SIZE: usize = 10;

/// What follows a page: the items with a number over `after`, `size` of them. The token carries the size, so
/// `page_size` counts on the first page only; and it belongs to the filters that it was made for.
struct Cursor {
    after: u64,
    size: usize,
    filters: u32,
}

/// One page of `rows` (each with the number that orders it), as a list object of `api_version` and `kind`.
pub(super) fn list(
    call: &Call<'_>,
    (api_version, kind): (&str, &str),
    rows: Vec<(u64, Value)>,
    max_size: usize,
) -> Result<Answer, Refusal> {
    let filters = call.query.without(&PARAMETERS).finish();
    let cursor = cursor(&call.query, crc32fast::hash(filters.as_bytes()), max_size)?;
    let total = rows.len();
    let mut rest: Vec<_> = rows
        .into_iter()
        .filter(|(number, _)| *number > cursor.after)
        .collect();
    let more = rest.split_off(cursor.size.min(rest.len()));
    let last = rest.last().map_or(cursor.after, |(number, _)| *number);

    let here = format!("{}{}", call.addresses.control_plane, call.path);
    let mut metadata = json!({"first": here, "total_size": total});
    if more.is_empty() {
        call.end_of_list.write(&mut metadata);
    } else {
        let token = Cursor {
            after: last,
            ..cursor
        }
        .encode();
        let query = call
            .query
            .without(&PARAMETERS)
            .append_pair("page_token", &token)
            .finish();
        metadata["next"] = format!("{here}?{query}").into();
    }
    let data: Vec<_> = rest.into_iter().map(|(_, row)| row).collect();
    let page =
        json!({"api_version": api_version, "kind": kind, "metadata": metadata, "data": data});
    Ok(Answer::json(StatusCode::OK, &page))
}

fn cursor(query: &Query, filters: u32, max_size: usize) -> Result<Cursor, Refusal> {
    let size = match query.raw("page_size") {
        None => DEFAULT_SIZE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=max_size).contains(size))
            .ok_or_else(|| {
                Refusal::invalid_parameter(
                    "page_size",
                    format!("expected a number from 1 to {max_size}, but got '{text}'"),
                )
            })?,
    };
    match query.filter("page_token") {
        None => Ok(Cursor {
            after: 0,
            size,
            filters,
        }),
        Some(token) => Cursor::decode(token)
            .filter(|cursor| cursor.filters == filters)
            .ok_or_else(|| {
                Refusal::invalid_parameter(
                    "page_token",
                    "The page token is not one of this listing",
                )
            }),
    }
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}:{}", self.after, self.size, self.filters))
    }

    fn decode(token: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let mut parts = text.split(':').filter(|_| token.len() <= LONGEST);
        let mut next = || parts.next();
        let cursor = Self {
            after: next()?.parse().ok()?,
            size: next()?.parse().ok()?,
            filters: next()?.parse().ok()?,
        };
        next().is_none().then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::scene::{KAFKA, Scene};

    const PATH: &str = "/iam/v2/api-keys";

    fn next(list: &Value) -> Option<&str> {
        list["metadata"]["next"]
            .as_str()?
            .strip_prefix("http://127.0.0.1:8081")
    }

    #[test]
    fn pages_follow_each_other_and_keep_size_and_filters() {
        let scene = Scene::new();
        let keys: Vec<_> = (0..5).map(|_| scene.make_key(KAFKA).0).collect();
        let mut target = format!("{PATH}?spec.owner=sa-12mgdv&page_size=2");
        let mut seen = Vec::new();
        loop {
            let (_, list) = scene.get(&target);
            assert_eq!(list["metadata"]["total_size"], 5);
            seen.extend(
                list["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|key| key["id"].as_str().unwrap().to_owned()),
            );
            match next(&list).filter(|next| !next.is_empty()) {
                Some(next) => target = next.to_owned(),
                None => break,
            }
            assert!(
                target.contains("spec.owner=sa-12mgdv&page_token="),
                "{target}"
            );
            // A key that goes away between two pages takes no other with it.
            scene.ask("DELETE", &format!("{PATH}/{}", seen[0]), Value::Null);
            scene
                .emulator
                .add(json!({"api_keys": [{"id": seen[0], "state": "live"}]}))
                .unwrap();
        }
        assert_eq!(seen, keys);
    }

    #[test]
    fn the_end_of_a_list_is_absent_null_or_empty() {
        let scene = Scene::new();
        let ends = |scene: &Scene| -> Vec<Option<Value>> {
            let mut ends: Vec<_> = (0..3)
                .map(|_| scene.get(PATH).1["metadata"].get("next").cloned())
                .collect();
            ends.sort_by_key(|end| format!("{end:?}"));
            ends
        };
        assert_eq!(ends(&scene), [None, Some(Value::Null), Some("".into())]);
        scene
            .emulator
            .set_quirks(json!({"end_of_list": "null"}))
            .unwrap();
        assert_eq!(
            ends(&scene),
            [Some(Value::Null), Some(Value::Null), Some(Value::Null)]
        );
    }

    #[test]
    fn sizes_tokens_and_parameters_are_checked() {
        let scene = Scene::new();
        scene.make_key(KAFKA);
        let (_, first) = scene.get(&format!("{PATH}?page_size=1"));
        let token = next(&first).unwrap().split_once("page_token=").unwrap().1;
        for (query, parameter) in [
            ("page_size=0".to_owned(), "page_size"),
            ("page_size=101".to_owned(), "page_size"),
            ("page_size=ten".to_owned(), "page_size"),
            ("page_size=".to_owned(), "page_size"),
            ("page_size=1&page_size=2".to_owned(), "page_size"),
            ("page_token=bm9uZQ".to_owned(), "page_token"),
            (
                format!("spec.owner=sa-12mgdv&page_token={token}"),
                "page_token",
            ),
            ("owner=sa-12mgdv".to_owned(), "owner"),
        ] {
            let (status, refused) = scene.get(&format!("{PATH}?{query}"));
            assert_eq!(
                (status, &refused["errors"][0]["source"]["parameter"]),
                (400, &parameter.into()),
                "{query}"
            );
        }
    }
}
