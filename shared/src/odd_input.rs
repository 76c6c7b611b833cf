//! What nobody meant to send: JSON of every shape, good JSON with one thing wrong, and torn text.
//! For the tests that show that reading it ends in an answer.
#![allow(clippy::unwrap_used)]

use proptest::{prelude::*, sample::select};
use serde_json::Value;

/// What a reader must never repeat; it stands where secrets do.
pub(crate) const MARK: &str = "cfltNobodyMayEverReadThis";

/// Any JSON, a few levels deep, its texts often nearly right.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![0, 1, 2, u64::from(u32::MAX), u64::MAX]).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let object = prop::collection::btree_map(text(), inner, 0..4);
        prop_oneof![
            list,
            object.prop_map(|fields| fields.into_iter().collect::<Value>())
        ]
    })
}

/// Any text, and texts at the edge of what times, ids and names may be.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let edges = vec![
        "",
        " ",
        "*",
        "now",
        "cloud",
        "lkc-",
        "sa-1",
        "env-1",
        "ABC:DEF",
        "/p/*",
        "id",
        "\u{feff}{}",
        "\0",
        "a\r\nb: c",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "2026-02-30T00:00:00Z",
    ];
    prop_oneof![
        2 => select(edges).prop_map(str::to_owned),
        2 => "\\PC{0,12}",
        1 => any::<String>(),
        1 => "[a-z]{300}",
    ]
}

/// `valid` with one of its values replaced, one field taken away, or one added.
pub(crate) fn mutated(valid: Value) -> impl Strategy<Value = Value> {
    (any::<prop::sample::Index>(), 0..3, text(), json()).prop_map(
        move |(index, how, name, other)| {
            let mut json = valid.clone();
            let mut places = Vec::new();
            pointers(&json, "", &mut places);
            let place = json
                .pointer_mut(&places[index.index(places.len())])
                .unwrap();
            match (how, place) {
                (1, Value::Object(fields)) if !fields.is_empty() => {
                    let nth = index.index(fields.len());
                    let field = fields.keys().nth(nth).unwrap().clone();
                    fields.remove(&field);
                }
                (2, Value::Object(fields)) => {
                    fields.insert(name, other);
                }
                (_, place) => *place = other,
            }
            json
        },
    )
}

/// `valid` with a piece of it cut out and another text in its place.
pub(crate) fn torn(valid: String) -> impl Strategy<Value = String> {
    let whole: Vec<char> = valid.chars().collect();
    let length = whole.len();
    (0..=length, 0..=length, text()).prop_map(move |(one, other, patch)| {
        let (from, to) = (one.min(other), one.max(other));
        let piece = |range: &[char]| range.iter().collect::<String>();
        format!("{}{patch}{}", piece(&whole[..from]), piece(&whole[to..]))
    })
}

fn pointers(json: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let below: Vec<(String, &Value)> = match json {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in below {
        pointers(value, &format!("{at}/{name}"), found);
    }
}
