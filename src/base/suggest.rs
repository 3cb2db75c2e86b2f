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
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed)
        .filter_map(|candidate| Some((distance(&name, candidate, allowed)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in bytes; `None` when it is more than `allowed`.
fn distance(a: &str, b: &str, allowed: usize) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // What both begin and end with adds nothing.
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        let mut least = row[0];
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
            least = least.min(row[j + 1]);
        }
        // No later row has less than the least of this one.
        if least > allowed {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= allowed)
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
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("abcdefgh", "hgfedcba", 2), None);
        assert_eq!((distance("", "ab", 2), distance("aa", "aaa", 1)), (Some(2), Some(1)));
    }
}
