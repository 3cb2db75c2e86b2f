//! The flags of every command that sends: how to reach a receiver, and as whom.
//!
//! Secrets come from files only: what stands in a flag is in the history of the shell and in the list of processes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::base::duration;
use crate::remote::{
    Auth, Client, Config, Header, Secret, SecretSource, Tenant, Timeouts, Tls, TlsVersion, Url, looks_secret,
};
use crate::ui::{Failure, Ui};

/// How to reach a receiver.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ClientArgs {
    /// User name for basic auth; its password is in `--password-file`
    #[arg(long, value_name = "NAME", requires = "password_file", env = "OBSCTL_USERNAME")]
    username: Option<String>,
    /// File with the password for basic auth; read anew for each request
    #[arg(long, value_name = "FILE", requires = "username", env = "OBSCTL_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// File with a token, sent as `Authorization: Bearer TOKEN`; read anew for each request
    #[arg(long, value_name = "FILE", conflicts_with = "username", env = "OBSCTL_CREDENTIALS_FILE")]
    credentials_file: Option<PathBuf>,
    /// Word before the token of `--credentials-file`
    #[arg(long, value_name = "SCHEME", default_value = "Bearer", env = "OBSCTL_CREDENTIALS_TYPE")]
    credentials_type: String,
    /// Header of every request, its value given or, behind `@`, in a file; repeated: several. In the environment one a
    /// line
    #[arg(
        long = "header",
        value_name = "NAME=VALUE|NAME=@FILE",
        value_parser = header,
        value_delimiter = '\n',
        env = "OBSCTL_HEADERS",
        hide_env_values = true
    )]
    headers: Vec<HeaderFlag>,
    /// Tenant whose data it is
    #[arg(long, value_name = "ID", env = "OBSCTL_TENANT")]
    tenant: Option<String>,
    /// Header that carries the tenant
    #[arg(long, value_name = "NAME", default_value = Tenant::HEADER, env = "OBSCTL_TENANT_HEADER")]
    tenant_header: String,
    /// PEM file of the authorities to trust, instead of the system's
    #[arg(long, value_name = "FILE", env = "OBSCTL_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// PEM file of our certificate, for receivers that ask for one
    #[arg(long, value_name = "FILE", requires = "key_file", env = "OBSCTL_CERT_FILE")]
    cert_file: Option<PathBuf>,
    /// PEM file of the key of `--cert-file`
    #[arg(long, value_name = "FILE", requires = "cert_file", env = "OBSCTL_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Name that the receiver's certificate must have, where it is not that of the URL
    #[arg(long, value_name = "NAME", env = "OBSCTL_SERVER_NAME")]
    server_name: Option<String>,
    /// Oldest version of TLS
    #[arg(long, value_name = "VERSION", default_value = "1.2", env = "OBSCTL_TLS_MIN_VERSION")]
    tls_min_version: MinVersion,
    /// Accept any certificate: whoever is on the way can read and change everything
    #[arg(long, env = "OBSCTL_INSECURE_SKIP_VERIFY")]
    insecure_skip_verify: bool,
    /// Time for one request, connecting included
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = some_time, env = "OBSCTL_TIMEOUT")]
    timeout: Duration,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum MinVersion {
    #[value(name = "1.2")]
    Tls12,
    #[value(name = "1.3")]
    Tls13,
}

impl ClientArgs {
    /// A client for the receiver at `url`; says on `ui` what the user should know of it.
    pub(crate) fn client(&self, url: &str, ui: &mut Ui) -> Result<Client> {
        let url: Url = url.parse().map_err(|err| {
            Failure::new("cannot tell where to send")
                .cause(err)
                .help("a URL is for example `http://127.0.0.1:9201/api/v1/write`")
        })?;
        let target = url.to_string();
        let cannot = || Failure::new(format!("cannot send to `{target}` as configured"));
        let config = self.config(url).map_err(|err| cannot().cause(format!("`--header`: {err}")))?;
        let client = Client::new(config).map_err(|err| cannot().cause(err))?;
        for note in client.notes() {
            ui.warning(note);
        }
        Ok(client)
    }

