//! The target `tokens`: a token, the claims of one, or keys.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guildhall_server::accounts::{
    Accounts, Claims, Key, LEEWAY_SECONDS, MAX_INFO_BYTES, MAX_TOKEN_ROOMS, MAX_USER_BYTES,
    TokenError,
};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::input::Input;

/// The time of all checks, in seconds since 1970.
const NOW: u64 = 1_767_225_600;

/// The secret of the game.
const SECRET: &[u8] = b"a secret of thirty-two bytes and more";

/// The algorithms with public keys.
const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "RS256", "PS256"];

/// The key pair of the game's other backend.
static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));

/// A server that knows the secret, and the public key.
static ACCOUNTS: LazyLock<Accounts> = LazyLock::new(|| {
    let mut keys = vec![Key::secret("HS256", None, SECRET).expect("a long secret")];
    let set = format!("{{\"keys\":[{}]}}", jwk());
    keys.extend(Key::jwks(set.as_bytes()).expect("a set of keys"));
    Accounts {
        keys,
        ..Accounts::default()
    }
});

/// The public key, as a JSON Web Key (RFC 8037).
fn jwk() -> String {
    let x = URL_SAFE_NO_PAD.encode(PAIR.public_key());
    format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"backend\",\"x\":\"{x}\"}}")
}

/// Reads the bytes behind the first as what that says.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let of_secret = |signed: &[u8]| signature(SECRET, signed);
    match input.byte().unwrap_or_default() % 6 {
        0 => verify(&String::from_utf8_lossy(input.0)),
        1 => {
            let header = br#"{"alg":"HS256","typ":"JWT"}"#;
            let verified = verify_signed(header, input.0, of_secret);
            assert_ne!(verified, Err(TokenError::Signature));
        }
        2 => {
            let header = input.up_to_zero();
            let _ = verify_signed(header, input.0, of_secret);
        }
        3 => read_keys(input.0),
        4 => {
            let header = input.up_to_zero();
            let _ = verify_signed(header, input.0, signature_of_pair);
        }
        _ => {
            let header = input.up_to_zero();
            verify_confused(header, input.0);
        }
    }
}

/// A token that somebody made up. It holds only if it is one that the game has signed.
fn verify(token: &str) {
    if let Ok(claims) = ACCOUNTS.verify(token, NOW) {
        check(&claims);
        let (signed, signature) = token.rsplit_once('.').expect("it is signed");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("it was verified");
        let signed = signed.as_bytes();
        let signatures = [self::signature(SECRET, signed), signature_of_pair(signed)];
        assert!(signatures.contains(&signature), "not signed: {token}");
    }
}

/// A token of this header and these claims, with this signature.
fn token(header: &[u8], claims: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Signs with a secret.
fn signature(secret: &[u8], signed: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, signed).as_ref().to_vec()
}

/// Signs with the key pair.
fn signature_of_pair(signed: &[u8]) -> Vec<u8> {
    PAIR.sign(signed).as_ref().to_vec()
}

/// A token that the game has signed, and the same with another signature.
fn verify_signed(
    header: &[u8],
    claims: &[u8],
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<Claims, TokenError> {
    let verified = ACCOUNTS.verify(&token(header, claims, &sign), NOW);
    if let Ok(claims) = &verified {
        check(claims);
    }
    let other = token(header, claims, |signed| {
        let mut signature = sign(signed);
        signature[0] ^= 1;
        signature
    });
    assert!(ACCOUNTS.verify(&other, NOW).is_err());
    verified
}

/// A token that somebody has signed with what everybody knows, the public key: it never holds.
fn verify_confused(header: &[u8], claims: &[u8]) {
    let public = PAIR.public_key().as_ref();
    let text = URL_SAFE_NO_PAD.encode(public);
    for secret in [public, text.as_bytes(), jwk().as_bytes()] {
        let token = token(header, claims, |signed| signature(secret, signed));
        assert!(ACCOUNTS.verify(&token, NOW).is_err(), "{token}");
    }
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
