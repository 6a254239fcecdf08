//! What can be done with a line of a list: switch it on and off, and delete it.

use askama::Template;

/// The buttons of a line. They post to `{base}/enable`, `{base}/disable` and `{base}/delete`; the last one asks first.
#[derive(Debug, Clone, Template)]
#[template(path = "row_actions.html")]
pub(crate) struct RowActions {
    /// The address of the thing, such as `/settings/access-keys/3`.
    pub(crate) base: String,
    /// The token of the page's forms.
    pub(crate) csrf: String,
    /// Its name, for screen readers, such as `key …f332`.
    pub(crate) name: String,
    /// Whether it is on.
    pub(crate) is_enabled: bool,
    /// What deleting it means.
    pub(crate) warning: &'static str,
}
