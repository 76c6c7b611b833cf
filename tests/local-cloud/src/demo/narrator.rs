//! What the demo prints: on stdout, at most [`WIDTH`] columns, in colour only on a terminal.

use std::{
    io::{IsTerminal, stdout},
    path::Path,
    time::Instant,
};

use super::{Failure, picture, stage, witness::Testimony};

/// Columns of the widest line.
pub(super) const WIDTH: usize = 100;
/// Columns before a sentence: the seconds since the local cloud is ready.
const MARGIN: usize = 8;

/// How a piece of text looks on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// What went well.
    Green,
    /// What went wrong.
    Red,
    /// What is on the way.
    Yellow,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    coloured: bool,
}

impl Palette {
    /// No colours.
    #[cfg(test)]
    pub(super) const PLAIN: Self = Self { coloured: false };

    /// By <https://no-color.org>: not when `NO_COLOR` is set and not empty.
    fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            coloured: stdout().is_terminal() && !refused,
        }
    }

    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.coloured {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Bold => 1,
            Ink::Dim => 2,
            Ink::Green => 32,
            Ink::Red => 31,
            Ink::Yellow => 33,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Tells the story.
#[derive(Debug)]
pub(super) struct Narrator {
    palette: Palette,
    ready: Instant,
}

impl Narrator {
    pub(super) fn new() -> Self {
        Self {
            palette: Palette::of_stdout(),
            ready: Instant::now(),
        }
    }

    /// From now on sentences carry the seconds since.
    pub(super) fn start_the_clock(&mut self) {
        self.ready = Instant::now();
    }

    /// Text before the clock runs.
    pub(super) fn prologue(&self, text: &str) {
        for line in wrap(text, WIDTH) {
            println!("{line}");
        }
    }

    /// Begins an act.
    pub(super) fn act(&self, title: &str) {
        println!("\n{}", self.palette.paint(Ink::Bold, title));
    }

    /// Begins a scene of an act.
    pub(super) fn scene(&self, title: &str) {
        let title = self.palette.paint(Ink::Bold, title);
        println!("\n{:MARGIN$}{title}", "");
    }

    /// Says what happens and why.
    pub(super) fn say(&self, text: &str) {
        let seconds = format!("{:>4.0} s  ", self.ready.elapsed().as_secs_f64());
        for (nth, line) in wrap(text, WIDTH - MARGIN).into_iter().enumerate() {
            let margin = if nth == 0 { &*seconds } else { "" };
            let margin = self.palette.paint(Ink::Dim, &format!("{margin:MARGIN$}"));
            println!("{margin}{line}");
        }
    }

    /// Says what a function answered.
    pub(super) fn detail(&self, ink: Ink, text: &str) {
        for (nth, line) in wrap(text, WIDTH - MARGIN - 2).into_iter().enumerate() {
            let bullet = if nth == 0 { "→ " } else { "  " };
            println!("{:MARGIN$}{bullet}{}", "", self.palette.paint(ink, &line));
        }
    }

    /// Says how the witness fares.
    pub(super) fn witness(&self, (sign_ins, failures): (usize, usize)) {
        let ink = if failures == 0 { Ink::Green } else { Ink::Red };
        let count = format!("{sign_ins} sign-ins, {failures} failures");
        println!(
            "{:MARGIN$}witness so far: {}",
            "",
            self.palette.paint(ink, &count)
        );
    }

    /// Both acts as pictures, and their counts side by side.
    pub(super) fn pictures(&self, original: &Testimony, keywheel: &Testimony) {
        println!("\n{}", self.palette.paint(Ink::Bold, picture::LEGEND));
        for (title, testimony) in [("The original", original), ("Keywheel", keywheel)] {
            println!("\n{}", self.palette.paint(Ink::Bold, title));
            for line in picture::draw(&testimony.recording, self.palette) {
                println!("{line}");
            }
        }
        println!("\n{:22}{:>14}{:>14}", "", "the original", "Keywheel");
        let row = |name: &str, count: fn(&Testimony) -> usize| {
            println!("{name:22}{:>14}{:>14}", count(original), count(keywheel));
        };
        row("keys published", |it| it.recording.published());
        row("keys deleted", |it| it.recording.deleted());
        row("sign-ins", |it| it.sign_ins);
        row("failed sign-ins", |it| it.failures);
    }

    /// How to look around in what was left up.
    pub(super) fn look_around(&self, env_file: &Path) {
        let env_file = env_file.display();
        let (secret, consumer) = (stage::COPIES[2].0, stage::CONSUMER_PARAMETERS);
        println!(
            "
The local cloud stays up until Ctrl-C. In another terminal:

  set -a; . {env_file}; set +a
  aws secretsmanager get-secret-value --secret-id {secret}
  aws secretsmanager list-secret-version-ids --secret-id {secret}
  aws ssm get-parameters-by-path --path {consumer}
  curl -s $LOCAL_CLOUD_CONTROL_URL/world       # Confluent Cloud: every key and its state
  curl -s $LOCAL_CLOUD_CONTROL_URL/stores      # AWS: every version of every secret
  curl -s $LOCAL_CLOUD_CONTROL_URL/age -d '{{\"days\": 31}}'
  cargo local-cloud invoke key-rotation        # a sweep"
        );
    }

    /// The last line.
    ///
    /// # Errors
    /// A sign-in failed, or there was none.
    pub(super) fn verdict(&self, testimony: &Testimony) -> Result<(), Failure> {
        let (sign_ins, failures) = (testimony.sign_ins, testimony.failures);
        println!("\nwitness: {sign_ins} sign-ins, {failures} failures");
        match &testimony.first_failure {
            Some(why) => Err(format!("a sign-in failed: {why}").into()),
            None if sign_ins == 0 => Err("the witness never signed in".into()),
            None => Ok(()),
        }
    }
}

/// Breaks `text` between words into lines of at most `width` columns; a longer word has a line of its own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let columns = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if columns <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The first characters of an API key's id: enough to tell keys apart here.
pub(super) fn short(key: &str) -> String {
    const SHOWN: usize = 6;
    key.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a verylongword b", 5), ["a", "verylongword", "b"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn plain_text_carries_no_escape() {
        assert_eq!(Palette::PLAIN.paint(Ink::Red, "x"), "x");
        assert_eq!(
            Palette { coloured: true }.paint(Ink::Red, "x"),
            "\x1b[31mx\x1b[0m"
        );
    }
}
