//! The URL of an endpoint: a strict parser that says every fault with its place.
//!
//! Stricter than Go's `net/url`, by which Telegraf reads it: what passes here is read the same there.

use super::expand::{self, What};
use super::host::{self, Reach, Refused};
use super::limits;
use super::sink::{Sink, rule, shift, shown};
use crate::base::edit::Edit;
use crate::base::span::Span;
use crate::base::text;
use crate::diagnostic::{Finding, Safety};

/// The host of a URL that passed [`check`], to name an endpoint by.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    split_port(authority).0
}

/// Gives what is wrong with `url`, which stands at `at`, in these very bytes if `exact`; whether nothing is.
pub(super) fn check(url: &str, at: Span, exact: bool, reach: &Reach, sink: &mut Sink) -> bool {
    let mut checker = Checker { url, at, exact, sound: true, sink };
    checker.run(reach);
    checker.sound
}

struct Checker<'u, 's> {
    url: &'u str,
    at: Span,
    /// Whether the text stands in its source as it is, so that parts of it have places of their own.
    exact: bool,
    sound: bool,
    sink: &'s mut Sink,
}

impl Checker<'_, '_> {
    fn run(&mut self, reach: &Reach) {
        if self.url.is_empty() {
            return self.fault(rule::VALUE, Span::default(), "the URL is empty", "", URL_HELP);
        }
        if self.url.len() > limits::URL {
            let message = format!("the URL is longer than {} bytes", limits::URL);
            return self.fault(rule::VALUE, Span::new(0, self.url.len()), message, "", "shorten it");
        }
        let Some(authority) = self.scheme() else { return };
        let rest = &self.url[authority..];
        let end = authority + rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let after_user = self.userinfo(authority, end);
        self.characters(after_user);
        self.authority(Span::new(after_user, end), reach);
        self.fragment(end);
    }

    fn fault(&mut self, rule: &'static str, part: Span, message: impl Into<String>, label: &str, help: &str) {
        let finding = self.finding(rule, part, message, label, help);
        self.sink.push(finding);
    }

    fn finding(
        &mut self,
        rule: &'static str,
        part: Span,
        message: impl Into<String>,
        label: &str,
        help: &str,
    ) -> Finding {
        self.sound = false;
        let span = if self.exact { shift(part, self.at.start) } else { self.at };
        Finding::error(rule, span, message).label(label).help(help)
    }

    /// `finding` with the edit that mends it, where the text can be edited in place.
    fn fixable(
        &self,
        finding: Finding,
        title: &str,
        safety: Safety,
        part: Span,
        replacement: &str,
    ) -> Finding {
        if !self.exact {
            return finding;
        }
        let edit = Edit::replace(shift(part, self.at.start), replacement);
        finding.fix(title, safety, vec![edit])
    }

    /// Where the authority begins; `None` when there is no telling.
    fn scheme(&mut self) -> Option<usize> {
        let scheme_len =
            self.url.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
        let rest = &self.url[scheme_len..];
        let scheme = self.url[..scheme_len].to_ascii_lowercase();
        let at = Span::new(0, scheme_len);
        if !rest.starts_with("://") {
            self.no_scheme(&scheme, rest);
            return None;
        }
        if scheme != "http" && scheme != "https" {
            let message = format!("`{}` is not a scheme that metrics are collected by", shown(&scheme));
            self.fault(rule::VALUE, at, message, "neither `http` nor `https`", URL_HELP);
            // A path follows `file://` and `unix://`: there is no host to judge.
            return None;
        }
        Some(scheme_len + 3)
    }

