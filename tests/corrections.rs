//! The corrections of moto have tests of their own, in Python: here they run as one.

use std::process::Command;

use local_cloud::{progress::Progress, python};

#[tokio::test]
async fn the_corrections_of_moto_hold() {
    let python = python::interpreter(Progress::default()).await.unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/local-cloud");
    let tests = Command::new(python)
        .args([
            "-m",
            "unittest",
            "discover",
            "-t",
            ".",
            "-s",
            "corrections/tests",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        tests.status.success(),
        "{}",
        String::from_utf8_lossy(&tests.stderr)
    );
}
