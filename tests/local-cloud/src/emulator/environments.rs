//! Environments: `/org/v2/environments`, to be read only.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    paging, references,
    state::{Environment, World},
};

pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&paging::PARAMETERS, &["display_name"])?;
    let names = call.query.filters("display_name");
    let named = |environment: &&Environment| {
        names.is_empty() || names.contains(&environment.display_name.as_str())
    };
    let environments = world.environments.iter().filter(named);
    let rows = environments
        .map(|it| (it.meta.number, json(world, call, it)))
        .collect();
    paging::list(call, ("org/v2", "EnvironmentList"), rows, 100)
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let environment = world.environment(&call.id);
    let environment = environment
        .ok_or_else(|| Refusal::not_found("resource_not_found", "Resource Not Found"))?;
    Ok(Answer::json(
        StatusCode::OK,
        &json(world, call, environment),
    ))
}

fn json(world: &World, call: &Call<'_>, environment: &Environment) -> Value {
    let name = references::environment_name(world, environment);
    json!({
        "api_version": "org/v2",
        "kind": "Environment",
        "id": environment.meta.id,
        "metadata": references::metadata(call.addresses, "/org/v2/environments", &name, &environment.meta),
        "display_name": environment.display_name,
        "stream_governance_config": {"package": "ESSENTIALS"},
    })
}

#[cfg(test)]
mod tests {
    use super::super::scene::{ENVIRONMENT, Scene};

    #[test]
    fn environments_are_listed_and_read() {
        let scene = Scene::new();
        let (status, list) = scene.get("/org/v2/environments?page_size=99");
        assert_eq!((status, &list["data"][0]["id"]), (200, &ENVIRONMENT.into()));
        assert_eq!(
            scene.get("/org/v2/environments/ENV-9ZZ1D").1,
            list["data"][0]
        );
        let (status, missing) = scene.get("/org/v2/environments/env-none");
        assert_eq!(
            (status, &missing["errors"][0]["code"]),
            (404, &"resource_not_found".into())
        );
    }
}
