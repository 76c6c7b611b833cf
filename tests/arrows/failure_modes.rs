//! `docs/failure-modes.md` names each mode once, each of its tests exists, and each test that is named for a mode is
//! on the page.

use std::{collections::BTreeSet, fs};

use super::{files_below, nothing_wrong, root};

/// The modes that are known.
const MODES: std::ops::RangeInclusive<u32> = 1..=49;

/// A row of the table: its number and its last cell.
fn rows(page: &str) -> Vec<(u32, &str)> {
    let cells = page.lines().filter_map(|line| {
        let mut cells = line
            .strip_prefix("| F")?
            .trim_end_matches(" |")
            .split(" | ");
        Some((cells.next()?.parse().ok()?, cells.last()?))
    });
    cells.collect()
}

/// The tests named in a cell, as file and function.
fn tests(cell: &str) -> Vec<(&str, &str)> {
    let named = cell.split('`').skip(1).step_by(2);
    named.filter_map(|test| test.split_once("::")).collect()
}

/// `f01` of `f01_a_test`.
fn mode(test: &str) -> Option<u32> {
    let (number, _) = test.strip_prefix('f')?.split_once('_')?;
    let digits = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse().ok())?
}

fn what_is_wrong(row: (u32, &str)) -> Vec<String> {
    let (number, cell) = row;
    let tests = tests(cell);
    if tests.is_empty() {
        let said = ["later: ", "not Keywheel's code: "];
        return match said.iter().any(|why| cell.starts_with(why)) {
            true => vec![],
            false => vec![format!("F{number} names neither a test nor a reason")],
        };
    }
    let mut wrong = Vec::new();
    if !tests.iter().any(|(_, test)| mode(test) == Some(number)) {
        wrong.push(format!("no test of F{number} begins with `f{number:02}_`"));
    }
    for (file, test) in tests {
        let text = fs::read_to_string(root().join(file)).unwrap_or_default();
        if !text.contains(&format!("fn {test}(")) {
            wrong.push(format!("F{number}: `{file}` has no test `{test}`"));
        }
    }
    wrong
}

#[test]
fn the_page_and_the_tests_agree() {
    let page = fs::read_to_string(root().join("docs/failure-modes.md")).unwrap();
    let rows = rows(&page);
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, MODES.collect::<Vec<_>>());
    let mut wrong: Vec<String> = rows.iter().copied().flat_map(what_is_wrong).collect();
    let on_the_page: BTreeSet<&str> = rows
        .iter()
        .flat_map(|(_, cell)| tests(cell))
        .map(|(_, test)| test)
        .collect();
    for folder in ["shared/src", "tests"] {
        for path in files_below(&root().join(folder)) {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let named = text.split("fn ").skip(1).filter_map(|rest| {
                let name = rest.split('(').next()?;
                mode(name).map(|_| name)
            });
            wrong.extend(
                named
                    .filter(|name| !on_the_page.contains(name))
                    .map(|name| format!("`{name}` is not on the page")),
            );
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn a_page_that_is_stale_is_found() {
    for (cell, sentence) in [
        ("", "F1 names neither a test nor a reason"),
        (
            "`tests/arrows/failure_modes.rs::f01_gone`",
            "F1: `tests/arrows/failure_modes.rs` has no test `f01_gone`",
        ),
        (
            "`tests/arrows/failure_modes.rs::the_page_and_the_tests_agree`",
            "no test of F1 begins with `f01_`",
        ),
    ] {
        assert_eq!(what_is_wrong((1, cell)), [sentence]);
    }
    assert_eq!(what_is_wrong((1, "later: not built yet")), [""; 0]);
}
