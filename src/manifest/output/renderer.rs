//! A post-renderer of Helm: the folder of a plugin for Helm 4, with a script that Helm 3 runs as it is.

use super::{OutFile, file};
use crate::yaml::write::Map;

/// The folder, with the description in it: Helm runs the script wherever it is called.
#[must_use]
pub fn post_renderer(name: &str, description: &str, header: &str) -> Vec<OutFile> {
    let command = Map::new().with("command", "${HELM_PLUGIN_DIR}/post-render.sh");
    let plugin = Map::new()
        .with("apiVersion", "v1")
        .with("type", "postrenderer/v1")
        .with("name", format!("{name}-monitoring"))
        .with("version", "0.1.0")
        .with("runtime", "subprocess")
        .with("runtimeConfig", Map::new().with("platformCommand", [command]));
    let text = |path: &str, text: String| OutFile { path: path.to_owned(), text };
    vec![
        text("obsctl.yaml", description.to_owned()),
        file("plugin.yaml", &plugin, header),
        text("post-render.sh", include_str!("post-render.sh").replace("@HEADER@", header)),
    ]
}
