//! What the original's readers do to numbers: Java's `Integer.parseInt`, else `Float.parseFloat`,
//! both after dropping every comma, and the result as text in place of the value.

/// Whether those readers hand on something else than `value`. Canonical decimals that Java prints
/// without an exponent are told apart exactly; any other number counts as rewritten.
pub(super) fn is_rewritten(value: &str) -> bool {
    let text = value.replace(',', "");
    if let Ok(integer) = text.parse::<i32>() {
        return integer.to_string() != value;
    }
    // `parseFloat` drops white space around, and takes the suffixes of a literal.
    let text = text.trim_matches(|c| c <= ' ');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text != value || text.starts_with('+') || text == "-NaN";
    }
    let hexadecimal = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    if hexadecimal {
        return is_hexadecimal_float(&unsigned[2..]);
    }
    let number = unsigned
        .strip_suffix(['f', 'F', 'd', 'D'])
        .unwrap_or(unsigned);
    let decimal = |b: u8| b.is_ascii_digit() || b".eE+-".contains(&b);
    if !number.bytes().all(decimal) {
        return false;
    }
    match number.parse::<f32>() {
        Ok(float) => {
            let plain = float == 0.0 || (1e-3..1e7).contains(&float);
            let sign = if text.starts_with('-') { "-" } else { "" };
            !plain || format!("{sign}{float:?}") != value
        }
        Err(_) => false,
    }
}

/// `1.8p3`: Java's literals demand the exponent.
fn is_hexadecimal_float(text: &str) -> bool {
    let text = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let Some((digits, exponent)) = text.split_once(['p', 'P']) else {
        return false;
    };
    let hexadecimal = |c: char| c.is_ascii_hexdigit() || c == '.';
    digits.chars().any(|c| c.is_ascii_hexdigit())
        && digits.chars().all(hexadecimal)
        && digits.matches('.').count() <= 1
        && exponent.parse::<i32>().is_ok()
}
