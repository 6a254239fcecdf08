//! Mail and requests that leave the server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use landfall_catalog::{Smtp, SmtpSecurity};
use landfall_http::manage::{Mail, Messenger};
use landfall_load::{EventPost, NoRootCertificates};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

/// No answer within this is a failure.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Sends mail by SMTP, and requests by HTTPS.
pub(crate) struct Outgoing {
    posts: EventPost,
}

impl Outgoing {
    /// Prepares to send.
    ///
    /// # Errors
    /// Without root certificates nobody can be trusted.
    pub(crate) fn new() -> Result<Self, NoRootCertificates> {
        Ok(Self {
            posts: EventPost::new(ANSWER_WITHIN)?,
        })
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Outgoing")
    }
}

#[async_trait]
impl Messenger for Outgoing {
    async fn mail(&self, server: &Smtp, mail: &Mail) -> Result<(), String> {
        let message = message(server, mail)?;
        let sending = transport(server)?;
        let sent = tokio::time::timeout(ANSWER_WITHIN, sending.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(fault)) => Err(format!("{}:{}: {fault}", server.host, server.port)),
            Err(_) => Err(format!(
                "{}:{}: no answer within {} s",
                server.host,
                server.port,
                ANSWER_WITHIN.as_secs()
            )),
        }
    }

    async fn post(&self, url: &SecretString, secret: &SecretString, body: &str) -> Result<(), String> {
        let secret = secret.expose_secret().as_bytes();
        let posted = self.posts.post(url.expose_secret(), secret, body).await;
        posted.map_err(|fault| fault.to_string())
    }
}

fn message(server: &Smtp, mail: &Mail) -> Result<Message, String> {
    let mailbox = |address: &str| {
        let parsed = address.parse();
        parsed.map(|address| Mailbox::new(None, address))
    };
    let from = mailbox(&server.from).map_err(|fault| format!("{}: {fault}", server.from))?;
    let to = mailbox(&mail.to).map_err(|fault| format!("{}: {fault}", mail.to))?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.as_str())
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|fault| fault.to_string())
}

fn transport(server: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let refused = |fault: lettre::transport::smtp::Error| format!("{}: {fault}", server.host);
    let builder = match server.security {
        SmtpSecurity::Tls => Transport::relay(&server.host).map_err(refused)?,
        SmtpSecurity::StartTls => Transport::starttls_relay(&server.host).map_err(refused)?,
        SmtpSecurity::None => Transport::builder_dangerous(server.host.as_str()),
    };
    let builder = builder.port(server.port).timeout(Some(ANSWER_WITHIN));
    Ok(match (&server.username, &server.password) {
        (Some(user), Some(password)) => {
            let password = password.expose_secret().to_owned();
            builder.credentials(Credentials::new(user.clone(), password))
        }
        _ => builder,
    }
    .build())
}
