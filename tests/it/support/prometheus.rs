//! A real Prometheus beside the test, and its own word on what it stored: remote read and the query API.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;

use obsctl::wire::proto::v1;
use prost::Message;

use super::http;
use super::process::{self, Process};
use super::traffic::{Labels, Traffic};

/// A running Prometheus with a data folder of its own, gone with the value.
pub(crate) struct Prometheus {
    pub(crate) address: SocketAddr,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Starts `binary` with what `config` makes of its own address (`prometheus.yml`), and waits until it is ready.
    pub(crate) fn start(binary: &Path, features: &str, config: impl FnOnce(SocketAddr) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = process::free_address();
        std::fs::write(folder.path().join("prometheus.yml"), config(address)).expect("the folder is ours");
        let mut command = Command::new(binary);
        command
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--enable-feature={features}"));
        let process = Process::start(command);
        http::wait_ready(address, "/-/ready");
        Self { address, _process: process, _folder: folder }
    }

    /// What an expression comes to now: label sets with a value each, or why it cannot be answered yet. Panics when
    /// Prometheus refuses the expression.
    #[track_caller]
    pub(crate) fn query(&self, expr: &str) -> Result<Vec<(Labels, f64)>, String> {
        let encoded: String = expr.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/api/v1/query?query={encoded}");
        let answer = http::get(self.address, &path).map_err(|err| err.to_string())?;
        assert_eq!(answer.status(), 200, "{expr}: {}", String::from_utf8_lossy(&answer.body));
        let answer: QueryAnswer = serde_json::from_slice(&answer.body).expect("a vector, as documented");
        let number = |text: &str| text.parse().expect("a number");
        Ok(answer.data.result.into_iter().map(|it| (it.metric, number(&it.value.1))).collect())
    }

    /// Every sample and native histogram it has stored in `times` (ms).
    pub(crate) fn remote_read(&self, times: RangeInclusive<i64>) -> Traffic {
        let named = LabelMatcher { kind: MATCHES, name: "__name__".into(), value: ".+".into() };
        let query = Query {
            start_timestamp_ms: *times.start(),
            end_timestamp_ms: *times.end(),
            matchers: vec![named],
        };
        let request = ReadRequest { queries: vec![query], accepted_response_types: vec![SAMPLES] };
        let body = snap::raw::Encoder::new().compress_vec(&request.encode_to_vec()).expect("small");
        let headers = [
            ("Content-Type", "application/x-protobuf"),
            ("Content-Encoding", "snappy"),
            ("X-Prometheus-Remote-Read-Version", "0.1.0"),
        ];
        let answer =
            http::request("POST", self.address, "/api/v1/read", &headers, &body).expect("it is ready");
        assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(&answer.body));
        let message = snap::raw::Decoder::new().decompress_vec(&answer.body).expect("snappy");
        let answer = ReadResponse::decode(&*message).expect("an answer of remote read");
        let mut traffic = Traffic::default();
        for series in answer.results.iter().flat_map(|result| &result.timeseries) {
            traffic.series_v1(series);
        }
        traffic.within(times)
    }

    /// The exemplars it keeps of `times` (ms), of every series.
    pub(crate) fn exemplars(&self, times: RangeInclusive<i64>) -> Traffic {
        // `{__name__=~".+"}`, percent-encoded
        let path = format!(
            "/api/v1/query_exemplars?query=%7B__name__%3D~%22.%2B%22%7D&start={}&end={}",
            seconds(*times.start()),
            seconds(*times.end())
        );
        let answer = http::get(self.address, &path).expect("it is ready");
        let answer: ExemplarsAnswer = serde_json::from_slice(&answer.body).expect("JSON as documented");
        let mut traffic = Traffic::default();
        for series in answer.data {
            for exemplar in series.exemplars {
                let value: f64 = exemplar.value.parse().expect("a number");
                let timestamp = (exemplar.timestamp * 1000.0).round() as i64;
                let whole = (series.series_labels.clone(), exemplar.labels, timestamp, value.to_bits());
                traffic.exemplars.insert(whole);
            }
        }
        traffic.within(times)
    }
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

#[derive(serde::Deserialize)]
struct QueryAnswer {
    data: Vector,
}

#[derive(serde::Deserialize)]
struct Vector {
    result: Vec<VectorSeries>,
}

#[derive(serde::Deserialize)]
struct VectorSeries {
    metric: Labels,
    /// The time, and the value as text.
    value: (f64, String),
}

#[derive(serde::Deserialize)]
struct ExemplarsAnswer {
    data: Vec<ExemplarSeries>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExemplarSeries {
    series_labels: Labels,
    exemplars: Vec<ExemplarValue>,
}

#[derive(serde::Deserialize)]
struct ExemplarValue {
    labels: Labels,
    value: String,
    timestamp: f64,
}

// Remote read: prometheus/prometheus `prompb/remote.proto`.

/// `LabelMatcher.Type.RE`.
const MATCHES: i32 = 2;
/// `ReadRequest.ResponseType.SAMPLES`.
const SAMPLES: i32 = 0;

#[derive(Clone, PartialEq, Message)]
struct ReadRequest {
    #[prost(message, repeated, tag = "1")]
    queries: Vec<Query>,
    #[prost(int32, repeated, tag = "2")]
    accepted_response_types: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Query {
    #[prost(int64, tag = "1")]
    start_timestamp_ms: i64,
    #[prost(int64, tag = "2")]
    end_timestamp_ms: i64,
    #[prost(message, repeated, tag = "3")]
    matchers: Vec<LabelMatcher>,
}

#[derive(Clone, PartialEq, Message)]
struct LabelMatcher {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    results: Vec<QueryResult>,
}

#[derive(Clone, PartialEq, Message)]
struct QueryResult {
    #[prost(message, repeated, tag = "1")]
    timeseries: Vec<v1::TimeSeries>,
}
