//! What a person writes as a receiver's address: read, shown without what may be a secret, and read again.

use crate::remote::Url;

pub(super) fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let refusal = |text: &str| text.parse::<Url>().map_err(|error| format!("{error} {error:?}"));
    let url = match refusal(text) {
        Ok(url) => url,
        Err(shown) => {
            if let Some((_, behind)) = text.split_once("://")
                && let Some((userinfo, _)) =
                    behind.split(['/', '?', '#']).next().unwrap_or_default().rsplit_once('@')
                && let Some((_, password)) = userinfo.split_once(':')
                && password.len() >= 8
                && !text.replacen(password, "", 1).contains(password)
                // Not a word that is said of any address.
                && !refusal(&text.replacen(password, "%", 1)).is_err_and(|shown| shown.contains(password))
            {
                assert!(!shown.contains(password), "{text:?}: {shown}");
            }
            return;
        }
    };
    let shown = url.to_string();
    let authority = shown.split('/').nth(2).unwrap_or_default();
    assert!(!shown.contains('?') && !authority.contains('@'), "{text:?} is shown as {shown:?}");
    let again: Url = shown.parse().unwrap_or_else(|error| panic!("{text:?} shown as {shown:?}: {error}"));
    assert_eq!(again.to_string(), shown);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::base::testing::config;

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn addresses_are_read_or_refused(
            text in "(https?://)?([a-z]{1,3}(:[a-z$%]{0,9})?@)?[a-z0-9.:\\[\\]-]{0,12}(/[a-z%@ ]{0,6})?([?#][a-z=@]{0,6})?",
        ) {
            super::url(text.as_bytes());
        }
    }
}
