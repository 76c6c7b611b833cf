//! Secrets that nobody meant to write: each holds a key, none, or is refused without a word of what it holds.

use proptest::{prelude::*, sample::select};
use serde_json::Value;

use super::*;
use crate::odd_input::{MARK, json, mutated, torn};

/// The text of a secret in each format, as Keywheel writes it.
fn good() -> Vec<String> {
    let key = credential("ABCDEFGH12345678", MARK);
    let texts = Format::ALL.map(|format| rendered(format, &key, &endpoints(format)));
    texts.into()
}

/// Every format may meet every text: a target names the format, anybody writes the text.
fn read(written: &str) -> Result<(), TestCaseError> {
    let document = match Document::parse(&written.into()) {
        Ok(document) => document,
        Err(error) => {
            let told = format!("{error:?} {error}");
            prop_assert!(!told.contains(MARK), "{}", told);
            return Ok(());
        }
    };
    let shown = format!("{document:?}");
    prop_assert!(!shown.contains(MARK), "{}", shown);
    let cloud = read_cloud_api_key(&document).map(Some);
    let formats = Format::ALL.map(|format| format.read(&document));
    for read in formats.into_iter().chain([cloud]) {
        let told = match read {
            Ok(credential) => format!("{credential:?}"),
            Err(error) => format!("{error:?} {error}"),
        };
        prop_assert!(!told.contains(MARK), "{}", told);
    }
    // What is of others stays when a key is written beside it.
    for format in Format::ALL {
        let before = document.foreign_fields(format);
        let after = document.render(format, &key(), &endpoints(format)).unwrap();
        prop_assert_eq!(after.foreign_fields(format), before);
        let again = format.read(&Document::parse(&after.to_text()).unwrap());
        if let Ok(Some(again)) = again {
            prop_assert!(login::same(&again, &key()), "{}", format);
        } else {
            // Only the fields of the other Cloud format keep a key from being read back.
            prop_assert_eq!(format.fits(ResourceKind::Cloud), true, "{}", format);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_a_secret_with_a_key_or_without_or_refused_unseen(
        any in json(),
        written in select(good()).prop_flat_map(|text| {
            let json: Value = serde_json::from_str(&text).unwrap();
            prop_oneof![mutated(json).prop_map(|json| json.to_string()), torn(text)]
        }),
        jaas in select(good()[..1].to_vec()).prop_flat_map(|text| {
            let json: Value = serde_json::from_str(&text).unwrap();
            torn(json["sasl.jaas.config"].as_str().unwrap().to_owned())
        }),
    ) {
        read(&any.to_string())?;
        read(&written)?;
        read(&serde_json::json!({ "sasl.jaas.config": jaas }).to_string())?;
    }
}
