//! Finding the cluster as kubectl does: a kubeconfig, or the service account of the pod that this runs in.

use std::path::Path;
use std::time::Duration;

use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::error::{Failure, causes};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long nothing may come of an answer that has begun, or is due.
const SILENCE: Duration = Duration::from_secs(30);

/// A cluster and who we are to it.
#[derive(Clone)]
pub struct Cluster {
    pub(super) client: kube::Client,
    address: String,
    namespace: String,
}

impl Cluster {
    /// The cluster of a kubeconfig (`None`: that of `KUBECONFIG`, `~/.kube/config`, or of the pod), as its context
    /// (`None`: the current one) says. Nothing is sent yet, but a credential plugin may run.
    ///
    /// # Errors
    /// The kubeconfig cannot be read or has no such context, or the credentials in it cannot be had.
    pub async fn connect(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, Failure> {
        let mut config = config(kubeconfig, context).await?;
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(SILENCE);
        config.reset_reader_on_write = true;
        let address = shown(&config.cluster_url);
        let namespace = config.default_namespace.clone();
        let client = kube::Client::try_from(config).map_err(|err| match Failure::of(&err, &address) {
            Failure::Unreachable { cause, .. } => {
                Failure::Config(format!("the kubeconfig is of no use: {cause}"))
            }
            failure => failure,
        })?;
        Ok(Self { client, address, namespace })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The namespace of the context; `default` where that says none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

async fn config(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Config, Failure> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let found = match kubeconfig {
        Some(path) => match Kubeconfig::read_from(path) {
            Ok(found) => Config::from_custom_kubeconfig(found, &options).await,
            Err(err) => Err(err),
        },
        None => Config::from_kubeconfig(&options).await,
    };
    found.or_else(|err| {
        let none = matches!(&err, KubeconfigError::FindPath)
            || matches!(&err, KubeconfigError::ReadConfig(err, _) if err.kind() == std::io::ErrorKind::NotFound);
        if none && kubeconfig.is_none() && context.is_none() {
            return Config::incluster()
                .map_err(|_| Failure::Config("no kubeconfig, and this is no pod of a cluster".to_owned()));
        }
        Err(Failure::Config(reason(&err)))
    })
}

fn reason(err: &KubeconfigError) -> String {
    match err {
        KubeconfigError::ReadConfig(err, path) => {
            format!("cannot read the kubeconfig `{}`: {err}", path.display())
        }
        KubeconfigError::LoadContext(name) => format!("the kubeconfig has no context `{name}`"),
        KubeconfigError::LoadClusterOfContext(name) => format!("the kubeconfig has no cluster `{name}`"),
        KubeconfigError::CurrentContextNotSet => "the kubeconfig has no current context".to_owned(),
        err => format!("the kubeconfig cannot be understood: {}", causes(err)),
    }
}

/// The address without credentials that somebody wrote into it.
fn shown(url: &http::Uri) -> String {
    let host = url.authority().map_or("", |authority| {
        let text = authority.as_str();
        text.rsplit_once('@').map_or(text, |(_, host)| host)
    });
    let path = url.path().trim_end_matches('/');
    format!("{}://{host}{path}", url.scheme_str().unwrap_or("https"))
}
