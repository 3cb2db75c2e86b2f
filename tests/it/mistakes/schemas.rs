//! JSON schemas of Kubernetes's and the operator's kinds, one file each, as kubeconform reads them with `-strict`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use obsctl::yaml::{Budget, File, Kind, Node, Value as Scalar};
use serde_json::{Map, Value, json};

/// Kinds of Kubernetes that the mistakes have.
const CORE: [(&str, &str); 12] = [
    ("Service", "io.k8s.api.core.v1.Service"),
    ("Pod", "io.k8s.api.core.v1.Pod"),
    ("Secret", "io.k8s.api.core.v1.Secret"),
    ("ConfigMap", "io.k8s.api.core.v1.ConfigMap"),
    ("ServiceAccount", "io.k8s.api.core.v1.ServiceAccount"),
    ("Deployment", "io.k8s.api.apps.v1.Deployment"),
    ("DaemonSet", "io.k8s.api.apps.v1.DaemonSet"),
    ("StatefulSet", "io.k8s.api.apps.v1.StatefulSet"),
    ("Role", "io.k8s.api.rbac.v1.Role"),
    ("RoleBinding", "io.k8s.api.rbac.v1.RoleBinding"),
    ("ClusterRole", "io.k8s.api.rbac.v1.ClusterRole"),
    ("ClusterRoleBinding", "io.k8s.api.rbac.v1.ClusterRoleBinding"),
];

/// Writes `KIND-VERSION.json` files to `out`, from the folder of `tests/peers/crds`.
pub(super) fn write(crds: &Path, out: &Path) {
    fs::create_dir_all(out).expect("the folder is ours");
    let text = fs::read_to_string(crds.join("kubernetes/swagger.json")).expect("Kubernetes' definitions");
    let swagger: Value = serde_json::from_str(&text).expect("JSON");
    for (kind, definition) in CORE {
        put(out, kind, "v1", &core(&swagger["definitions"], definition));
    }
    let newest = fs::read_dir(crds.join("prometheus-operator")).expect("the operator's CRDs");
    let newest = newest.map(|entry| entry.expect("an entry").path()).max().expect("a version");
    for entry in fs::read_dir(newest).expect("the operator's CRDs") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("readable");
        let file = File::parse(text, &Budget::default());
        let crd = json(file.documents()[0].root().expect("a CRD"));
        for version in crd["spec"]["versions"].as_array().expect("versions") {
            let mut schema = version["schema"]["openAPIV3Schema"].clone();
            strict(&mut schema);
            let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind");
            put(out, kind, version["name"].as_str().expect("a version"), &schema);
        }
    }
}

fn put(out: &Path, kind: &str, version: &str, schema: &Value) {
    let path = out.join(format!("{}-{version}.json", kind.to_lowercase()));
    fs::write(path, schema.to_string()).expect("the folder is ours");
}

/// The schema of one definition with all that it refers to.
fn core(definitions: &Value, name: &str) -> Value {
    let mut found = Map::new();
    let mut open = BTreeSet::from([name.to_owned()]);
    while let Some(name) = open.pop_first() {
        let mut schema = definitions[&name].clone();
        match name.rsplit('.').next() {
            Some("IntOrString") => schema = json!({"type": ["string", "integer"]}),
            Some("Quantity") => schema = json!({"type": ["string", "number"]}),
            _ => strict(&mut schema),
        }
        references(&schema, &mut |target| {
            if !found.contains_key(target) {
                open.insert(target.to_owned());
            }
        });
        found.insert(name, schema);
    }
    json!({"$ref": format!("#/definitions/{name}"), "definitions": found})
}

fn references(schema: &Value, visit: &mut dyn FnMut(&str)) {
    match schema {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(|it| it.as_str()?.strip_prefix("#/definitions/")) {
                visit(target);
            }
            map.values().for_each(|value| references(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, visit)),
        _ => {}
    }
}

/// What OpenAPI says otherwise than JSON schema, and no fields but those that are known.
fn strict(schema: &mut Value) {
    if let Value::Object(map) = schema {
        if map.contains_key("properties") && !map.contains_key("additionalProperties") {
            let open = map.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
            map.insert("additionalProperties".to_owned(), json!(open));
        }
        if map.get("x-kubernetes-int-or-string") == Some(&json!(true)) {
            map.remove("anyOf");
            map.insert("type".to_owned(), json!(["string", "integer"]));
        }
        map.remove("format"); // of numbers, where JSON schema has formats of texts
        // A `properties` may have a property of any name: its values are schemas, it is none.
        for (key, value) in map.iter_mut() {
            match (key.as_str(), value) {
                ("properties", Value::Object(fields)) => fields.values_mut().for_each(strict),
                (_, value) => strict(value),
            }
        }
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(strict);
    }
}

fn json(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Sequence => node.items().map(json).collect(),
        Kind::Mapping => {
            let entries =
                node.entries().map(|it| (it.key.text().unwrap_or_default().to_owned(), json(it.value)));
            Value::Object(entries.collect())
        }
        Kind::Scalar => match node.value() {
            Some(Scalar::Null) | None => Value::Null,
            Some(Scalar::Bool(value)) => json!(value),
            Some(Scalar::Int(value)) => json!(i64::try_from(value).unwrap_or_default()),
            Some(Scalar::Float(value)) => json!(value),
            Some(_) => json!(node.text()),
        },
    }
}
