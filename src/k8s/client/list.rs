//! Lists of objects, page by page.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value as Json;

use super::error::{Failure, Refusal};
use super::pods::Seen;
use super::served::{self, Served};
use super::{Budget, Cluster, PAGE_MAX, Wanted};
use crate::k8s::Kind;

/// Objects of one page, as kubectl asks for; fewer of kinds whose objects may be a megabyte each.
const PAGE: u32 = 500;
const PAGE_OF_LARGE: u32 = 50;

/// How long one page may take in all.
const REQUEST: Duration = Duration::from_secs(120);

/// How often a list is begun anew that changed under our hands.
const ATTEMPTS: u32 = 3;

/// Bytes of an answer that is no list.
const STATUS_MAX: usize = 1 << 20;

#[derive(Clone)]
pub(super) struct Lister {
    cluster: Cluster,
    namespace: Option<Arc<str>>,
    keeps: fn(&str) -> bool,
    budget: Arc<Budget>,
}

/// What came of a kind.
pub(super) enum Outcome {
    Read(Vec<Served>),
    /// The cluster does not serve it.
    Unknown,
    Refused(Refusal),
}

#[derive(Deserialize)]
struct Page {
    metadata: PageMeta,
    #[serde(default)]
    items: Vec<serde_json::Map<String, Json>>,
}

#[derive(Deserialize)]
struct PageMeta {
    #[serde(rename = "continue", default)]
    next: String,
}

/// What the API says instead of an answer.
#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
}

#[derive(Deserialize)]
struct Resources {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
}

/// An answer that says no.
struct Refused {
    status: u16,
    message: String,
}

impl Lister {
    pub(super) fn new(cluster: &Cluster, wanted: &Wanted, budget: Arc<Budget>) -> Self {
        let namespace = wanted.namespace.as_deref().map(Arc::from);
        Self { cluster: cluster.clone(), namespace, keeps: wanted.keeps, budget }
    }

    /// The one namespace. To `get` it is a right that a Role in it can grant; to `list` it is not.
    async fn one_namespace(&self, name: &str) -> Result<Outcome, Failure> {
        let kind = Kind::Namespace;
        let path = format!("/api/v1/namespaces/{}", encoded(name));
        match self.get(&path, STATUS_MAX).await? {
            Ok(body) => {
                self.budget.take(1, body.len() as u64)?;
                let item = self.parsed(&path, &body)?;
                Ok(Outcome::Read(vec![served::served(kind, "v1", item, self.keeps)]))
            }
            Err(Refused { status: 404, .. }) => Err(Failure::NoNamespace(name.to_owned())),
            Err(Refused { status: 403, message }) => {
                Ok(Outcome::Refused(Refusal { kind, verb: "get", who: who(&message) }))
            }
            Err(Refused { status, message }) => Err(self.answer(&path, status, message)),
        }
    }

    /// All objects of a kind.
    pub(super) async fn list(&self, kind: Kind) -> Result<Outcome, Failure> {
        if let (Some(namespace), Kind::Namespace) = (&self.namespace, kind) {
            return self.one_namespace(namespace).await;
        }
        let Some(version) = self.version(kind).await? else { return Ok(Outcome::Unknown) };
        let api_version = match kind.group() {
            "" => version,
            group => format!("{group}/{version}"),
        };
        let root = if kind.group().is_empty() { "api" } else { "apis" };
        let resource = kind.resource();
        let namespace = self.namespace.as_deref().map(encoded);
        let path = match namespace.filter(|_| kind.namespaced() != Some(false)) {
            Some(namespace) => format!("/{root}/{api_version}/namespaces/{namespace}/{resource}"),
            None => format!("/{root}/{api_version}/{resource}"),
        };
        for _ in 0..ATTEMPTS {
            if let Some(outcome) = self.pages(kind, &api_version, &path).await? {
                return Ok(outcome);
            }
        }
        Err(Failure::Gone { path })
    }

    /// One run through the pages of a list; `None` where it expired before its end.
    async fn pages(&self, kind: Kind, api_version: &str, path: &str) -> Result<Option<Outcome>, Failure> {
        let large = matches!(kind, Kind::ConfigMap | Kind::Secret);
        let limit = if large { PAGE_OF_LARGE } else { PAGE };
        // What Helm keeps of its releases is large, and nobody refers to it.
        let some = if kind == Kind::Secret { "&fieldSelector=type%21%3Dhelm.sh%2Frelease.v1" } else { "" };
        let (mut objects, mut next, mut pods) = (Vec::new(), String::new(), Seen::default());
        loop {
            let page = match next.as_str() {
                "" => format!("{path}?limit={limit}{some}"),
                next => format!("{path}?limit={limit}{some}&continue={}", encoded(next)),
            };
            let body = match self.get(&page, PAGE_MAX).await? {
                Ok(body) => body,
                Err(Refused { status: 404, .. }) => return Ok(Some(Outcome::Unknown)),
                Err(Refused { status: 403, message }) => {
                    return Ok(Some(Outcome::Refused(Refusal { kind, verb: "list", who: who(&message) })));
                }
                Err(Refused { status: 410, .. }) => {
                    self.budget.give_back(objects.len() as u64);
                    return Ok(None);
                }
                Err(Refused { status, message }) => return Err(self.answer(path, status, message)),
            };
            let page: Page = serde_json::from_slice(&body)
                .map_err(|err| self.answer(path, 200, format!("no list: {err}")))?;
            let before = objects.len();
            for item in page.items {
                if kind != Kind::Pod || pods.is_new(&item) {
                    objects.push(served::served(kind, api_version, item, self.keeps));
                }
            }
            self.budget.take((objects.len() - before) as u64, body.len() as u64)?;
            next = page.metadata.next;
            if next.is_empty() {
                return Ok(Some(Outcome::Read(objects)));
            }
        }
    }

