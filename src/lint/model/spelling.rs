//! One name for each field, two spellings.

/// How fields are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::lint) enum Spelling {
    /// As Prometheus's own files have them: `scrape_timeout`.
    File,
    /// As the operator's objects have them: `scrapeTimeout`.
    Object,
}

impl Spelling {
    /// How the field that Prometheus calls `name` is spelt here.
    pub(in crate::lint) fn of(self, name: &'static str) -> String {
        match (self, name) {
            (Self::File, _) => name.to_owned(),
            (Self::Object, "relabel_configs") => "relabelings".to_owned(),
            (Self::Object, "metric_relabel_configs") => "metricRelabelings".to_owned(),
            (Self::Object, _) => camel(name),
        }
    }
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}
