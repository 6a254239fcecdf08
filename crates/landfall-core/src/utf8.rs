//! Bytes that came from elsewhere become text.

/// The text that `bytes` are.
///
/// # Errors
/// How many bytes from the start are whole UTF-8, if not all are.
#[allow(unsafe_code)] // Checking with the standard library took 3 % of the CPU time of the intake bench, this takes 0.5 %.
pub fn into_string(bytes: Vec<u8>) -> Result<String, usize> {
    match simdutf8::compat::from_utf8(&bytes) {
        // SAFETY: the line above has found them to be UTF-8, and they are not changed in between.
        Ok(_) => Ok(unsafe { String::from_utf8_unchecked(bytes) }),
        Err(error) => Err(error.valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_says_the_same_as_the_standard_library(bytes: Vec<u8>, text: String, damage: Option<prop::sample::Index>) {
            let mut written = text.into_bytes();
            if let (Some(damage), false) = (damage, written.is_empty()) {
                let at = damage.index(written.len());
                written[at] ^= 0x80;
            }
            for bytes in [bytes, written] {
                let expected = String::from_utf8(bytes.clone()).map_err(|error| error.utf8_error().valid_up_to());
                prop_assert_eq!(into_string(bytes), expected);
            }
        }
    }
}
