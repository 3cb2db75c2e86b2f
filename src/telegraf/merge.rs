//! What several objects ask for one namespace, put together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::endpoint::Endpoint;

/// What carries an annotation. Where two objects say different things, the first kind wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    Application,
    Namespace,
}

/// One object and what it asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    pub kind: Kind,
    /// The object's own namespace; empty for a Namespace.
    pub namespace: String,
    pub name: String,
    pub endpoints: Vec<Endpoint>,
}

impl Source {
    fn order(&self) -> (Kind, &str, &str) {
        (self.kind, &self.namespace, &self.name)
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Application => write!(f, "Application {}/{}", self.namespace, self.name),
            Kind::Namespace => write!(f, "Namespace {}", self.name),
        }
    }
}

/// What is to be collected, by name, and what of the wishes is not.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Merged {
    /// Sorted by name.
    pub endpoints: Vec<Endpoint>,
    /// Sorted by name, then by the order of sources.
    pub conflicts: Vec<Conflict>,
}

/// An endpoint that two objects describe differently: the one of `kept` is collected, that of `dropped` is not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
#[error(
    "endpoint `{name}` of {dropped} is not collected: {kept} has another one of that name; rename one of them"
)]
pub struct Conflict {
    pub name: String,
    /// `Application NAMESPACE/NAME` or `Namespace NAME`.
    pub kept: String,
    pub dropped: String,
}

/// Puts together what several objects ask for one namespace, the same whatever their order: an Application before a
/// Namespace, then by namespace and name. What two say alike is collected once.
#[must_use]
pub fn merge(sources: &[Source]) -> Merged {
    let mut sorted: Vec<&Source> = sources.iter().collect();
    sorted.sort_by_key(|source| source.order());
    let mut by_name: BTreeMap<&str, (&Endpoint, &Source)> = BTreeMap::new();
    let mut conflicts = Vec::new();
    for source in sorted {
        for endpoint in &source.endpoints {
            match by_name.entry(&endpoint.name) {
                Entry::Vacant(place) => {
                    place.insert((endpoint, source));
                }
                Entry::Occupied(place) if place.get().0 == endpoint => {}
                Entry::Occupied(place) => conflicts.push(Conflict {
                    name: endpoint.name.clone(),
                    kept: place.get().1.to_string(),
                    dropped: source.to_string(),
                }),
            }
        }
    }
    conflicts.sort_by(|a, b| a.name.cmp(&b.name)); // stable: sources stay in their order
    Merged { endpoints: by_name.into_values().map(|(endpoint, _)| endpoint.clone()).collect(), conflicts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(kind: Kind, name: &str, endpoints: &[(&str, &str)]) -> Source {
        let endpoint = |(name, url): &(&str, &str)| Endpoint {
            name: (*name).to_owned(),
            urls: vec![(*url).to_owned()],
            scrape: Default::default(),
        };
        let namespace = if kind == Kind::Application { "argocd".to_owned() } else { String::new() };
        Source { kind, namespace, name: name.to_owned(), endpoints: endpoints.iter().map(endpoint).collect() }
    }

    #[track_caller]
    fn check(sources: &[Source], endpoints: &str, conflicts: &[&str]) {
        let mut backwards = sources.to_vec();
        backwards.reverse();
        for sources in [sources, &backwards] {
            let merged = merge(sources);
            let got: Vec<String> = merged
                .endpoints
                .iter()
                .map(|endpoint| format!("{}={}", endpoint.name, endpoint.urls[0]))
                .collect();
            assert_eq!(got.join(" "), endpoints);
            let got: Vec<String> = merged.conflicts.iter().map(ToString::to_string).collect();
            assert_eq!(got, conflicts);
        }
    }

    #[test]
    fn applications_of_one_namespace_merge() {
        let a = source(Kind::Application, "a", &[("x", "u1"), ("y", "u2")]);
        let b = source(Kind::Application, "b", &[("z", "u3"), ("y", "u2")]);
        check(&[a, b], "x=u1 y=u2 z=u3", &[]);
        check(&[], "", &[]);
    }

    #[test]
    fn an_application_wins_over_the_namespace_and_the_first_over_the_second() {
        let space = source(Kind::Namespace, "a", &[("x", "u0"), ("own", "u9")]);
        let b = source(Kind::Application, "b", &[("x", "u2")]);
        let c = source(Kind::Application, "c", &[("x", "u3")]);
        check(
            &[space, c, b],
            "own=u9 x=u2",
            &[
                "endpoint `x` of Application argocd/c is not collected: Application argocd/b has another one of that name; rename one of them",
                "endpoint `x` of Namespace a is not collected: Application argocd/b has another one of that name; rename one of them",
            ],
        );
    }
}
