//! Credentials in Telegraf's TOML, where it stands in a ConfigMap or an annotation.

use super::{INSECURE_SKIP_VERIFY, SECRET_IN_CONFIGMAP};
use crate::k8s::{Object, Pairs, PodTemplate};
use crate::lint::report::Out;
use crate::telegraf::{self, Exposed};
use crate::yaml::Node;

/// Texts of a ConfigMap that configure Telegraf.
pub(super) fn check_config_map(object: &Object<'_>, out: &mut Out<'_>) {
    for entry in object.node().get("data").into_iter().flat_map(Node::entries) {
        check(entry.value, "a ConfigMap", out);
    }
}

/// The annotation that holds plugins for telegraf-operator.
pub(super) fn check_annotations(object: &Object<'_>, out: &mut Out<'_>) {
    let of_pods = PodTemplate::of(object).map(|template| template.annotations());
    let own = object.annotations();
    let is_own = |pairs: &Pairs<'_>| pairs.node().map(Node::span) != own.node().map(Node::span);
    for pairs in std::iter::once(own).chain(of_pods.filter(is_own)) {
        if let Some(pair) = pairs.get("telegraf.influxdata.com/inputs") {
            check(pair.node, "an annotation", out);
        }
    }
}

fn check(value: Node<'_>, place: &str, out: &mut Out<'_>) {
    let (Some(text), Some(map)) = (value.as_str(), value.value_map()) else { return };
    for found in telegraf::exposed(text) {
        out.report(match found {
            Exposed::Credential(field, span) => SECRET_IN_CONFIGMAP
                .at(map.span(span), format!("`{field}` is written out in {place}"))
                .label("a credential")
                .why("far more people and programs may read it than a Secret")
                .help("keep it in a Secret, give that to Telegraf as an environment variable, and write `\"${NAME}\"`"),
            Exposed::SkipVerify(span) => INSECURE_SKIP_VERIFY
                .at(map.span(span), "`insecure_skip_verify` takes any certificate")
                .label("not checked")
                .why("whoever stands between can answer in the target's place, and read what is sent to it")
                .help("remove it, and name the authority that signed the certificate with `tls_ca`"),
        });
    }
}
