//! Where in the wizard a screen is.

use askama::Template;

use super::run::Run;

/// The screens that have a place in the list of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Screen {
    Choose,
    Bucket,
    Settings,
    Key,
    Verify,
}

/// One entry.
struct Entry {
    text: &'static str,
    /// Where it leads, if one can go there.
    href: Option<String>,
    is_current: bool,
    is_done: bool,
}

/// The list of steps above each screen.
#[derive(Template)]
#[template(path = "wizard/steps.html")]
pub(crate) struct Steps {
    entries: Vec<Entry>,
    number: usize,
}

impl askama::filters::HtmlSafe for Steps {}

impl Steps {
    /// The steps of a run towards a bucket, or a folder.
    pub(crate) fn new(current: Screen, is_folder: bool, run: Run) -> Self {
        let all = [
            (Screen::Choose, "Destination"),
            (Screen::Bucket, "Bucket"),
            (Screen::Settings, "Settings"),
            (Screen::Key, "Object Key"),
            (Screen::Verify, "Access"),
        ];
        let entries: Vec<Entry> = all
            .into_iter()
            .filter(|(screen, _)| !(is_folder && *screen == Screen::Bucket))
            .map(|(screen, text)| Entry {
                text,
                href: (screen < current).then(|| href(screen, run)).flatten(),
                is_current: screen == current,
                is_done: screen < current,
            })
            .collect();
        let number = entries.iter().position(|entry| entry.is_current);
        Self {
            number: number.map_or(1, |at| at + 1),
            entries,
        }
    }
}

fn href(screen: Screen, run: Run) -> Option<String> {
    match (screen, run.id) {
        (Screen::Choose, None) => Some(run.choose_path()),
        (Screen::Bucket, None) => Some(run.bucket_path()),
        (Screen::Settings, _) => Some(run.settings_path()),
        (Screen::Key, _) => Some(run.key_path()),
        // A destination that exists is neither chosen nor made again.
        (Screen::Choose | Screen::Bucket, Some(_)) | (Screen::Verify, _) => None,
    }
}

pub(crate) fn verify_path(id: u32) -> String {
    format!("/destinations/{id}/setup/verify")
}
