//! Post-load webhooks (loading.md §8.1).

use std::fmt;

use super::draft::Draft;
use super::problem::SettingFault;
use super::web_url::{PlainHttp, WebUrl};
use super::{SettingKind, SettingName};

/// The URL of a post-load webhook. It may hold a token, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    fn parse(text: &str, plain: PlainHttp) -> Option<Self> {
        let is_fine = WebUrl::parse(text).is_some_and(|url| url.is_allowed(plain));
        is_fine.then(|| Self(text.to_owned()))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WebhookUrl(…)")
    }
}

pub(super) fn read_webhooks(draft: &mut Draft) -> Vec<WebhookUrl> {
    let plain = if draft.is_true(SettingName::AllowInsecureWebhooks) {
        PlainHttp::Anywhere
    } else {
        PlainHttp::Nowhere
    };
    let texts = draft.texts(SettingName::PostLoadWebhooks);
    if let SettingKind::TextList { max_items: max } = SettingName::PostLoadWebhooks.describe().kind
        && texts.len() > max
    {
        draft.report(
            SettingName::PostLoadWebhooks,
            SettingFault::TooManyWebhooks { max },
        );
    }
    let mut webhooks = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        match WebhookUrl::parse(text, plain) {
            Some(webhook) => webhooks.push(webhook),
            None => {
                draft.report(
                    SettingName::PostLoadWebhooks,
                    SettingFault::InvalidWebhook { number: index + 1 },
                );
            }
        }
    }
    webhooks
}
