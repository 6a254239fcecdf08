//! How people are told of events (operations.md §1, management-api.md §12.3).

use secrecy::{ExposeSecret, SecretString};

use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::secrets::Vault;
use crate::store::{Session, args};
use crate::stored::{StoredNotificationSettings, StoredSmtp, from_json, to_json};

/// How people are told.
#[derive(Debug, Clone, Default)]
pub struct NotificationSettings {
    /// Whether raw errors stay out of mail and event webhooks.
    pub suppress_raw_errors: bool,
    /// Rows that the operator means to replicate in 30 days; none for no budget.
    pub row_budget: Option<u64>,
    /// Days without a load after which the operator is told; none for never.
    pub idle_days: Option<u32>,
    /// Where mail is handed in; none if mail is off.
    pub smtp: Option<Smtp>,
}

/// A server that takes mail.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// Who signs in, if anybody.
    pub username: Option<String>,
    /// With what.
    pub password: Option<SecretString>,
    /// The sender of all mail.
    pub from: String,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the start.
    Tls,
    /// Plain at first, then TLS; without it no mail is sent.
    StartTls,
    /// Not at all: for servers on the same machine or network.
    None,
}

impl SmtpSecurity {
    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }

    /// What that spelling means.
    #[must_use]
    pub fn from_spelling(spelling: &str) -> Option<Self> {
        [Self::Tls, Self::StartTls, Self::None]
            .into_iter()
            .find(|security| security.as_str() == spelling)
    }
}

const PASSWORD_PLACE: &str = "notification_settings/smtp_password";

pub(crate) async fn read(session: &mut Session, vault: &Vault) -> Result<NotificationSettings, StoreError> {
    let sql = "SELECT stored, smtp_password FROM notification_settings";
    let Some(row) = session.row(sql, args![]).await? else {
        return Ok(NotificationSettings::default());
    };
    let StoredNotificationSettings::V1 {
        suppress_raw_errors,
        row_budget,
        idle_days,
        smtp,
    } = from_json(&row.text("stored")?, "the notification settings")?;
    let password = row
        .opt_bytes("smtp_password")?
        .map(|sealed| vault.open_text(PASSWORD_PLACE, &sealed))
        .transpose()?;
    let smtp = smtp
        .map(|smtp| {
            let security = SmtpSecurity::from_spelling(&smtp.security)
                .ok_or_else(|| StoreError::damaged("the security of the mail server is unknown"))?;
            Ok::<_, StoreError>(Smtp {
                host: smtp.host,
                port: smtp.port,
                security,
                username: smtp.username,
                password: password.map(SecretString::from),
                from: smtp.from,
            })
        })
        .transpose()?;
    Ok(NotificationSettings {
        suppress_raw_errors,
        row_budget,
        idle_days,
        smtp,
    })
}

/// What the audit log tells of a change.
fn changes(from: &NotificationSettings, to: &NotificationSettings) -> Changes {
    let (old, new) = (from.smtp.as_ref(), to.smtp.as_ref());
    let username = |smtp: Option<&Smtp>| smtp.and_then(|smtp| smtp.username.clone());
    let password = |smtp: Option<&Smtp>| smtp.and_then(|smtp| smtp.password.clone());
    Changes::default()
        .field(
            "suppress_raw_errors",
            Some(from.suppress_raw_errors),
            Some(to.suppress_raw_errors),
        )
        .field("row_budget", from.row_budget, to.row_budget)
        .field("idle_days", from.idle_days, to.idle_days)
        .field(
            "smtp_host",
            old.map(|smtp| &smtp.host),
            new.map(|smtp| &smtp.host),
        )
        .field("smtp_port", old.map(|smtp| smtp.port), new.map(|smtp| smtp.port))
        .field(
            "smtp_security",
            old.map(|smtp| smtp.security.as_str()),
            new.map(|smtp| smtp.security.as_str()),
        )
        .field("smtp_username", username(old), username(new))
        .secret("smtp_password", password(old).as_ref(), password(new).as_ref())
        .field(
            "smtp_from",
            old.map(|smtp| &smtp.from),
            new.map(|smtp| &smtp.from),
        )
}

impl Catalog {
    /// How people are told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn notification_settings(&self) -> Result<NotificationSettings, StoreError> {
        let mut session = self.store.read().await?;
        read(&mut session, &self.vault).await
    }

    /// Changes how people are told, as a whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_notification_settings(
        &self,
        settings: &NotificationSettings,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let smtp = settings.smtp.as_ref();
        let stored = to_json(&StoredNotificationSettings::V1 {
            suppress_raw_errors: settings.suppress_raw_errors,
            row_budget: settings.row_budget,
            idle_days: settings.idle_days,
            smtp: smtp.map(|smtp| StoredSmtp {
                host: smtp.host.clone(),
                port: smtp.port,
                security: smtp.security.as_str().to_owned(),
                username: smtp.username.clone(),
                from: smtp.from.clone(),
            }),
        });
        let password = smtp.and_then(|smtp| smtp.password.as_ref()).map(|password| {
            self.vault
                .seal(PASSWORD_PLACE, password.expose_secret().as_bytes())
        });
        let mut session = self.store.write().await?;
        let old = read(&mut session, &self.vault).await?;
        session
            .run(
                "INSERT INTO notification_settings (only_row, stored, smtp_password) VALUES (1, $1, $2) \
                 ON CONFLICT (only_row) DO UPDATE SET stored = $1, smtp_password = $2",
                args![&stored, password.as_deref()],
            )
            .await?;
        let (action, changes) = ("notification_settings.update", changes(&old, settings));
        audit::note_changes(&mut session, act, action, "instance", &changes).await?;
        session.commit().await
    }
}
