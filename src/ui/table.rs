//! Tables for people: no borders, numbers to the right, the same in a pipe as on a terminal.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement};

use super::{Paint, printable};

/// Which way a column leans: text to the left, numbers to the right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
}

/// Rows under a header. Cells are escaped: control and bidi characters never reach the terminal.
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns; no header line when every title is empty.
    #[must_use]
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(title, align)| (printable(title).into_owned(), *align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| printable(cell.as_ref()).into_owned()).collect());
    }

    /// The table as text, one line end after each line. With `width`, text columns wrap to fit into it.
    pub(super) fn render(&self, width: Option<u16>, paint: Paint) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        let header = self.columns.iter().any(|(title, _)| !title.is_empty());
        if header {
            table.set_header(self.columns.iter().map(|(title, _)| title));
        }
        table.add_rows(self.rows.iter());
        table.set_content_arrangement(ContentArrangement::Disabled);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for (column, (_, align)) in table.column_iter_mut().zip(&self.columns) {
            column.set_padding((0, 2));
            if *align == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut text = String::new();
        for (index, line) in table.lines().enumerate() {
            let line = line.trim_end();
            if header && index == 0 {
                text.push_str(&paint.bold(line))
            } else {
                text.push_str(line)
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[[&str; 2]], width: Option<u16>, expect: &str) {
        let mut table = Table::new(&[("metric", Align::Left), ("series", Align::Right)]);
        for row in rows {
            table.row(row);
        }
        assert_eq!(table.render(width, Paint::OFF), expect);
    }

    #[test]
    fn numbers_stand_right_and_lines_end_without_spaces() {
        check(
            &[["up", "7"], ["go_goroutines", "1200"]],
            None,
            "\
metric         series
up                  7
go_goroutines    1200
",
        );
    }

    #[test]
    fn text_wraps_to_a_terminal_and_numbers_do_not() {
        check(
            &[["a_rather_long_metric_name", "1200"]],
            Some(24),
            "\
metric          series
a_rather_long_    1200
metric_name
",
        );
    }

    #[test]
    fn nothing_wraps_in_a_pipe() {
        let long = "x".repeat(500);
        check(&[[&long, "1"]], None, &format!("metric{}  series\n{long}       1\n", " ".repeat(494)));
    }

    #[test]
    fn control_characters_are_escaped() {
        check(&[["\x1b[2J", "1"]], None, "metric       series\n\\u{001B}[2J       1\n");
    }
}
