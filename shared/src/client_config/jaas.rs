//! A `sasl.jaas.config` of `PlainLoginModule`: written as Terraform wrote it, read as Kafka reads it.
//!
//! Kafka tokenizes the line with `java.io.StreamTokenizer`: either quote, backslash escapes as in C,
//! a line end ends a quoted value, and `;` is demanded.

use std::{iter::Peekable, str::Chars};

use super::{
    JaasError,
    login::{Login, Text},
};

/// Class, flag and single-quoted options. A control character was refused before: Kafka could not
/// read a line end.
pub(super) fn single_quoted(login: &Login<'_>) -> String {
    format!(
        "org.apache.kafka.common.security.plain.PlainLoginModule required username='{}' password='{}';",
        escaped(login.id),
        escaped(login.secret)
    )
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\'")
}

/// User name and password. Of an option that is there twice Kafka takes the last.
pub(super) fn read(line: &str) -> Result<(Text, Text), JaasError> {
    let mut tokens = Tokens {
        chars: line.chars().peekable(),
    };
    match tokens.next()? {
        Some(Token::Text(class)) if class.rsplit('.').next() == Some("PlainLoginModule") => {}
        _ => return Err(JaasError::NotPlain),
    }
    match tokens.next()? {
        Some(Token::Text(flag)) if is_control_flag(&flag) => {}
        _ => return Err(JaasError::NoControlFlag),
    }
    let (mut username, mut password) = (None, None);
    loop {
        let name = match tokens.next()? {
            Some(Token::Text(name)) => name,
            Some(Token::Sign(';')) => break,
            Some(Token::Sign(_)) => return Err(JaasError::NotAnOption),
            None => return Err(JaasError::NoSemicolon),
        };
        let (Some(Token::Sign('=')), Some(Token::Text(value))) = (tokens.next()?, tokens.next()?)
        else {
            return Err(JaasError::NotAnOption);
        };
        match name.as_str() {
            "username" => username = Some(value),
            "password" => password = Some(value),
            _ => {}
        }
    }
    if tokens.next()?.is_some() {
        return Err(JaasError::NotTheEnd);
    }
    Ok((
        username.ok_or(JaasError::NoUsername)?,
        password.ok_or(JaasError::NoPassword)?,
    ))
}

fn is_control_flag(word: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .any(|flag| flag.eq_ignore_ascii_case(word))
}

enum Token {
    /// A bare word or the inside of quotes.
    Text(Text),
    /// Any other character.
    Sign(char),
}

struct Tokens<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, JaasError> {
        while self.chars.next_if(|c| *c <= ' ').is_some() {}
        let Some(first) = self.chars.next() else {
            return Ok(None);
        };
        Ok(Some(match first {
            '\'' | '"' => Token::Text(self.quoted(first)?),
            // A word that begins with a digit is a number to the tokenizer, which Kafka refuses.
            letter if is_letter(letter) => {
                let mut word = Text::new(letter.into());
                while let Some(c) = self.chars.next_if(|c| continues_word(*c)) {
                    word.push(c);
                }
                Token::Text(word)
            }
            sign => Token::Sign(sign),
        }))
    }

    fn quoted(&mut self, quote: char) -> Result<Text, JaasError> {
        let mut text = Text::default();
        loop {
            match self.chars.next() {
                Some(c) if c == quote => return Ok(text),
                None | Some('\n' | '\r') => return Err(JaasError::OpenQuote),
                Some('\\') => text.push(self.escape()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JaasError> {
        Ok(match self.chars.next().ok_or(JaasError::OpenQuote)? {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            digit @ '0'..='7' => self.octal(digit),
            other => other,
        })
    }

    /// Up to three digits, the first of three at most 3: one byte.
    fn octal(&mut self, first: char) -> char {
        let longest = if first <= '3' { 3 } else { 2 };
        let mut code = octal_digit(first);
        for _ in 1..longest {
            match self.chars.next_if(|c| ('0'..='7').contains(c)) {
                Some(digit) => code = code * 8 + octal_digit(digit),
                None => break,
            }
        }
        char::from(code)
    }
}

fn octal_digit(digit: char) -> u8 {
    // The callers match `0` to `7`.
    digit as u8 - b'0'
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '$' || c >= '\u{a0}'
}

fn continues_word(c: char) -> bool {
    is_letter(c) || c.is_ascii_digit() || c == '.' || c == '-'
}
