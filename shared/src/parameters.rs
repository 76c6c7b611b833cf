//! Parameter Store: the targets and the client parameters.

use aws_config::SdkConfig;
use aws_sdk_ssm::{
    Client, config,
    operation::RequestId,
    types::{self, ParameterType},
};
use thiserror::Error;

use crate::aws::{ServiceError, endpoint_url};

/// A client of Parameter Store.
#[derive(Debug, Clone)]
pub struct Parameters {
    client: Client,
}

/// A parameter as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The whole path.
    pub name: String,
    /// The value; of a [`Kind::SecureString`] its ciphertext, for nothing is decrypted.
    pub value: String,
    /// Its type.
    pub kind: Kind,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Plain text.
    String,
    /// Plain texts, separated by commas.
    StringList,
    /// Encrypted.
    SecureString,
    /// A type that AWS added since.
    Other,
}

/// A call to Parameter Store failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParametersError {
    /// The service refused, or gave no answer.
    #[error("cannot call `{action}` on `{name}`")]
    Call {
        /// As IAM names it: `ssm:PutParameter`.
        action: &'static str,
        /// The parameter or path.
        name: String,
        /// What the service said.
        source: Box<ServiceError>,
    },
    /// A parameter came without name or value, so the answer cannot be trusted to be whole.
    #[error("`{action}` on `{name}` answered a parameter without name or value")]
    Incomplete {
        /// As IAM names it.
        action: &'static str,
        /// The parameter or path.
        name: String,
    },
    /// A page leads to itself, so the listing has no end.
    #[error("`{action}` on `{name}` answered the same page token twice")]
    Endless {
        /// As IAM names it.
        action: &'static str,
        /// The path.
        name: String,
    },
}

const LIST: &str = "ssm:GetParametersByPath";
const GET: &str = "ssm:GetParameter";
const PUT: &str = "ssm:PutParameter";

impl Parameters {
    /// A client with the region, credentials and endpoint of `configuration`.
    #[must_use]
    pub fn new(configuration: &SdkConfig) -> Self {
        let mut config = config::Builder::from(configuration);
        if let Some(url) = endpoint_url("SSM") {
            config.set_endpoint_url(Some(url));
        }
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Every parameter below `path`, at any depth: all pages, or an error. In the service's order.
    ///
    /// # Errors
    /// A page could not be had.
    pub async fn list(&self, path: &str) -> Result<Vec<Parameter>, ParametersError> {
        let mut parameters = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .get_parameters_by_path()
                .path(path)
                .recursive(true)
                .with_decryption(false)
                .set_next_token(token.clone())
                .send()
                .await
                .map_err(|error| call(LIST, path, error.into()))?;
            for parameter in page.parameters.unwrap_or_default() {
                parameters.push(whole(LIST, path, parameter)?);
            }
            // Whether a page has parameters says nothing: only the token tells the end.
            match page.next_token.filter(|next| !next.is_empty()) {
                None => return Ok(parameters),
                // The SDK's paginator would call this the end.
                next if next == token => {
                    let name = path.to_owned();
                    return Err(ParametersError::Endless { action: LIST, name });
                }
                next => token = next,
            }
        }
    }

    /// One parameter; `None` when there is none of this name.
    ///
    /// # Errors
    /// The service refused, or gave no answer.
    pub async fn get(&self, name: &str) -> Result<Option<Parameter>, ParametersError> {
        let answer = self.client.get_parameter().name(name).send().await;
        let found = match answer.map_err(ServiceError::from) {
            Ok(answer) => answer.parameter,
            Err(error) if error.code == "ParameterNotFound" => None,
            Err(error) => return Err(call(GET, name, error)),
        };
        found
            .map(|parameter| whole(GET, name, parameter))
            .transpose()
    }

    /// Makes a parameter of type `String`, or overwrites its value and description. Answers the
    /// request's id.
    ///
    /// # Errors
    /// The service refused, or gave no answer (then the parameter may have been written).
    pub async fn put(
        &self,
        name: &str,
        value: &str,
        description: &str,
    ) -> Result<String, ParametersError> {
        let request = self.client.put_parameter().name(name).value(value);
        let answer = request
            .description(description)
            .r#type(ParameterType::String)
            .overwrite(true)
            .send()
            .await
            .map_err(|error| call(PUT, name, error.into()))?;
        Ok(answer.request_id().unwrap_or_default().to_owned())
    }
}

fn call(action: &'static str, name: &str, source: ServiceError) -> ParametersError {
    ParametersError::Call {
        action,
        name: name.to_owned(),
        source: Box::new(source),
    }
}

fn whole(
    action: &'static str,
    asked: &str,
    parameter: types::Parameter,
) -> Result<Parameter, ParametersError> {
    let kind = match parameter.r#type {
        Some(ParameterType::String) => Kind::String,
        Some(ParameterType::StringList) => Kind::StringList,
        Some(ParameterType::SecureString) => Kind::SecureString,
        _ => Kind::Other,
    };
    match (parameter.name, parameter.value) {
        (Some(name), Some(value)) => Ok(Parameter { name, value, kind }),
        _ => Err(ParametersError::Incomplete {
            action,
            name: asked.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
