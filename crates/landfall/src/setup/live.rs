//! A line that is judged while it is typed: what is wrong with it, or what it means, stands below it.
//!
//! The terminal hands over each key at once, Ctrl-C too, so that it is as before whatever ends the line.

use std::io::{self, BufRead, Write};

use anyhow::bail;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::environment::variable;

/// What the shell of somebody who typed Ctrl-C expects.
const INTERRUPTED: i32 = 130;
const USUAL_COLUMNS: usize = 80;

/// Whether the terminal can move its cursor.
pub(super) fn is_possible() -> bool {
    variable("TERM").is_some_and(|terminal| terminal != "dumb")
}

/// Asks for a line. `judge` says what stands below it while it is typed.
pub(super) fn read_line(prompt: &str, judge: &dyn Fn(&str) -> Vec<String>) -> anyhow::Result<String> {
    let keys = Keys::start()?;
    let mut line = Line::default();
    let mut screen = Screen::default();
    screen.draw(prompt, "", &judge(""))?;
    let event = loop {
        let event = line.read()?;
        if event != Event::Typing {
            break event;
        }
        screen.draw(prompt, &line.text, &judge(&line.text))?;
    };
    screen.draw(prompt, &line.text, &[])?;
    line.end(event, keys)
}

/// Asks for a line of which nothing is shown.
pub(super) fn read_secret(prompt: &str) -> anyhow::Result<String> {
    // Before the question, so that not even the first letter of a quick answer shows.
    let keys = Keys::start()?;
    let mut line = Line::default();
    write!(io::stdout(), "{prompt}")?;
    io::stdout().flush()?;
    let event = loop {
        let event = line.read()?;
        if event != Event::Typing {
            break event;
        }
    };
    line.end(event, keys)
}

/// While this lives, keys arrive one by one and are not shown.
struct Keys {
    before: Termios,
}

impl Keys {
    fn start() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // A terminal that went away needs nothing any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// What typing led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Typing,
    Done,
    End,
    Interrupted,
}

/// Where a sequence of a special key, such as an arrow, is at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Within,
}

/// The text as it was typed so far.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// The first bytes of a character whose last ones have not arrived.
    partial: Vec<u8>,
    escape: Escape,
}

impl Line {
    /// Takes in what has been typed since, but nothing after the end of the line: that is for the next questions.
    fn read(&mut self) -> io::Result<Event> {
        let mut input = io::stdin().lock();
        let typed = input.fill_buf()?;
        if typed.is_empty() {
            return Ok(Event::End);
        }
        let (taken_bytes, event) = self.take(typed);
        input.consume(taken_bytes);
        Ok(event)
    }

    /// Leaves the terminal as it was before the line. Ctrl-C ends the process then, as it does elsewhere.
    fn end(self, event: Event, keys: Keys) -> anyhow::Result<String> {
        drop(keys);
        writeln!(io::stdout())?;
        match event {
            Event::Interrupted => std::process::exit(INTERRUPTED),
            Event::End => {
                bail!("the input ended: run landfall setup again, it goes on after the last answer")
            }
            Event::Typing | Event::Done => Ok(self.text.trim().to_owned()),
        }
    }

    /// Takes in what was typed up to the end of a line; says how many bytes that were.
    fn take(&mut self, typed: &[u8]) -> (usize, Event) {
        for (index, byte) in typed.iter().enumerate() {
            match self.take_byte(*byte) {
                Event::Typing => {}
                event => return (index + 1, event),
            }
        }
        (typed.len(), Event::Typing)
    }

    fn take_byte(&mut self, byte: u8) -> Event {
        if self.is_of_special_key(byte) {
            return Event::Typing;
        }
        match byte {
            b'\r' | b'\n' => return Event::Done,
            0x03 => return Event::Interrupted,
            0x04 if self.text.is_empty() => return Event::End,
            0x08 | 0x7f => drop(self.text.pop()),
            0x15 => self.text.clear(),
            0x17 => self.drop_element(),
            0x1b => self.escape = Escape::Begun,
            b' '.. => self.take_part_of_character(byte),
            _ => {}
        }
        Event::Typing
    }

    /// Arrows and the like send `ESC [ …` up to a letter or `~`. They do nothing here.
    fn is_of_special_key(&mut self, byte: u8) -> bool {
        match self.escape {
            Escape::None => return false,
            Escape::Begun if matches!(byte, b'[' | b'O') => self.escape = Escape::Within,
            Escape::Begun => {
                self.escape = Escape::None;
                return false;
            }
            Escape::Within if (0x40..=0x7e).contains(&byte) => self.escape = Escape::None,
            Escape::Within => {}
        }
        true
    }

    fn take_part_of_character(&mut self, byte: u8) {
        self.partial.push(byte);
        match std::str::from_utf8(&self.partial) {
            Ok(character) => self.text.push_str(character),
            Err(error) if error.error_len().is_none() => return,
            Err(_) => {}
        }
        self.partial.clear();
    }

