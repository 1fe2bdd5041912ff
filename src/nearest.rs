//! Which known name a mistyped one was meant to be.

/// Bytes from which the beginning of a name stands for it.
const SHORTEST_START: usize = 3;

/// The candidate with the smallest edit distance, if it is close enough to be meant.
pub fn name<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (steps(wrong, candidate), candidate))
        .filter(|(steps, candidate)| *steps <= 1 + wrong.len().min(candidate.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance; the beginning of a name is close to it.
fn steps(wrong: &str, candidate: &str) -> usize {
    if wrong.len() >= SHORTEST_START && candidate.starts_with(wrong) { 1 } else { distance(wrong, candidate) }
}

/// "did you mean `title`?" for an error of serde about an unknown field or variant.
pub fn expected(reason: &str) -> Option<String> {
    let (wrong, expected) = reason.split_once("unknown ")?.1.split_once(", expected")?;
    let wrong = wrong.split('`').nth(1)?;
    let known = expected.trim_start_matches(" one of").split([',', ' ']).map(|key| key.trim_matches('`'));
    name(wrong, known.filter(|key| !key.is_empty() && *key != "or"))
        .map(|right| format!("did you mean `{right}`?"))
}

/// Edit distance where swapping two neighbours counts one (optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![vec![0usize; other.len() + 1]; one.len() + 1];
    for (index, row) in rows.iter_mut().enumerate() {
        row[0] = index;
    }
    if let Some(first) = rows.first_mut() {
        *first = (0..=other.len()).collect();
    }
    for row in 1..=one.len() {
        for column in 1..=other.len() {
            let change = usize::from(one[row - 1] != other[column - 1]);
            let mut best = (rows[row - 1][column] + 1)
                .min(rows[row][column - 1] + 1)
                .min(rows[row - 1][column - 1] + change);
            if row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1] {
                best = best.min(rows[row - 2][column - 2] + 1);
            }
            rows[row][column] = best;
        }
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_typo_finds_its_key_and_nonsense_finds_none() {
        assert_eq!(super::name("titel", ["id", "title", "tile"]), Some("title"));
        assert_eq!(super::name("prod", ["place", "production"]), Some("production"));
        assert_eq!(super::name("zzzzzz", ["id", "title"]), None);
    }
}
