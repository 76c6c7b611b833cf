//! From a record's base64 to payloads, by the formats that the settings give for key and value
//! (what the event's schema metadata claims is never asked).

use std::borrow::Cow;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    error::{Part, RecordError},
    event::Record,
    lenient::{Pairs, Text},
};

/// Alphabet, length and padding are strict. Bits left over in the last character are ignored: they
/// change no byte, and the key of AWS's own documented sample has them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How keys and values are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// For keys.
    pub key: Format,
    /// For values.
    pub value: Format,
}

/// How the bytes of a key or a value are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As they are.
    Bytes,
    /// As UTF-8 text.
    String,
    /// As one JSON text in UTF-8; a byte order mark before it is dropped.
    Json,
}

/// A record that can be processed.
pub struct Decoded<'a> {
    /// None when the record has no key.
    pub key: Option<Payload<'a>>,
    /// None for a tombstone.
    pub value: Option<Payload<'a>>,
    /// In the record's order, repeated names too.
    pub headers: Vec<Header<'a>>,
}

/// A key or a value in its format.
pub enum Payload<'a> {
    /// [`Format::Bytes`].
    Bytes(&'a [u8]),
    /// [`Format::String`].
    String(&'a str),
    /// [`Format::Json`]: a valid JSON text, not parsed further.
    Json(&'a RawValue),
}

/// A header of a record.
pub struct Header<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its bytes; none when null.
    pub value: Option<Vec<u8>>,
}

/// Decodes record after record into the same two buffers.
pub struct Decoder {
    formats: Formats,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Decoder {
    /// A decoder for these formats.
    #[must_use]
    pub fn new(formats: Formats) -> Self {
        Self {
            formats,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// What `record` holds; borrowed until the next record is decoded.
    ///
    /// # Errors
    /// The record can never be processed. The decoder can go on with the next.
    pub fn decode<'a>(&'a mut self, record: &'a Record<'_>) -> Result<Decoded<'a>, RecordError> {
        let Self {
            formats,
            key,
            value,
        } = self;
        Ok(Decoded {
            key: payload(Part::Key, record.key.as_ref(), formats.key, key)?,
            value: payload(Part::Value, record.value.as_ref(), formats.value, value)?,
            headers: headers(record.headers)?,
        })
    }
}

fn payload<'a>(
    part: Part,
    base64: Option<&Text<'_>>,
    format: Format,
    buffer: &'a mut Vec<u8>,
) -> Result<Option<Payload<'a>>, RecordError> {
    let Some(base64) = base64 else {
        return Ok(None);
    };
    buffer.clear();
    BASE64
        .decode_vec(base64.0.as_bytes(), buffer)
        .map_err(|_| RecordError::Base64 { part })?;
    let payload = match format {
        Format::Bytes => Payload::Bytes(buffer),
        Format::String => {
            Payload::String(std::str::from_utf8(buffer).map_err(|_| RecordError::NotUtf8 { part })?)
        }
        Format::Json => {
            let text = buffer.strip_prefix(BYTE_ORDER_MARK).unwrap_or(buffer);
            Payload::Json(serde_json::from_slice(text).map_err(|_| RecordError::NotJson { part })?)
        }
    };
    Ok(Some(payload))
}

fn headers(headers: Option<&RawValue>) -> Result<Vec<Header<'_>>, RecordError> {
    let Some(headers) = headers else {
        return Ok(Vec::new());
    };
    let objects: Vec<Pairs<'_, Option<Vec<Byte>>>> =
        serde_json::from_str(headers.get()).map_err(|_| RecordError::Headers)?;
    let pairs = objects.into_iter().flat_map(|object| object.0);
    Ok(pairs
        .map(|(name, value)| Header {
            name: name.0,
            value: value.map(|bytes| bytes.into_iter().map(|byte| byte.0).collect()),
        })
        .collect())
}

/// A byte as its senders write it: signed by Java's habit, or not.
#[derive(Deserialize)]
#[serde(try_from = "i16")]
struct Byte(u8);

impl TryFrom<i16> for Byte {
    type Error = &'static str;

