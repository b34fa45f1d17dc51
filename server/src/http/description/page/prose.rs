//! Descriptions as HTML: paragraphs, `code` and *emphasis*, the only Markdown that they use.

use maud::{Markup, html};

/// Renders paragraphs, which are separated by empty lines.
pub(super) fn prose(text: &str) -> Markup {
    html! { @for paragraph in text.split("\n\n").filter(|text| !text.trim().is_empty()) { p { (summary(paragraph)) } } }
}

/// Renders the text of a paragraph. Stars inside backticks are not emphasis.
pub(super) fn summary(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (emphasis(part)) }
        }
    }
}

fn emphasis(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('*').enumerate() {
            @if at % 2 == 1 { em { (part) } } @else { (part) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{prose, summary};

    #[test]
    fn code_and_emphasis_are_marked_and_everything_else_is_text() {
        assert_eq!(summary("a `b*<c` *d* & e").into_string(), "a <code>b*&lt;c</code> <em>d</em> &amp; e");
        assert_eq!(prose("a\nb\n\nc\n").into_string(), "<p>a\nb</p><p>c\n</p>");
    }
}
