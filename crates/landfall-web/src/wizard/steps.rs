//! Where in the wizard a screen is.

use askama::Template;

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
    /// The steps towards a bucket, or a folder, of a new destination or of `id`.
    pub(crate) fn new(current: Screen, is_folder: bool, id: Option<u32>) -> Self {
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
                href: (screen < current).then(|| href(screen, id)).flatten(),
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

fn href(screen: Screen, id: Option<u32>) -> Option<String> {
    match (screen, id) {
        (Screen::Choose, None) => Some("/destinations/new".to_owned()),
        (Screen::Bucket, None) => Some("/destinations/new/bucket".to_owned()),
        (Screen::Settings, _) => Some(settings_path(id)),
        (Screen::Key, _) => Some(key_path(id)),
        // A destination that exists is neither chosen nor made again.
        (Screen::Choose | Screen::Bucket, Some(_)) | (Screen::Verify, _) => None,
    }
}

pub(crate) fn settings_path(id: Option<u32>) -> String {
    match id {
        None => "/destinations/new/settings".to_owned(),
        Some(id) => format!("/destinations/{id}/setup/settings"),
    }
}

pub(crate) fn key_path(id: Option<u32>) -> String {
    match id {
        None => "/destinations/new/key".to_owned(),
        Some(id) => format!("/destinations/{id}/setup/key"),
    }
}

pub(crate) fn verify_path(id: u32) -> String {
    format!("/destinations/{id}/setup/verify")
}
