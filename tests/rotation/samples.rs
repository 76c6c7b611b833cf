//! Every sample event is one that the functions take.

use std::{fs, path::Path};

use local_cloud::cloud::Invocation;
use serde_json::Value;
use tests::{Scene, Target};

/// The samples of a function, by file name.
fn samples(function: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../events")
        .join(function);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut samples: Vec<_> = files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    samples.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(!samples.is_empty(), "no samples of `{function}`");
    samples
}

#[tokio::test]
async fn every_sample_of_key_rotation_succeeds_and_is_told_in_the_list_of_samples() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("payments/orders")).await;
    // Two keys, so that there is one to go back to.
    scene.sweep().await;
    scene.age(31.0).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let list =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/README.md"));
    let list = list.unwrap();
    let mut samples = samples("key-rotation");
    // After it nothing of the target is left to work on.
    samples.sort_by_key(|(name, _)| name == "release.json");
    for (name, event) in samples {
        let done = scene.invoke(event).await;
        let Invocation { answer, error, .. } = done;
        assert_eq!(error, None, "{name}");
        assert_eq!(
            answer.is_string(),
            name.contains("text"),
            "{name}: {answer}"
        );
        assert!(
            list.contains(&format!("`{name}`")),
            "{name} is not in events/README.md"
        );
    }
}

#[tokio::test]
async fn every_sample_of_secret_rotation_is_a_step_of_a_secret_that_is_not_there() {
    let scene = Scene::start().await;
    for (name, event) in samples("secret-rotation") {
        let done = scene.cloud.invoke("secret-rotation", &event).await.unwrap();
        let error = done.error.unwrap();
        // Past parsing: Secrets Manager was asked, and has no such secret.
        assert_eq!(
            error.error_type, "SecretMissing",
            "{name}: {}",
            error.message
        );
        assert!(
            error.message.contains("ResourceNotFoundException"),
            "{name}: {}",
            error.message
        );
    }
}
