//! What alarms match, and whose turn it is to mend.

use crate::confluent::ErrorKind;

use super::RotationError;

impl RotationError {
    /// A stable word that alarms match.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "EventRefused",
            Self::Target(_) | Self::NotAString | Self::RefusedTarget { .. } => "TargetRefused",
            Self::Secrets(_) | Self::Promote { .. } => "SecretsManagerFailed",
            Self::Parameters(_) => "ParameterStoreFailed",
            Self::WebIdentity(_) => "WebIdentityFailed",
            Self::Confluent(error) => confluent_kind(error.kind()),
            Self::Create(_) => "ApiKeyNotCreated",
            Self::NoEndpoints { .. } => "NoEndpoint",
            Self::Render { .. } => "NotRendered",
            Self::CloudApiKey { .. } => "CloudApiKeyMissing",
            Self::CloudApiKeyRefused { .. } | Self::OnlyMends { .. } => "CloudApiKeyRefused",
            Self::SharedCloudApiKey { .. } => "CloudApiKeyShared",
            Self::Canary { .. } => "CloudApiKeyUnfit",
            Self::NotSuccessor { .. } => "ApiKeyInUse",
            Self::MissingSecret { .. } => "SecretMissing",
            Self::UnfitSecret { .. } => "SecretUnfit",
            Self::SharedSecret { .. } => "SecretShared",
            Self::NoTeam { .. }
            | Self::NoGrant { .. }
            | Self::GrantUnreadable { .. }
            | Self::NotGranted { .. } => "NotGranted",
            Self::OwnPath { .. } => "TargetRefused",
            Self::OnHold { .. } => "OnHold",
            Self::Unmarked { .. } => "ApiKeyUnmarked",
            Self::Unmanaged { .. } => "ApiKeyUnmanaged",
            Self::HolderRefused { .. } => "TargetRefused",
            Self::OwnKey { .. } => "ApiKeyInUse",
            Self::NoRoom { .. } => "QuotaExceeded",
            Self::StillSignsIn { .. } => "RevocationUnconfirmed",
            Self::RotationUnderWay { .. } => "RotationUnderWay",
            Self::NothingToRollBackTo { .. } => "NothingToRollBackTo",
            Self::NoCurrentKey { .. } => "NoCurrentKey",
            Self::MarkedByAnother { .. } => "ApiKeyForeign",
            Self::HeldElsewhere { .. } => "ApiKeyHeldElsewhere",
            Self::BacksOff { .. } => "BacksOff",
            Self::Outage { kind, .. } => kind,
            Self::Unreadable { .. } => "SecretUnreadable",
            Self::Edited { .. } => "TargetEdited",
            Self::NotVisible { .. } | Self::NotVisibleYet { .. } => "ApiKeyNotVisible",
            Self::Quota { .. } | Self::QuotaRefused { .. } | Self::QuotaTooSmall { .. } => {
                "QuotaExceeded"
            }
            Self::TooManyKeys { .. } => "TooManyApiKeys",
            Self::TokenSpent { .. } => "TokenSpent",
            Self::Overtaken { .. } | Self::Moved { .. } | Self::Contended { .. } => "Overtaken",
            Self::PendingForeign { .. } => "PendingForeign",
            Self::EmptyVersion { .. } => "VersionEmpty",
            Self::Foreign { .. } => "ApiKeyForeign",
            Self::Revoked { .. } => "ApiKeyRevoked",
            Self::Gone { .. } => "ApiKeyGone",
            Self::Mismatch { .. } => "ApiKeyMismatch",
            Self::NotInSync { .. } => "ApiKeyNotInSync",
            Self::EditedMeanwhile { .. } => "EditedMeanwhile",
            Self::ReadBack { .. } => "ReadBackFailed",
            Self::NoteNotKept { .. } | Self::NoteLate { .. } => "NoteNotKept",
            Self::StillListed { .. } => "DeletionUnconfirmed",
            Self::Unsettled { .. } => "Unsettled",
            Self::NotOurs { .. } => "ApiKeyNotOurs",
            Self::StillHeld { .. } => "ApiKeyHeld",
            Self::SuccessorUnproved { .. } | Self::CurrentUnproved { .. } => "SuccessorUnproved",
            Self::Unreachable { .. } => "ResourceUnreachable",
            Self::ProbeCannotTell { .. } => "ProbeCannotTell",
            Self::SlowReads { .. } => "SecretsManagerSlow",
            Self::StoppedEarly => "StoppedEarly",
            Self::Deadline => "DeadlineNear",
            Self::RotationDisabled { .. } => "RotationDisabled",
            Self::NoSuchVersion { .. } | Self::NotPending { .. } => "VersionNotPending",
            Self::NoTag { .. } | Self::NoTarget { .. } => "TargetMissing",
            Self::NotPrimary { .. } => "SecretNotPrimary",
            Self::Failures { .. } => "TargetsFailed",
        }
    }

    /// Whether it is the control plane's own failure, which no target can help.
    #[must_use]
    pub fn is_of_the_control_plane(&self) -> bool {
        let error = match self {
            Self::Confluent(error) => error.as_ref(),
            Self::Create(error) => error.reason(),
            _ => return false,
        };
        matches!(
            error.kind(),
            ErrorKind::Unavailable | ErrorKind::Unauthorized
        )
    }

    /// Whether the target itself is wrong: a person mends it, no repetition does.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Target(_)
                | Self::NotAString
                | Self::MissingSecret { .. }
                | Self::UnfitSecret { .. }
                | Self::SharedSecret { .. }
                | Self::SharedCloudApiKey { .. }
                | Self::NoTeam { .. }
                | Self::NoGrant { .. }
                | Self::GrantUnreadable { .. }
                | Self::NotGranted { .. }
                | Self::OwnPath { .. }
                | Self::Edited { .. }
                | Self::QuotaTooSmall { .. }
                | Self::RefusedTarget { .. }
        )
    }
}

pub(in super::super) fn confluent_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized => "CloudApiKeyRefused",
        ErrorKind::Forbidden => "ConfluentForbidden",
        ErrorKind::NotFound => "ConfluentNotFound",
        ErrorKind::Quota => "QuotaExceeded",
        ErrorKind::RateLimited => "ConfluentRateLimited",
        ErrorKind::Unavailable => "ConfluentUnavailable",
        ErrorKind::Rejected => "ConfluentRejected",
        ErrorKind::UnexpectedAnswer => "ConfluentUnexpectedAnswer",
        ErrorKind::OutOfTime => "DeadlineNear",
        ErrorKind::OwnKey => "ApiKeyInUse",
        ErrorKind::NoEndpoint => "NoEndpoint",
    }
}
