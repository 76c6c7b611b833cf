//! The rules of the house that a compiler does not see: which module may use which, which modules are
//! pure, which words have no place in the product, that the local cloud shares nothing with it, and that
//! the page of failure modes names tests that exist.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use source::{Source, Word};

#[path = "arrows/violations.rs"]
mod a_violation_is_found;
#[path = "arrows/failure_modes.rs"]
mod failure_modes;
#[path = "arrows/paths.rs"]
mod paths;
#[path = "arrows/source.rs"]
mod source;

/// A top-level module of `shared` or a function, and the modules of `shared` that it may use.
/// A new arrow is its own commit.
const ARROWS: &[(&str, &[&str])] = &[
    ("settings", &["confluent"]),
    ("ordered", &[]),
    ("log", &[]),
    ("http", &[]),
    ("aws", &["http"]),
    ("confluent", &["http"]),
    ("failure", &["rotation", "stream", "settings", "http"]),
    ("client_config", &["confluent", "ordered"]),
    ("secrets", &["aws", "ordered"]),
    ("parameters", &["aws"]),
    ("usage", &["aws"]),
    ("event_bus", &["aws"]),
    ("web_identity", &["aws", "http"]),
    (
        "rotation",
        &[
            "settings",
            "http",
            "confluent",
            "client_config",
            "secrets",
            "parameters",
            "usage",
            "event_bus",
            "web_identity",
            "ordered",
        ],
    ),
    (
        "stream",
        &["client_config", "secrets", "parameters", "usage"],
    ),
    (
        "key-rotation",
        &["settings", "log", "http", "aws", "failure", "rotation"],
    ),
    (
        "secret-rotation",
        &["settings", "log", "http", "aws", "failure", "rotation"],
    ),
    (
        "stream-processor",
        &["settings", "log", "aws", "failure", "stream"],
    ),
];

/// Modules without I/O and without a clock: what they are given decides what they answer.
const PURE: &[&str] = &[
    "client_config",
    "rotation::plan",
    "rotation::events",
    "stream::wire_format",
    "stream::decode",
    "stream::avro",
    "stream::json",
    "stream::protobuf",
    "stream::batch",
    "stream::pipelines",
];

/// What only a module with I/O, a clock or chance says. A remote call is always awaited.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "reqwest",
    "now_utc",
    "SystemTime",
    "Instant",
    "fastrand",
    "new_v4",
];

/// Modules of `std` that reach outside.
const IMPURE_STD: &[&str] = &["env", "fs", "io", "net", "process", "thread"];

/// The text of a panic is a function's answer, so the product has no way to write one.
const PANICS: &[&[&str]] = &[
    &["assert", "!"],
    &["assert_eq", "!"],
    &["assert_ne", "!"],
    &["panic", "!"],
    &["unreachable", "!"],
    &[".", "expect", "("],
    &[".", "expect_err", "("],
];

/// Names that say nothing about what is inside. `foo.rs` beside `foo/` takes the place of `mod.rs`.
const FORBIDDEN_FILES: &[&str] = &["mod", "utils", "common", "types", "constants", "helpers"];

/// Crates of the workspace that the local cloud must not know.
const PRODUCT: &[&str] = &[
    "shared",
    "key-rotation",
    "secret-rotation",
    "stream-processor",
    "tests",
];

fn check_shared_file(module: &[&str], words: &[Word]) -> Vec<String> {
    let file = module.join("::");
    if module == ["lib"] {
        // Re-exports would hide arrows.
        return match words.iter().any(|word| word == "use") {
            true => vec!["`lib` is a map and uses nothing".to_owned()],
            false => vec![],
        };
    }
    let mut wrong = check_arrows(&file, module[0], &paths::used_modules(words, module));
    let pure = |name: &&str| file == *name || file.starts_with(&format!("{name}::"));
    if PURE.iter().any(pure) {
        let said = IMPURE
            .iter()
            .filter(|name| words.iter().any(|w| w == **name));
        let of_std = paths::modules_of(words, "std");
        let reached = IMPURE_STD
            .iter()
            .filter(|name| of_std.iter().any(|m| m == **name));
        wrong.extend(
            said.chain(reached)
                .map(|name| format!("`{file}` is pure and must not say `{name}`")),
        );
    }
    wrong.extend(check_panics(&file, words));
    wrong
}

