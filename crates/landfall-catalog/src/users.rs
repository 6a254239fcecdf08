//! People who use the web pages (operations.md §11).

use std::fmt;
use std::str::FromStr;

use landfall_core::time::Timestamp;
use thiserror::Error;

use crate::audit::{self, Changes};
use crate::catalog::{Act, Catalog};
use crate::error::StoreError;
use crate::ids::UserId;
use crate::store::{Row, Session, args};

/// Users that an instance may have.
pub const MOST_USERS: u32 = 100;
const MOST_NAME_CHARS: usize = 64;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Look at everything that is not a secret, and change nothing but the own password.
    Viewer,
}

impl Role {
    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }
}

impl FromStr for Role {
    type Err = UserError;

    fn from_str(text: &str) -> Result<Self, UserError> {
        match text {
            "admin" => Ok(Self::Admin),
            "viewer" => Ok(Self::Viewer),
            _ => Err(UserError::UnknownRole),
        }
    }
}

/// The name that a user signs in with: 1 to 64 of `a-z 0-9 . _ @ + -`, whatever case it is typed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// The name, in lowercase.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Why a text is no user name. The messages are shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UserNameError {
    /// Nothing was typed.
    #[error("Enter a user name")]
    Empty,
    /// Too long.
    #[error("User names have at most {MOST_NAME_CHARS} characters")]
    TooLong,
    /// Characters that could be mistaken for others, or break out of something.
    #[error("User names may only contain letters a to z, digits and . _ @ + -")]
    ForbiddenCharacter,
}

impl FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, UserNameError> {
        let name = text.trim();
        if name.is_empty() {
            return Err(UserNameError::Empty);
        }
        if !name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "._@+-".contains(one))
        {
            return Err(UserNameError::ForbiddenCharacter);
        }
        if name.len() > MOST_NAME_CHARS {
            return Err(UserNameError::TooLong);
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

/// A user, without the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their number.
    pub id: UserId,
    /// What they sign in with.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// Who added them.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When they last got a password.
    pub password_set_at: Timestamp,
}

/// A user to be added. The password stays with the caller.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// What they sign in with.
    pub name: &'a UserName,
    /// What they may do.
    pub role: Role,
    /// A PHC string, which the catalog doesn't look into.
    pub password_hash: &'a str,
}

/// Why users stay as they are.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UserError {
    /// There is an administrator, so the first run is over.
    #[error("this instance has users already: sign in")]
    NotFirst,
    /// Someone has the name.
    #[error("there is a user {0} already: choose another name")]
    Exists(UserName),
    /// There are as many as there may be.
    #[error("at most {MOST_USERS} users are allowed: remove one")]
    TooMany,
    /// No such user.
    #[error("there is no user {0}: list the users")]
    NotFound(UserId),
    /// Nobody could manage the instance any more.
    #[error("this is the last administrator: make another user an administrator first")]
    LastAdmin,
    /// No such role.
    #[error("a user is an admin or a viewer: choose one")]
    UnknownRole,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) const COLUMNS: &str = "users.id, name, role, created_by, created_at, password_set_at";

pub(crate) fn read(row: &Row) -> Result<User, StoreError> {
    let name = row.text("name")?;
    let role = row.text("role")?;
    Ok(User {
        id: UserId::new(row.u32("id")?),
        name: name
            .parse()
            .map_err(|_| StoreError::damaged(format!("{name:?} is no user name")))?,
        role: role
            .parse()
            .map_err(|_| StoreError::damaged(format!("{role:?} is no role")))?,
        created_by: row.text("created_by")?,
        created_at: row.time("created_at")?,
        password_set_at: row.time("password_set_at")?,
    })
}

