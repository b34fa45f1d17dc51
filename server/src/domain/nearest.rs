//! What a misspelt word was probably meant to be.

/// Words that are less alike share a few letters by chance.
const LEAST_LIKENESS: f64 = 0.75;

/// Returns the known word that is most like a written one, or `None` if none is. Case, `-`, `_` and `.` make no
/// difference.
pub(crate) fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let folded = fold(written);
    let liked = known.into_iter().map(|word| (strsim::jaro(&folded, &fold(word)), word));
    let best = liked.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LEAST_LIKENESS).map(|(_, word)| word)
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | '.')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        for (written, meant) in
            [("roomId", "room_id"), ("rom", "room"), ("txet", "text"), ("TEXT", "text"), ("uri", "url")]
        {
            assert_eq!(nearest(written, ["text", "room", "room_id", "url"]), Some(meant), "{written}");
        }
        for other in ["message", "to", "", "x"] {
            assert_eq!(nearest(other, ["text", "room", "room_id"]), None, "{other}");
        }
        assert_eq!(nearest("text", []), None);
    }
}
