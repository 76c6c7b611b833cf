//! The engine: one per process, a [`Run`] per invocation.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use lambda_runtime::Context;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    confluent::{Access, Budget, Confluent, UserAgent},
    event_bus::EventBus,
    http::HttpClient,
    parameters::Parameters,
    secrets::Secrets,
    settings::{ConfluentAuth, FunctionArn, Settings},
    web_identity::WebIdentity,
};

use super::{
    callback::{self, StepAnswer, StepEvent},
    check, cloud_key, discover,
    error::RotationError,
    hold, keyless,
    marker::Deployment,
    quotas::KnownQuotas,
    report::Report,
    request::{Operation, Request},
    revoke,
    run::Run,
    starts::Starts,
    sweep,
};

/// Nothing new begins this near the end of an invocation: the longest call still has its time.
const MARGIN: Duration = Duration::from_secs(30);

/// cargo-lambda's emulator gives a constant deadline, long past, and the word `function-arn`.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(600);
const NO_ACCOUNT: &str = "000000000000";

/// Clients and settings, made once.
#[derive(Debug)]
pub struct Engine {
    secrets: Secrets,
    parameters: Parameters,
    event_bus: Option<EventBus>,
    web_identity: WebIdentity,
    http: HttpClient,
    /// What this process learned of Confluent's rate limit.
    budget: Budget,
    settings: Arc<Settings>,
    region: String,
    function: &'static str,
}

impl Engine {
    /// The engine of a function, named as Confluent's logs shall show it.
    #[must_use]
    pub fn new(
        aws: &SdkConfig,
        http: HttpClient,
        settings: Settings,
        function: &'static str,
    ) -> Self {
        Self {
            secrets: Secrets::new(aws),
            parameters: Parameters::new(aws),
            event_bus: settings
                .event_bus
                .as_deref()
                .map(|bus| EventBus::new(aws, bus)),
            web_identity: WebIdentity::new(aws, &http),
            http,
            budget: Budget::default(),
            settings: Arc::new(settings),
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            function,
        }
    }

    /// Carries out an event of `key-rotation`.
    ///
    /// # Errors
    /// [`RotationError`] when nothing could be looked at; problems of targets stand in the report.
    pub async fn handle(
        &self,
        request: &Request,
        context: &Context,
    ) -> Result<Report, RotationError> {
        let run = self.begin(request.operation.name(), context).await?;
        match &request.operation {
            Operation::Hold { until, reason } => {
                hold::hold(&run, request, *until, reason.as_deref()).await
            }
            Operation::Check => check::check(&run, request).await,
            Operation::Revoke(revocation) => revoke::revoke(&run, request, revocation).await,
            Operation::Discover { secret_prefixes } => {
                discover::discover(&run, request, secret_prefixes).await
            }
            _ => sweep::sweep(&run, request).await,
        }
    }

    /// Carries out one step of Secrets Manager's rotation.
    ///
    /// # Errors
    /// [`RotationError`]; Secrets Manager tries the whole rotation again.
    pub async fn step(
        &self,
        event: &StepEvent,
        context: &Context,
    ) -> Result<StepAnswer, RotationError> {
        callback::step(&self.begin(event.step.name(), context).await?, event).await
    }

    async fn begin(
        &self,
        operation: &'static str,
        context: &Context,
    ) -> Result<Run, RotationError> {
        let left = context.deadline().duration_since(SystemTime::now());
        let left = left.unwrap_or(WITHOUT_DEADLINE);
        let deadline = Instant::now() + left.saturating_sub(MARGIN.min(left / 4));
        let user_agent = UserAgent {
            function: self.function.to_owned(),
            request_id: context.request_id.clone(),
        };
        let base = &self.settings.confluent_cloud_url;
        let (http, budget) = (&self.http, &self.budget);
        let connect =
            |access, until| Confluent::new(http, base, access, &user_agent, until, budget);
        let (confluent, cloud_key, deadline) = match &self.settings.confluent_auth {
            ConfluentAuth::ApiKey { secret_id } => {
                let gap = self.settings.probe_round_gap;
                let connect = |credential| connect(Access::ApiKey(credential), deadline);
                let opened = cloud_key::open(&self.secrets, secret_id, gap, connect);
                let (confluent, cloud_key) = opened.await?;
                (confluent, Some(cloud_key), deadline)
            }
            ConfluentAuth::Sts {
                identity_pool,
                audience,
            } => {
                let nobody = connect(Access::Nobody, deadline);
                let token = keyless::token(&self.web_identity, &nobody, identity_pool, audience);
                let token = token.await?;
                let deadline =
                    deadline.min(Instant::now() + token.expires_in.saturating_sub(MARGIN));
                (connect(token.access, deadline), None, deadline)
            }
        };
        Ok(Run {
            secrets: self.secrets.clone(),
            parameters: self.parameters.clone(),
            event_bus: self.event_bus.clone(),
            confluent,
            cloud_key,
            deployment: self.deployment(&context.invoked_function_arn),
            settings: Arc::clone(&self.settings),
            operation,
            request_id: context.request_id.clone(),
            deadline,
            listings: Mutex::default(),
            clusters: Mutex::default(),
            quotas: KnownQuotas::default(),
            starts: Starts::default(),
        })
    }

    /// Account and Region come from the invoked function's ARN: no call is needed for them.
    fn deployment(&self, arn: &str) -> Deployment {
        let arn = arn.parse().unwrap_or_else(|_| {
            tracing::warn!("`{arn}` is no function's ARN: markers say account `{NO_ACCOUNT}`");
            FunctionArn {
                account: NO_ACCOUNT.to_owned(),
                region: self.region.clone(),
                function: self.function.to_owned(),
            }
        });
        Deployment {
            account: arn.account,
            region: arn.region,
            name: self.settings.deployment.clone(),
        }
    }
}