    /// The version in which the cluster serves a kind; the one that it prefers, where there are several.
    async fn version(&self, kind: Kind) -> Result<Option<String>, Failure> {
        let group = kind.group();
        let known = match kind {
            Kind::PrometheusAgent | Kind::ScrapeConfig | Kind::Application | Kind::AppProject => "v1alpha1",
            _ => "v1",
        };
        if !["monitoring.coreos.com", "argoproj.io"].contains(&group) {
            return Ok(Some(known.to_owned()));
        }
        let found: Group = match self.get(&format!("/apis/{group}"), STATUS_MAX).await? {
            Ok(body) => self.parsed(group, &body)?,
            Err(Refused { status: 404, .. }) => return Ok(None),
            // Whoever may not ask may still list.
            Err(_) => return Ok(Some(known.to_owned())),
        };
        for GroupVersion { version } in found.versions {
            let path = format!("/apis/{group}/{}", encoded(&version));
            let Ok(body) = self.get(&path, STATUS_MAX).await? else { continue };
            let served: Resources = self.parsed(&path, &body)?;
            if served.resources.iter().any(|resource| resource.name == kind.resource()) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    fn parsed<'d, T: Deserialize<'d>>(&self, path: &str, body: &'d [u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|err| self.answer(path, 200, err.to_string()))
    }

    /// The body of an answer, or the one that says no.
    async fn get(&self, path: &str, max: usize) -> Result<Result<Vec<u8>, Refused>, Failure> {
        match tokio::time::timeout(REQUEST, self.get_in_time(path, max)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Timeout {
                address: self.cluster.address().to_owned(),
                seconds: REQUEST.as_secs(),
            }),
        }
    }

    async fn get_in_time(&self, path: &str, max: usize) -> Result<Result<Vec<u8>, Refused>, Failure> {
        let address = self.cluster.address();
        let request = http::Request::get(path).header(http::header::ACCEPT, "application/json");
        let request = request.body(Body::empty()).map_err(|err| Failure::Broken(err.to_string()))?;
        let response = self.cluster.client.send(request).await.map_err(|err| Failure::of(&err, address))?;
        let status = response.status();
        let max = if status.is_success() { max } else { STATUS_MAX };
        let body = Limited::new(response.into_body(), max).collect().await.map_err(|err| {
            if err.is::<LengthLimitError>() {
                return self.answer(path, status.as_u16(), format!("more than {max} bytes at once"));
            }
            Failure::Unreachable { address: address.to_owned(), cause: super::error::causes(&*err) }
        })?;
        let body = Vec::from(body.to_bytes());
        if status.is_success() {
            return Ok(Ok(body));
        }
        let Status { message } = serde_json::from_slice(&body).unwrap_or_default();
        if status.as_u16() == 401 {
            let message = if message.is_empty() { status.to_string() } else { message };
            return Err(Failure::Unauthorized { address: address.to_owned(), message });
        }
        Ok(Err(Refused { status: status.as_u16(), message }))
    }

    fn answer(&self, path: &str, status: u16, message: String) -> Failure {
        let address = self.cluster.address().to_owned();
        Failure::Answer { address, path: path.to_owned(), status, message }
    }
}

/// Who was refused: `pods is forbidden: User "x" cannot list resource …`.
fn who(message: &str) -> String {
    let name = message.split_once("User \"").and_then(|(_, rest)| rest.split_once('"'));
    name.map_or_else(String::new, |(name, _)| name.to_owned())
}

/// As one value of a query, or one part of a path.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_refused_is_read_from_the_message() {
        let message = "pods is forbidden: User \"system:serviceaccount:a:b\" cannot list resource \"pods\" in API group \"\"";
        assert_eq!(who(message), "system:serviceaccount:a:b");
        assert_eq!(who("no"), "");
    }

    #[test]
    fn values_are_encoded() {
        assert_eq!(encoded("a/b=ä&"), "a%2Fb%3D%C3%A4%26");
    }
}
