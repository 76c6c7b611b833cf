//! Which clusters there are and where: `/org/v2/environments`, and the clusters of each.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use super::{
    client::Confluent,
    error::ConfluentError,
    ids::{EnvironmentId, ResourceId},
};

/// Environments whose clusters are listed at once.
const AT_ONCE: usize = 4;

/// An entry of any listing, of which only the id counts.
#[derive(Deserialize)]
struct Listed {
    id: String,
}

impl Confluent {
    /// Every Kafka and Schema Registry cluster that we may see, and the environment it is in. No
    /// cluster can be asked for without its environment, so all environments are gone through; all
    /// pages of all listings or an error.
    ///
    /// # Errors
    /// A page that was refused, is missing or does not read.
    pub async fn clusters_by_environment(
        &self,
    ) -> Result<BTreeMap<ResourceId, EnvironmentId>, ConfluentError> {
        let environments: Vec<Listed> = self
            .list("list the environments", &["org", "v2", "environments"], &[])
            .await?;
        // What has an id of another form is not one that a target could name.
        let environments = environments.into_iter().filter_map(|it| it.id.parse().ok());
        let listings = environments.flat_map(|environment: EnvironmentId| {
            [["cmk", "v2"], ["srcm", "v3"]].map(|api| self.clusters_of(environment.clone(), api))
        });
        stream::iter(listings)
            .buffer_unordered(AT_ONCE)
            .try_fold(BTreeMap::new(), async |mut all, found| {
                all.extend(found);
                Ok(all)
            })
            .await
    }

    async fn clusters_of(
        &self,
        environment: EnvironmentId,
        [group, version]: [&str; 2],
    ) -> Result<Vec<(ResourceId, EnvironmentId)>, ConfluentError> {
        let operation = format!("list the clusters of environment `{environment}`");
        let filters = [("environment", environment.as_str())];
        let listed: Vec<Listed> = self
            .list(&operation, &[group, version, "clusters"], &filters)
            .await?;
        let ids = listed.into_iter().filter_map(|it| it.id.parse().ok());
        Ok(ids.map(|id| (id, environment.clone())).collect())
    }
}
