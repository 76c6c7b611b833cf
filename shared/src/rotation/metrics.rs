//! Metrics: one line a run in CloudWatch's embedded metric format, from its report. Pure.

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::report::{KeyReport, KeyState, Report, Status, TargetReport};

const NAMESPACE: &str = "Keywheel";
/// Each combination of values is a metric of its own, and costs.
const DIMENSIONS: [&str; 2] = ["deployment", "operation"];

impl Report {
    /// The run's metrics, for a line of their own: `_aws` must be at its root.
    #[must_use]
    pub fn metrics(&self) -> Value {
        line(self, OffsetDateTime::now_utc())
    }
}

fn line(report: &Report, now: OffsetDateTime) -> Value {
    let metrics = values(report, now);
    let definitions: Vec<_> = metrics
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
        .collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.unix_timestamp() * 1000 + i64::from(now.millisecond()),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [DIMENSIONS],
                "Metrics": definitions,
            }],
        }),
    );
    for (name, value) in DIMENSIONS
        .into_iter()
        .zip([&*report.deployment, report.operation])
    {
        line.insert(name.to_owned(), value.into());
    }
    line.insert("request_id".to_owned(), report.request_id.clone().into());
    for (name, _, value) in metrics {
        line.insert(name.to_owned(), value);
    }
    line.into()
}

/// Name, unit and value of each metric.
fn values(report: &Report, now: OffsetDateTime) -> [(&'static str, &'static str, Value); 11] {
    let counts = &report.counts;
    let count = |name, count: usize| (name, "Count", Value::from(count));
    let targets = |which: &dyn Fn(&TargetReport) -> bool| {
        report.targets.iter().filter(|target| which(target)).count()
    };
    let keys = || report.targets.iter().flat_map(|target| &target.keys);
    let done = |action: &str| {
        let actions = report.targets.iter().flat_map(|target| &target.actions);
        actions
            .filter(|taken| taken.done && taken.action == action)
            .count()
    };
    let current = keys().filter(|key| key.state == KeyState::Current);
    let oldest = current.filter_map(|key| age_days(key, now));
    [
        count("targets", counts.targets),
        count("rotated", counts.rotated + counts.published),
        count("retired", done("retire")),
        count("kept", counts.kept),
        count("failed", counts.failed + counts.refused),
        count("overdue", targets(&|target| is_overdue(target, now))),
        count(
            "orphans",
            keys().filter(|key| key.state == KeyState::Orphan).count(),
        ),
        count("strays", report.strays.len()),
        (
            "oldest_key_age_days",
            "None",
            oldest.fold(0.0, f64::max).into(),
        ),
        count("pending_sync", counts.syncing),
        ("rate_limited", "Count", report.rate_limited.into()),
    ]
}

/// Its current key is past its date, or it fails again.
fn is_overdue(target: &TargetReport, now: OffsetDateTime) -> bool {
    let due = target.next_rotation_date.as_deref().and_then(moment);
    let fails = matches!(target.status, Status::Failed | Status::Refused);
    due.is_some_and(|due| due < now) || (fails && target.failed_before)
}

/// To the hundredth.
fn age_days(key: &KeyReport, now: OffsetDateTime) -> Option<f64> {
    let age = now - moment(&key.created)?;
    Some((age.as_seconds_f64() / 864.0).round() / 100.0)
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
