//! Names of destinations that are free: proposals must not be refused.

use serde::Deserialize;

use crate::api::ApiError;
use crate::frame::Page;

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The names that are taken.
pub(crate) async fn names_of(page: &Page) -> Result<Vec<String>, ApiError> {
    let all: Vec<Named> = page.api.get("/v4/destinations").await?;
    Ok(all.into_iter().map(|one| one.name).collect())
}

/// `name`, or else with the first number that makes it differ from those that are taken: `Folder 2`.
pub(super) fn free_name(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..=taken.len() + 2).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    // One more name than is taken: one of them is free.
    names.find(is_free).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::free_name;

    #[test]
    fn a_name_that_is_taken_gets_the_next_number() {
        let taken = ["Folder", "Folder 2", "Folder 4"].map(str::to_owned);
        assert_eq!(free_name("Folder", &taken), "Folder 3");
        assert_eq!(free_name("Amazon S3", &taken), "Amazon S3");
        assert_eq!(free_name("Folder", &taken[..1]), "Folder 2");
    }
}