    fn config(&self, url: Url) -> Result<Config, String> {
        let headers = self.headers.iter().map(|header| header.0.clone()).collect::<Result<_, _>>()?;
        let file = |path: &PathBuf| SecretSource::File(path.clone());
        let basic = self.username.iter().zip(&self.password_file);
        let basic = basic.map(|(user, path)| Auth::Basic { user: user.clone(), password: file(path) });
        let credentials = self
            .credentials_file
            .iter()
            .map(|path| Auth::Credentials { scheme: self.credentials_type.clone(), credentials: file(path) });
        let tenant = |id: &String| Tenant { header: self.tenant_header.clone(), id: id.clone() };
        let default = Timeouts::default();
        Ok(Config {
            auth: basic.chain(credentials).next(),
            headers,
            tenant: self.tenant.as_ref().map(tenant),
            tls: Tls {
                ca_file: self.ca_file.clone(),
                cert_file: self.cert_file.clone(),
                key_file: self.key_file.clone(),
                server_name: self.server_name.clone(),
                min_version: match self.tls_min_version {
                    MinVersion::Tls12 => TlsVersion::Tls12,
                    MinVersion::Tls13 => TlsVersion::Tls13,
                },
                insecure_skip_verify: self.insecure_skip_verify,
            },
            timeouts: Timeouts { connect: default.connect.min(self.timeout), request: self.timeout },
            ..Config::new(url)
        })
    }
}

/// A `--header`, or what is wrong with it. clap would repeat the value in its error, and it may be a secret.
#[derive(Clone, Debug)]
struct HeaderFlag(Result<Header, String>);

fn header(text: &str) -> Result<HeaderFlag, std::convert::Infallible> {
    Ok(HeaderFlag(name_and_value(text)))
}

/// `NAME=VALUE` or `NAME=@FILE`.
fn name_and_value(text: &str) -> Result<Header, String> {
    let (name, value) = text.split_once('=').ok_or("write `NAME=VALUE`, or `NAME=@FILE`")?;
    let name = name.trim().to_owned();
    let value = match value.strip_prefix('@') {
        Some("") => return Err(format!("the file with the value of `{name}` is missing behind `@`")),
        Some(path) => SecretSource::File(path.into()),
        None if looks_secret(&name) => {
            return Err(format!("the value of `{name}` may be a secret: put it into a file, `{name}=@FILE`"));
        }
        None => SecretSource::Given(Secret::new(value)),
    };
    Ok(Header { name, value })
}