fn check_function_file(function: &str, file: &str, words: &[Word]) -> Vec<String> {
    let file = format!("{function}: {file}");
    let mut wrong = check_arrows(&file, function, &paths::modules_of(words, "shared"));
    wrong.extend(check_panics(&file, words));
    wrong
}

fn check_arrows(file: &str, from: &str, used: &[String]) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == from) else {
        return vec![format!("`{file}`: `{from}` has no line in `ARROWS`")];
    };
    used.iter()
        .filter(|to| !allowed.contains(&to.as_str()))
        .map(|to| format!("`{file}` must not use `{to}`"))
        .collect()
}

fn check_panics(file: &str, words: &[Word]) -> Vec<String> {
    PANICS
        .iter()
        .filter(|pattern| (0..words.len()).any(|at| source::is(&words[at..], pattern)))
        .map(|pattern| format!("`{file}` must not panic: `{}`", pattern.concat()))
        .collect()
}

/// Dependencies of a manifest of whatever kind that are crates of the product.
fn product_dependencies(manifest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_dependencies = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            in_dependencies = table.ends_with("dependencies");
            let named = table
                .rsplit_once("dependencies.")
                .map_or("", |(_, name)| name);
            found.extend(
                PRODUCT
                    .iter()
                    .filter(|name| **name == named.trim_matches('"')),
            );
        } else if in_dependencies {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let is_named = |name: &str| {
                key.trim_matches('"') == name || line.contains(&format!("package = \"{name}\""))
            };
            found.extend(PRODUCT.iter().filter(|name| is_named(name)));
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// All files below `folder`, build output and hidden folders left out.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "target" || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The product's sources below `src`, each with its module path; test modules left out.
fn sources(src: &Path) -> Vec<(Vec<String>, Vec<Word>)> {
    let mut sources = Vec::new();
    let mut test_modules = BTreeSet::new();
    for path in files_below(src) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let below = path.strip_prefix(src).unwrap().with_extension("");
        let module: Vec<String> = below
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let source = Source::read(&fs::read_to_string(&path).unwrap());
        for name in source.test_modules {
            let at_root = matches!(module[..], [ref only] if only == "lib" || only == "main");
            let parent = if at_root { vec![] } else { module.clone() };
            test_modules.insert([parent, vec![name]].concat());
        }
        sources.push((module, source.words));
    }
    sources.retain(|(module, _)| !(1..=module.len()).any(|n| test_modules.contains(&module[..n])));
    sources
}

fn nothing_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_use_only_what_the_arrows_allow_and_cannot_panic() {
    let mut wrong = Vec::new();
    for (module, words) in sources(&root().join("shared/src")) {
        let module: Vec<&str> = module.iter().map(String::as_str).collect();
        wrong.extend(check_shared_file(&module, &words));
    }
    for function in ["key-rotation", "secret-rotation", "stream-processor"] {
        for (module, words) in sources(&root().join("functions").join(function).join("src")) {
            wrong.extend(check_function_file(function, &module.join("::"), &words));
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn the_local_cloud_shares_nothing_with_the_product() {
    let local_cloud = root().join("tests/local-cloud");
    let manifest = fs::read_to_string(local_cloud.join("Cargo.toml")).unwrap();
    let mut wrong: Vec<String> = product_dependencies(&manifest)
        .iter()
        .map(|name| format!("`local-cloud` must not depend on `{name}`"))
        .collect();
    for (module, words) in sources(&local_cloud.join("src")) {
        if !paths::modules_of(&words, "shared").is_empty() {
            wrong.push(format!("`{}` must not use `shared`", module.join("::")));
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn every_file_is_named_for_what_is_inside() {
    let wrong: Vec<String> = ["shared", "functions", "tests"]
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)))
        .filter(|path| {
            let names = path.strip_prefix(root()).unwrap().with_extension("");
            let is_source = path.extension().is_some_and(|e| e == "rs" || e == "py");
            is_source
                && names
                    .iter()
                    .any(|name| FORBIDDEN_FILES.iter().any(|f| name == *f))
        })
        .map(|path| format!("`{}` has a name that says nothing", path.display()))
        .collect();
    nothing_wrong(&wrong);
}
