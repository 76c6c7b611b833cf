//! The findings for people.

use std::fmt::Write;

use super::findings::{Discovered, KeyFinding, SecretFinding};

impl Discovered {
    /// A summary, then a line for each finding.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).unwrap_or_default();
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let counts = &self.counts;
        let (keys, secrets) = (counts.api_keys, counts.secrets);
        writeln!(text, "looked at: {keys} API keys, {secrets} secrets")?;
        title(text, counts.proposals, "proposed targets")?;
        for proposal in &self.proposals {
            writeln!(
                text,
                "  {} (API key {})",
                proposal.parameter, proposal.api_key
            )?;
            writeln!(text, "    {}", proposal.target)?;
            for warning in &proposal.warnings {
                writeln!(text, "    warning: {warning}")?;
            }
        }
        for (count, what, findings) in [
            (
                counts.not_proposed,
                "keys that cannot be proposed",
                &self.not_proposed,
            ),
            (
                counts.shared,
                "keys that unrelated secrets hold",
                &self.shared,
            ),
            (
                counts.of_users,
                "keys that belong to a person",
                &self.of_users,
            ),
            (
                counts.unheld,
                "keys that no secret below the prefixes holds",
                &self.unheld,
            ),
            (counts.managed, "keys of targets that exist", &self.managed),
        ] {
            title(text, count, what)?;
            findings.iter().try_for_each(|finding| key(text, finding))?;
        }
        for (count, what, findings) in [
            (
                counts.gone,
                "secrets whose key is gone or may not be seen",
                &self.gone,
            ),
            (
                counts.without_key,
                "secrets without a key of a known format",
                &self.without_key,
            ),
            (
                counts.unreadable,
                "secrets that could not be read",
                &self.unreadable,
            ),
        ] {
            title(text, count, what)?;
            findings
                .iter()
                .try_for_each(|finding| secret(text, finding))?;
        }
        Ok(())
    }
}

fn title(text: &mut String, count: usize, what: &str) -> std::fmt::Result {
    match count {
        0 => Ok(()),
        count => writeln!(text, "\n{what}: {count}"),
    }
}

fn key(text: &mut String, finding: &KeyFinding) -> std::fmt::Result {
    let KeyFinding {
        api_key,
        resource,
        created,
        ..
    } = finding;
    let owner = finding.owner.as_deref().unwrap_or("nobody");
    write!(
        text,
        "  {api_key} of {owner} for {resource}, made {created}"
    )?;
    list(text, "target", &finding.targets)?;
    list(text, "held by", &finding.secrets)?;
    let staged = finding.staged.iter();
    let staged: Vec<_> = staged
        .map(|it| format!("{} ({})", it.secret, it.label))
        .collect();
    list(text, "staged in", &staged)?;
    if let Some(marker) = &finding.marker {
        write!(text, "; marked by {marker}")?;
    }
    end(text, finding.reason.as_deref())
}

fn secret(text: &mut String, finding: &SecretFinding) -> std::fmt::Result {
    write!(text, "  {}", finding.secret)?;
    list(text, "API key", &finding.api_keys)?;
    if let Some(target) = &finding.target {
        write!(text, "; target {target}")?;
    }
    end(text, finding.reason.as_deref())
}

fn list(text: &mut String, what: &str, names: &[String]) -> std::fmt::Result {
    match names {
        [] => Ok(()),
        names => write!(text, "; {what} {}", names.join(", ")),
    }
}

fn end(text: &mut String, reason: Option<&str>) -> std::fmt::Result {
    match reason {
        Some(reason) => writeln!(text, ": {reason}"),
        None => writeln!(text),
    }
}
