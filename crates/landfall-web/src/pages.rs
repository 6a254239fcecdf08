//! The pages, one file each, with its handlers, its template's values and what it reads from the management API.

pub(crate) mod account;
pub(crate) mod destinations;
pub(crate) mod first_run;
pub(crate) mod home;
pub(crate) mod integrations;
pub(crate) mod loads;
pub(crate) mod notifications;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod theme;
