//! `prometheus.io/*` where nothing reads it: on a workload instead of its pods, or beside `annotations`.

use crate::base::edit::Edit;
use crate::base::text::count;
use crate::diagnostic::{Safety, Severity};
use crate::k8s::{Level, Object, Pair, PodTemplate, levels};
use crate::lint::registry::{Check, Rule};
use crate::lint::report::Out;
use crate::yaml::{Kind as Shape, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    name: "annotation/annotation-wrong-level",
    severity: Severity::Warning,
    summary: "an annotation that stands where nothing reads it",
    page: include_str!("../../../../docs/rules/annotation/annotation-wrong-level.md"),
    opt_in: false,
    check: Check::Object(check),
};

fn check(object: &Object<'_>, out: &mut Out<'_>) {
    let levels = levels(object);
    let of_pods =
        levels.iter().any(|(level, pairs)| *level == Level::Pod && asks(pairs.iter()).next().is_some());
    for (level, pairs) in &levels {
        match level {
            Level::Workload if !of_pods => on_workload(object, *pairs, out),
            Level::Metadata => beside_annotations(object, out),
            _ => {}
        }
    }
}

fn asks<'d>(pairs: impl Iterator<Item = Pair<'d>>) -> impl Iterator<Item = Pair<'d>> {
    pairs.filter(|pair| pair.key.starts_with("prometheus.io/"))
}

/// On the workload: what is scraped are its pods, and they have the annotations of its template.
fn on_workload(object: &Object<'_>, pairs: crate::k8s::Pairs<'_>, out: &mut Out<'_>) {
    let found: Vec<Pair<'_>> = asks(pairs.iter()).collect();
    let (Some(first), Some(template), Some(annotations)) =
        (found.first(), PodTemplate::of(object), pairs.node())
    else {
        return;
    };
    let (others, stand) = match found.len() - 1 {
        0 => (String::new(), "stands"),
        others => (format!(" and {}", count(others as u64, "other annotation")), "stand"),
    };
    let message =
        format!("`{}`{others} {stand} on the {}, not on its pods", first.key, object.kind_name().value);
    let finding = RULE
        .at(first.key_node.span(), message)
        .label("no pod has it")
        .why("Prometheus finds pods, and they have the annotations of `spec.template.metadata` alone")
        .help("move it to `spec.template.metadata.annotations`");
    let edits = || {
        let all = found.len() == annotations.entries().count();
        let mut edits = vec![insert(template.node(), &found)?];
        match all {
            true => edits.push(object.metadata()?.remove("annotations")?),
            false => {
                for pair in &found {
                    edits.push(annotations.remove(pair.key)?);
                }
            }
        }
        Some(edits)
    };
    out.report(match edits().filter(|_| own_annotations(object, annotations)) {
        Some(edits) => finding.fix("move it to the template of the pods", Safety::Unsafe, edits),
        None => finding,
    });
}

/// Whether they are those of the object itself, not of the Jobs that it makes.
fn own_annotations(object: &Object<'_>, annotations: Node<'_>) -> bool {
    object.annotations().node().is_some_and(|own| own.span() == annotations.span())
}

/// Directly under `metadata`, where Kubernetes has no such field.
fn beside_annotations(object: &Object<'_>, out: &mut Out<'_>) {
    let Some(metadata) = object.metadata() else { return };
    let is_ours =
        |pair: &Pair<'_>| pair.key.starts_with("prometheus.io/") || pair.key.starts_with(telegraf_prefix());
    let found: Vec<Pair<'_>> = crate::k8s::Pairs::new(Some(metadata)).iter().filter(is_ours).collect();
    let mut edits = edits_beside(metadata, &found);
    let findings = found.iter().map(|pair| {
        let finding = RULE.at(pair.key_node.span(), format!("`{}` stands beside `annotations`", pair.key));
        let finding = crate::diagnostic::Finding { severity: Severity::Error, ..finding }
            .label("not a field of metadata")
            .why("the API server refuses the object, or drops the field")
            .help("move it below `metadata.annotations`");
        // One fix moves all of them: two would make two mappings.
        match edits.take() {
            Some(edits) => finding.fix("move it below `annotations`", Safety::Unsafe, edits),
            None => finding,
        }
    });
    let findings = findings.collect();
    out.report_instead(findings, &["yaml/unknown-field"]);
}

fn telegraf_prefix() -> &'static str {
    crate::telegraf::KEY.split_inclusive('/').next().unwrap_or_default()
}

fn edits_beside(metadata: Node<'_>, found: &[Pair<'_>]) -> Option<Vec<Edit>> {
    let mut edits = match metadata.get("annotations") {
        Some(annotations) => vec![before_first(annotations, &written(found)?, &[])?],
        None => vec![before_first(metadata, &under("annotations", &written(found)?), found)?],
    };
    for pair in found {
        edits.push(metadata.remove(pair.key)?);
    }
    Some(edits)
}

/// The edit that writes the annotations into a template, however much of the way there is written.
fn insert(template: Node<'_>, found: &[Pair<'_>]) -> Option<Edit> {
    let lines = written(found)?;
    match template.get("metadata") {
        Some(metadata) => match metadata.get("annotations") {
            Some(annotations) => before_first(annotations, &lines, &[]),
            None => before_first(metadata, &under("annotations", &lines), &[]),
        },
        None => before_first(template, &under("metadata", &under("annotations", &lines)), &[]),
    }
}

/// Each as one line; `None` where one needs more.
fn written(found: &[Pair<'_>]) -> Option<Vec<String>> {
    let line = |pair: &Pair<'_>| {
        let one_line = pair.node.kind() == Shape::Scalar && !pair.node.text()?.contains('\n');
        let value = pair.node.text().filter(|_| one_line && pair.node.alias_of().is_none())?;
        Some(format!("{}: {}", pair.key, serde_json::Value::from(value)))
    };
    found.iter().map(line).collect()
}

fn under(key: &str, lines: &[String]) -> Vec<String> {
    std::iter::once(format!("{key}:")).chain(lines.iter().map(|line| format!("  {line}"))).collect()
}

/// The edit that puts lines before the first entry of a block mapping that is not `moved` away.
fn before_first(mapping: Node<'_>, lines: &[String], moved: &[Pair<'_>]) -> Option<Edit> {
    if mapping.kind() != Shape::Mapping || mapping.is_flow() || mapping.alias_of().is_some() {
        return None;
    }
    let column = mapping.indent()?;
    let stays = |key: Node<'_>| moved.iter().all(|pair| pair.key_node.span() != key.span());
    let first = mapping.entries().find(|entry| !entry.merged && stays(entry.key))?;
    let break_ = format!("\n{}", " ".repeat(column));
    Some(Edit::insert(first.key.full_span().start, format!("{}{break_}", lines.join(&break_))))
}
