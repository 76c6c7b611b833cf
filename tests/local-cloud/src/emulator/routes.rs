//! The paths that the three gateways serve.

use http::Method;
use url::form_urlencoded;

use super::Gateway;

/// What a path is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Route {
    ApiKeys,
    ApiKey,
    ServiceAccounts,
    ServiceAccount,
    KafkaClusters,
    KafkaCluster,
    SchemaRegistryClusters,
    SchemaRegistryCluster,
    Environments,
    Environment,
    AppliedQuotas,
    Token,
    RestClusters,
    RestCluster,
    RestTopics,
    Subjects,
    SchemaTypes,
    SchemaById,
}

/// One path template with the methods that it takes.
pub(super) struct Entry {
    pub(super) route: Route,
    pub(super) template: &'static str,
    pub(super) methods: &'static [&'static str],
}

const fn entry(route: Route, template: &'static str, methods: &'static [&'static str]) -> Entry {
    Entry {
        route,
        template,
        methods,
    }
}

const CONTROL_PLANE: &[Entry] = &[
    entry(Route::ApiKeys, "/iam/v2/api-keys", &["GET", "POST"]),
    entry(
        Route::ApiKey,
        "/iam/v2/api-keys/{id}",
        &["GET", "PATCH", "DELETE"],
    ),
    entry(
        Route::ServiceAccounts,
        "/iam/v2/service-accounts",
        &["GET", "POST"],
    ),
    entry(
        Route::ServiceAccount,
        "/iam/v2/service-accounts/{id}",
        &["GET", "PATCH", "DELETE"],
    ),
    entry(Route::KafkaClusters, "/cmk/v2/clusters", &["GET"]),
    entry(Route::KafkaCluster, "/cmk/v2/clusters/{id}", &["GET"]),
    entry(Route::SchemaRegistryClusters, "/srcm/v3/clusters", &["GET"]),
    entry(
        Route::SchemaRegistryCluster,
        "/srcm/v3/clusters/{id}",
        &["GET"],
    ),
    entry(Route::Environments, "/org/v2/environments", &["GET"]),
    entry(Route::Environment, "/org/v2/environments/{id}", &["GET"]),
    entry(
        Route::AppliedQuotas,
        "/service-quota/v1/applied-quotas",
        &["GET"],
    ),
    entry(Route::Token, "/sts/v1/oauth2/token", &["POST"]),
];

const KAFKA_REST: &[Entry] = &[
    entry(Route::RestClusters, "/kafka/v3/clusters", &["GET"]),
    entry(
        Route::RestCluster,
        "/kafka/v3/clusters/{cluster_id}",
        &["GET"],
    ),
    entry(
        Route::RestTopics,
        "/kafka/v3/clusters/{cluster_id}/topics",
        &["GET"],
    ),
];

const SCHEMA_REGISTRY: &[Entry] = &[
    entry(Route::Subjects, "/subjects", &["GET"]),
    entry(Route::SchemaTypes, "/schemas/types", &["GET"]),
    entry(Route::SchemaById, "/schemas/ids/{id}", &["GET"]),
];

/// The entry for `path`, and what stands for the parameter of its template.
pub(super) fn find(gateway: Gateway, path: &str) -> Option<(&'static Entry, String)> {
    let entries = match gateway {
        Gateway::ControlPlane => CONTROL_PLANE,
        Gateway::KafkaRest => KAFKA_REST,
        Gateway::SchemaRegistry => SCHEMA_REGISTRY,
    };
    let (path, entries) = (without_cluster(gateway, path), entries.iter());
    entries
        .filter_map(|entry| Some((entry, matched(entry.template, path)?)))
        .next()
}

/// Method and path template, as in `DELETE /iam/v2/api-keys/{id}`; method and path where nothing is served.
pub(super) fn operation(gateway: Gateway, method: &Method, path: &str) -> String {
    match find(gateway, path) {
        Some((entry, _)) => format!("{method} {}", entry.template),
        None => format!("{method} {path}"),
    }
}

/// The Schema Registry cluster that a path names by its first segment (`/lsrc-…/subjects`).
pub(super) fn cluster_prefix(path: &str) -> Option<&str> {
    let first = path.strip_prefix('/')?.split('/').next()?;
    first
        .get(..5)
        .filter(|prefix| prefix.eq_ignore_ascii_case("lsrc-"))
        .map(|_| first)
}

fn without_cluster(gateway: Gateway, path: &str) -> &str {
    match cluster_prefix(path).filter(|_| gateway == Gateway::SchemaRegistry) {
        Some(cluster) => &path[1 + cluster.len()..],
        None => path,
    }
}

/// The parameter of `template` in `path`, decoded; empty when it has none. A parameter is never empty.
fn matched(template: &str, path: &str) -> Option<String> {
    let (mut expected, mut got) = (template.split('/'), path.split('/'));
    let mut parameter = String::new();
    loop {
        match (expected.next(), got.next()) {
            (None, None) => return Some(parameter),
            (Some(name), Some(segment)) if name.starts_with('{') && !segment.is_empty() => {
                parameter = decoded(segment);
            }
            (Some(name), Some(segment)) if name == segment => {}
            _ => return None,
        }
    }
}

fn decoded(segment: &str) -> String {
    // These mean something in a form and nothing in a path.
    let form = segment
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_method_and_template() {
        for (gateway, method, path, operation_name) in [
            (
                Gateway::ControlPlane,
                Method::DELETE,
                "/iam/v2/api-keys/ABC",
                "DELETE /iam/v2/api-keys/{id}",
            ),
            (
                Gateway::ControlPlane,
                Method::GET,
                "/iam/v2/api-keys",
                "GET /iam/v2/api-keys",
            ),
            (
                Gateway::ControlPlane,
                Method::GET,
                "/iam/v2/api-keys/",
                "GET /iam/v2/api-keys/",
            ),
            (
                Gateway::ControlPlane,
                Method::GET,
                "/subjects",
                "GET /subjects",
            ),
            (
                Gateway::KafkaRest,
                Method::GET,
                "/kafka/v3/clusters/lkc-1/topics",
                "GET /kafka/v3/clusters/{cluster_id}/topics",
            ),
            (
                Gateway::SchemaRegistry,
                Method::GET,
                "/lsrc-2/subjects",
                "GET /subjects",
            ),
        ] {
            assert_eq!(operation(gateway, &method, path), operation_name);
        }
    }

    #[test]
    fn a_parameter_is_decoded() {
        let (_, id) = find(Gateway::ControlPlane, "/iam/v2/api-keys/a%2Fb+c%20d=e&f").unwrap();
        assert_eq!(id, "a/b+c d=e&f");
    }
}
