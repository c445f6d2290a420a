//! The target `tokens`: a token, the claims of one, or keys.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guildhall_server::accounts::{
    Accounts, Claims, Key, LEEWAY_SECONDS, MAX_INFO_BYTES, MAX_TOKEN_ROOMS, MAX_USER_BYTES,
    TokenError,
};
use ring::hmac;

use crate::input::Input;

/// The time of all checks, in seconds since 1970.
const NOW: u64 = 1_767_225_600;

/// The secret of the game.
const SECRET: &[u8] = b"a secret of thirty-two bytes and more";

/// The algorithms with public keys.
const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "RS256", "PS256"];

/// A server that knows the secret.
static ACCOUNTS: LazyLock<Accounts> = LazyLock::new(|| Accounts {
    keys: vec![Key::secret("HS256", None, SECRET).expect("a long secret")],
    ..Accounts::default()
});

/// Reads the bytes behind the first as what that says.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    match input.byte().unwrap_or_default() % 4 {
        0 => verify(&String::from_utf8_lossy(input.0)),
        1 => verify_signed(br#"{"alg":"HS256","typ":"JWT"}"#, input.0),
        2 => {
            let header = input.up_to_zero();
            verify_signed(header, input.0);
        }
        _ => read_keys(input.0),
    }
}

/// A token that somebody made up. It holds only if it is one that the game has signed.
fn verify(token: &str) {
    if let Ok(claims) = ACCOUNTS.verify(token, NOW) {
        check(&claims);
        let (signed, signature) = token.rsplit_once('.').expect("it is signed");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("it was verified");
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
        hmac::verify(&key, signed.as_bytes(), &signature).expect("the game has signed it");
    }
}

/// A token of this header and these claims that the game has signed, and the same with another
/// signature.
fn verify_signed(header: &[u8], claims: &[u8]) {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let mut signature = hmac::sign(&key, signed.as_bytes()).as_ref().to_vec();
    let token = |signature: &[u8]| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    let verified = ACCOUNTS.verify(&token(&signature), NOW);
    if let Ok(claims) = &verified {
        check(claims);
    }
    assert_ne!(verified, Err(TokenError::Signature));
    signature[0] ^= 1;
    assert!(ACCOUNTS.verify(&token(&signature), NOW).is_err());
}

/// The claims of every token that holds.
fn check(claims: &Claims) {
    assert!(!claims.user.is_empty() && claims.user.len() <= MAX_USER_BYTES);
    assert!(claims.rooms.len() <= MAX_TOKEN_ROOMS);
    let info = claims.info.as_deref().unwrap_or_default();
    assert!(info.len() <= MAX_INFO_BYTES);
    assert!(claims.expires.saturating_add(LEEWAY_SECONDS) >= NOW);
}

/// A set of keys, or one key.
fn read_keys(bytes: &[u8]) {
    let _ = Key::jwks(bytes);
    for algorithm in ALGORITHMS {
        let _ = Key::pem(algorithm, None, bytes);
    }
    let _ = Key::secret("HS512", None, bytes);
}