    fn no_scheme(&mut self, scheme: &str, rest: &str) {
        self.userinfo(0, self.url.find(['/', '?', '#']).unwrap_or(self.url.len()));
        let port = rest.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if matches!(scheme, "http" | "https" | "file" | "unix") && rest.starts_with(':') && !port {
            let message = "the scheme is not followed by `://`";
            return self.fault(rule::VALUE, Span::new(0, scheme.len() + 1), message, "", URL_HELP);
        }
        let missing = if self.url.starts_with("//") { "http:" } else { "http://" };
        let finding = self.finding(
            rule::VALUE,
            Span::new(0, self.url.len()),
            "the URL has no scheme",
            "no `http://` or `https://` before it",
            URL_HELP,
        );
        let finding =
            finding.why("Telegraf cannot make a request of it, and logs an error at every interval");
        // What it then says must be a URL; a text that holds other faults is not made longer.
        let plain = !self.url.contains(|c: char| c.is_whitespace() || "@\"'{}<>[]$".contains(c));
        let finding = match plain && !scheme.is_empty() {
            true => {
                self.fixable(finding, "put `http://` before it", Safety::Unsafe, Span::default(), missing)
            }
            false => finding,
        };
        self.sink.push(finding);
    }

    /// Where the host begins.
    fn userinfo(&mut self, authority: usize, end: usize) -> usize {
        // The last `@` before the path, as Go has it.
        let Some(len) = self.url[authority..end].rfind('@') else { return authority };
        let part = Span::new(authority, authority + len + 1);
        let finding = self.finding(
            rule::USERINFO,
            part,
            "the URL carries a user name or password",
            "a credential in plain text",
            "take it out; have the metrics served without a password inside of the namespace",
        );
        let finding = finding.why(
            "annotations are shown to everybody who may look at the object, and Telegraf writes the URL to its log",
        );
        let finding = self.fixable(finding, "take the credential out", Safety::Unsafe, part, "");
        self.sink.push(finding);
        part.end
    }

    /// Characters that must not stand anywhere after `from`.
    fn characters(&mut self, from: usize) {
        // The end of the last reference: what is in one is no fault of its own.
        let mut judged = from;
        for (at, c) in self.url[from..].char_indices().map(|(at, c)| (at + from, c)) {
            if at < judged {
                continue;
            }
            let part = Span::new(at, at + c.len_utf8());
            if let Some(found) = expand::find(&self.url[at..]).filter(|found| found.span.start == 0) {
                let part = shift(found.span, at);
                match found.what {
                    What::Reference => {
                        let braced = self.url[at..part.end].ends_with('{');
                        let end = self.url[at..].find('}').filter(|_| braced);
                        judged = end.map_or(part.end, |end| at + end + 1);
                        let finding = reference(self.finding(rule::REFERENCE, part, "", "", ""), "URL");
                        self.sink.push(finding.help("write `%24` for a `$` that the exporter itself wants"));
                    }
                    What::Unsafe => self.fault(
                        rule::VALUE,
                        part,
                        format!("the URL holds `{}`", text::escape(&self.url[part.start..part.end])),
                        "a character that is not shown",
                        "remove it",
                    ),
                }
            } else if c == ' ' {
                self.fault(rule::VALUE, part, "the URL holds a space", "", "remove it, or write `%20`");
            } else if !c.is_ascii() {
                let message = format!("the URL holds `{c}`, which is not ASCII");
                let help = "write the host in its ASCII form (`xn--…`), other parts percent-encoded";
                self.fault(rule::VALUE, part, message, "letters of other scripts look alike", help);
            } else if "\"<>\\^`{|}".contains(c) {
                let message = format!("the URL holds `{c}`");
                let help = format!("write `%{:02X}` for it", u32::from(c));
                self.fault(rule::VALUE, part, message, "not a character of URLs", &help);
            } else if c == '%' && !is_escape(&self.url.as_bytes()[at + 1..]) {
                let help = "write `%25` for a percent sign";
                self.fault(rule::VALUE, part, "`%` is not followed by two hexadecimal digits", "", help);
            }
        }
    }

