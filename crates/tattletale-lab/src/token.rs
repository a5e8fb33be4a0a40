//! The lab's token: collectors answer nobody who does not carry it.
//!
//! It keeps stray programs, other labs and pages in the user's browser out of a running lab, and the lab's emitters
//! from ever being understood by a server that is not one. One is drawn per run and never stored.

use std::fmt;

/// 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Draws a token from the system's random source; an error means that it has none.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The text that goes into the query parameter [`crate::wire::TOKEN_PARAMETER`].
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if `given` is this token. Takes as long for a near miss as for a far one.
    pub fn admits(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own.iter().zip(given).fold(0u8, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
        own.len() == given.len() && differences == 0
    }
}

/// Shown as dots: tokens do not belong in logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_admitted() {
        let token = Token::draw().unwrap();
        assert_eq!(token.as_str().len(), 32);
        assert!(token.admits(token.as_str().as_bytes()));
        for wrong in [&token.as_str()[..31], &format!("{}0", token.as_str()), "", Token::draw().unwrap().as_str()] {
            assert!(!token.admits(wrong.as_bytes()), "{wrong}");
        }
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
