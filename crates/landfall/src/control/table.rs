//! Lists for people: rows under headings, each column as wide as what is in it.

use std::iter::once;

use landfall_core::visible::visible_line;

/// Prints rows under headings.
pub(super) fn print<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    for line in render(headings, rows) {
        say!("{line}");
    }
}

fn render<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> Vec<String> {
    let rows = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| visible_line(cell).into_owned()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_names_stay_on_their_line() {
        let rows = [["1", "Käse"], ["20", "a\u{1b}[2J\nb\u{202e}"]].map(|row| row.map(str::to_owned));
        let lines = render(["ID", "NAME"], &rows);
        assert_eq!(
            lines,
            ["ID  NAME", "1   Käse", "20  a⟨U+001B⟩[2J⟨U+000A⟩b⟨U+202E⟩"]
        );
        assert_eq!(render(["ID", "NAME"], &[]), ["ID  NAME"]);
    }
}
