//! Texts of others in our own lines.

/// `text` fit for one line of a log: no control characters, at most `longest` characters.
pub(super) fn printable(text: &str, longest: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest + 1)
        .collect();
    if let Some((cut, _)) = line.char_indices().nth(longest) {
        line.truncate(cut);
        line.push('…');
    }
    line
}
