//! What goes to the Pushgateway, which keeps it for each grouping key until it is replaced.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use prometheus::{IntGauge, Registry, TextEncoder};
use ureq::Agent;

const JOB: &str = "@NAME@";

/// A label of the grouping key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    name: String,
    value: String,
}

impl FromStr for Label {
    type Err = String;

    /// Of `LABEL=VALUE`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or_default();
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !first || !rest || name == "job" {
            return Err(format!("not LABEL=VALUE (and the job is `{JOB}`)"));
        }
        if value.is_empty() || value.contains('/') {
            return Err("the value is part of a path: it is not empty and has no `/`".to_owned());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// One group of a Pushgateway.
pub struct Gateway {
    agent: Agent,
    url: String,
}

impl Gateway {
    /// The group of this job and these labels; every request may take `timeout`.
    pub fn new(url: &str, grouping: &[Label], timeout: Duration) -> Self {
        let agent = Agent::config_builder().timeout_global(Some(timeout)).build().new_agent();
        let mut url = format!("{}/metrics/job/{}", url.trim_end_matches('/'), encode(JOB));
        for label in grouping {
            url.push_str(&format!("/{}/{}", label.name, encode(&label.value)));
        }
        Self { agent, url }
    }

    /// Replaces all of the group (PUT), so that queues that are gone are gone.
    pub fn success(&self, registry: &Registry) -> Result<(), Box<dyn Error>> {
        let body = TextEncoder::new().encode_to_string(&registry.gather())?;
        self.agent.put(&self.url).content_type(prometheus::TEXT_FORMAT).send(body)?;
        Ok(())
    }

    /// Says `@PREFIX@_up 0` and leaves the rest of the group (POST): when it last went well stays known.
    pub fn failure(&self) -> Result<(), Box<dyn Error>> {
        let registry = Registry::new();
        let up = IntGauge::new("@PREFIX@_up", "Whether the last scan succeeded and is recent.")?;
        registry.register(Box::new(up))?;
        let body = TextEncoder::new().encode_to_string(&registry.gather())?;
        self.agent.post(&self.url).content_type(prometheus::TEXT_FORMAT).send(body)?;
        Ok(())
    }
}

/// As it stands in a path.
fn encode(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// Pushes to a gateway that answers this status; the request it saw.
    fn push(
        status: &'static str,
        push: impl FnOnce(&Gateway) -> Result<(), Box<dyn Error>>,
    ) -> (String, Result<(), String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            while !String::from_utf8_lossy(&seen).trim_end().ends_with("up 0") {
                let length = stream.read(&mut buffer).unwrap();
                seen.extend_from_slice(&buffer[..length]);
            }
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            String::from_utf8(seen).unwrap()
        });
        let gateway = Gateway::new(&url, &["instance=a b".parse().unwrap()], Duration::from_secs(10));
        let result = push(&gateway).map_err(|error| error.to_string());
        (server.join().unwrap(), result)
    }

    #[test]
    fn success_replaces_the_group() {
        let registry = Registry::new();
        registry.register(Box::new(IntGauge::new("up", "A metric.").unwrap())).unwrap();
        let (seen, result) = push("200 OK", |gateway| gateway.success(&registry));
        assert!(seen.starts_with("PUT /metrics/job/@NAME@/instance/a%20b HTTP/1.1\r\n"), "{seen}");
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn failure_leaves_what_was_there() {
        let (seen, result) = push("200 OK", Gateway::failure);
        assert!(seen.starts_with("POST /metrics/job/@NAME@/instance/"), "{seen}");
        assert!(seen.ends_with("\n@PREFIX@_up 0\n"), "{seen}");
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn what_the_gateway_refuses_is_an_error() {
        let (_, result) = push("400 Bad Request", Gateway::failure);
        assert!(result.is_err_and(|error| error.contains("400")));
    }

    #[test]
    fn grouping_labels() {
        let label: Label = "instance=a=b".parse().unwrap();
        assert_eq!((label.name.as_str(), label.value.as_str()), ("instance", "a=b"));
        for text in ["", "a", "a=", "=b", "1a=b", "job=other", "path=a/b"] {
            assert!(text.parse::<Label>().is_err(), "{text}");
        }
    }
}
