//! Rust source as words: comments, literals and test code taken away.

/// An identifier, or one character of punctuation (`::` is two words).
pub(crate) type Word = String;

/// The product's part of a source file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// What is left without comments, literals, lifetimes and items under `#[cfg(test)]`.
    pub(crate) words: Vec<Word>,
    /// Modules declared as `#[cfg(test)] mod name;`: their files are test code.
    pub(crate) test_modules: Vec<String>,
}

impl Source {
    /// Reads the text of a source file.
    pub(crate) fn read(text: &str) -> Self {
        let all = words(text);
        let mut source = Self::default();
        let mut at = 0;
        while at < all.len() {
            if is(&all[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
                let end = item_end(&all, at + 7);
                let item = &all[at + 7..end];
                if let [.., declared, name, semicolon] = item
                    && declared == "mod"
                    && semicolon == ";"
                {
                    source.test_modules.push(name.clone());
                }
                at = end;
            } else {
                source.words.push(all[at].clone());
                at += 1;
            }
        }
        source
    }
}

/// Whether `words` begin with `pattern`.
pub(crate) fn is(words: &[Word], pattern: &[&str]) -> bool {
    words.len() >= pattern.len()
        && words
            .iter()
            .zip(pattern)
            .all(|(word, wanted)| word == wanted)
}

/// Where the item that begins at `at` ends: after its `;` or after the block that closes it.
fn item_end(words: &[Word], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < words.len() {
        match words[at].as_str() {
            "{" | "(" | "[" => depth += 1,
            closing @ ("}" | ")" | "]") => {
                depth = depth.saturating_sub(1);
                // `use a::{b};` goes on to its semicolon.
                if depth == 0 && closing == "}" && words.get(at + 1).is_none_or(|w| w != ";") {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = string(rest) {
            length
        } else if first == '\'' {
            character_or_lifetime(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            words.push(rest[..length].to_owned());
            length
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string literal that `text` begins with, raw and byte strings too.
fn string(text: &str) -> Option<usize> {
    let unprefixed = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - unprefixed.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = body.find(&close).map_or(body.len(), |at| at + close.len());
        return Some(prefix + 1 + hashes + 1 + end);
    }
    let body = unprefixed.strip_prefix('"')?;
    Some(prefix + 1 + escaped(body, '"'))
}

/// The length of `body` up to and with the first `close` that no `\` precedes.
fn escaped(body: &str, close: char) -> usize {
    let mut characters = body.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == close {
            return at + character.len_utf8();
        }
    }
    body.len()
}

fn character_or_lifetime(text: &str) -> usize {
    let body = &text[1..];
    let mut characters = body.chars();
    let first = characters.next();
    if first == Some('\\') || characters.next() == Some('\'') {
        return 1 + escaped(body, '\'');
    }
    1 + body
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(body.len())
}
