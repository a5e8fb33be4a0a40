//! Which devices are served: none but this machine, until somebody types the code that stands on its screen.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Wrong codes of one address, and of all of them, before no more are taken.
const MOST_WRONG: u32 = 5;
const MOST_WRONG_ALL: u32 = 50;

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    Paired,
    Wrong,
    /// The address, or all of them together, tried too often.
    Locked,
}

/// Codes and who typed them.
#[derive(Debug)]
pub(crate) struct Pairing {
    code: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    paired: HashSet<IpAddr>,
    wrong: HashMap<IpAddr, u32>,
    wrong_all: u32,
    asked: HashSet<IpAddr>,
}

impl Pairing {
    /// With a code of eight digits.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let code = loop {
            let random = getrandom::u32()?;
            // What is over the last whole hundred million would make some codes likelier.
            if random < u32::MAX / 100_000_000 * 100_000_000 {
                break format!("{:08}", random % 100_000_000);
            }
        };
        Ok(Self { code, state: Mutex::default() })
    }

    /// The code, for the screen of whoever records.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// Whether a device is served.
    pub(crate) fn serves(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        client.is_loopback() || self.state().paired.contains(&client)
    }

    /// A device asked; whether it is the first time.
    pub(crate) fn asked(&self, client: IpAddr) -> bool {
        let mut state = self.state();
        state.asked.len() < 1024 && state.asked.insert(client.to_canonical())
    }

    /// A device sent a code.
    pub(crate) fn typed(&self, client: IpAddr, code: &str) -> Typed {
        let client = client.to_canonical();
        let mut state = self.state();
        let wrong = state.wrong.get(&client).copied().unwrap_or(0);
        if wrong >= MOST_WRONG || state.wrong_all >= MOST_WRONG_ALL {
            return Typed::Locked;
        }
        let typed: String = code.chars().filter(char::is_ascii_digit).collect();
        // Compared whole, whatever the first difference.
        let same = typed.len() == self.code.len()
            && typed.bytes().zip(self.code.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0;
        if same {
            state.paired.insert(client);
            return Typed::Paired;
        }
        state.wrong_all += 1;
        state.wrong.insert(client, wrong + 1);
        Typed::Wrong
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_typed_the_code() {
        let pairing = Pairing::new().unwrap();
        let [phone, other]: [IpAddr; 2] = ["192.168.1.7", "192.168.1.8"].map(|address| address.parse().unwrap());
        assert!(pairing.serves("127.0.0.1".parse().unwrap()) && pairing.serves("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!pairing.serves(phone));
        let code = pairing.code().to_owned();
        assert_eq!(pairing.typed(phone, &format!(" {} {}", &code[..4], &code[4..])), Typed::Paired);
        assert!(pairing.serves(phone) && !pairing.serves(other));
    }

    #[test]
    fn guessing_ends() {
        let pairing = Pairing::new().unwrap();
        let code = pairing.code().to_owned();
        let wrong = if code == "00000000" { "00000001" } else { "00000000" };
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        for _ in 0..MOST_WRONG {
            assert_eq!(pairing.typed(address(1), wrong), Typed::Wrong);
        }
        assert_eq!(pairing.typed(address(1), &code), Typed::Locked);
        assert_eq!(pairing.typed(address(2), &code), Typed::Paired);
        for last in 10..100 {
            pairing.typed(address(last), wrong);
        }
        assert_eq!(pairing.typed(address(3), &code), Typed::Locked);
        assert!(!pairing.serves(address(1)) && pairing.serves(address(2)));
    }
}
