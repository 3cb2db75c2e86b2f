//! Annotations that make something be scraped: those of `prometheus.io`, and those that Telegraf is run by.

pub(super) mod port_vs_containers;
pub(super) mod unused;
pub(super) mod wrong_level;

use crate::diagnostic::{Finding, Severity};
use crate::k8s::{self, Kind, Level, Object, Pairs, PodTemplate, PrometheusIo};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::telegraf;
use crate::yaml::Node;

/// A rule of this family.
macro_rules! reading {
    ($id:ident, $name:literal, $severity:ident, $summary:literal) => {
        found_in_reading!($id, "annotation", $name, $severity, $summary);
    };
}

reading!(KEY_TYPO, "annotation-key-typo", Warning, "an annotation whose key is nearly one that is read");
reading!(NOT_STRING, "annotation-not-string", Error, "a label or annotation whose value is not a string");
reading!(SIZE, "annotation-size", Error, "annotations that are larger than Kubernetes or a collector takes");
reading!(VALUE, "annotation-value", Error, "an annotation whose value its reader cannot use");
reading!(DURATION, "duration", Error, "a duration in an annotation that Telegraf does not read");
reading!(
    NEEDS_BLOCK_SCALAR,
    "needs-block-scalar",
    Error,
    "a list or mapping where a string that holds one is meant"
);
reading!(
    NESTED_SCHEMA,
    "nested-schema",
    Error,
    "a list of endpoints of another form than the collector reads"
);
reading!(NESTED_TOML, "nested-toml", Error, "TOML in an annotation that Telegraf does not read");
reading!(NESTED_YAML_SYNTAX, "nested-yaml-syntax", Error, "text in an annotation that is not YAML");
reading!(
    QUANTITY,
    "quantity",
    Error,
    "an amount of CPU or memory in an annotation that Kubernetes does not read"
);

/// What reading finds in the annotations of a document's objects.
pub(in crate::lint) fn check(root: Node<'_>, text: &str, out: &mut Out<'_>) {
    for object in Object::flatten(root) {
        let for_telegraf = telegraf(&object, text);
        let blocks: Vec<_> =
            for_telegraf.iter().filter(|it| it.rule == NEEDS_BLOCK_SCALAR.name).map(|it| it.span).collect();
        let mut strings = not_strings(&object);
        strings.retain(|finding| !blocks.contains(&finding.span));
        // What the object's schema says of values that are no strings, this says with what was meant.
        let (better, rest): (Vec<Finding>, Vec<Finding>) = for_telegraf
            .into_iter()
            .filter(|finding| finding.rule != NOT_STRING.name)
            .partition(|finding| finding.rule == NEEDS_BLOCK_SCALAR.name);
        strings.extend(better);
        out.report_instead(strings, &[NOT_STRING.name]);
        rest.into_iter().for_each(|finding| out.report(finding));
        for (level, pairs) in k8s::levels(&object) {
            if level != Level::Metadata {
                PrometheusIo::read(pairs).1.into_iter().for_each(|finding| out.report(finding));
            }
        }
    }
}

/// Those of Telegraf, and the size of all.
fn telegraf(object: &Object<'_>, text: &str) -> Vec<Finding> {
    let own = match object.kind() {
        Kind::Application | Kind::Namespace => telegraf::Level::Application,
        Kind::Pod => telegraf::Level::Pod,
        _ => telegraf::Level::Other,
    };
    let options = telegraf::Options { reach: reach(object), ..telegraf::Options::default() };
    let of_pods = PodTemplate::of(object).filter(|_| object.kind() != Kind::Pod);
    let mut findings = Vec::new();
    for (level, pairs) in [
        (own, object.annotations()),
        (telegraf::Level::Pod, of_pods.map(|template| template.annotations()).unwrap_or_default()),
    ] {
        let Some(node) = pairs.node() else { continue };
        findings.extend(telegraf::check(node, text, level, &options).findings);
        findings.extend(telegraf::size(node));
    }
    findings
}

/// Which hosts an object may ask for: those of the namespace that it speaks for, where that is known.
fn reach(object: &Object<'_>) -> telegraf::Reach {
    let namespace = match object.kind() {
        Kind::Application => telegraf::target(object.node()).ok(),
        Kind::Namespace => object.name().map(|name| name.value),
        _ => None,
    };
    namespace.map_or(telegraf::Reach::Anywhere, |name| telegraf::Reach::Namespace(name.to_owned()))
}

/// Labels and annotations that are no strings, of the object and of what it makes.
fn not_strings(object: &Object<'_>) -> Vec<Finding> {
    let templates = ["template", "jobTemplate"];
    let spec = object.spec();
    let below = templates.iter().filter_map(|name| spec?.get(name)?.get("metadata"));
    let jobs = spec.and_then(|spec| spec.get("jobTemplate")?.get("spec")?.get("template")?.get("metadata"));
    let claims = spec.and_then(|spec| spec.get("volumeClaimTemplates")).into_iter().flat_map(Node::items);
    let metadata = object
        .metadata()
        .into_iter()
        .chain(below)
        .chain(jobs)
        .chain(claims.filter_map(|claim| claim.get("metadata")));
    metadata
        .flat_map(|metadata| {
            let of = |field: &str, what| k8s::not_strings(Pairs::new(metadata.get(field)), what);
            [of("labels", "label"), of("annotations", "annotation")]
        })
        .flatten()
        .collect()
}
