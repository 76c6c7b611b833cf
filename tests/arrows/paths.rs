//! The paths that a source file names: `crate::a::b`, `super::c`, `shared::{d, e::f}`.

use crate::source::Word;

/// The top-level modules that a file of module `module` names by `crate::` and `super::` paths,
/// its own left out. `module` is the file's path below `src`: `["rotation", "plan"]`.
pub(crate) fn used_modules(words: &[Word], module: &[&str]) -> Vec<String> {
    let mut used: Vec<String> = Vec::new();
    for path in paths_from(words, &["crate", "super"]) {
        if let Some(name) = resolved(&path, module)
            && module.first() != Some(&name.as_str())
            && !used.contains(&name)
        {
            used.push(name);
        }
    }
    used
}

/// The modules of crate `root` that `words` name.
pub(crate) fn modules_of(words: &[Word], root: &str) -> Vec<String> {
    let mut used: Vec<String> = Vec::new();
    for path in paths_from(words, &[root]) {
        if let Some(name) = path.get(1)
            && !used.contains(name)
        {
            used.push(name.clone());
        }
    }
    used
}

/// Which top-level module a path reaches, seen from `module`.
fn resolved(path: &[Word], module: &[&str]) -> Option<String> {
    if path[0] == "crate" {
        return path.get(1).cloned();
    }
    let ups = path.iter().take_while(|word| *word == "super").count();
    // Above the root of the crate there is nothing: a `super` of an inline module.
    let stay = module.len().saturating_sub(ups);
    let mut reached = module[..stay].iter().map(|name| (*name).to_owned());
    reached.next().or_else(|| path.get(ups).cloned())
}

/// Every path that begins with one of `roots`, groups written out.
fn paths_from(words: &[Word], roots: &[&str]) -> Vec<Vec<Word>> {
    let mut paths = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let inside_a_path = at >= 2 && words[at - 1] == ":" && words[at - 2] == ":";
        // A leading `::shared` begins a path, too.
        let begins = !inside_a_path || at < 3 || !is_name(&words[at - 3]);
        if roots.contains(&word.as_str()) && begins && separator(words, at + 1) {
            branch(words, at, &mut Vec::new(), &mut paths);
        }
    }
    paths
}

/// Reads one branch of a use tree from `at`; gives where it ends.
fn branch(
    words: &[Word],
    mut at: usize,
    before: &mut Vec<Word>,
    paths: &mut Vec<Vec<Word>>,
) -> usize {
    let depth = before.len();
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while at < words.len() && words[at] != "}" {
                    let end = branch(words, at, before, paths);
                    // Steps over `,`, `as name` and whatever is no path.
                    at = end.max(at + usize::from(end == at));
                }
                before.truncate(depth);
                return at + 1;
            }
            Some(word) if is_name(word) => {
                before.push(word.to_owned());
                at += 1;
                if separator(words, at) {
                    at += 2;
                    continue;
                }
            }
            _ => {}
        }
        if before.len() > depth {
            paths.push(before.clone());
        }
        before.truncate(depth);
        return at;
    }
}

fn separator(words: &[Word], at: usize) -> bool {
    matches!(words.get(at..at + 2), Some([a, b]) if a == ":" && b == ":")
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
