//! The picture: one line a key, time to the right, and the witness below.

use super::{
    narrator::{Ink, Palette, WIDTH, short},
    recording::{Phase, Recording, Row, Sample},
};

/// What the signs mean.
pub(super) const LEGEND: &str =
    "○ created  ─ syncing  ═ CURRENT  · superseded  ✕ retired      witness: ▪ signed in  ! refused";

/// Columns before the time: `kafka ABCDEF  `.
const NAME: usize = 24;

/// A sign on the time axis and how it looks.
type Cell = (char, Option<Ink>);

/// Draws a recording, line by line.
pub(super) fn draw(recording: &Recording, palette: Palette) -> Vec<String> {
    let columns = Columns::of(&recording.samples);
    let mut lines = vec![format!("{:NAME$}{}", "", axis(recording, &columns))];
    let mut rows: Vec<&Row> = recording.rows.iter().collect();
    rows.sort_by_key(|row| &row.resource);
    for row in rows {
        let name = format!("{} {}", kind(row), short(&row.key));
        lines.push(line(&name, &life(row, &columns), palette));
    }
    lines.push(line("witness", &columns.each(sign_ins), palette));
    lines
}

/// Samples by column, so that the last sample falls into the last one.
struct Columns<'a> {
    samples: Vec<Vec<&'a Sample>>,
    seconds: f64,
}

impl<'a> Columns<'a> {
    fn of(samples: &'a [Sample]) -> Self {
        let mut columns = Self {
            samples: vec![Vec::new(); WIDTH - NAME],
            seconds: samples.last().map_or(0.0, |sample| sample.at),
        };
        for sample in samples {
            let at = columns.at(sample.at);
            columns.samples[at].push(sample);
        }
        columns
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a column of a terminal"
    )]
    fn at(&self, seconds: f64) -> usize {
        let last = self.samples.len() - 1;
        ((seconds / self.seconds.max(f64::EPSILON) * last as f64) as usize).min(last)
    }

    fn each(&self, cell: fn(&[&Sample]) -> Cell) -> Vec<Cell> {
        self.samples.iter().map(|samples| cell(samples)).collect()
    }
}

/// Dates over the columns where they begin; one that has no room is left out.
fn axis(recording: &Recording, columns: &Columns<'_>) -> String {
    let mut axis = String::new();
    for (at, what) in &recording.marks {
        let (at, used) = (columns.at(*at), axis.chars().count());
        if (used == 0 || used < at) && at + what.chars().count() <= WIDTH - NAME {
            axis.push_str(&" ".repeat(at - used));
            axis.push_str(what);
        }
    }
    axis
}

fn kind(row: &Row) -> &'static str {
    if row.resource.starts_with("lkc-") {
        "kafka"
    } else {
        "schema registry"
    }
}

/// Where a key stood, column by column; one without a look is as the one before.
fn life(row: &Row, columns: &Columns<'_>) -> Vec<Cell> {
    let mut before: Option<Phase> = None;
    let each = columns.samples.iter().map(|samples| {
        let mut seen = samples
            .iter()
            .filter_map(|sample| sample.phases.get(&row.key));
        let Some(now) = seen.next_back().copied().or(before) else {
            return (' ', None);
        };
        let began = before.is_none() && now != Phase::Gone;
        let ended = now == Phase::Gone && before != Some(Phase::Gone);
        before = Some(now);
        match now {
            _ if began => ('○', Some(Ink::Yellow)),
            Phase::Made => ('─', Some(Ink::Yellow)),
            Phase::Current => ('═', Some(Ink::Green)),
            Phase::Superseded => ('·', Some(Ink::Dim)),
            Phase::Gone if ended => ('✕', Some(Ink::Dim)),
            Phase::Gone => (' ', None),
        }
    });
    each.collect()
}

fn sign_ins(samples: &[&Sample]) -> Cell {
    if samples.iter().any(|sample| sample.failed > 0) {
        ('!', Some(Ink::Red))
    } else if samples.iter().any(|sample| sample.passed > 0) {
        ('▪', Some(Ink::Green))
    } else {
        (' ', None)
    }
}

/// Painted in runs, so that a line is not mostly escapes.
fn line(name: &str, cells: &[Cell], palette: Palette) -> String {
    let mut line = format!("{name:NAME$}");
    for run in cells.chunk_by(|a, b| a.1 == b.1) {
        let text: String = run.iter().map(|(sign, _)| sign).collect();
        match run[0].1 {
            Some(ink) => line.push_str(&palette.paint(ink, &text)),
            None => line.push_str(&text),
        }
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_created_syncs_is_current_superseded_and_retired() {
        let mut recording = Recording::begin();
        let world = |state: &str| json!({"api_keys": [{"id": "ABCDEFGH", "resource": "lkc-1", "state": state}]});
        let (none, held) = (BTreeSet::new(), BTreeSet::from(["ABCDEFGH".to_owned()]));
        for (state, current, counts) in [
            ("syncing", &none, (0, 0)),
            ("live", &none, (0, 0)),
            ("live", &held, (1, 0)),
            ("live", &none, (0, 1)),
            ("deleted", &none, (1, 0)),
        ] {
            recording.look(&world(state), current, counts);
        }
        for (nth, sample) in recording.samples.iter_mut().enumerate() {
            sample.at = f64::from(u32::try_from(nth).unwrap()) * 0.25;
        }
        recording.marks = vec![(0.0, "day 0".to_owned()), (0.5, "day 30".to_owned())];
        let columns = WIDTH - NAME;
        let quarter = |sign: &str| sign.repeat(columns / 4);
        let lines = draw(&recording, Palette::PLAIN);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].find("day 30").unwrap(), NAME + (columns - 1) / 2);
        let signs: String = lines[1].chars().skip(NAME).collect();
        assert!(lines[1].starts_with("kafka ABCDEF "), "{}", lines[1]);
        assert!(signs.starts_with("○─") && signs.ends_with("·✕"), "{signs}");
        assert_eq!(signs.chars().count(), columns);
        assert!(signs.contains(&quarter("═")), "{signs}");
        assert!(lines[2].contains('▪') && lines[2].contains('!'));
    }
}