impl Catalog {
    /// Whether there is any user. While there is none, the first run is to create the administrator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_users(&self) -> Result<bool, StoreError> {
        let mut session = self.store.read().await?;
        Ok(session
            .row("SELECT id FROM users LIMIT 1", args![])
            .await?
            .is_some())
    }

    /// Adds the administrator of an instance without users. Of several callers at once, one succeeds.
    ///
    /// # Errors
    /// [`UserError::NotFirst`].
    pub async fn create_first_admin(
        &self,
        name: &UserName,
        password_hash: &str,
        at: Timestamp,
    ) -> Result<User, UserError> {
        let mut session = self.store.write().await?;
        if count(&mut session, "").await? > 0 {
            return Err(UserError::NotFirst);
        }
        let new = NewUser {
            name,
            role: Role::Admin,
            password_hash,
        };
        let act = Act {
            who: name.as_str(),
            at,
        };
        let user = insert(&mut session, new, act).await?;
        session.commit().await?;
        Ok(user)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`UserError::Exists`], [`UserError::TooMany`].
    pub async fn create_user(&self, new: NewUser<'_>, act: Act<'_>) -> Result<User, UserError> {
        let mut session = self.store.write().await?;
        let twin = session
            .row("SELECT id FROM users WHERE name = $1", args![new.name.as_str()])
            .await?;
        if twin.is_some() {
            return Err(UserError::Exists(new.name.clone()));
        }
        if count(&mut session, "").await? >= MOST_USERS {
            return Err(UserError::TooMany);
        }
        let user = insert(&mut session, new, act).await?;
        session.commit().await?;
        Ok(user)
    }

    /// All users, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let mut session = self.store.read().await?;
        let rows = session
            .rows(&format!("SELECT {COLUMNS} FROM users ORDER BY name"), args![])
            .await?;
        rows.iter().map(read).collect()
    }

    /// The user of that name, and the hash of their password.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_named(&self, name: &UserName) -> Result<Option<(User, String)>, StoreError> {
        let mut session = self.store.read().await?;
        let row = session
            .row(
                &format!("SELECT {COLUMNS}, password FROM users WHERE name = $1"),
                args![name.as_str()],
            )
            .await?;
        row.map(|row| Ok((read(&row)?, row.text("password")?)))
            .transpose()
    }

    /// Gives a user another password, and ends their sessions: whoever knew the old one is out.
    ///
    /// # Errors
    /// [`UserError::NotFound`].
    pub async fn set_password(&self, id: UserId, password_hash: &str, act: Act<'_>) -> Result<(), UserError> {
        let mut session = self.store.write().await?;
        let user = find(&mut session, id).await?;
        session
            .run(
                "UPDATE users SET password = $2, password_set_at = $3 WHERE id = $1",
                args![id, password_hash, act.at],
            )
            .await?;
        session
            .run("DELETE FROM sessions WHERE user_id = $1", args![id])
            .await?;
        let changes = Changes::default().secret("password", None, Some(&password_hash.into()));
        audit::note_changes(&mut session, act, "user.password", user.name.as_str(), &changes).await?;
        Ok(session.commit().await?)
    }

    /// Gives a user another role. It counts from their next request on.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::LastAdmin`].
    pub async fn set_role(&self, id: UserId, role: Role, act: Act<'_>) -> Result<User, UserError> {
        let mut session = self.store.write().await?;
        let user = find(&mut session, id).await?;
        if user.role == Role::Admin && role != Role::Admin {
            keep_an_admin(&mut session).await?;
        }
        session
            .run(
                "UPDATE users SET role = $2 WHERE id = $1",
                args![id, role.as_str()],
            )
            .await?;
        let subject = format!("{} {}", user.name, role.as_str());
        let changes = Changes::default().field("role", Some(user.role.as_str()), Some(role.as_str()));
        audit::note_changes(&mut session, act, "user.role", &subject, &changes).await?;
        session.commit().await?;
        Ok(User { role, ..user })
    }

    /// Removes a user and ends their sessions.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::LastAdmin`].
    pub async fn delete_user(&self, id: UserId, act: Act<'_>) -> Result<(), UserError> {
        let mut session = self.store.write().await?;
        let user = find(&mut session, id).await?;
        if user.role == Role::Admin {
            keep_an_admin(&mut session).await?;
        }
        session
            .run("DELETE FROM sessions WHERE user_id = $1", args![id])
            .await?;
        session.run("DELETE FROM users WHERE id = $1", args![id]).await?;
        let changes = Changes::default().field("role", Some(user.role.as_str()), None::<&str>);
        audit::note_changes(&mut session, act, "user.delete", user.name.as_str(), &changes).await?;
        Ok(session.commit().await?)
    }
}

async fn count(session: &mut Session, condition: &str) -> Result<u32, StoreError> {
    let row = session
        .only(
            &format!("SELECT COUNT(*) AS users FROM users {condition}"),
            args![],
        )
        .await?;
    row.u32("users")
}

async fn keep_an_admin(session: &mut Session) -> Result<(), UserError> {
    if count(session, "WHERE role = 'admin'").await? > 1 {
        Ok(())
    } else {
        Err(UserError::LastAdmin)
    }
}

async fn insert(session: &mut Session, new: NewUser<'_>, act: Act<'_>) -> Result<User, UserError> {
    let id = UserId::new(session.next_id("user").await?);
    session
        .run(
            "INSERT INTO users (id, name, role, password, created_by, created_at, password_set_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $6)",
            args![
                id,
                new.name.as_str(),
                new.role.as_str(),
                new.password_hash,
                act.who,
                act.at
            ],
        )
        .await?;
    let subject = format!("{} {}", new.name, new.role.as_str());
    let changes = Changes::default()
        .field("role", None::<&str>, Some(new.role.as_str()))
        .secret("password", None, Some(&new.password_hash.into()));
    audit::note_changes(session, act, "user.create", &subject, &changes).await?;
    find(session, id).await
}

async fn find(session: &mut Session, id: UserId) -> Result<User, UserError> {
    let row = session
        .row(&format!("SELECT {COLUMNS} FROM users WHERE id = $1"), args![id])
        .await?;
    Ok(read(&row.ok_or(UserError::NotFound(id))?)?)
}
