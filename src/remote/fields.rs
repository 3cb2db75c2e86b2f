//! Header fields that the user adds: credentials, a tenant, and any other but the reserved ones.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::config::{Auth, Config, ConfigError};
use super::secret::{Secret, SecretError, SecretSource};

/// Header fields that are the protocol's, the connection's or obsctl's own. A trailing `-` stands for all that begin so.
///
/// The list of Prometheus (`config/config.go`), and what else would break the framing of a request.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-",
    "retry-attempt",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "www-authenticate",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-prometheus-remote-read-version",
    "x-prometheus-remote-write-version",
];

/// The fields of every request, their values read anew for each.
#[derive(Debug)]
pub(super) struct Fields(Vec<Field>);

#[derive(Debug)]
struct Field {
    name: HeaderName,
    form: Form,
    value: SecretSource,
}

/// What is made of a secret.
#[derive(Debug)]
enum Form {
    Plain,
    /// `Basic`, of this user name and the secret.
    Basic(String),
    /// This scheme, a space, the secret.
    Scheme(String),
}

/// The secrets of one request: they are not shown either if the receiver says them back.
pub(super) struct Said(Vec<String>);

impl Fields {
    pub(super) fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut fields = Vec::new();
        match &config.auth {
            None => {}
            Some(Auth::Basic { user, password }) => {
                if user.contains(|c: char| c == ':' || c.is_control()) {
                    return Err(ConfigError::User);
                }
                fields.push(Field::new(AUTHORIZATION, Form::Basic(user.clone()), password)?);
            }
            Some(Auth::Credentials { scheme, credentials }) => {
                if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(ConfigError::Scheme(scheme.clone()));
                }
                fields.push(Field::new(AUTHORIZATION, Form::Scheme(scheme.clone()), credentials)?);
            }
        }
        let tenant = config
            .tenant
            .iter()
            .map(|tenant| (tenant.header.as_str(), SecretSource::Given(Secret::new(tenant.id.as_str()))));
        let others = config.headers.iter().map(|header| (header.name.as_str(), header.value.clone()));
        for (name, value) in tenant.chain(others) {
            let name = user_name(name)?;
            if fields.iter().any(|field: &Field| field.name == name) {
                return Err(ConfigError::HeaderTwice(name.to_string()));
            }
            fields.push(Field::new(name, Form::Plain, &value)?);
        }
        Ok(Self(fields))
    }

    /// Whether any of them may be a secret.
    pub(super) fn have_credentials(&self) -> bool {
        let secret = |field: &Field| field.name == AUTHORIZATION || looks_secret(field.name.as_str());
        self.0.iter().any(|field| secret(field) || matches!(field.value, SecretSource::File(_)))
    }

    /// Adds them to `headers`.
    pub(super) fn write(&self, headers: &mut HeaderMap) -> Result<Said, SecretError> {
        let mut said = Vec::new();
        for field in &self.0 {
            let secret = field.value.read()?;
            let text = secret.reveal();
            let value = match &field.form {
                Form::Plain => text.to_owned(),
                Form::Basic(user) => {
                    let coded = STANDARD.encode(format!("{user}:{text}"));
                    said.push(coded.clone());
                    format!("Basic {coded}")
                }
                Form::Scheme(scheme) => format!("{scheme} {text}"),
            };
            // `read` and `new` have refused what no header can hold.
            let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes()) else { continue };
            value.set_sensitive(true);
            headers.insert(field.name.clone(), value);
            if !matches!(field.form, Form::Plain) || looks_secret(field.name.as_str()) {
                said.push(text.to_owned());
            }
        }
        Ok(Said(said))
    }
}

impl Field {
    fn new(name: HeaderName, form: Form, value: &SecretSource) -> Result<Self, ConfigError> {
        let value = value.clone().settle()?;
        // A file that is missing now is missing on every request: better said at once.
        let text = value.read()?;
        if HeaderValue::from_bytes(text.reveal().as_bytes()).is_err() {
            return Err(ConfigError::HeaderValue(name.to_string()));
        }
        Ok(Self { name, form, value })
    }
}

