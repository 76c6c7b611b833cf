//! The report as a table for people.

use super::Report;

impl Report {
    /// The table that a person reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.that_fits().table()
    }

    fn table(&self) -> String {
        let mut text = format!(
            "{} of deployment {} ({})\n",
            self.operation,
            self.deployment,
            if self.dry_run { "dry run" } else { self.mode }
        );
        if let Some(discovered) = &self.discovered {
            text.push_str(&discovered.to_text());
        } else {
            self.write_table(&mut text);
        }
        for target in &self.targets {
            for problem in &target.problems {
                let (problem, remedy) = (&problem.problem, problem.remedy);
                text.push_str(&format!(
                    "{}: {problem}\n    remedy: {remedy}\n",
                    target.target
                ));
            }
            if let Some(terraform) = &target.terraform {
                text.push_str(&format!("{}:\n{terraform}\n", target.target));
            }
        }
        let warnings = self.targets.iter().flat_map(|target| {
            target
                .warnings
                .iter()
                .map(move |warning| format!("{}: {warning}", target.target))
        });
        for warning in warnings.chain(self.warnings.iter().cloned()) {
            text.push_str(&format!("warning: {warning}\n"));
        }
        for stray in &self.strays {
            text.push_str(&format!(
                "stray: API key `{}` of `{}` for `{}` names target `{}`\n",
                stray.api_key, stray.owner, stray.resource, stray.target
            ));
        }
        text
    }

    fn write_table(&self, text: &mut String) {
        let mut rows =
            vec![["TARGET", "STATUS", "CURRENT", "NEXT ROTATION", "SUMMARY"].map(String::from)];
        rows.extend(self.targets.iter().map(|target| {
            [
                target.target.clone(),
                target.status.name().to_owned(),
                target.current.clone().unwrap_or_else(|| "-".to_owned()),
                target
                    .next_rotation_date
                    .clone()
                    .unwrap_or_else(|| "-".to_owned()),
                target.summary.clone(),
            ]
        }));
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        for row in &rows {
            let cells = widths
                .iter()
                .zip(row)
                .map(|(width, cell)| format!("{cell:width$}  "));
            text.push_str(&cells.collect::<String>());
            text.push_str(&row[4]);
            text.push('\n');
        }
    }
}
