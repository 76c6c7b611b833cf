//! The ARN that a function is invoked by: where account and Region are taken from.

use std::str::FromStr;

use thiserror::Error;

/// `arn:aws:lambda:<region>:<account>:function:<name>`, of any partition, perhaps followed by a
/// version or alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionArn {
    /// 12 digits.
    pub account: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// The function's name.
    pub function: String,
}

/// Not the ARN of a function.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected the ARN of a Lambda function, but got `{arn}`")]
pub struct NotAFunctionArn {
    /// As Lambda gave it.
    pub arn: String,
}

impl FromStr for FunctionArn {
    type Err = NotAFunctionArn;

    fn from_str(arn: &str) -> Result<Self, NotAFunctionArn> {
        let mut parts = arn.split(':');
        let mut next = || parts.next().unwrap_or_default();
        let [
            "arn",
            _partition,
            "lambda",
            region,
            account,
            "function",
            function,
        ] = [(); 7].map(|()| next())
        else {
            return Err(NotAFunctionArn {
                arn: arn.to_owned(),
            });
        };
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let place = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !digits || region.is_empty() || !region.bytes().all(place) || function.is_empty() {
            return Err(NotAFunctionArn {
                arn: arn.to_owned(),
            });
        }
        Ok(Self {
            account: account.to_owned(),
            region: region.to_owned(),
            function: function.to_owned(),
        })
    }
}