    fn authority(&mut self, part: Span, reach: &Reach) {
        let authority = part.of(self.url);
        let (host, port) = split_port(authority);
        let bracket = usize::from(authority.starts_with('['));
        let host_span = Span::new(part.start, part.end.min(part.start + host.len() + 2 * bracket));
        if let Some(port) = port {
            self.port(port, Span::new(part.end - port.len(), part.end));
        }
        if host.is_empty() {
            return self.fault(rule::VALUE, part, "the URL has no host", "a host is missing here", URL_HELP);
        }
        let well_formed = match bracket {
            0 => is_name(host),
            _ => host.parse::<std::net::Ipv6Addr>().is_ok() && authority.contains(']'),
        };
        if !well_formed {
            let message = format!("`{}` is not a host", shown(host));
            let help = "write a Service's name (`app.namespace.svc`), an IPv4 address, or an IPv6 address in brackets";
            return self.fault(rule::VALUE, host_span, message, "", help);
        }
        if let Err(refused) = host::judge(host, reach) {
            let (message, why, help) = refusal(host, &refused);
            let finding = self.finding(rule::HOST, host_span, message, "", help);
            self.sink.push(finding.why(why));
        }
    }

    fn port(&mut self, port: &str, part: Span) {
        let number = port.parse::<u16>().ok().filter(|port| *port > 0);
        if number.is_none() || !port.bytes().all(|b| b.is_ascii_digit()) {
            let message = format!("`{}` is not a port", shown(port));
            self.fault(rule::VALUE, part, message, "", "write a number from 1 to 65535 after the colon");
        }
    }

    fn fragment(&mut self, from: usize) {
        let Some(at) = self.url[from..].find('#') else { return };
        let part = Span::new(from + at, self.url.len());
        let finding = self.finding(
            rule::VALUE,
            part,
            "the URL has a fragment",
            "never sent to the exporter",
            "remove it",
        );
        let finding = self.fixable(finding, "remove the fragment", Safety::Safe, part, "");
        self.sink.push(finding);
    }
}

const URL_HELP: &str =
    "write it as `http://HOST:PORT/PATH`, for example `http://app.namespace.svc:8080/metrics`";

/// What is said of text that Telegraf would replace, wherever it stands.
pub(super) fn reference(finding: Finding, noun: &str) -> Finding {
    let message = format!("the {noun} holds what Telegraf puts something else in place of");
    Finding { message, ..finding }
        .label("a reference to an environment variable or a secret")
        .why("it would send the collector's own credentials to whoever wrote it")
}

fn refusal(host: &str, refused: &Refused) -> (String, &'static str, &'static str) {
    let host = text::escape(host);
    let help = "give the Service of the application, as `app.namespace.svc`";
    match refused {
        Refused::Local => (
            format!("`{host}` is the collector itself"),
            "the collector runs in a pod of its own: there is no application at this address",
            help,
        ),
        Refused::LinkLocal => (
            format!("`{host}` is not an application but a service of the node or cloud"),
            "it hands out credentials of the machine to whoever asks",
            help,
        ),
        Refused::ApiServer => (
            format!("`{host}` is the Kubernetes API"),
            "its metrics are the cluster's, and asking it needs rights that a collector has not",
            help,
        ),
        Refused::OddAddress => (
            format!("`{host}` is neither a name nor an address"),
            "programs disagree on which address a number like this is",
            "write an address as four decimal numbers, `10.0.0.1`",
        ),
        Refused::Outside(namespace) => (
            format!("`{host}` is not in namespace `{namespace}`"),
            "an application may have only its own namespace collected",
            "put the annotation on the application that runs there",
        ),
    }
}

/// Host without brackets, and what follows the colon after it.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(inner) = authority.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').unwrap_or((inner, ""));
        return (host, (!rest.is_empty()).then(|| rest.strip_prefix(':').unwrap_or(rest)));
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// A name of DNS, underscores allowed; one dot may end it.
fn is_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

