//! "Did you mean": the known name nearest to a misspelt one.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
#[must_use]
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    const NAME_MAX: usize = 64; // bounds the work for names that no function has
    if name.len() > NAME_MAX {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let allowed = if name.len() < 4 { 1 } else { 2 };
    candidates
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let near = |name| nearest(name, ["rate", "irate", "round", "histogram_quantile"].into_iter());
        assert_eq!(near("rat"), Some("rate"));
        assert_eq!(near("RATE"), Some("rate"));
        assert_eq!(near("histogram_quantil"), Some("histogram_quantile"));
        assert_eq!(near("sum_of_all"), None);
        assert_eq!(near(&"x".repeat(100_000)), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
