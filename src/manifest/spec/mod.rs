//! `obsctl.yaml`: what somebody wants monitored, in few words.
//!
//! The fields stand in tables ([`field`]), so that the reader, the JSON Schema and the messages cannot differ. Reading
//! finds everything that is wrong in one run; a [`Spec`] that was given out has been checked.

mod app;
mod check;
mod check_sender;
mod field;
mod read;
mod schema;
mod selectors;
mod sender;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::example_of_sender;

pub use app::{
    Alertmanager, App, Credentials, Gunicorn, Nginx, Postgres, Prometheus, Redis, RemoteWrite, Resources,
    Role, Target,
};
pub use schema::schema;
pub use sender::{Agent, Keys, KubeStateMetrics, Mode, Secret, Sender, Version};

use super::RULE;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::yaml::{Budget, File, Node};
use field::{Field, Shape, optional};
use read::Reader;

/// All that an `obsctl.yaml` declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    pub app: Option<App>,
    pub sender: Option<Sender>,
    /// Where what is declared stands in the text, for what is said of all of it.
    pub at: Span,
    /// What works, and will hurt.
    pub warnings: Vec<Finding>,
}

const FIELDS: &[Field] = &[
    optional(
        "app",
        Shape::Map(app::FIELDS),
        "An application whose installs each have a namespace of their own.",
    ),
    optional("sender", Shape::Map(sender::FIELDS), "What sends metrics of this cluster by remote write."),
];

/// An `obsctl.yaml` with every field, commented; it can be used as it is.
#[must_use]
pub fn example() -> &'static str {
    include_str!("example.yaml")
}

impl Spec {
    /// Reads the text of an `obsctl.yaml`; `namespace` takes the place of those that it says.
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
        let mut spec = Self { app: None, sender: None, at: Span::new(0, 0), warnings: Vec::new() };
        match root {
            // What is missing behind a fault of the YAML is not known to be missing.
            _ if file.documents().iter().any(|document| !document.complete()) => {}
            None => {
                reader.fault(Span::new(0, 0), "there is nothing in it", "`obsctl gen spec` prints an example")
            }
            Some(root) => spec.read(root, namespace, &mut reader),
        }
        let declared = spec.app.is_some() || spec.sender.is_some();
        if !declared || reader.findings.iter().any(|it| it.severity >= Severity::Error) {
            return Err(reader.findings);
        }
        Ok(Self { warnings: reader.findings, ..spec })
    }

    fn read(&mut self, root: Node<'_>, namespace: Option<&str>, reader: &mut Reader) {
        let section = reader.section(root, "the file", FIELDS).unwrap_or_default();
        if !section.has("app") && !section.has("sender") && reader.findings.is_empty() {
            let help = "write `app:` or `sender:`, as `obsctl gen spec` does";
            reader.fault(section.span, "nothing is declared", help);
        }
        let first = section.map("app").or_else(|| section.map("sender"));
        self.at = first.map_or(section.span, |first| first.span);
        self.app = section.map("app").map(|app| app::build(app, namespace, reader));
        self.sender = section.map("sender").map(|section| {
            let sender = sender::build(section, namespace, reader);
            check_sender::sender(section, namespace, &sender, reader);
            sender
        });
        if let (Some(app), Some(sender)) = (&self.app, &self.sender) {
            let (a, b) = (format!("{}-", app.name), format!("{}-", sender.name));
            if a.starts_with(&b) || b.starts_with(&a) {
                let message =
                    format!("objects of `{}` and of `{}` could have the same names", app.name, sender.name);
                let at = section.map("sender").map_or(section.span, |sender| sender.at("name"));
                reader.fault(at, message, "give them names of which neither begins with the other");
            }
        }
    }
}
