//! Query parameters, read strictly: unknown ones and repeated single ones are refused, an empty filter is none.

use url::form_urlencoded;

use super::errors::Refusal;

/// The longest value that Confluent's documents allow in a path or a page token, in characters.
pub(super) const LONGEST: usize = 255;

/// The parameters of one request, in order.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(query: Option<&str>) -> Self {
        Self(
            form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// Refuses parameters that are in neither list, and those of `single` that stand twice.
    pub(super) fn allow(&self, single: &[&str], multiple: &[&str]) -> Result<(), Refusal> {
        for (name, _) in &self.0 {
            let name = name.as_str();
            if !single.contains(&name) && !multiple.contains(&name) {
                let detail = format!("The resource can't be filtered by '{name}'");
                return Err(Refusal::invalid_parameter(name, detail));
            }
            if single.contains(&name) && self.given(name).count() > 1 {
                let detail = format!("The parameter '{name}' is given more than once");
                return Err(Refusal::invalid_parameter(name, detail));
            }
        }
        Ok(())
    }

    /// The value of a filter; empty is none.
    pub(super) fn filter(&self, name: &str) -> Option<&str> {
        self.given(name).find(|value| !value.is_empty())
    }

    /// Every value of a filter that may stand more than once.
    pub(super) fn filters(&self, name: &str) -> Vec<&str> {
        self.given(name).filter(|value| !value.is_empty()).collect()
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.filter(name).ok_or_else(|| {
            Refusal::invalid_parameter(name, format!("The parameter '{name}' is required"))
        })
    }

    /// The value even when it is empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.given(name).next()
    }

    /// All but `names`, encoded again.
    pub(super) fn without(&self, names: &[&str]) -> form_urlencoded::Serializer<'static, String> {
        let kept = self
            .0
            .iter()
            .filter(|(name, value)| !names.contains(&name.as_str()) && !value.is_empty());
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(kept);
        encoded
    }

    fn given(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}
