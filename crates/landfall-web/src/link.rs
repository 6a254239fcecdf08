//! Addresses with texts in them that people chose.

use askama::filters::urlencode_strict;

/// A text as one part of a path or a query.
pub(crate) fn part(text: &str) -> String {
    urlencode_strict(text).map_or_else(|never| match never {}, |text| text.to_string())
}

/// A path with those parameters that have a value.
pub(crate) fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", part((*value)?))));
    let query = given.collect::<Vec<_>>().join("&");
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_by_people_stays_in_its_place() {
        let path = |parameters: &[(&str, Option<&str>)]| with_query("/x", parameters);
        assert_eq!(path(&[]), "/x");
        assert_eq!(path(&[("a", None)]), "/x");
        assert_eq!(
            path(&[("a", Some("1")), ("b", None), ("c", Some("2"))]),
            "/x?a=1&c=2"
        );
        assert_eq!(path(&[("a", Some("ä/&? #"))]), "/x?a=%C3%A4%2F%26%3F%20%23");
    }
}
