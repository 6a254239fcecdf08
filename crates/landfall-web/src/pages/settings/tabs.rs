//! The pages below *Settings*.

use askama::Template;

/// One of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    AccessKeys,
    Users,
    Hooks,
    EventHooks,
    Mail,
    Retention,
    Audit,
    About,
}

impl Tab {
    const SHOWN: [(Self, &'static str, &'static str); 8] = [
        (Self::AccessKeys, "Access keys", "/settings/access-keys"),
        (Self::Users, "Users", "/settings/users"),
        (Self::Hooks, "Post-load webhooks", "/settings/webhooks"),
        (Self::EventHooks, "Event webhooks", "/settings/event-webhooks"),
        (Self::Mail, "Mail", "/settings/mail"),
        (Self::Retention, "Retention", "/settings/retention"),
        (Self::Audit, "Audit log", "/settings/audit"),
        (Self::About, "About", "/settings/about"),
    ];
}

/// What stands above every settings page.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<nav class="settings-tabs" aria-label="Settings"><ul class="tabs">
{%- for (tab, text, href) in Tab::SHOWN %}
<li><a href="{{ href }}"{% if self.is_current(tab) %} aria-current="page"{% endif %}>{{ text }}</a></li>
{%- endfor %}
</ul></nav>"#,
    ext = "html"
)]
pub(super) struct Tabs {
    current: Tab,
}

impl Tabs {
    pub(super) fn new(current: Tab) -> Self {
        Self { current }
    }

    fn is_current(&self, tab: &Tab) -> bool {
        self.current == *tab
    }
}

impl askama::filters::HtmlSafe for Tabs {}