fn is_escape(bytes: &[u8]) -> bool {
    bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Findings as `rule at: message`, one a line, places as the text that stands there.
    #[track_caller]
    fn check(url: &str, expect: &[&str]) {
        let mut sink = Sink::default();
        let sound = super::check(url, Span::new(0, url.len()), true, &Reach::Anywhere, &mut sink);
        let findings = sink.placed(&|span| span, &Some);
        let got: Vec<String> = findings
            .iter()
            .map(|finding| format!("{:?}: {}", finding.span.of(url), finding.message))
            .collect();
        assert_eq!(got, expect, "{url}");
        assert_eq!(sound, expect.is_empty(), "{url}");
    }

    #[test]
    fn urls_of_exporters_are_silent() {
        for url in [
            "http://app.ns:8080/metrics",
            "https://app",
            "HTTP://app:1",
            "http://10.0.0.1/metrics?format=prometheus&name[]=a&b=c%20d",
            "http://[fd00::1]:9100/metrics",
            "http://a_b.ns.svc.cluster.local.:65535/@x/~y;v=1,(2)*'!",
        ] {
            check(url, &[]);
        }
    }

    #[test]
    fn every_part_is_judged_in_its_place() {
        check("", &["\"\": the URL is empty"]);
        check("http://", &["\"\": the URL has no host"]);
        check("http://:80/x", &["\":80\": the URL has no host"]);
        check("http://a:/x", &["\"\": `` is not a port"]);
        check("http://a:0/", &["\"0\": `0` is not a port"]);
        check("http://a:65536", &["\"65536\": `65536` is not a port"]);
        check("http://a:+80", &["\"+80\": `+80` is not a port"]);
        check("http://a-.b", &["\"a-.b\": `a-.b` is not a host"]);
        check("http://a..b", &["\"a..b\": `a..b` is not a host"]);
        check("http://[::1%25eth0]/", &["\"[::1%25eth0]\": `::1%25eth0` is not a host"]);
        check("http://[fd00::1/", &["\"[fd00::1\": `fd00::1` is not a host"]);
        check("http://[fd00::1]x/", &["\"x\": `x` is not a port"]);
        check("http://a/#top", &["\"#top\": the URL has a fragment"]);
        check("http://a/%zz", &["\"%\": `%` is not followed by two hexadecimal digits"]);
        check("http://a/b c", &["\" \": the URL holds a space"]);
        check("http://a/{b", &["\"{\": the URL holds `{`"]);
        check("http://a/ü", &["\"ü\": the URL holds `ü`, which is not ASCII"]);
        check("http://a/\u{7}", &["\"\\u{7}\": the URL holds `\\u{0007}`"]);
    }

    #[test]
    fn other_schemes_and_none_are_told() {
        check("unix:///run/docker.sock", &["\"unix\": `unix` is not a scheme that metrics are collected by"]);
        check(
            "http+unix:///a:/b",
            &["\"http+unix\": `http+unix` is not a scheme that metrics are collected by"],
        );
        check("file:/etc/passwd", &["\"file:\": the scheme is not followed by `://`"]);
        check("http:/a/metrics", &["\"http:\": the scheme is not followed by `://`"]);
        check("app:8080/metrics", &["\"app:8080/metrics\": the URL has no scheme"]);
        check("/metrics", &["\"/metrics\": the URL has no scheme"]);
    }

    #[test]
    fn all_faults_come_at_once() {
        check(
            "http://a:99999/${TOKEN}#x",
            &[
                "\"99999\": `99999` is not a port",
                "\"${\": the URL holds what Telegraf puts something else in place of",
                "\"#x\": the URL has a fragment",
            ],
        );
    }

    #[test]
    fn a_credential_is_found_and_not_repeated() {
        let url = "http://bob:hunter2@evil@app:80/x y";
        let mut sink = Sink::default();
        assert!(!super::check(url, Span::new(0, url.len()), true, &Reach::Anywhere, &mut sink));
        let findings = sink.placed(&|span| span, &Some);
        assert_eq!((findings[0].rule, findings[0].span.of(url)), (rule::USERINFO, "bob:hunter2@evil@"));
        assert!(!format!("{findings:?}").contains("hunter2"));
    }

    #[test]
    fn a_missing_scheme_is_put_there() {
        let url = "app:8080/metrics";
        let mut sink = Sink::default();
        super::check(url, Span::new(0, url.len()), true, &Reach::Anywhere, &mut sink);
        let fix = sink.placed(&|span| span, &Some)[0].fix.clone().expect("a fix");
        assert_eq!(fix.safety, Safety::Unsafe);
        assert_eq!(crate::base::edit::apply(url, &fix.edits).as_deref(), Ok("http://app:8080/metrics"));
    }
}
