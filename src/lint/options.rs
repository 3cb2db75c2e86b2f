//! Whose rules hold: versions, feature flags, how much of a cluster there is.

use super::live::Live;
use crate::base::version::Version;
use crate::k8s;
use crate::promql::Features;

/// Whose rules hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The Prometheus that reads it.
    pub prometheus: Version,
    /// Feature flags that it runs with.
    pub features: Features,
    /// Whether Prometheus runs as an agent, which only scrapes and sends.
    pub agent: bool,
    /// The prometheus-operator whose objects they are: major and minor; `None` is the newest known.
    pub operator: Option<(u16, u16)>,
    /// Whether everything there is stands in the world, so that what nothing refers to is worth saying.
    pub complete: bool,
    /// Of a live cluster: what of it is not there to be seen.
    pub live: Option<Live>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prometheus: Version::NEWEST,
            features: Features::default(),
            agent: false,
            operator: None,
            complete: false,
            live: None,
        }
    }
}

impl Options {
    /// Whether objects of these kinds may be in these namespaces (`None`: in any) of a cluster that was not read in full.
    pub(super) fn hides(&self, kinds: &[k8s::Kind], namespaces: Option<&[&str]>) -> bool {
        self.live.as_ref().is_some_and(|live| live.hides(kinds, namespaces))
    }
}
