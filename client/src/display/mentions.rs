//! Mentions in texts. A name in code is no mention, as on the web page, whose `formatting/` defines code.

/// How deep quotes and lists are looked into.
const MAX_DEPTH: usize = 5;
/// The lengths of the backticks around a block.
const FENCE: std::ops::RangeInclusive<usize> = 3..=8;

/// Returns whether a text contains a name as a word of its own, outside of code.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    // Most texts do not, and need not be parsed.
    find_name(text, name).is_some() && find_name(&without_code(text), name).is_some()
}

/// Returns where a text contains a name as a word of its own.
pub(super) fn find_name(text: &str, name: &str) -> Option<usize> {
    // Names are ASCII, and lowercasing ASCII keeps byte offsets.
    let lower = text.to_ascii_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    lower.match_indices(name).map(|(at, _)| at).find(|at| {
        !name.is_empty()
            && !text[..*at].chars().next_back().is_some_and(is_part)
            && !text[at + name.len()..].chars().next().is_some_and(is_part)
    })
}

fn without_code(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    add_blocks(&mut rest, &text.split('\n').collect::<Vec<_>>(), MAX_DEPTH);
    rest
}

fn add_blocks(rest: &mut String, lines: &[&str], depth: usize) {
    // The fewest backticks that are known to have no end: so nothing is looked for twice.
    let mut endless = usize::MAX;
    let mut at = 0;
    while at < lines.len() {
        let here = &lines[at..];
        at += if depth == 0 {
            add_line(rest, here[0])
        } else if let Some(count) = fenced(here, &mut endless) {
            count
        } else if let Some(quoted) = quote(here) {
            add_blocks(rest, &quoted, depth - 1);
            quoted.len()
        } else if let Some(items) = list(here) {
            items.iter().for_each(|item| add_blocks(rest, item, depth - 1));
            items.iter().map(Vec::len).sum()
        } else {
            add_line(rest, here[0])
        };
    }
}

/// Returns of how many lines the block of code consists that begins here, or `None` if there is none.
fn fenced(lines: &[&str], endless: &mut usize) -> Option<usize> {
    let line = lines[0].trim_start_matches([' ', '\t']);
    let after = line.trim_start_matches('`');
    let (indent, ticks) = (lines[0].len() - line.len(), line.len() - after.len());
    if indent > 3 || !FENCE.contains(&ticks) || ticks >= *endless {
        return None;
    }
    let count = match after.find("```") {
        Some(first) if closing(after, ticks) == Some(first) => 1,
        Some(_) => return None,
        None => match lines.iter().skip(1).position(|line| closing(line, ticks).is_some()) {
            Some(before) => before + 2,
            None => {
                *endless = ticks;
                return None;
            }
        },
    };
    let is_blank = |code: &str| code.trim().trim_matches('`').is_empty();
    let is_empty = is_blank(after) && lines[1..count].iter().all(|line| is_blank(line));
    (!is_empty).then_some(count)
}

/// Returns where the backticks are that end a line, if there are so many.
fn closing(line: &str, ticks: usize) -> Option<usize> {
    let line = line.trim_end();
    let at = line.trim_end_matches('`').len();
    (line.len() - at == ticks).then_some(at)
}

/// Returns the lines of the quote that begins here, without its sign.
fn quote<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let inside = |line: &'a str| {
        let inner = line.trim_start_matches(' ');
        let inner = if line.len() - inner.len() <= 3 { inner.strip_prefix('>')? } else { return None };
        inner.strip_prefix(' ').or_else(|| (inner.is_empty() || inner.starts_with('>')).then_some(inner))
    };
    let quoted: Vec<_> = lines.iter().map_while(|line| inside(line)).collect();
    (!quoted.is_empty()).then_some(quoted)
}

/// Returns the lines of each item of the list that begins here, without its sign and indentation.
fn list<'a>(lines: &[&'a str]) -> Option<Vec<Vec<&'a str>>> {
    let (indent, is_numbered, _) = item(lines[0])?;
    let mut items: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        let text = line.trim_start_matches([' ', '\t']);
        let (space, _) = line.split_at(line.len() - text.len());
        match (items.last_mut(), item(line)) {
            (Some(last), _) if columns(space) >= indent + 2 && !text.is_empty() => {
                last.push(dedented(line, indent + 2))
            }
            (_, Some((_, numbered, text))) if numbered == is_numbered => items.push(vec![text]),
            _ => break,
        }
    }
    Some(items)
}