/// `name` as a header's, if it is one that users may set.
fn user_name(name: &str) -> Result<HeaderName, ConfigError> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| ConfigError::HeaderName(crate::base::text::escape(name).into_owned()))?;
    let lower = parsed.as_str();
    let reserved = |&entry: &&str| lower == entry || entry.ends_with('-') && lower.starts_with(entry);
    if RESERVED.iter().any(reserved) {
        return Err(ConfigError::Reserved(lower.to_owned()));
    }
    if parsed == AUTHORIZATION {
        return Err(ConfigError::Authorization);
    }
    Ok(parsed)
}

/// Whether a header of this name usually carries a secret: its value then belongs into a file.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "token", "key", "secret", "password", "cookie", "credential", "signature"]
        .iter()
        .any(|part| name.contains(part))
}

impl Said {
    /// `text` without the secrets: a receiver that repeats a request must not carry them into a log.
    pub(super) fn remove_from(&self, mut text: String) -> String {
        // Shorter ones would take common words out of the text, and guard little.
        for secret in self.0.iter().filter(|secret| secret.len() >= 4) {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "<redacted>");
            }
        }
        text
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::config::{Header, Tenant};

    fn config(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::new("http://h/".parse().unwrap());
        change(&mut config);
        config
    }

    fn given(text: &str) -> SecretSource {
        SecretSource::Given(Secret::new(text))
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Config), expect: &str) {
        let got = match Fields::new(&config(change)) {
            Ok(fields) => {
                let mut headers = HeaderMap::new();
                fields.write(&mut headers).unwrap();
                let line = |(name, value): (&HeaderName, &HeaderValue)| {
                    format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
                };
                assert!(!format!("{headers:?}").contains("CANARY"));
                headers.iter().map(line).collect()
            }
            Err(err) => err.to_string(),
        };
        assert_eq!(got, expect);
    }

    fn header(name: &str, value: &str) -> impl FnOnce(&mut Config) {
        let header = Header { name: name.into(), value: given(value) };
        move |config| config.headers.push(header)
    }

    #[test]
    fn credentials_become_an_authorization() {
        // RFC 7617, section 2: the example.
        let basic = Auth::Basic { user: "Aladdin".into(), password: given("open sesame") };
        check(|config| config.auth = Some(basic), "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n");
        let bearer = Auth::Credentials { scheme: "Bearer".into(), credentials: given("CANARY") };
        check(|config| config.auth = Some(bearer), "authorization: Bearer CANARY\n");
        let bad = Auth::Basic { user: "a:b".into(), password: given("x") };
        check(
            |config| config.auth = Some(bad),
            "a user name for basic auth can hold no `:` and no control characters",
        );
    }

    #[test]
    fn tenants_and_other_headers_are_added() {
        check(|config| config.tenant = Some(Tenant::new("team-a")), "x-scope-orgid: team-a\n");
        check(header("X-Custom", "a b"), "x-custom: a b\n");
    }

    #[test]
    fn reserved_headers_are_refused() {
        for name in RESERVED {
            let name = if name.ends_with('-') { format!("{name}Authorization") } else { name.to_uppercase() };
            let lower = name.to_lowercase();
            check(
                header(&name, "x"),
                &format!("header `{lower}` is set by obsctl itself or by the connection: leave it out"),
            );
        }
        check(
            header("Authorization", "CANARY"),
            "header `authorization` cannot be given as a header: give a user name with a password file, or a \
             credentials file",
        );
        check(header("a b", "x"), "`a b` is no name of a header");
        check(
            header("x-a", "CANARY\n"),
            "the value of header `x-a` has a line break or another control character",
        );
        check(
            |config| {
                config.tenant = Some(Tenant::new("a"));
                header("x-scope-orgid", "b")(config);
            },
            "header `x-scope-orgid` is given twice",
        );
    }

    #[test]
    fn what_a_receiver_says_back_is_not_shown() {
        let mut config = config(header("X-Api-Key", "CANARY-1"));
        config.auth = Some(Auth::Basic { user: "u".into(), password: given("CANARY-2") });
        let said = Fields::new(&config).unwrap().write(&mut HeaderMap::new()).unwrap();
        let coded = STANDARD.encode("u:CANARY-2");
        let text = said.remove_from(format!("no: CANARY-1, CANARY-2, {coded}"));
        assert_eq!(text, "no: <redacted>, <redacted>, <redacted>");
        assert_eq!(format!("{said:?}"), "<redacted>");
    }
}
