//! Why a cluster cannot be read.

use kube::client::AuthError;

use crate::base::size::ByteSize;
use crate::k8s::Kind;

/// A kind that may not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub kind: Kind,
    /// The right that is missing.
    pub verb: &'static str,
    /// Who asked, as the cluster calls them; empty where it does not say.
    pub who: String,
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Config(String),
    #[error("cannot reach the cluster at `{address}`: {cause}")]
    Unreachable { address: String, cause: String },
    #[error("the cluster at `{address}` does not answer within {seconds} s")]
    Timeout { address: String, seconds: u64 },
    #[error("the cluster at `{address}` does not know who asks: {message}")]
    Unauthorized { address: String, message: String },
    #[error("no credentials for the cluster: {0}")]
    Credentials(String),
    #[error("the cluster at `{address}` answers {status} to `{path}`: {message}")]
    Answer { address: String, path: String, status: u16, message: String },
    #[error("the list `{path}` changed three times while it was read")]
    Gone { path: String },
    #[error("there is no namespace `{0}`")]
    NoNamespace(String),
    #[error("the cluster has more than {max} objects to read")]
    TooManyObjects { max: u64 },
    #[error("the objects of the cluster are more than {}", ByteSize(*.max))]
    TooManyBytes { max: u64 },
    #[error("reading the cluster broke off: {0}")]
    Broken(String),
}

impl Failure {
    /// What mends it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Config(_) => "`--kubeconfig` and `--context` choose, as they do for kubectl",
            Self::Unreachable { .. } => {
                "`kubectl cluster-info` says whether kubectl reaches it; proxies are taken from HTTPS_PROXY"
            }
            Self::Unauthorized { .. } => "credentials expire: log in to the cluster anew",
            Self::NoNamespace(_) => "mend the name, or leave `-n` out for the namespace of the context",
            Self::TooManyObjects { .. } | Self::TooManyBytes { .. } => "`-n` reads one namespace alone",
            Self::Timeout { .. } | Self::Answer { .. } | Self::Gone { .. } => "try it again",
            Self::Credentials(_) | Self::Broken(_) => return None,
        })
    }

    /// What went wrong before there was an answer.
    pub(super) fn of(err: &kube::Error, address: &str) -> Self {
        if let kube::Error::Auth(err) = err {
            return Self::Credentials(credentials(err));
        }
        if let kube::Error::Service(inner) = err
            && let Some(err) = inner.downcast_ref::<AuthError>()
        {
            return Self::Credentials(credentials(err));
        }
        let cause = causes(std::error::Error::source(err).unwrap_or(err));
        Self::Unreachable { address: address.to_owned(), cause }
    }
}

/// What a plugin prints beside its errors may be the credentials.
fn credentials(err: &AuthError) -> String {
    match err {
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing");
            format!("the plugin of the kubeconfig ended with {}, and said: {said}", out.status)
        }
        AuthError::AuthExecParse(_) => {
            "what the plugin of the kubeconfig printed is no ExecCredential".to_owned()
        }
        err => causes(err),
    }
}

/// An error with all that it comes from, each said once.
pub(super) fn causes(err: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(err);
    while let Some(err) = next {
        let text = err.to_string();
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
        next = err.source();
    }
    said.join(": ")
}
