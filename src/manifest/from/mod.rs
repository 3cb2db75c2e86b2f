//! A description inferred from manifests that are there already.
//!
//! What is written is an `obsctl.yaml` whose comments say what each entry was taken from, and what is a guess. Only what
//! stands in the manifests is looked at: images, commands, ports, `prometheus.io/*` annotations.

mod guess;
mod world;

use crate::yaml::write::{self, Map, Value};
use crate::yaml::{Budget, File};
use world::World;

/// An entry of a list, and the list.
struct Entry {
    list: &'static str,
    body: Map,
    /// From what it was inferred, and why.
    why: String,
}

/// The lists in the order of an `obsctl.yaml`.
const LISTS: [&str; 5] = ["targets", "gunicorn", "postgres", "redis", "nginx"];

/// The description of what `texts` deploy; `None` where nothing in them can be monitored. Texts that cannot be
/// read are passed over: to judge them is for others.
#[must_use]
pub fn infer(texts: &[String]) -> Option<String> {
    let files: Vec<File> = texts.iter().map(|text| File::parse(text.clone(), &Budget::default())).collect();
    let world = World::new(&files);
    let (mut entries, left_out) = guess::entries(&world);
    if entries.is_empty() {
        return None;
    }
    unique(&mut entries);
    let (name, why_name) = guess::name(&world);
    let (namespace, why_namespace) = guess::namespace(&world, &name);
    let mut app = Map::new()
        .with("name", name)
        .comment("name", why_name)
        .with("namespace", namespace)
        .comment("namespace", why_namespace);
    for list in LISTS {
        let of_list = entries.iter().filter(|entry| entry.list == list);
        let bodies: Vec<Map> = of_list.map(|entry| entry.body.clone().comment("name", &*entry.why)).collect();
        if let Some(list_value) = Value::from(bodies).filled() {
            app.set(list, list_value);
        }
    }
    let mut comment =
        "Inferred from manifests; the comments say from what. Read it before you use it.".to_owned();
    for line in left_out {
        comment.push_str("\nLeft out: ");
        comment.push_str(&line);
    }
    Some(write::document(&Map::new().with("app", app), Some(&comment)))
}

/// Gives a number to names that are there already.
fn unique(entries: &mut [Entry]) {
    let mut taken: Vec<String> = Vec::new();
    for entry in entries {
        let Some(Value::String(name)) = entry.body.get("name").cloned() else { continue };
        let numbered = (2..).map(|number: usize| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        if let Some(free) = free {
            entry.body.set("name", &*free);
            taken.push(free);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Spec;

    const APP: &str = include_str!("../../../testdata/manifest/from/app.yaml");

    #[test]
    fn an_application_is_described_with_reasons() {
        let text = infer(&[APP.to_owned()]).expect("something to be monitored");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/manifest/from/obsctl.yaml");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).expect("testdata is ours");
        }
        assert_eq!(text, std::fs::read_to_string(path).expect("a golden file"));
    }

    #[test]
    fn what_is_inferred_can_be_used() {
        let text = infer(&[APP.to_owned()]).expect("something to be monitored");
        let spec = Spec::parse(&text, None).expect("a description");
        let app = spec.app.expect("an app");
        assert_eq!(app.namespace, "shop");
        assert_eq!((app.gunicorn.len(), app.postgres.len(), app.redis.len()), (1, 1, 1));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        for text in ["", "a: [", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"] {
            assert_eq!(infer(&[text.to_owned()]), None, "{text}");
        }
    }
}
