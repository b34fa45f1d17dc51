//! The width of text on a terminal, and where it wraps. Knows no colours: text is measured and wrapped before it is
//! painted.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The indent of folded lines after the first.
const FOLD: usize = 2;

/// Returns the columns that a text occupies. Where terminals disagree about a cluster, the widest counts: a line that
/// wraps early is harmless, one that overflows loses its indent.
pub(crate) fn width(text: &str) -> usize {
    text.graphemes(true).map(cluster_width).sum()
}

fn cluster_width(cluster: &str) -> usize {
    let apart: usize = cluster.chars().map(|c| c.width().unwrap_or(0)).sum();
    apart.max(cluster.width())
}

/// Wraps a line so that its first part fits `first` columns and the others `rest`. It breaks between words if it can,
/// and inside a word if it must. Only spaces at breaks and at the end are lost.
pub(super) fn wrap(line: &str, first: usize, rest: usize) -> Vec<String> {
    let (mut lines, mut current, mut room) = (Vec::new(), String::new(), first);
    let mut left = line;
    while !left.is_empty() {
        let (spaces, after) = split_at(left, |c| c != ' ');
        let (word, after) = split_at(after, |c| c == ' ');
        left = after;
        if width(&current) + spaces.len() + width(word) <= room {
            current.push_str(spaces);
            current.push_str(word);
            continue;
        }
        if width(word) <= rest {
            lines.push(std::mem::take(&mut current));
            room = rest;
            current.push_str(word);
            continue;
        }
        if width(&current) + spaces.len() < room {
            current.push_str(spaces);
        }
        for cluster in word.graphemes(true) {
            if width(&current) + cluster_width(cluster) > room {
                lines.push(std::mem::take(&mut current));
                room = rest;
            }
            current.push_str(cluster);
        }
    }
    lines.push(current);
    for line in &mut lines {
        line.truncate(line.trim_end_matches(' ').len());
    }
    lines
}

/// Wraps a text to this many columns and indents continuation lines. Without a width, returns it unchanged.
pub(crate) fn fold(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let lines = text.split('\n').map(|line| wrap(line, columns, columns.saturating_sub(FOLD).max(1)));
    lines.map(|parts| parts.join(&format!("\n{:FOLD$}", ""))).collect::<Vec<_>>().join("\n")
}

/// Cuts a line to this many columns.
pub(crate) fn clip(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let (mut clipped, mut left) = (String::new(), columns.saturating_sub(1));
    for cluster in line.graphemes(true) {
        if cluster_width(cluster) > left {
            break;
        }
        left -= cluster_width(cluster);
        clipped.push_str(cluster);
    }
    format!("{}…", clipped.trim_end())
}

fn split_at(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_and_combining_characters_are_measured() {
        for (text, columns) in [("", 0), ("abc", 3), ("你好", 4), ("e\u{301}", 1), ("ｱア", 3), ("🦀", 2)] {
            assert_eq!(width(text), columns, "{text:?}");
        }
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("the quick brown fox", 10, 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("the quick brown fox", 4, 10), ["the", "quick", "brown fox"]);
        assert_eq!(wrap("short", 10, 10), ["short"]);
        assert_eq!(wrap("", 10, 10), [""]);
        assert_eq!(wrap("wait,  (really)?  yes ", 9, 9), ["wait,", "(really)?", "yes"]);
        assert_eq!(wrap("  indented", 20, 20), ["  indented"]);
        assert_eq!(wrap("elsewhere", 4, 10), ["", "elsewhere"]);
    }

    #[test]
    fn texts_are_folded_to_a_width() {
        let text = "No connection (refused); retrying now.\nshort";
        assert_eq!(fold(text, Some(24)), "No connection (refused);\n  retrying now.\nshort");
        assert_eq!(fold(text, None), text);
    }

    #[test]
    fn long_lines_are_cut() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("a longer line", 10), "a longer…");
        assert_eq!(clip("你好你好", 6), "你好…");
        assert_eq!(clip("x", 0), "…");
    }

    #[test]
    fn words_longer_than_a_line_are_broken() {
        assert_eq!(wrap("aaaaaaaaaa", 4, 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("你好你好", 5, 5), ["你好", "你好"]);
    }

    proptest! {
        #[test]
        fn every_line_fits_and_only_spaces_are_lost(
            line in "[a-z 你é🦀.,/]{0,120}", first in 4_usize..40, rest in 4_usize..40
        ) {
            let lines = wrap(&line, first, rest);
            prop_assert!(width(&lines[0]) <= first, "{lines:?}");
            for line in &lines[1..] {
                prop_assert!(width(line) <= rest, "{lines:?}");
            }
            let dense = |text: &str| text.replace(' ', "");
            prop_assert_eq!(dense(&lines.concat()), dense(&line));
        }
    }
}
