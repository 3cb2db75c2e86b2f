//! What Grafana finds by its sidecars: a data source and a dashboard in labelled ConfigMaps.
//!
//! Grafana keeps both by uid and shows them by title, for all namespaces alike: both are made of the namespace, so that
//! a second install does not take the place of the first.

use super::super::names;
use super::super::spec::App;
use super::{dashboard, object, prometheus};
use crate::k8s::Manifest;
use crate::yaml::write::{self, Map};

/// What Grafana takes for a uid.
const UID_MAX: usize = 40;
/// What is left of a longer one before its checksum of up to ten digits.
const UID_HEAD: usize = 29;

pub(super) fn manifests(app: &App) -> Vec<Manifest> {
    vec![data_source(app), board(app)]
}

/// The uid of the data source and of the dashboard. No name has a `_`: two installs never have the same.
pub(in crate::manifest) fn uid(app: &App) -> String {
    let whole = format!("{}_{}", app.name, app.namespace);
    match whole.get(..UID_HEAD) {
        Some(head) if whole.len() > UID_MAX => format!("{head}-{}", adler32(&whole)),
        _ => whole,
    }
}

/// [`uid`] as a template of Helm, which knows the namespace only when it installs.
pub(in crate::manifest) fn uid_template(app: &App) -> String {
    let name = &app.name;
    format!(
        "{{{{- $uid := printf \"{name}_%s\" .Release.Namespace -}}}}\n\
         {{{{- if gt (len $uid) {UID_MAX} }}}}{{{{ printf \"%s-%s\" (trunc {UID_HEAD} $uid) (adler32sum $uid) }}}}\
         {{{{ else }}}}{{{{ $uid }}}}{{{{ end -}}}}\n"
    )
}

/// The checksum of RFC 1950, which Helm has too.
fn adler32(text: &str) -> u32 {
    const PRIME: u32 = 65_521;
    let step = |(a, b): (u32, u32), byte: u8| {
        let a = (a + u32::from(byte)) % PRIME;
        (a, (b + a) % PRIME)
    };
    let (a, b) = text.bytes().fold((1, 0), step);
    (b << 16) | a
}

/// How both are called.
fn title(app: &App) -> String {
    format!("{} in {}", app.name, app.namespace)
}

/// A Grafana for all namespaces has the files of all installs in one folder: two of a name would be one.
fn file(app: &App, extension: &str) -> String {
    format!("{}.{extension}", uid(app))
}

fn data_source(app: &App) -> Manifest {
    let source = Map::new()
        .with("name", title(app))
        .with("uid", uid(app))
        .with("type", "prometheus")
        .with("access", "proxy")
        .with("url", prometheus::url(app))
        .with("jsonData", Map::new().with("timeInterval", &*app.prometheus.interval));
    let text = Map::new().with("apiVersion", 1).with("datasources", [source]);
    object(app, "v1", "ConfigMap", &names::of(&app.name, "datasource"))
        .labels([(names::DATA_SOURCE, "1")])
        .with("data", Map::new().with(file(app, "yaml"), write::document(&text, None)))
}

fn board(app: &App) -> Manifest {
    let name = names::of(&app.name, "dashboard");
    let board = dashboard::json(app, &uid(app), &title(app));
    object(app, "v1", "ConfigMap", &name)
        .labels([(names::DASHBOARD, "1")])
        .annotations([("grafana_folder", &*app.name)])
        .with("data", Map::new().with(file(app, "json"), format!("{board:#}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Spec, example};

    #[test]
    fn the_checksum_is_that_of_rfc_1950() {
        assert_eq!((adler32(""), adler32("Wikipedia")), (1, 300_286_872));
    }

    #[test]
    fn uids_differ_by_namespace_and_stay_within_grafanas_limit() {
        let uid = |namespace: &str| {
            uid(&Spec::parse(example(), Some(namespace)).expect("a spec").app.expect("an app"))
        };
        assert_eq!(uid("shop-eu"), "shop_shop-eu");
        let [a, b] = ["a", "b"].map(|end| uid(&format!("{}{end}", "x".repeat(60))));
        assert_ne!(a, b);
        assert!(a.len() <= UID_MAX && a.starts_with("shop_xxx"), "{a}");
    }

    #[test]
    fn two_installs_have_no_file_of_the_same_name() {
        let files = |namespace: &str| -> Vec<String> {
            let app = Spec::parse(example(), Some(namespace)).expect("a spec").app.expect("an application");
            let data = |it: &Manifest| it.to_json()["data"].as_object().expect("files").clone();
            manifests(&app).iter().flat_map(|it| data(it).into_iter().map(|(name, _)| name)).collect()
        };
        let (one, other) = (files("shop"), files("shop-eu"));
        assert_eq!(one, ["shop_shop.yaml", "shop_shop.json"]);
        assert!(other.iter().all(|name| !one.contains(name)), "{other:?}");
    }
}
