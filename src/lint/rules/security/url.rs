//! URLs with a user name or password in them.

use super::{URL_USERINFO, is_placeholder};
use crate::base::span::Span;
use crate::lint::report::Out;
use crate::yaml::Node;

/// A URL.
pub(super) fn check(node: Node<'_>, out: &mut Out<'_>) {
    // Nearly no text has the sign.
    let Some(text) = node.text().filter(|text| text.contains('@')) else { return };
    if node.alias_of().is_some() || node.as_str().is_none() {
        return;
    }
    let Some(userinfo) = userinfo(text).filter(|at| !is_placeholder(at.of(text).trim_end_matches('@')))
    else {
        return;
    };
    let span = node.value_map().map_or(node.span(), |map| map.span(userinfo));
    out.report(
        URL_USERINFO
            .at(span, "the URL carries a user name or password")
            .label("a credential")
            .why("URLs are shown on status pages, in logs and in the `instance` label")
            .help("remove it, and use `basic_auth` with `password_file`, or a Secret"),
    );
}

/// What stands before the host of a URL, its `@` too.
fn userinfo(text: &str) -> Option<Span> {
    let scheme = text.find("://")?;
    let is_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    if scheme == 0 || !text[..scheme].bytes().all(is_scheme) || text.contains(char::is_whitespace) {
        return None;
    }
    let start = scheme + 3;
    let authority = text[start..].split(['/', '?', '#']).next()?;
    let end = authority.rfind('@')?;
    (end > 0).then(|| Span::new(start, start + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_what_stands_before_the_host() {
        let of = |text: &'static str| userinfo(text).map(|span| span.of(text));
        assert_eq!(of("https://bob:pw@host:80/x"), Some("bob:pw@"));
        assert_eq!(of("redis://:pw@host"), Some(":pw@"));
        assert_eq!(of("http://a@b:c@host?x=y"), Some("a@b:c@"));
        for text in ["https://host/a@b", "http://host?q=@", "://a@b", "see http://a@b", "http://@host", "a@b"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
