//! What a person does about a problem.

use super::RotationError;

impl RotationError {
    /// The remedy, by the kind of the problem; a sentence for `check`.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self.kind() {
            "TargetRefused" => "mend the target's parameter; the README lists its fields",
            "NotGranted" => {
                "ask the platform team for the grant below GRANTS_PATH, or name what the team may name"
            }
            "SecretMissing" => {
                "make the secret with Terraform or CloudFormation; Keywheel fills it"
            }
            "SecretUnfit" => "name another secret, or change this one as the sentence says",
            "SecretShared" => "name the secret in one target only",
            "CloudApiKeyShared" => "give Keywheel a Cloud API key of its own",
            "SecretUnreadable" => {
                "write a JSON object into the secret, or move AWSCURRENT back to a version that holds one"
            }
            "SecretsManagerFailed" => {
                "grant the function the action that the sentence names on this secret, and its KMS key"
            }
            "ParameterStoreFailed" => {
                "grant the function the action that the sentence names on this path"
            }
            "CloudApiKeyRefused" => {
                "put a Cloud API key that is accepted into the secret of CONFLUENT_CLOUD_API_KEY_SECRET_ID"
            }
            "ConfluentForbidden" => {
                "compare owner, resource and environment with Confluent Cloud, which says 403 of what is gone, too; if they are right, give the owner of Keywheel's Cloud API key the role ResourceOwner on the service account"
            }
            "ConfluentNotFound" | "NoEndpoint" => {
                "compare resource and environment of the target with Confluent Cloud"
            }
            "ConfluentUnavailable" | "ConfluentRateLimited" => "wait: the next run tries again",
            "QuotaExceeded" => {
                "retire keys, or ask Confluent to raise the quota that the sentence names"
            }
            "TargetEdited" => {
                "put owner and resource back, or go over to the new ones with `rotate`"
            }
            "ApiKeyNotVisible" => {
                "let the owner of Keywheel's Cloud API key see the keys of this owner; if the key is gone, `rotate`"
            }
            "SuccessorUnproved" => {
                "the next sweep replaces the key if it is gone; else see why the resource refuses it"
            }
            "ApiKeyUnmarked" => "`adopt` it, or go over to a key of ours with `rotate`",
            "ResourceUnreachable" => {
                "let the function reach the resource, or say `\"probe\": \"skip\"` in the target"
            }
            "ProbeCannotTell" => {
                "let the function past the proxy or IP filter, or say `\"probe\": \"skip\"`"
            }
            "PendingForeign" => "take AWSPENDING off the version that the sentence names",
            _ => "see the sentence; the next run tries again",
        }
    }
}
