//! The flags of `obsctl gen manifests receiver`: short for the section `receiver` of an `obsctl.yaml`.

use super::sender::quoted;
use super::source::Description;
use crate::yaml::write::{self, Map};

/// What receives, and how much it keeps.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Options of receiver, in place of a file")]
pub(super) struct ReceiverArgs {
    /// An image with obsctl on its PATH
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["file", "from", "target", "gunicorn", "url"], requires = "kind")]
    image: Option<String>,
    /// How many; each keeps the requests that it answered
    #[arg(long, value_name = "N", requires = "image")]
    replicas: Option<u32>,
    /// The size of each one's volume, such as 10Gi
    #[arg(long, value_name = "QUANTITY", requires = "image")]
    storage: Option<String>,
    /// When a request counts as written: fsync, write or memory
    #[arg(long, value_name = "WHEN", requires = "image")]
    ack: Option<String>,
    /// How much is kept before the oldest goes
    #[arg(long, value_name = "SIZE", requires = "image")]
    retain_size: Option<String>,
    /// How long it is kept
    #[arg(long, value_name = "DURATION", requires = "image")]
    retain_time: Option<String>,
}

impl ReceiverArgs {
    /// Whether the flags say what is made, and not a file.
    pub(super) fn is_said(&self) -> bool {
        self.image.is_some()
    }

    /// The description that the flags are short for.
    pub(super) fn description(&self, name: Option<&str>) -> Description {
        let mut receiver = Map::new().with_opt("name", name);
        if let Some(replicas) = self.replicas {
            receiver.set("replicas", i64::from(replicas));
        }
        for (field, value) in self.texts() {
            receiver.set(field, value);
        }
        let text = write::document(&Map::new().with("receiver", receiver), None);
        Description { name: "flags".into(), text }
    }

    /// The flags as they are typed.
    pub(super) fn words(&self) -> Vec<String> {
        let texts = self.texts().into_iter().map(|(flag, value)| format!("--{flag} {}", quoted(value)));
        texts.chain(self.replicas.map(|replicas| format!("--replicas {replicas}"))).collect()
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("image", &self.image),
            ("storage", &self.storage),
            ("ack", &self.ack),
            ("retain-size", &self.retain_size),
            ("retain-time", &self.retain_time),
        ];
        all.into_iter().filter_map(|(flag, value)| Some((flag, value.as_deref()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;
    use crate::manifest::{self, Spec};

    /// Runs of the program that containers in the manifests ask for; each is read as if it were typed.
    #[track_caller]
    fn check(section: &str, expect: &[&str]) {
        let text = format!("receiver: {{namespace: a, image: x, {section}}}");
        let spec = Spec::parse(&text, None).expect("a description");
        let mut runs = Vec::new();
        for object in manifest::plan(&spec.parts(None)).manifests {
            let object = object.to_json();
            let containers = object.pointer("/spec/template/spec/containers").and_then(|it| it.as_array());
            for container in containers.into_iter().flatten() {
                let words = |field: &str| container[field].as_array().expect("a list").clone();
                let words = words("command").into_iter().chain(words("args"));
                let words: Vec<String> = words.map(|it| it.as_str().expect("a text").to_owned()).collect();
                if let Err(err) = Cli::try_parse_from(&words) {
                    panic!("{words:?}: {err}");
                }
                runs.push(words.join(" "));
            }
        }
        assert_eq!(runs, expect);
    }

    #[test]
    fn the_program_takes_what_its_containers_are_given() {
        check(
            "",
            &[
                "obsctl receive --listen=0.0.0.0:9201 --capture=/data --ack=fsync --retain-size=8192MiB --log-format=logfmt",
            ],
        );
        check(
            "storage: 3G, ack: memory, retain-time: 1w2d",
            &[
                "obsctl receive --listen=0.0.0.0:9201 --capture=/data --ack=memory --retain-size=2288MiB --log-format=logfmt \
               --retain-time=1w2d",
            ],
        );
        for (ack, size) in [("write", "0"), ("fsync", "256KiB"), ("fsync", "1.5 GiB"), ("fsync", "9GB")] {
            let kept = size.replace(' ', "");
            check(
                &format!("ack: {ack}, retain-size: {kept}"),
                &[&format!(
                    "obsctl receive --listen=0.0.0.0:9201 --capture=/data --ack={ack} --retain-size={kept} --log-format=logfmt"
                )],
            );
        }
    }
}
