//! Containers of generated workloads, run as plain processes: what they say of arguments and environment, and nothing else.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The container's command on this machine: `binary`, with texts of the manifest, such as addresses, replaced by what
/// they are here, and with the values of the Secrets' keys.
pub(crate) fn command(
    binary: &Path,
    container: &Value,
    secrets: &[(&str, &str)],
    replace: &[(&str, String)],
) -> Command {
    let here = |text: &Value| {
        let text = text.as_str().expect("a text").to_owned();
        replace.iter().fold(text, |text, (from, to)| text.replace(from, to))
    };
    let mut command = Command::new(binary);
    command.args(container["args"].as_array().into_iter().flatten().map(here));
    for variable in container["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().expect("a name");
        match variable["valueFrom"]["secretKeyRef"]["key"].as_str() {
            Some(wanted) => {
                let (_, value) = secrets.iter().find(|(key, _)| *key == wanted).expect("a key of the Secret");
                command.env(name, value);
            }
            None => {
                command.env(name, here(&variable["value"]));
            }
        }
    }
    command
}
