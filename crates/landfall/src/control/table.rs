//! Lists for people: rows under headings, each column as wide as what is in it.

use std::iter::once;

/// Prints rows under headings.
pub(super) fn print<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    for line in render(headings, rows) {
        say!("{line}");
    }
}

fn render<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> Vec<String> {
    let rows = rows.iter().map(|row| row.each_ref().map(|cell| shown(cell)));
    let lines: Vec<[String; COLUMNS]> = once(headings.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    });
    let line = |cells: &[String; COLUMNS]| {
        let cells = cells.iter().zip(widths);
        let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect()
}

/// A name may hold what a terminal would take for a command, or a line of its own.
fn shown(cell: &str) -> String {
    let escape = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    cell.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_names_stay_on_their_line() {
        let rows = [["1", "Käse"], ["20", "a\u{1b}[2J\nb"]].map(|row| row.map(str::to_owned));
        let lines = render(["ID", "NAME"], &rows);
        assert_eq!(lines, ["ID  NAME", "1   Käse", "20  a\\u{1b}[2J\\nb"]);
        assert_eq!(render(["ID", "NAME"], &[]), ["ID  NAME"]);
    }
}
