//! Ids and API secrets as Confluent Cloud makes them.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A new API secret: `cflt`, 54 random characters, and the checksum over these (Confluent's form since July 2025).
pub(super) fn api_secret() -> String {
    let random = letters(BASE_64, 54);
    format!("cflt{random}{}", checksum(&random))
}

/// A new API key id: 16 of `A-Z0-9`.
pub(super) fn api_key_id() -> String {
    letters(UPPER, 16)
}

/// A new id of another object: `prefix` and six of `a-z0-9`.
pub(super) fn id(prefix: &str) -> String {
    format!("{prefix}{}", letters(LOWER, 6))
}

fn letters(of: &[u8], count: usize) -> String {
    (0..count)
        .map(|_| char::from(of[fastrand::usize(..of.len())]))
        .collect()
}

/// CRC-32 (IEEE), little-endian, in base64 without padding: six characters.
fn checksum(text: &str) -> String {
    STANDARD_NO_PAD.encode(crc32fast::hash(text.as_bytes()).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_carries_the_checksum_of_its_middle() {
        let secret = api_secret();
        assert_eq!(secret.len(), 64);
        let (head, sum) = secret.split_at(58);
        assert_eq!(checksum(head.strip_prefix("cflt").unwrap()), sum);
        assert_ne!(secret, api_secret());
    }

    #[test]
    fn the_checksum_is_the_little_endian_ieee_crc() {
        // CRC-32 of `123456789` is cbf43926, the check value of the algorithm.
        assert_eq!(
            checksum("123456789"),
            STANDARD_NO_PAD.encode([0x26, 0x39, 0xf4, 0xcb])
        );
    }
}
