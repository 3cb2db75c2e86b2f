//! `obsctl.yaml`: what somebody wants monitored, in few words.
//!
//! The fields stand in tables ([`field`]), so that the reader, the JSON Schema and the messages cannot differ. Reading
//! finds everything that is wrong in one run; a [`Spec`] that was given out has been checked.

mod app;
mod check;
mod check_receiver;
mod check_sender;
mod field;
mod read;
mod receiver;
mod schema;
mod selectors;
mod sender;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use tests::example_of;

pub use app::{
    Alertmanager, App, Credentials, Gunicorn, Nginx, Postgres, Prometheus, Redis, RemoteWrite, Resources,
    Role, Target,
};
pub use receiver::Receiver;
pub use schema::schema;
pub use sender::{Agent, Keys, KubeStateMetrics, Mode, Secret, Sender, Version};

use super::RULE;
use crate::base::span::Span;
use crate::diagnostic::{Finding, Severity};
use crate::yaml::{Budget, File, Node};
use field::{Field, Shape, optional};
use read::{Reader, Section};

/// All that an `obsctl.yaml` declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    pub app: Option<App>,
    pub sender: Option<Sender>,
    pub receiver: Option<Receiver>,
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
    optional(
        "receiver",
        Shape::Map(receiver::FIELDS),
        "What receives remote write, and keeps every request.",
    ),
];

/// What can be declared, in the order of the example.
const SECTIONS: [&str; 3] = ["app", "sender", "receiver"];

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
        let mut spec =
            Self { app: None, sender: None, receiver: None, at: Span::new(0, 0), warnings: Vec::new() };
        match root {
            // What is missing behind a fault of the YAML is not known to be missing.
            _ if file.documents().iter().any(|document| !document.complete()) => {}
            None => {
                reader.fault(Span::new(0, 0), "there is nothing in it", "`obsctl gen spec` prints an example")
            }
            Some(root) => spec.read(root, namespace, &mut reader),
        }
        let declared = !spec.parts(None).is_empty();
        if !declared || reader.findings.iter().any(|it| it.severity >= Severity::Error) {
            return Err(reader.findings);
        }
        Ok(Self { warnings: reader.findings, ..spec })
    }

    fn read(&mut self, root: Node<'_>, namespace: Option<&str>, reader: &mut Reader) {
        let section = reader.section(root, "the file", FIELDS).unwrap_or_default();
        let first = SECTIONS.iter().find_map(|name| section.map(name));
        if !SECTIONS.iter().any(|name| section.has(name)) && reader.findings.is_empty() {
            let help = "write `app:`, `sender:` or `receiver:`, as `obsctl gen spec` does";
            reader.fault(section.span, "nothing is declared", help);
        }
        self.at = first.map_or(section.span, |first| first.span);
        self.app = section.map("app").map(|app| app::build(app, namespace, reader));
        self.sender = section.map("sender").map(|section| {
            let sender = sender::build(section, namespace, reader);
            check_sender::sender(section, namespace, &sender, reader);
            sender
        });
        self.receiver = section.map("receiver").map(|section| {
            let receiver = receiver::build(section, namespace);
            check_receiver::receiver(section, namespace, &receiver, reader);
            receiver
        });
        let sections = SECTIONS.iter().filter_map(|name| section.map(name));
        let parts: Vec<(String, &Section)> =
            self.parts(None).iter().map(|part| part.name().to_owned()).zip(sections).collect();
        for (at, (name, place)) in parts.iter().enumerate() {
            if let Some((other, _)) = parts[..at].iter().find(|(other, _)| names_meet(name, other)) {
                let message = format!("objects of `{other}` and of `{name}` could have the same names");
                reader.fault(
                    place.at("name"),
                    message,
                    "give them names of which neither begins with the other",
                );
            }
        }
    }
}

/// Whether what is made of one could be called as what is made of the other.
fn names_meet(one: &str, other: &str) -> bool {
    let (one, other) = (format!("{one}-"), format!("{other}-"));
    one.starts_with(&other) || other.starts_with(&one)
}
