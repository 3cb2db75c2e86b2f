//! The kinds of things that can be declared, and what is made of each.

use super::plan::Plan;
use super::spec::{App, Receiver, Sender, Spec};
use super::{app, receiver, sender};
use crate::k8s::sort_for_apply;

/// What can be declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    App,
    Sender,
    Receiver,
}

/// One thing that is declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part<'s> {
    App(&'s App),
    Sender(&'s Sender),
    Receiver(&'s Receiver),
}

impl Spec {
    /// What is declared of this kind, or at all.
    #[must_use]
    pub fn parts(&self, kind: Option<Kind>) -> Vec<Part<'_>> {
        let app = self.app.as_ref().map(Part::App);
        let sender = self.sender.as_ref().map(Part::Sender);
        let receiver = self.receiver.as_ref().map(Part::Receiver);
        let all = app.into_iter().chain(sender).chain(receiver);
        all.filter(|part| kind.is_none_or(|kind| part.kind() == kind)).collect()
    }
}

impl Part<'_> {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::App(_) => Kind::App,
            Self::Sender(_) => Kind::Sender,
            Self::Receiver(_) => Kind::Receiver,
        }
    }

    /// What names of objects begin with.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::App(app) => &app.name,
            Self::Sender(sender) => &sender.name,
            Self::Receiver(receiver) => &receiver.name,
        }
    }

    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::App(app) => &app.namespace,
            Self::Sender(sender) => &sender.namespace,
            Self::Receiver(receiver) => &receiver.namespace,
        }
    }

    /// Everything for one install of it.
    #[must_use]
    pub fn plan(&self) -> Plan {
        match self {
            Self::App(app) => app::plan(app),
            Self::Sender(sender) => sender::plan(sender),
            Self::Receiver(receiver) => receiver::plan(receiver),
        }
    }
}

/// Everything for several parts, in the order in which it is applied.
#[must_use]
pub fn plan(parts: &[Part<'_>]) -> Plan {
    let mut all = Plan::default();
    for part in parts {
        let Plan { manifests, patches, fragments } = part.plan();
        all.manifests.extend(manifests);
        all.patches.extend(patches);
        all.fragments.extend(fragments);
    }
    sort_for_apply(&mut all.manifests);
    all
}