    fn try_from(value: i16) -> Result<Self, Self::Error> {
        let signed = i8::try_from(value).map(i8::cast_unsigned);
        signed
            .or_else(|_| u8::try_from(value))
            .map(Self)
            .map_err(|_| "out of range")
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    /// What becomes of `value` (base64) in `format`.
    fn value(base64: &str, format: Format) -> String {
        let text = Text(Cow::Borrowed(base64));
        match payload(Part::Value, Some(&text), format, &mut vec![b'?']) {
            Ok(None) => "none".to_owned(),
            Ok(Some(Payload::Bytes(bytes))) => format!("bytes {bytes:?}"),
            Ok(Some(Payload::String(text))) => format!("text {text:?}"),
            Ok(Some(Payload::Json(json))) => format!("json {}", json.get()),
            Err(error) => error.to_string(),
        }
    }

    fn encoded(bytes: &[u8], format: Format) -> String {
        value(&BASE64.encode(bytes), format)
    }

    fn read_headers(json: &str) -> String {
        match headers(Some(serde_json::from_str(json).unwrap())) {
            Ok(headers) => {
                let header = |header: &Header<'_>| format!("{} {:?}", header.name, header.value);
                headers.iter().map(header).collect::<Vec<_>>().join(", ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn base64_is_strict() {
        assert_eq!(value("-_==", Format::Bytes), value("!", Format::Bytes));
        for base64 in [
            "YQ", "YQ=", "YQ===", "YQ==\n", " YQ==", "Y Q==", "YQ==YQ==", "=", "é",
        ] {
            assert_eq!(
                value(base64, Format::Bytes),
                value("!", Format::Bytes),
                "{base64}"
            );
        }
        assert_snapshot!(value("!", Format::Bytes), @"`value` is not base64");
        assert_eq!(value("YQ==", Format::Bytes), "bytes [97]");
        assert_eq!(value("YR==", Format::Bytes), "bytes [97]");
        assert_eq!(value("", Format::Bytes), "bytes []");
    }

    #[test]
    fn text_is_utf8() {
        assert_eq!(encoded("é".as_bytes(), Format::String), r#"text "é""#);
        assert_eq!(encoded(b"", Format::String), r#"text """#);
        assert_snapshot!(encoded(b"\xff", Format::String), @"`value` is not UTF-8");
    }

    #[test]
    fn json_is_one_text_after_an_optional_byte_order_mark() {
        for (text, read) in [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            ("\u{feff} [1] ", "[1]"),
            ("null", "null"),
            ("1e999", "1e999"),
        ] {
            assert_eq!(
                encoded(text.as_bytes(), Format::Json),
                format!("json {read}")
            );
        }
        let none: [&[u8]; 6] = [b"", b"\xef\xbb\xbf", b"{", b"1 2", b"\"\xff\"", b"NaN"];
        for bytes in none {
            assert_eq!(
                encoded(bytes, Format::Json),
                encoded(b"x", Format::Json),
                "{bytes:?}"
            );
        }
        assert_snapshot!(encoded(b"x", Format::Json), @"`value` is not JSON");
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        assert!(encoded(&deep, Format::Json).starts_with("json [["));
    }

    #[test]
    fn headers_are_read_in_order_with_bytes_of_either_sign() {
        assert_eq!(
            read_headers(r#"[{"a":[-128,-1,0,127,128,255]},{"a":[]},{"b":null,"\u00e9":[1]},{}]"#),
            "a Some([128, 255, 0, 127, 128, 255]), a Some([]), b None, é Some([1])"
        );
        for json in [
            r#"[{"a":[256]}]"#,
            r#"[{"a":[-129]}]"#,
            r#"[{"a":[1.5]}]"#,
            r#"[{"a":"YQ=="}]"#,
            r#"[{"a":1}]"#,
            r#"[{"\ud800":[1]}]"#,
            r#"{"a":[1]}"#,
            "[null]",
            "[5]",
            "5",
        ] {
            assert_eq!(read_headers(json), read_headers("5"), "{json}");
        }
        assert_snapshot!(read_headers("5"), @"`headers` is not a list of names with bytes from -128 to 255");
        assert!(headers(None).is_ok_and(|headers| headers.is_empty()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn bytes_come_back_as_they_were(bytes: Vec<u8>) {
            prop_assert_eq!(encoded(&bytes, Format::Bytes), format!("bytes {bytes:?}"));
        }

        #[test]
        fn text_of_any_kind_is_decoded_or_a_typed_error(text: String, bytes: Vec<u8>) {
            for format in [Format::Bytes, Format::String, Format::Json] {
                value(&text, format);
                encoded(&bytes, format);
            }
        }
    }
}
