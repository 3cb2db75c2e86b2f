//! Objects to files: plain YAML, a kustomization, a Helm chart, or a post-renderer of Helm, which all say the same objects.

mod helm;
mod renderer;

pub use helm::chart;
pub use renderer::post_renderer;

use super::OutFile;
use super::plan::{Fragment, Patch, Plan};
use crate::k8s::{Manifest, stream};
use crate::yaml::write::{self, Map};

/// What stands above everything that is made: `command` made it.
#[must_use]
pub fn header(command: &str) -> String {
    format!("Made by `{command}`: change what it reads, not this.")
}

/// All objects in one text, as `kubectl apply -f -` takes it.
#[must_use]
pub fn one_text(plan: &Plan, header: &str) -> String {
    text(plan.manifests.clone(), header)
}

/// These objects in one text; an empty one when there is none.
pub(super) fn text(mut manifests: Vec<Manifest>, header: &str) -> String {
    if let Some(first) = manifests.first_mut() {
        *first = first.clone().comment(header);
    }
    stream(&manifests)
}

/// A file for each object, as `kubectl apply -R -f` takes the folder.
#[must_use]
pub fn yaml(plan: &Plan, header: &str) -> Vec<OutFile> {
    plan.manifests.iter().map(|manifest| object(manifest, header)).collect()
}

/// The same files, a `kustomization.yaml` that lists them, and in `sidecars/` a component with the patches.
#[must_use]
pub fn kustomize(plan: &Plan, header: &str) -> Vec<OutFile> {
    let mut files = yaml(plan, header);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let kustomization = kustomization("v1beta1", "Kustomization").with("resources", paths);
    let mut all = vec![file("kustomization.yaml", &kustomization, header)];
    all.append(&mut files);
    if !plan.patches.is_empty() {
        let patches: Vec<Map> = plan.patches.iter().map(reference).collect();
        let component = kustomization_of_patches(patches);
        let comment = format!(
            "{header}\nA kustomization that has the Deployments names this folder under `components`."
        );
        all.push(file("sidecars/kustomization.yaml", &component, &comment));
        all.extend(plan.patches.iter().map(|patch| {
            let path = format!("sidecars/{}", patch_name(patch));
            file(&path, &patch.body(), &format!("{header}\n{NO_OBJECT}"))
        }));
    }
    all
}

/// What belongs to the objects and is none: values, configuration, and the patches.
#[must_use]
pub fn fragments(plan: &Plan, header: &str) -> Vec<OutFile> {
    let fragment = |Fragment { name, comment, body }: &Fragment| {
        file(name, body, &format!("{header}\n{}", capital(comment)))
    };
    let patch = |patch: &Patch| {
        let name = patch_name(patch);
        let deployment = &patch.deployment;
        let how = format!("Applied by `kubectl patch deployment {deployment} --patch-file {name}`.");
        let comment = format!(
            "{header}
{how}
{NO_OBJECT}"
        );
        file(&name, &patch.body(), &comment)
    };
    plan.fragments.iter().map(fragment).chain(plan.patches.iter().map(patch)).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_ascii_uppercase(), chars.as_str()))
}

fn object(manifest: &Manifest, header: &str) -> OutFile {
    OutFile { path: path(manifest), text: manifest.clone().comment(header).to_yaml() }
}

/// `kind-name.yaml`: no two objects of one install have the same, also without the namespace behind a name.
fn path(manifest: &Manifest) -> String {
    let id = manifest.id();
    let name = id.name.split('.').next().unwrap_or(id.name);
    format!("{}-{name}.yaml", id.kind.to_ascii_lowercase())
}

fn patch_name(patch: &Patch) -> String {
    format!("patch-deployment-{}.yaml", patch.deployment)
}

/// Lint would miss what the Deployment itself has.
const NO_OBJECT: &str = "obsctl: ignore-file yaml/missing-field a patch is no whole object";

fn reference(patch: &Patch) -> Map {
    let target = Map::new().with("kind", "Deployment").with("name", &*patch.deployment);
    Map::new().with("path", patch_name(patch)).with("target", target)
}

fn kustomization(version: &str, kind: &str) -> Map {
    Map::new().with("apiVersion", format!("kustomize.config.k8s.io/{version}")).with("kind", kind)
}

fn kustomization_of_patches(patches: Vec<Map>) -> Map {
    kustomization("v1alpha1", "Component").with("patches", patches)
}

fn file(path: &str, body: &Map, comment: &str) -> OutFile {
    OutFile { path: path.to_owned(), text: write::document(body, Some(comment)) }
}
