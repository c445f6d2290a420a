//! Sets of keys that may change while the server runs, such as those at an address of an
//! identity provider. Whoever does the I/O has them; here they are only asked for.

use std::fmt::Debug;
use std::sync::Arc;

use super::Key;

/// A set of keys that somebody else keeps up to date. It is asked for each token, on
/// the threads that verify them, so none of its methods may wait for anything.
pub trait KeySet: Debug + Send + Sync {
    /// The keys that are known now.
    fn keys(&self) -> Arc<[Key]>;

    /// A token names a key that is not in the set, or the set is empty. Returns whether new
    /// keys may come soon: then the client should come back. If not, the token is refused.
    fn is_renewed(&self) -> bool;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::accounts::{Accounts, NewToken, SigningKey, TokenError};

    const SECRETS: [&[u8]; 2] = [
        b"the first secret, of 32 bytes at least",
        b"the second secret, of 32 bytes at least",
    ];

    /// A set that may be renewed or not, and counts how often it was asked.
    #[derive(Debug)]
    struct FixedSet {
        keys: Arc<[Key]>,
        is_renewed: bool,
        asked: AtomicUsize,
    }

    impl KeySet for FixedSet {
        fn keys(&self) -> Arc<[Key]> {
            Arc::clone(&self.keys)
        }

        fn is_renewed(&self) -> bool {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.is_renewed
        }
    }

    fn set(ids: &[usize], is_renewed: bool) -> Arc<FixedSet> {
        let key = |id: &usize| Key::secret("HS256", Some(id.to_string()), SECRETS[*id]).unwrap();
        Arc::new(FixedSet {
            keys: ids.iter().map(key).collect(),
            is_renewed,
            asked: AtomicUsize::new(0),
        })
    }

    fn token(key: usize) -> String {
        let key = SigningKey::secret("HS256", Some(key.to_string()), SECRETS[key]).unwrap();
        let token = NewToken {
            user: "42".into(),
            expires: 1_000,
            ..NewToken::default()
        };
        key.sign(&token).unwrap()
    }

    /// Returns the user of a token of this key, or the error, for accounts with these sets.
    fn verify(sets: &[&Arc<FixedSet>], key: usize) -> Result<String, TokenError> {
        let sets = sets.iter().map(|&set| Arc::clone(set) as Arc<dyn KeySet>);
        let accounts = Accounts {
            sets: sets.collect(),
            ..Accounts::default()
        };
        Ok(accounts.verify(&token(key), 0)?.user)
    }

    #[test]
    fn keys_of_all_sets_count() {
        let (one, two) = (set(&[0], true), set(&[1], true));
        for key in [0, 1] {
            assert_eq!(verify(&[&one, &two], key).as_deref(), Ok("42"));
        }
        let asked = [one, two].map(|set| set.asked.load(Ordering::Relaxed));
        assert_eq!(asked, [0, 0], "nobody asks for what is there");
    }

    #[test]
    fn a_token_of_an_unknown_key_may_come_back_while_a_set_is_fetched() {
        let (old, new) = (set(&[0], false), set(&[0], true));
        let unknown = TokenError::UnknownKey("1".into());
        assert_eq!(verify(&[&old], 1), Err(unknown.clone()));
        assert!(!unknown.is_over());
        let come_back = verify(&[&new, &old], 1).unwrap_err();
        assert_eq!(come_back, TokenError::KeyMayCome);
        assert!(come_back.is_over());
        assert_eq!(old.asked.load(Ordering::Relaxed), 2, "each set is asked");
    }

    #[test]
    fn an_empty_set_is_asked_for_every_token() {
        assert_eq!(verify(&[&set(&[], true)], 0), Err(TokenError::KeyMayCome));
        let algorithm = TokenError::Algorithm("HS256".into());
        assert_eq!(verify(&[&set(&[], false)], 0), Err(algorithm));
        // But not for one that holds.
        let empty = set(&[], true);
        assert_eq!(verify(&[&set(&[0], true), &empty], 0).as_deref(), Ok("42"));
        assert_eq!(empty.asked.load(Ordering::Relaxed), 0);
    }
}
