//! Where requests go: an `http` or `https` URL, taken apart once, and shown without what may be secret in it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;

/// The URL of a receiver. Displays without its query, which may be a secret; it cannot hold a password at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// `https`.
    pub(super) tls: bool,
    /// Name or address to connect to, without the brackets of IPv6.
    pub(super) host: String,
    pub(super) port: u16,
    /// The `Host` header.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
}

/// Why a text is no URL of a receiver.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UrlError {
    #[error("`{0}` is no URL of the form `http://host[:port]/path` or `https://…`")]
    Form(Redacted),
    #[error("`{0}` has a user name or password in it: give the user name apart, and the password in a file")]
    Credentials(Redacted),
}

impl Url {
    /// Whether requests stay on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// `host:port`, as messages name the receiver.
    pub(super) fn peer(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let bad = || UrlError::Form(Redacted::new(text));
        // Asked first: a password with a `/` or `#` in it would else be taken for something else, and shown.
        let before_path = text.split_once("://").map_or(text, |(_, rest)| rest);
        let uri = text.parse::<Uri>();
        if uri.as_ref().map_or(before_path, |uri| uri.authority().map_or("", |a| a.as_str())).contains('@') {
            return Err(UrlError::Credentials(Redacted::new(text)));
        }
        let uri = uri.map_err(|_| bad())?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        // A port that is empty, 0 or out of range is a mistake, not the default.
        let said = authority.as_str().rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let port = match said {
            Some(_) => authority.port_u16().filter(|&port| port != 0).ok_or_else(bad)?,
            None if tls => 443,
            None => 80,
        };
        if host.is_empty() {
            return Err(bad());
        }
        // What is asked for begins with a slash, also where only a query stands behind the host.
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            authority: authority.to_string(),
            path: format!("{slash}{path}"),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{}{path}", self.authority)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Any text that should have been a URL, without what may be a user name, password, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    pub(super) fn new(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        // A password may hold anything, also what ends an authority: all before the last `@` may be one.
        let (mark, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
        let plain = rest.split(['?', '#']).next().unwrap_or_default();
        let separator = if scheme.is_empty() { "" } else { "://" };
        let scheme = if scheme.contains(['@', '?', '#', '/']) { "…" } else { scheme };
        Self(format!("{scheme}{separator}{mark}{plain}"))
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::base::text::escape(&self.0))
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: &str) {
        let got = match url.parse::<Url>() {
            Ok(url) => format!("{} {} {}", url.peer(), url.path, url.authority),
            Err(err) => err.to_string(),
        };
        assert_eq!(got, expect, "{url}");
    }

    #[test]
    fn urls_are_taken_apart() {
        check("http://localhost", "localhost:80 / localhost");
        check("https://h/a", "h:443 /a h");
        check("http://h?x=y", "h:80 /?x=y h");
        check("http://[::1]:9201/api/v1/write", "[::1]:9201 /api/v1/write [::1]:9201");
        check("https://[2001:db8::1]", "[2001:db8::1]:443 / [2001:db8::1]");
        check("http://h:9201/a?b=c", "h:9201 /a?b=c h:9201");
    }

    #[test]
    fn what_is_no_url_of_a_receiver_is_refused() {
        let no_url = "is no URL of the form `http://host[:port]/path` or `https://…`";
        check("localhost:9201", &format!("`localhost:9201` {no_url}"));
        check("ftp://h/", &format!("`ftp://h/` {no_url}"));
        check("", &format!("`` {no_url}"));
        check("http:///x", &format!("`http:///x` {no_url}"));
        check("http://h:0/", &format!("`http://h:0/` {no_url}"));
        check("http://h:/", &format!("`http://h:/` {no_url}"));
        check("http://h:99999/", &format!("`http://h:99999/` {no_url}"));
        check("http://h/\u{1b}[31m", &format!("`http://h/\\u{{001B}}[31m` {no_url}"));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secrets =
            "has a user name or password in it: give the user name apart, and the password in a file";
        for url in
            ["https://CANARY:CANARY@h/a?token=CANARY#CANARY", "https://CANARY@h/a", "https://u:CAN@ARY@h/a"]
        {
            check(url, &format!("`https://…@h/a` {secrets}"));
        }
        for url in
            ["https://u:CAN/ARY@h/a", "https://u:CAN#ARY@h/a", "https://u:CAN?ARY@h/a", "h://u:CAN ARY@h/a"]
        {
            let err = url.parse::<Url>().unwrap_err().to_string();
            assert!(!err.contains("CAN") && !err.contains("ARY"), "{err}");
        }
        check("CANARY:CANARY@h/a", &format!("`…@h/a` {secrets}"));
        let url: Url = "https://h/a?token=CANARY".parse().unwrap();
        assert_eq!((url.to_string(), format!("{url:?}")), ("https://h/a".into(), "\"https://h/a\"".into()));
    }

    #[test]
    fn loopback_is_this_machine() {
        for (url, expect) in [
            ("http://localhost:1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]/", true),
            ("http://10.0.0.1/", false),
            ("http://localhost.example/", false),
        ] {
            assert_eq!(url.parse::<Url>().unwrap().is_loopback(), expect, "{url}");
        }
    }
}
