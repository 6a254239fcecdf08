//! Access tokens of Import API sources and URL tokens of webhook sources (management-api.md §8.4, §9), and what they
//! open.

use std::collections::BTreeMap;

use landfall_core::ids::SourceId;
use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::audit;
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::TokenId;
use crate::secrets::Digest;
use crate::sources::{self, Source, SourceError, SourceType};
use crate::store::{Row, args};

/// Tokens that work at the same time, for one source.
pub const MOST_TOKENS: u32 = 2;

/// A token that works, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why tokens stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The source has as many as it may have.
    #[error("a source can have at most {MOST_TOKENS} tokens that work: revoke one")]
    TooMany,
    /// The same token is or was there already.
    #[error("this token is there already: make another one")]
    Exists,
    /// The source takes no tokens of this kind.
    #[error("source {0} takes no such tokens: choose a source of the right type")]
    WrongSourceType(SourceId),
    /// No such source, or it is deleted.
    #[error("there is no source {0}: list the sources")]
    UnknownSource(SourceId),
    /// No such token of the source, or it is revoked.
    #[error("there is no token {0}: list the tokens")]
    NotFound(TokenId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SourceError> for TokenError {
    fn from(fault: SourceError) -> Self {
        match fault {
            SourceError::NotFound(id) => Self::UnknownSource(id),
            SourceError::Store(fault) => Self::Store(fault),
            fault => Self::Store(StoreError::damaged(fault.to_string())),
        }
    }
}

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Nobody was ever given it.
    Unknown,
    /// It doesn't work any more.
    Revoked,
    /// It belongs to a source that takes no data now.
    Inactive(Caller),
    /// Data for that source.
    Active(Caller),
}

/// The source that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The source.
    pub source: SourceId,
    /// Its stored name.
    pub name: String,
    /// Its type, which says what kind of token it is.
    pub source_type: SourceType,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// Whether what it sends can be loaded now.
    pub loading: Loading,
}

/// Whether data can be loaded now (import-api.md §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loading {
    /// It can: 201.
    Possible,
    /// It waits: there is no destination, or it is not verified, paused or failing: 202.
    Held,
}

impl Catalog {
    /// Adds a token for a source of one of the types that take tokens.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn create_token(
        &self,
        source: SourceId,
        source_type: &SourceType,
        digest: &Digest,
        act: Act<'_>,
    ) -> Result<Token, TokenError> {
        let mut session = self.store.write().await?;
        let found = sources::find(&mut session, source).await?;
        if found.source_type != *source_type || matches!(source_type, SourceType::Tap(_)) {
            return Err(TokenError::WrongSourceType(source));
        }
        let twin = session
            .row("SELECT id FROM tokens WHERE digest = $1", args![digest])
            .await?;
        if twin.is_some() {
            return Err(TokenError::Exists);
        }
        let count = session
            .only(
                "SELECT COUNT(*) AS tokens FROM tokens WHERE source_id = $1 AND revoked_at IS NULL",
                args![source],
            )
            .await?;
        if count.u32("tokens")? >= MOST_TOKENS {
            return Err(TokenError::TooMany);
        }
        let id = TokenId::new(session.next_id("token").await?);
        session
            .run(
                "INSERT INTO tokens (id, source_id, digest, created_at) VALUES ($1, $2, $3, $4)",
                args![id, source, digest, act.at],
            )
            .await?;
        audit::note(&mut session, act, "token.create", &format!("{source}/{id}")).await?;
        self.store.commit_access(session).await?;
        Ok(Token {
            id,
            created_at: act.at,
        })
    }

    /// The tokens of a source that work, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tokens(&self, source: SourceId) -> Result<Vec<Token>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(
                "SELECT id, created_at FROM tokens WHERE source_id = $1 AND revoked_at IS NULL ORDER BY id DESC",
                args![source],
            )
            .await?;
        let token = |row: &Row| {
            Ok(Token {
                id: TokenId::new(row.u32("id")?),
                created_at: row.time("created_at")?,
            })
        };
        rows.iter().map(token).collect()
    }

    /// Revokes a token; the source, with its new `updated_at`. What is authenticated after this returns is refused.
    ///
    /// # Errors
    /// [`TokenError::UnknownSource`], [`TokenError::NotFound`].
    pub async fn revoke_token(
        &self,
        source: SourceId,
        token: TokenId,
        act: Act<'_>,
    ) -> Result<Source, TokenError> {
        let mut session = self.store.write().await?;
        let found = sources::find(&mut session, source).await?;
        let revoked = session
            .run(
                "UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND source_id = $3 AND revoked_at IS NULL",
                args![act.at, token, source],
            )
            .await?;
        if revoked == 0 {
            return Err(TokenError::NotFound(token));
        }
        session
            .run(
                "UPDATE sources SET updated_at = $1 WHERE id = $2",
                args![act.at, source],
            )
            .await?;
        audit::note(&mut session, act, "token.revoke", &format!("{source}/{token}")).await?;
        self.store.commit_access(session).await?;
        Ok(Source {
            updated_at: act.at,
            ..found
        })
    }

    /// What a token opens. The answer may be remembered together with the [`Catalog::access_generation`] that was
    /// read *before* asking, and counts as long as that stays the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn authenticate(&self, digest: &Digest) -> Result<Authentication, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .row(
                "SELECT t.revoked_at, s.id, s.type, s.name, s.stored, s.paused_at, s.system_paused_at, s.deleted_at, \
                 CASE WHEN d.standing = 'active' AND d.paused_at IS NULL AND d.deleted_at IS NULL \
                 THEN 1 ELSE 0 END AS can_load \
                 FROM tokens t JOIN sources s ON s.id = t.source_id \
                 LEFT JOIN destinations d ON d.id = s.destination_id WHERE t.digest = $1",
                args![digest],
            )
            .await?;
        let Some(row) = row else {
            return Ok(Authentication::Unknown);
        };
        if row.opt_time("revoked_at")?.is_some() {
            return Ok(Authentication::Revoked);
        }
        let caller = Caller {
            source: row.source("id")?,
            name: row.text("name")?,
            source_type: sources::read_type(&row, "type")?,
            properties: sources::read_properties(&row, "stored")?,
            loading: if row.flag("can_load")? {
                Loading::Possible
            } else {
                Loading::Held
            },
        };
        for pause in ["paused_at", "system_paused_at", "deleted_at"] {
            if row.opt_time(pause)?.is_some() {
                return Ok(Authentication::Inactive(caller));
            }
        }
        Ok(Authentication::Active(caller))
    }

    /// A number that changes with everything that authentication depends on, tokens, access keys, sources and
    /// destinations, before the call that changes it returns. Costs next to nothing.
    #[must_use]
    pub fn access_generation(&self) -> u64 {
        self.store.generation()
    }
}
