//! Service accounts: `/iam/v2/service-accounts`.

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    fields::Fields,
    paging, references,
    state::{ServiceAccount, World},
};

const PATH: &str = "/iam/v2/service-accounts";

pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&paging::PARAMETERS, &["display_name"])?;
    let names = call.query.filters("display_name");
    let named = |account: &&ServiceAccount| {
        names.is_empty() || names.contains(&account.display_name.as_str())
    };
    let accounts = world.service_accounts.iter().filter(named);
    let rows = accounts
        .map(|account| (account.meta.number, json(world, call, account)))
        .collect();
    paging::list(call, ("iam/v2", "ServiceAccountList"), rows, 100)
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    Ok(Answer::json(
        StatusCode::OK,
        &json(world, call, find(world, call)?),
    ))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&["assigned_resource_owner"], &[])?;
    let mut body = call.fields()?;
    let (display_name, description) = names(&mut body)?;
    let display_name = display_name.ok_or_else(|| body.wrong("display_name", "is required"))?;
    body.done()?;
    free(world, &display_name, None)?;
    let account = ServiceAccount {
        meta: world.next(None, "sa-", call.now),
        display_name,
        description: description.unwrap_or_default(),
        acls: true,
        max_api_keys: None,
    };
    let location = format!("{}{PATH}/{}", call.addresses.control_plane, account.meta.id);
    let answer = Answer::json(StatusCode::CREATED, &json(world, call, &account))
        .with(header::LOCATION, &location);
    world.service_accounts.push(account);
    Ok(answer)
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let id = find(world, call)?.meta.id.clone();
    let mut body = call.fields()?;
    let (display_name, description) = names(&mut body)?;
    body.done()?;
    if let Some(display_name) = &display_name {
        free(world, display_name, Some(&id))?;
    }
    if let Some(account) = world
        .service_accounts
        .iter_mut()
        .find(|account| account.meta.id == id)
    {
        account.meta.updated_at = call.now;
        account.display_name =
            display_name.unwrap_or_else(|| std::mem::take(&mut account.display_name));
        account.description =
            description.unwrap_or_else(|| std::mem::take(&mut account.description));
    }
    Ok(Answer::json(
        StatusCode::OK,
        &json(world, call, find(world, call)?),
    ))
}

/// Deletes the account and with it every key that it owns.
pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let id = find(world, call)?.meta.id.clone();
    world.delete_service_account(&id, call.works_until());
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn find<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w ServiceAccount, Refusal> {
    let missing = || Refusal::not_found("service_account_not_found", "Service Account Not Found");
    world.service_account(&call.id).ok_or_else(missing)
}

fn names(body: &mut Fields) -> Result<(Option<String>, Option<String>), Refusal> {
    body.ignore(&["api_version", "kind", "id", "metadata"]);
    Ok((body.text("display_name")?, body.text("description")?))
}

/// Refuses a name that another account has.
fn free(world: &World, display_name: &str, except: Option<&str>) -> Result<(), Refusal> {
    let others = world
        .service_accounts
        .iter()
        .filter(|account| Some(account.meta.id.as_str()) != except);
    match others
        .into_iter()
        .any(|account| account.display_name == display_name)
    {
        true => Err(Refusal::conflict(format!(
            "The service account '{display_name}' already exists."
        ))),
        false => Ok(()),
    }
}

fn json(world: &World, call: &Call<'_>, account: &ServiceAccount) -> Value {
    let name = references::service_account_name(world, account);
    json!({
        "api_version": "iam/v2",
        "kind": "ServiceAccount",
        "id": account.meta.id,
        "metadata": references::metadata(call.addresses, PATH, &name, &account.meta),
        "display_name": account.display_name,
        "description": account.description,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::scene::{KAFKA, Scene};

    const PATH: &str = super::PATH;

    #[test]
    fn an_account_lives_from_create_to_delete_and_takes_its_keys_with_it() {
        let scene = Scene::new();
        let create = format!("{PATH}?assigned_resource_owner=");
        let (status, account) = scene.ask("POST", &create, json!({"display_name": "reports"}));
        assert_eq!((status, &account["display_name"]), (201, &"reports".into()));
        let id = account["id"].as_str().unwrap();
        let path = format!("{PATH}/{id}");
        assert_eq!(
            scene.get(&format!("{PATH}?display_name=reports")).1["data"],
            json!([account])
        );
        assert_eq!(
            scene
                .ask("PATCH", &path, json!({"description": "of sales"}))
                .1["description"],
            "of sales"
        );

        let body = json!({"spec": {"owner": {"id": id}, "resource": {"id": KAFKA}}});
        let (_, key) = scene.ask("POST", "/iam/v2/api-keys", body);
        assert_eq!(scene.ask("DELETE", &path, Value::Null), (204, Value::Null));
        assert_eq!(
            scene.get(&path).1["errors"][0]["code"],
            "service_account_not_found"
        );
        assert_eq!(
            scene
                .get(&format!("/iam/v2/api-keys/{}", key["id"].as_str().unwrap()))
                .0,
            403
        );
    }

    #[test]
    fn names_are_required_and_unique() {
        let scene = Scene::new();
        assert_eq!(scene.ask("POST", PATH, json!({"description": "x"})).0, 400);
        assert_eq!(
            scene.ask("POST", PATH, json!({"display_name": "orders"})).0,
            409
        );
        assert_eq!(
            scene
                .ask(
                    "PATCH",
                    &format!("{PATH}/sa-7y9xbr"),
                    json!({"display_name": "orders"})
                )
                .0,
            409
        );
        assert_eq!(
            scene
                .ask(
                    "PATCH",
                    &format!("{PATH}/sa-12mgdv"),
                    json!({"display_name": "orders"})
                )
                .0,
            200
        );
    }
}
