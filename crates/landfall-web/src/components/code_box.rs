//! Text to be copied.

use askama::Template;

/// Code or a value in a box, with a button that copies it. `id` is unique on the page.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<div class="code-box"><pre id="{{ id }}" tabindex="0" role="region" aria-label="{{ label }}"><code>{{ text }}</code></pre>
<button type="button" class="button button-small copy" data-copy="{{ id }}" hidden>Copy<span class="visually-hidden"> {{ label }}</span></button></div>"#,
    ext = "html"
)]
pub struct CodeBox {
    /// Names the box on the page.
    pub id: String,
    /// What it holds, for screen readers.
    pub label: String,
    /// What is copied.
    pub text: String,
}
