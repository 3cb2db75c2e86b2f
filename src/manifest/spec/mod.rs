//! `obsctl.yaml`: what somebody wants monitored, in few words.
//!
//! The fields stand in tables ([`field`]), so that the reader, the JSON Schema and the messages cannot differ. Reading
//! finds everything that is wrong in one run; a [`Spec`] that was given out has been checked.

mod app;
mod check;
mod field;
mod read;
mod schema;
#[cfg(test)]
mod tests;

pub use app::{
    Alertmanager, App, Credentials, Gunicorn, Nginx, Postgres, Prometheus, Redis, RemoteWrite, Resources,
    Role, Target,
};
pub use schema::schema;

use super::RULE;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::yaml::{Budget, File};
use field::{Field, Shape, optional};
use read::Reader;

/// All that an `obsctl.yaml` declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    pub app: App,
    /// Where it stands in the text, for what is said of all of it.
    pub at: Span,
    /// What works, and will hurt.
    pub warnings: Vec<Finding>,
}

const FIELDS: &[Field] = &[optional(
    "app",
    Shape::Map(app::FIELDS),
    "An application whose installs each have a namespace of their own.",
)];

/// An `obsctl.yaml` with every field, commented; it can be used as it is.
#[must_use]
pub fn example() -> &'static str {
    include_str!("example.yaml")
}

impl Spec {
    /// Reads the text of an `obsctl.yaml`; `namespace` takes the place of the one that it says.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place.
    pub fn parse(text: &str, namespace: Option<&str>) -> Result<Self, Vec<Finding>> {
        let file = File::parse(text.to_owned(), &Budget::default());
        let mut reader = Reader::default();
        for fault in file.faults() {
            let finding = Finding::error(RULE, fault.span, fault.message.clone());
            reader.findings.push(match &fault.help {
                Some(help) => finding.help(help.clone()),
                None => finding,
            });
        }
        let mut roots = file.documents().iter().filter_map(|document| document.root());
        let root = roots.next();
        if let Some(second) = roots.next() {
            reader.fault(
                second.span(),
                "this is a second document",
                "write one for each application, and a file for each",
            );
        }
        let app = match root {
            // What is missing behind a fault of the YAML is not known to be missing.
            _ if file.documents().iter().any(|document| !document.complete()) => None,
            None => {
                reader.fault(
                    Span::new(0, 0),
                    "there is nothing in it",
                    "`obsctl gen spec` prints an example",
                );
                None
            }
            Some(root) => {
                let section = reader.section(root, "the file", FIELDS).unwrap_or_default();
                if section.map("app").is_none() && reader.findings.is_empty() {
                    reader.fault(
                        section.span,
                        "nothing is declared",
                        "write `app:`, as `obsctl gen spec` does",
                    );
                }
                section.map("app").map(|app| (app::build(app, namespace, &mut reader), app.span))
            }
        };
        match app {
            Some((app, at)) if reader.findings.iter().all(|it| it.severity < Severity::Error) => {
                Ok(Self { app, at, warnings: reader.findings })
            }
            _ => Err(reader.findings),
        }
    }
}