/// Returns how far the item of a list that begins here is indented, whether it has a number, and its text.
fn item(line: &str) -> Option<(usize, bool, &str)> {
    const SIGNS: [char; 3] = ['-', '*', '•'];
    let marked = line.trim_start_matches([' ', '\t']);
    let (space, _) = line.split_at(line.len() - marked.len());
    let unnumbered = marked.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = marked.len() - unnumbered.len();
    let text = match digits {
        0 => marked.strip_prefix(SIGNS)?,
        1..=3 => unnumbered.strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let is_item = space.len() <= 8 && text.starts_with([' ', '\t']);
    let text = text.trim_start_matches([' ', '\t']);
    let is_rule = text.trim_matches(|c: char| c.is_whitespace() || SIGNS.contains(&c)).is_empty();
    (is_item && !is_rule).then(|| (columns(space), digits > 0, text))
}

fn columns(space: &str) -> usize {
    space.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// Returns a line without so many columns of its indentation.
fn dedented(line: &str, wanted: usize) -> &str {
    let mut length = 0;
    while columns(&line[..length]) < wanted {
        length += 1;
    }
    &line[length..]
}

/// Adds a line without what is between backticks. Returns that it was one.
fn add_line(rest: &mut String, line: &str) -> usize {
    let mut end = 0;
    while let Some((at, ticks)) = ticks_from(line, end) {
        let begin = at + ticks;
        let is_text = line[..at].chars().next_back().is_some_and(|c| is_spaced(c) || c == '\\');
        let code = if is_text { None } else { code_until(line, begin, ticks) };
        rest.push_str(&line[end..begin]);
        end = code.unwrap_or(begin);
    }
    rest.push_str(&line[end..]);
    rest.push('\n');
    1
}

/// Returns where code ends that begins after so many backticks.
fn code_until(line: &str, begin: usize, ticks: usize) -> Option<usize> {
    let mut from = begin;
    while let Some((at, found)) = ticks_from(line, from) {
        if found == ticks {
            return (!line[begin..at].trim().is_empty()).then_some(at + ticks);
        }
        from = at + found;
    }
    None
}

/// Returns where the next backticks are, and how many.
fn ticks_from(line: &str, from: usize) -> Option<(usize, usize)> {
    let at = from + line[from..].find('`')?;
    Some((at, line.len() - at - line[at..].trim_start_matches('`').len()))
}

/// Returns whether a character is part of a word, in a script that puts spaces between words. Korean counts as one that
/// does not.
fn is_spaced(c: char) -> bool {
    let is_unspaced = matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}');
    c.is_alphanumeric() && !is_unspaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for text in ["hey bob", "Bob: hi", "@bob", "(bob)", "bobby and bob"] {
            assert!(mentions(text, "bob"), "{text}");
        }
        for text in ["bobby", "ebob-", "bob_2", "", "nobody"] {
            assert!(!mentions(text, "bob"), "{text}");
        }
        assert!(!mentions("hi", ""));
    }

    #[test]
    fn what_stands_in_code_names_nobody() {
        for text in [
            "`bob`",
            "run `ssh bob` now",
            "``a ` bob``",
            "说`bob`",
            "```\nbob\n```",
            "```sh\nssh bob\n```",
            "  ````\n```\nbob\n````",
            "```ssh bob```",
            "```\nsay\nbob```",
            "> ```\n> bob\n> ```",
            "> > `bob`",
            "- ```\n  bob\n  ```",
            "> 1. one\n>\n> 2. two\n>      ```\n>      bob\n>      ```",
            "- one\n  - ```\n    bob\n    ```",
        ] {
            assert!(!mentions(text, "bob"), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_names_users_as_ever() {
        for text in [
            "`ls`, bob",
            "bob, run `ls`",
            "`x` bob `y`",
            "an open ` and bob",
            "`bob\nbob`",
            "it's 5` bob`",
            "\\`bob`",
            "``bob`",
            "```\nbob",
            "```\ncode\n```\nbob",
            "```\n```\nbob\n",
            "    ```\nbob\n```x",
            "> ```\nbob\n> ```",
            ">bob",
            "- ```\nbob\n  ```",
            "- - -\n- `x` bob",
            "1. bob",
            "> bob",
        ] {
            assert!(mentions(text, "bob"), "{text}");
        }
    }

    #[test]
    fn a_text_of_many_backticks_is_read_in_no_time() {
        let begun = std::time::Instant::now();
        for text in [
            "```\n".repeat(4096),
            "`` ` ".repeat(3276),
            "a` ".repeat(5461),
            ">".repeat(16_384),
            "- ".repeat(8000),
            "- `\n".repeat(4096),
        ] {
            assert!(mentions(&(text + "\nbob"), "bob"));
        }
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}
