//! URLs as Go's `net/url` reads them, which is more than is a URL anywhere else: `localhost` and `` are fine.

/// What is asked about a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct GoUrl<'t> {
    /// In lower case; empty where there is none.
    pub(super) scheme: String,
    /// With its port; empty where there is none.
    pub(super) host: &'t str,
}

/// Reads a URL, or says in a clause what Go cannot read.
pub(super) fn parse(text: &str) -> Result<GoUrl<'_>, &'static str> {
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Err("a URL has no control characters");
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    escapes(fragment)?;
    let (scheme, rest) = scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let url = |host| GoUrl { scheme: scheme.to_ascii_lowercase(), host };
    if let Some(rest) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        escapes(path)?;
        return Ok(url(authority_host(authority)?));
    }
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(url("")); // `mailto:` and the like
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("what stands before the `:` is no scheme; write `http://` before the host");
        }
    }
    escapes(rest)?;
    Ok(url(""))
}

/// The scheme, empty where there is none, and what follows.
fn scheme(text: &str) -> Result<(&str, &str), &'static str> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("the scheme is missing before the `:`"),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn authority_host(authority: &str) -> Result<&str, &'static str> {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let known = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
            if !user.bytes().all(known) {
                return Err("user and password have characters that a URL does not; write them as `%XX`");
            }
            escapes(user)?;
            host
        }
        None => authority,
    };
    let (name, port) = match (host.starts_with('['), host.rfind(']'), host.rfind(':')) {
        (true, None, _) => return Err("the `]` after the IPv6 address is missing"),
        (true, Some(end), _) => host.split_at(end + 1),
        (false, _, Some(colon)) => host.split_at(colon),
        (false, _, None) => (host, ""),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if (digits.len() == port.len() && !port.is_empty()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("the port is no number");
    }
    // A `%25` may begin the zone of an IPv6 address; other escapes of ASCII are refused in a host.
    let known = |b: u8| b >= 0x80 || b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&b);
    if !name.bytes().all(known) {
        return Err("the host has a character that no host has");
    }
    if !name.starts_with('[') && name.contains('%') {
        let escaped = |at: usize| name.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if name.match_indices('%').any(|(at, _)| escaped(at).is_none_or(|byte| byte < 0x80)) {
            return Err("the host has a `%` that escapes nothing");
        }
    }
    Ok(host)
}

/// Every `%` is followed by two hexadecimal digits.
fn escapes(text: &str) -> Result<(), &'static str> {
    let hex = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    match text.match_indices('%').all(|(at, _)| hex(at + 1) && hex(at + 2)) {
        true => Ok(()),
        false => Err("a `%` is not followed by two hexadecimal digits; a `%` itself is `%25`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Option<(&str, &str)>) {
        let found = parse(text).ok();
        assert_eq!(found.as_ref().map(|url| (url.scheme.as_str(), url.host)), expect, "{text}");
    }

    /// What Go 1.24's `url.Parse` says of each.
    #[test]
    fn urls_are_those_of_go() {
        check("http://host:9090/a?b=%zz#c", Some(("http", "host:9090")));
        check("HTTP://user:pa%20ss@host", Some(("http", "host")));
        check("", Some(("", "")));
        check("localhost", Some(("", "")));
        check("//host/path", Some(("", "host")));
        check("localhost:9090", Some(("localhost", "")));
        check("unix:///var/run/docker.sock", Some(("unix", "")));
        check("http://[::1]:80/", Some(("http", "[::1]:80")));
        check("http://größe", Some(("http", "größe")));
        check("1.2.3.4:80", None);
        check(":80", None);
        check("http://host:port", None);
        check("http://host:80:90", Some(("http", "host:80:90")));
        check("http://[::1", None);
        check("http://ho st", None);
        check("http://{host}/", None);
        check("http://host/%zz", None);
        check("http://us er@host", None);
        check("http://host\n", None);
    }
}
