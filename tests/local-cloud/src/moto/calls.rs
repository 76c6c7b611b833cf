//! What tests and demo ask AWS most, each one call, as a person at the AWS CLI would.

use http::Method;
use serde_json::{Value, json};

use super::{Account, MotoError};

impl Account {
    /// `CreateSecret`, with a first version that is AWSCURRENT when there is a `text`. Answers the ARN.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn create_secret(
        &self,
        name: &str,
        text: Option<&str>,
        tags: &[(&str, &str)],
    ) -> Result<String, MotoError> {
        let tags: Vec<Value> = tags
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        let mut body = json!({"Name": name, "Tags": tags});
        if let Some(text) = text {
            body["SecretString"] = text.into();
        }
        let answer = self.call("secretsmanager.CreateSecret", &body).await?;
        Ok(answer["ARN"].as_str().unwrap_or_default().to_owned())
    }

    /// `PutSecretValue`, which moves AWSCURRENT: an edit by hand. Answers the version's id.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn put_secret_value(&self, secret: &str, text: &str) -> Result<String, MotoError> {
        let body = json!({"SecretId": secret, "SecretString": text});
        let answer = self.call("secretsmanager.PutSecretValue", &body).await?;
        Ok(answer["VersionId"].as_str().unwrap_or_default().to_owned())
    }

    /// The text that `GetSecretValue` gives a reader that names no version.
    ///
    /// # Errors
    /// As [`Account::call`]; `ResourceNotFoundException` when nothing is staged AWSCURRENT.
    pub async fn secret_text(&self, secret: &str) -> Result<String, MotoError> {
        let body = json!({"SecretId": secret});
        let answer = self.call("secretsmanager.GetSecretValue", &body).await?;
        let text = answer["SecretString"].as_str();
        Ok(text.unwrap_or_default().to_owned())
    }

    /// `RotateSecret` by the Lambda function of this ARN; it goes on after the answer, which is the token.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn rotate_secret(
        &self,
        secret: &str,
        function_arn: Option<&str>,
    ) -> Result<String, MotoError> {
        let mut body = json!({"SecretId": secret});
        if let Some(arn) = function_arn {
            body["RotationLambdaARN"] = arn.into();
            body["RotationRules"] = json!({"AutomaticallyAfterDays": 30});
        }
        let answer = self.call("secretsmanager.RotateSecret", &body).await?;
        Ok(answer["VersionId"].as_str().unwrap_or_default().to_owned())
    }

    /// `PutParameter` of a `String` that is made or overwritten.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn put_parameter(&self, name: &str, value: &str) -> Result<(), MotoError> {
        let body = json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true});
        self.call("AmazonSSM.PutParameter", &body).await.map(drop)
    }

    /// `DeleteParameter`.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn delete_parameter(&self, name: &str) -> Result<(), MotoError> {
        let body = json!({"Name": name});
        self.call("AmazonSSM.DeleteParameter", &body)
            .await
            .map(drop)
    }

    /// The own environment of a Lambda function is this from the next invocation on.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn set_function_environment(
        &self,
        function: &str,
        variables: &Value,
    ) -> Result<(), MotoError> {
        let path = format!("/2015-03-31/functions/{function}/configuration");
        let body = json!({"Environment": {"Variables": variables}});
        let answer = self.rest("lambda", Method::PUT, &path, &body).await;
        answer.map(drop)
    }
}
