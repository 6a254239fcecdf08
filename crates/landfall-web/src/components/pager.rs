//! Links to the next and the previous page of a list.

use askama::Template;

/// Where a list goes on (management-api.md §1.3). Shown only if it does.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"{% if previous.is_some() || next.is_some() %}<nav class="pager" aria-label="Pages">
{%- if let Some(href) = previous %}<a class="button" rel="prev" href="{{ href }}">Newer</a>{% endif -%}
<span>Page {{ page }}</span>
{%- if let Some(href) = next %}<a class="button" rel="next" href="{{ href }}">Older</a>{% endif -%}
</nav>{% endif %}"#,
    ext = "html"
)]
pub struct Pager {
    /// The page that is shown, from 1.
    pub page: u32,
    /// Address of the one before.
    pub previous: Option<String>,
    /// Address of the one after.
    pub next: Option<String>,
}
