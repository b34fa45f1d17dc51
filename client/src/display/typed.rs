//! The line being typed, drawn so that the terminal and the editor agree on every column. Knows no terminal.
//!
//! The editor adds up the widths of single characters. Terminals do not agree on what joined ones take: a family of
//! four takes 2 columns or 8. An editor that counts other rows than there are erases the messages above. So what joins
//! characters is not drawn, and rows are filled up where the editor breaks them.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// The editor's tab stop.
const TAB_STOP: usize = 8;
/// Drawn for a skin tone, which terminals merge with the character before it, or do not.
const SKIN_TONE: &str = "~~";

/// Rows and columns that a text takes, as the editor counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl Extent {
    /// Returns where a text ends that begins here, on a screen of this width. `draw` gets each piece to be drawn.
    fn walk(self, text: &str, columns: usize, mut draw: impl FnMut(&str)) -> Self {
        let mut at = self;
        for cluster in text.graphemes(true) {
            if cluster == "\n" {
                at = Self { row: at.row + 1, column: 0 };
                draw(cluster);
                continue;
            }
            let wide = if cluster == "\t" {
                TAB_STOP - at.column % TAB_STOP
            } else {
                cluster.chars().map(|c| c.width().unwrap_or(0)).sum()
            };
            if at.column + wide > columns {
                draw(&" ".repeat(columns.saturating_sub(at.column)));
                at = Self { row: at.row + 1, column: 0 };
            }
            at.column += wide;
            match cluster {
                "\t" => draw(&" ".repeat(wide)),
                _ => cluster.chars().for_each(|c| draw_char(c, &mut draw)),
            }
        }
        if at.column == columns { Self { row: at.row + 1, column: 0 } } else { at }
    }

    /// Returns where a text ends that begins here.
    pub(crate) fn after(self, text: &str, columns: usize) -> Self {
        self.walk(text, columns, |_| {})
    }

    /// Returns a text that begins here, as it is to be drawn.
    pub(crate) fn draw(self, text: &str, columns: usize) -> String {
        let mut drawn = String::with_capacity(text.len());
        self.walk(text, columns, |piece| drawn.push_str(piece));
        drawn
    }
}

fn draw_char(c: char, draw: &mut impl FnMut(&str)) {
    match c {
        // The zero width joiner, and variation selectors.
        '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => {}
        '\u{1f3fb}'..='\u{1f3ff}' => draw(SKIN_TONE),
        c => draw(c.encode_utf8(&mut [0; 4])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_characters_are_drawn_apart() {
        let start = Extent::default();
        assert_eq!(start.draw("👩‍👩‍👧‍👦 ❤️ 👋🏿 e\u{301} 1️⃣", 80), "👩👩👧👦 ❤ 👋~~ e\u{301} 1\u{20e3}");
        assert_eq!(start.after("👩‍👩‍👧‍👦", 80), Extent { row: 0, column: 8 });
    }

    #[test]
    fn rows_are_filled_where_the_editor_breaks_them() {
        let start = Extent { row: 0, column: 6 };
        assert_eq!(start.draw("👩‍👩‍👧", 10), "    👩👩👧");
        assert_eq!(start.after("👩‍👩‍👧", 10), Extent { row: 1, column: 6 });
        assert_eq!(start.draw("a\tb", 10), "a b");
        assert_eq!(start.after("abcd", 10), Extent { row: 1, column: 0 });
    }
}
