//! Verifies tokens on other threads than those of the network: a signature takes as long as
//! hundreds of messages. Only a few are verified at a time, so that they take no more of the
//! machine, and only so many wait. The worker calls it.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use smol::lock::Semaphore;

use crate::accounts::{Claims, TokenError};
use crate::network::Network;
use crate::sync::lock::Lock;
use crate::sync::tally::Tally;

/// The most tokens that are verified or wait for it.
const MOST: usize = 256;

/// The most of them whose clients have one address.
const MOST_PER_ADDRESS: usize = 64;

/// The claims of a token, or why they are not known.
pub type Verified = Result<Claims, Unverified>;

/// Why it is not known what a token says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Too many tokens wait to be verified.
    #[error("too many tokens wait to be verified")]
    Busy,
    /// It does not hold.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Verifies tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    /// One for each token that may be verified at a time.
    turns: Semaphore,
    waiting: Lock<Waiting>,
}

/// The tokens that are verified or wait for it.
#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    by_network: Tally,
}

/// Counts one token among those that wait.
#[derive(Debug)]
struct VerifyPermit<'a> {
    verifier: &'a Verifier,
    network: Network,
}

impl Verifier {
    /// Verifies a token of a client of this network by `verify`, when it is its turn. If
    /// `is_wanted` is false then, the client is gone, and nothing is verified.
    pub(crate) async fn verify(
        &self,
        network: Network,
        is_wanted: impl Fn() -> bool,
        verify: impl FnOnce() -> Result<Claims, TokenError> + Send + 'static,
    ) -> Verified {
        let _permit = self.permit(network).ok_or(Unverified::Busy)?;
        let _turn = self.turns.acquire().await;
        if !is_wanted() {
            return Err(Unverified::Busy);
        }
        Ok(smol::unblock(verify).await?)
    }

    /// A permit for one more token; `None` if too many wait.
    fn permit(&self, network: Network) -> Option<VerifyPermit<'_>> {
        let mut waiting = self.waiting.lock();
        let has_place = waiting.by_network.has_place(network, MOST_PER_ADDRESS);
        if waiting.all >= MOST || !has_place {
            return None;
        }
        waiting.all += 1;
        waiting.by_network.add(network);
        let verifier = self;
        Some(VerifyPermit { verifier, network })
    }
}

impl Default for Verifier {
    fn default() -> Self {
        // Half of the cores, so that the network has the others.
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            turns: Semaphore::new((cores / 2).max(1)),
            waiting: Lock::default(),
        }
    }
}

impl Drop for VerifyPermit<'_> {
    fn drop(&mut self) {
        let mut waiting = self.verifier.waiting.lock();
        waiting.all -= 1;
        waiting.by_network.remove(self.network);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smol::future::{block_on, poll_once};
    use std::pin::pin;

    fn network(last: u8) -> Network {
        Network::of([10, 0, 0, last].into())
    }

    fn verify() -> Result<Claims, TokenError> {
        Err(TokenError::Signature)
    }

    #[test]
    fn a_token_is_verified_in_its_turn_if_its_client_is_still_there() {
        let tokens = Verifier::default();
        let token = Err(Unverified::Token(TokenError::Signature));
        let outcome = tokens.verify(network(1), || true, verify);
        assert_eq!(block_on(outcome), token);
        let gone = || panic!("nobody wants it");
        assert_eq!(
            block_on(tokens.verify(network(1), || false, gone)),
            Err(Unverified::Busy)
        );
        assert_eq!(tokens.waiting.lock().all, 0);
        assert!(tokens.waiting.lock().by_network.is_empty());
    }

    #[test]
    fn tokens_above_the_share_of_an_address_or_of_all_are_not_verified() {
        let tokens = Verifier::default();
        let mut permits: Vec<_> = (0..MOST_PER_ADDRESS)
            .map(|_| tokens.permit(network(1)).unwrap())
            .collect();
        assert!(tokens.permit(network(1)).is_none());
        for last in 2..=4 {
            let of_another = (0..MOST_PER_ADDRESS).map(|_| tokens.permit(network(last)));
            permits.extend(of_another.map(Option::unwrap));
        }
        assert!(tokens.permit(network(5)).is_none(), "too many wait");
        let outcome = tokens.verify(network(5), || true, verify);
        assert_eq!(block_on(outcome), Err(Unverified::Busy));
        permits.pop();
        assert!(tokens.permit(network(5)).is_some());
    }

    #[test]
    fn a_client_that_goes_meanwhile_is_not_counted_any_more() {
        let tokens = Verifier::default();
        let turns: Vec<_> = std::iter::from_fn(|| tokens.turns.try_acquire()).collect();
        {
            let mut pending = pin!(tokens.verify(network(1), || true, verify));
            assert!(block_on(poll_once(pending.as_mut())).is_none());
            assert_eq!(tokens.waiting.lock().all, 1);
        }
        assert_eq!(tokens.waiting.lock().all, 0);
        drop(turns);
    }
}