    /// Ctrl-W: back to the last `/`, `_` or blank before the end.
    fn drop_element(&mut self) {
        self.text.pop();
        let keep = self.text.rfind(['/', '_', ' ']).map_or(0, |index| index + 1);
        self.text.truncate(keep);
    }
}

/// What stands on the terminal since the question began.
#[derive(Debug, Default)]
struct Screen {
    /// In which row below the first the cursor is.
    cursor_row: usize,
}

impl Screen {
    fn draw(&mut self, prompt: &str, text: &str, below: &[String]) -> io::Result<()> {
        let drawing = self.drawing(columns(), prompt, text, below);
        let mut out = io::stdout().lock();
        out.write_all(drawing.as_bytes())?;
        out.flush()
    }

    /// What makes the terminal show this and nothing of before, with the cursor after the text.
    fn drawing(&mut self, columns: usize, prompt: &str, text: &str, below: &[String]) -> String {
        let mut drawing = String::new();
        if self.cursor_row > 0 {
            drawing.push_str(&format!("\x1b[{}A", self.cursor_row));
        }
        drawing.push_str(&format!("\r\x1b[J{prompt}{text}"));
        let width = prompt.chars().count() + text.chars().count();
        let (row, column) = (width / columns, width % columns);
        if column == 0 && width > 0 {
            // After the last column terminals wait with the next row until something follows.
            drawing.push_str("\r\n");
        }
        let mut rows_below = 0;
        for shown in below
            .iter()
            .flat_map(|line| wrapped(line, columns.saturating_sub(1)))
        {
            drawing.push_str(&format!("\r\n{shown}"));
            rows_below += 1;
        }
        if rows_below > 0 {
            drawing.push_str(&format!("\x1b[{rows_below}A"));
        }
        drawing.push_str(&format!("\x1b[{}G", column + 1));
        self.cursor_row = row;
        drawing
    }
}

/// `text` in rows of at most `columns` characters, broken at blanks where there are some.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().chars().count();
        if used > 0 && used + width > columns {
            rows.push("    ".to_owned());
            used = 4;
        }
        let row = rows.last_mut().expect("there is a first row");
        let room = columns.saturating_sub(used);
        row.extend(word.chars().take(room));
        used += word.chars().count().min(room);
    }
    rows
}

fn columns() -> usize {
    let size = tcgetwinsize(io::stdout()).map(|size| usize::from(size.ws_col));
    size.ok().filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_a_line_and_special_ones_do_nothing() {
        let cases: [(&[u8], &str, Event); 11] = [
            (b"raw/x", "raw/x", Event::Typing),
            (b"raw/x\r", "raw/x", Event::Done),
            (b"rax\x7fw\n", "raw", Event::Done),
            (b"\x7f\x7fa", "a", Event::Typing),
            (b"a\x1b[D\x1b[3~\x1bOCb", "ab", Event::Typing),
            (b"raw/[table_name]\x17", "raw/[table_", Event::Typing),
            (b"wrong\x15right", "right", Event::Typing),
            ("d\u{e4}y\u{2713}".as_bytes(), "d\u{e4}y\u{2713}", Event::Typing),
            (b"a\xffb\tc", "abc", Event::Typing),
            (b"a\x04b\x03c", "ab", Event::Interrupted),
            (b"\x04", "", Event::End),
        ];
        for (typed, text, event) in cases {
            let mut line = Line::default();
            assert_eq!(line.take(typed).1, event, "{typed:?}");
            assert_eq!(line.text, text, "{typed:?}");
        }
    }

    #[test]
    fn what_is_pasted_after_a_line_is_left_for_the_next_question() {
        let mut line = Line::default();
        assert_eq!(line.take(b"key\nnew\n"), (4, Event::Done));
    }

    #[test]
    fn characters_may_arrive_in_parts() {
        let mut line = Line::default();
        let check_mark = "\u{2713}".as_bytes();
        line.take(&check_mark[..1]);
        assert_eq!(line.text, "");
        line.take(&check_mark[1..]);
        assert_eq!(line.text, "\u{2713}");
    }

    #[test]
    fn each_drawing_goes_back_to_where_the_last_one_began() {
        let mut screen = Screen::default();
        let below = ["too long here".to_owned()];
        assert_eq!(
            screen.drawing(10, "Key: ", "abc", &below),
            "\r\x1b[JKey: abc\r\ntoo long \r\n    here\x1b[2A\x1b[9G"
        );
        assert_eq!(
            screen.drawing(10, "Key: ", "abcdefgh", &[]),
            "\r\x1b[JKey: abcdefgh\x1b[4G"
        );
        assert_eq!(
            screen.drawing(10, "Key: ", "abcde", &[]),
            "\x1b[1A\r\x1b[JKey: abcde\r\n\x1b[1G"
        );
    }
}