fn some_time(text: &str) -> Result<Duration, String> {
    match duration::parse(text).map_err(|err| err.to_string())? {
        Duration::ZERO => Err("must be more than nothing".to_owned()),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;
    use crate::ui::Verbosity;
    use crate::ui::testing::Shared;

    #[derive(Parser, Debug)]
    struct Cli {
        #[command(flatten)]
        client: ClientArgs,
    }

    fn parsed(args: &[&str]) -> Result<ClientArgs, clap::Error> {
        Cli::try_parse_from(["obsctl"].iter().chain(args)).map(|cli| cli.client)
    }

    /// What the flags make of a URL: the client's configuration, or the error and its causes.
    #[track_caller]
    fn check(url: &str, args: &[&str], expect: &str) {
        let (out, err) = (Shared::default(), Shared::default());
        let mut ui = Ui::with_streams(Box::new(out), Box::new(err.clone()), Verbosity::Normal);
        let got = match parsed(args) {
            Err(refused) => refused.to_string().lines().next().unwrap().to_owned(),
            Ok(parsed) => match parsed.client(url, &mut ui) {
                Ok(_) => err.text().trim_end().to_owned(),
                Err(err) => format!("{err:#}"),
            },
        };
        assert_eq!(got, expect, "{args:?}");
    }

    const URL: &str = "http://127.0.0.1:9201/api/v1/write";

    #[test]
    fn flags_become_a_configuration() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "CANARY\n").unwrap();
        let path = file.path().to_str().unwrap();
        let header = format!("X-Api-Key=@{path}");
        let args = [
            "--credentials-file",
            path,
            "--credentials-type",
            "Token",
            "--header",
            "a=b=c",
            "--header",
            &header,
            "--tenant",
            "t1",
            "--timeout",
            "5s",
            "--tls-min-version",
            "1.3",
            "--server-name",
            "x",
            "--ca-file",
            "y",
        ];
        let config = parsed(&args).unwrap().config(URL.parse().unwrap()).unwrap();
        let expect = Config {
            auth: Some(Auth::Credentials {
                scheme: "Token".into(),
                credentials: SecretSource::File(path.into()),
            }),
            headers: vec![
                Header { name: "a".into(), value: SecretSource::Given(Secret::new("b=c")) },
                Header { name: "X-Api-Key".into(), value: SecretSource::File(path.into()) },
            ],
            tenant: Some(Tenant::new("t1")),
            tls: Tls {
                min_version: TlsVersion::Tls13,
                server_name: Some("x".into()),
                ca_file: Some("y".into()),
                ..Tls::default()
            },
            timeouts: Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(5) },
            ..Config::new(URL.parse().unwrap())
        };
        assert_eq!(format!("{config:?}"), format!("{expect:?}"));
        assert_eq!((config.auth, config.headers), (expect.auth, expect.headers));
        check(URL, &["--username", "u", "--password-file", path], "");
        let none = parsed(&[]).unwrap().config(URL.parse().unwrap()).unwrap();
        assert_eq!(format!("{none:?}"), format!("{:?}", Config::new(URL.parse().unwrap())));
    }

    #[test]
    fn the_user_is_warned() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "CANARY\n").unwrap();
        let path = file.path().to_str().unwrap();
        check(
            "http://receiver/",
            &["--credentials-file", path],
            "warning: credentials go to receiver:80 unencrypted: everybody on the way can read them; use `https://`",
        );
        check(
            "https://receiver/",
            &["--insecure-skip-verify"],
            "warning: the certificate of receiver:443 is not checked: whoever is on the way can read and change \
             everything",
        );
    }

    #[test]
    fn mistakes_are_named_without_secrets() {
        check(
            "127.0.0.1:9201",
            &[],
            "cannot tell where to send: `127.0.0.1:9201` is no URL of the form `http://host[:port]/path` or `https://…`",
        );
        check(
            "https://u:CANARY@h/",
            &[],
            "cannot tell where to send: `https://…@h/` has a user name or password in it: give the user name apart, \
             and the password in a file",
        );
        check(
            "http://u/?token=CANARY",
            &["--header", "Host=x"],
            "cannot send to `http://u/` as configured: header `host` is set by obsctl itself or by the connection: \
             leave it out",
        );
        check(
            URL,
            &["--header", "X-Api-Key=CANARY"],
            "cannot send to `http://127.0.0.1:9201/api/v1/write` as configured: `--header`: the value of `X-Api-Key` may \
             be a secret: put it into a file, `X-Api-Key=@FILE`",
        );
        check(
            URL,
            &["--header", "CANARY"],
            "cannot send to `http://127.0.0.1:9201/api/v1/write` as configured: `--header`: write `NAME=VALUE`, or \
             `NAME=@FILE`",
        );
        check(
            URL,
            &["--timeout", "0s"],
            "error: invalid value '0s' for '--timeout <DURATION>': must be more than nothing",
        );
        for args in [["--username", "u"], ["--cert-file", "c"], ["--key-file", "k"], ["--password-file", "p"]]
        {
            check(URL, &args, "error: the following required arguments were not provided:");
        }
    }

    #[test]
    fn every_flag_has_a_variable() {
        let command = Cli::command();
        for arg in command.get_arguments().filter(|arg| arg.get_id() != "help") {
            let env = arg.get_env().unwrap().to_str().unwrap();
            let long = arg.get_long().unwrap().replace('-', "_").to_uppercase();
            assert_eq!(env.trim_end_matches('S'), format!("OBSCTL_{long}").trim_end_matches('S'));
        }
    }
}
