//! The checker finds what it is for, shown on made-up sources.

use crate::{check_function_file, check_shared_file, product_dependencies, source::Source};

fn shared(module: &[&str], text: &str) -> Vec<String> {
    check_shared_file(module, &Source::read(text).words)
}

#[test]
fn in_every_spelling_of_a_path() {
    for text in [
        "use crate::rotation::Engine;",
        "use crate::{confluent::Client, rotation};",
        "use crate::{confluent::{Client, Key as K}, rotation::{self, Engine}};",
        "use super::super::rotation;",
        "use super::{super::rotation, schemas};",
        "fn f() { crate::rotation::run::<u8>() }",
        "fn f<'a>(x: &'a crate::rotation::Engine) {}",
        "const QUOTE: char = '\"'; use crate::rotation; const OTHER: char = '\"';",
        r##"const RAW: &str = r#"""#; use crate::rotation;"##,
        r#"const TEXT: &str = "\""; use crate::rotation;"#,
        "/* a /* nested */ comment */ use crate::rotation;",
    ] {
        assert_eq!(
            shared(&["client_config", "java"], text),
            ["`client_config::java` must not use `rotation`"],
            "{text}"
        );
    }
}

#[test]
fn in_a_function() {
    for text in [
        "use shared::{aws, stream::Event};",
        "fn f() { ::shared::stream::run() }",
    ] {
        let wrong = check_function_file("key-rotation", "main", &Source::read(text).words);
        assert_eq!(
            wrong,
            ["`key-rotation: main` must not use `stream`"],
            "{text}"
        );
    }
}

#[test]
fn in_a_pure_module() {
    for (text, word) in [
        ("fn plan() { OffsetDateTime::now_utc() }", "now_utc"),
        ("use std::time::Instant;", "Instant"),
        ("fn plan() { std::fs::read(\"a\") }", "fs"),
        ("use std::{collections::BTreeMap, env};", "env"),
        ("async fn plan() {}", "async"),
    ] {
        let wrong = [format!(
            "`rotation::plan` is pure and must not say `{word}`"
        )];
        assert_eq!(shared(&["rotation", "plan"], text), wrong, "{text}");
        assert!(shared(&["rotation", "planet"], text).is_empty(), "{text}");
    }
}

#[test]
fn where_the_product_could_panic() {
    for (text, pattern) in [
        ("fn f() { x.expect(\"a key\"); }", ".expect("),
        ("fn f() { assert!(x, \"{key}\"); }", "assert!"),
        ("fn f() { unreachable!() }", "unreachable!"),
    ] {
        let wrong = [format!("`secrets` must not panic: `{pattern}`")];
        assert_eq!(shared(&["secrets"], text), wrong, "{text}");
    }
}

#[test]
fn in_a_module_that_nobody_drew() {
    let wrong = ["`misc`: `misc` has no line in `ARROWS`"];
    assert_eq!(shared(&["misc"], ""), wrong);
    let wrong = ["`lib` is a map and uses nothing"];
    assert_eq!(shared(&["lib"], "pub use rotation::Engine;"), wrong);
}

#[test]
fn in_a_manifest() {
    for manifest in [
        "[dependencies]\nserde.workspace = true\nshared.workspace = true",
        "[dev-dependencies]\nshared = { path = \"../../shared\" }",
        "[target.'cfg(unix)'.dependencies.shared]\nworkspace = true",
        "[dependencies]\nours = { package = \"shared\", path = \"../../shared\" }",
    ] {
        assert_eq!(product_dependencies(manifest), ["shared"], "{manifest}");
    }
    assert!(product_dependencies("[package]\nname = \"tests\"").is_empty());
}

#[test]
fn but_not_in_comments_texts_tests_and_ones_own_module() {
    for text in [
        "//! See [`crate::rotation`].\n/// assert!(true)\nfn f() {}",
        "const TEXT: &str = \"use crate::rotation;\";",
        "#[cfg(test)]\nmod tests { use crate::rotation; fn f() { assert!(true) } }",
        "#[cfg(test)]\nuse crate::rotation::{a, b};",
        "#[cfg(test)]\n#[allow(dead_code)]\nfn f(x: [u8; 2]) -> u8 { panic!() }",
        "use crate::confluent::Key; use super::jaas; use self::inner; use crate::client_config::x;",
        "pub(crate) struct Instants;",
    ] {
        let wrong = shared(&["client_config", "java"], text);
        assert!(wrong.is_empty(), "{text}: {wrong:?}");
    }
}

#[test]
fn and_what_follows_test_code_is_read_again() {
    let text = "#[cfg(test)] mod scene; #[cfg(test)] fn f() { [1]; } use crate::rotation;";
    let source = Source::read(text);
    assert_eq!(source.test_modules, ["scene"]);
    assert_eq!(
        check_shared_file(&["secrets"], &source.words),
        ["`secrets` must not use `rotation`"]
    );
}
