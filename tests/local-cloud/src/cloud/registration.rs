//! The functions in Lambda's control plane, as the template deploys them.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::json;

use crate::moto::{Account, MotoError, REGION};

/// Name and time-out in seconds of each function.
const FUNCTIONS: [(&str, u32); 3] = [
    ("key-rotation", 900),
    ("secret-rotation", 900),
    ("stream-processor", 60),
];

/// MB, as in the template.
const MEMORY: u32 = 256;

/// A ZIP archive without a file: the end record alone. The binaries come from the workspace.
const EMPTY_ZIP: [u8; 22] = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

pub(super) fn arn(account: &str, function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{account}:function:{function}")
}

/// Registers the functions, executed through `player`, and lets Secrets Manager invoke them.
pub(super) async fn register(account: &Account, player: &str) -> Result<(), MotoError> {
    account.set_player(player).await?;
    for (name, timeout) in FUNCTIONS {
        let function = json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{}:role/keywheel", account.id()),
            "Code": {"ZipFile": STANDARD.encode(EMPTY_ZIP)},
            "Timeout": timeout,
            "MemorySize": MEMORY,
        });
        let functions = "/2015-03-31/functions";
        account
            .rest("lambda", Method::POST, functions, &function)
            .await?;
        let permission = json!({
            "StatementId": "secrets-manager",
            "Action": "lambda:InvokeFunction",
            "Principal": "secretsmanager.amazonaws.com",
            "SourceAccount": account.id(),
        });
        let policy = format!("{functions}/{name}/policy");
        account
            .rest("lambda", Method::POST, &policy, &permission)
            .await?;
    }
    Ok(())
}
