//! Owns the guess at what a misspelt name was meant to be.

/// “Did you mean …”, or all the keys that could stand there.
#[must_use]
pub(crate) fn suggest(name: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|k| (distance(&name.to_ascii_lowercase(), k), *k))
        .filter(|(distance, k)| *distance <= 1 + k.len().min(name.len()) / 3)
        .min();
    match near {
        Some((_, key)) => format!("Did you mean “{key}”?"),
        None => format!("Known here: {}.", known.join(", ")),
    }
}

/// Insertions, deletions and replacements between two words (Levenshtein), on their first 64
/// characters.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested() {
        let known = ["host", "port", "tls", "password_file"];
        assert_eq!(suggest("pasword_file", &known), "Did you mean “password_file”?");
        assert_eq!(suggest("Host", &known), "Did you mean “host”?");
        assert_eq!(suggest("hostname", &known), "Known here: host, port, tls, password_file.");
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
