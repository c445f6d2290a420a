//! How signatures are made and checked: jsonwebtoken's tokens with ring's algorithms, which
//! TLS uses as well. The keys call it.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: new_signer,
    verifier_factory: new_verifier,
    // Only for what makes keys out of keys, which nobody does here.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes jsonwebtoken use ring. Whoever makes a key calls it.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    // Fails if the program has chosen another provider before, which is as good.
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

/// A key that signs tokens, and its method.
enum SigningKey {
    Hmac(hmac::Key),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

struct Signer {
    algorithm: Algorithm,
    key: SigningKey,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the library calls it with a reference"
)]
fn new_signer(&algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    check_family(key.family() == algorithm.family())?;
    let bytes = key.as_bytes();
    let key = match Method::of(algorithm)? {
        Method::Hmac(algorithm) => SigningKey::Hmac(hmac::Key::new(algorithm, bytes)),
        Method::Rsa(_, encoding) => {
            let rejected = |problem: ring::error::KeyRejected| {
                new_error(ErrorKind::InvalidRsaKey(problem.to_string()))
            };
            let pair = RsaKeyPair::from_der(bytes).map_err(rejected)?;
            SigningKey::Rsa(Box::new(pair), encoding)
        }
        Method::Ecdsa(_, algorithm) => {
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, bytes, &SystemRandom::new());
            SigningKey::Ecdsa(pair.map_err(|_| new_error(ErrorKind::InvalidEcdsaKey))?)
        }
        Method::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes);
            SigningKey::Ed25519(pair.map_err(|_| new_error(ErrorKind::InvalidEddsaKey))?)
        }
    };
    Ok(Box::new(Signer { algorithm, key }))
}

impl signature::Signer<Vec<u8>> for Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let random = SystemRandom::new();
        match &self.key {
            SigningKey::Hmac(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            SigningKey::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let signed = pair.sign(*encoding, &random, message, &mut signature);
                signed.map_err(unspecified)?;
                Ok(signature)
            }
            SigningKey::Ecdsa(pair) => {
                let signed = pair.sign(&random, message);
                Ok(signed.map_err(unspecified)?.as_ref().to_vec())
            }
            SigningKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for Signer {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// The key that checks signatures, and its algorithm.
struct Verifier {
    algorithm: Algorithm,
    key: DecodingKey,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the library calls it with a reference"
)]
fn new_verifier(&algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    // A public key must never be taken for the secret of an HMAC: an attacker knows it.
    check_family(key.family() == algorithm.family())?;
    let key = key.clone();
    Ok(Box::new(Verifier { algorithm, key }))
}

impl signature::Verifier<Vec<u8>> for Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let method = Method::of(self.algorithm).map_err(signature::Error::from_source)?;
        let is_right = match (method, self.key.kind()) {
            (Method::Hmac(algorithm), DecodingKeyKind::SecretOrDer(secret)) => {
                hmac::verify(&hmac::Key::new(algorithm, secret), message, signature)
            }
            (Method::Rsa(parameters, _), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (method, DecodingKeyKind::SecretOrDer(key)) => match method.verification() {
                Some(algorithm) => {
                    UnparsedPublicKey::new(algorithm, key).verify(message, signature)
                }
                None => Err(ring::error::Unspecified),
            },
            _ => Err(ring::error::Unspecified),
        };
        is_right.map_err(unspecified)
    }
}

impl JwtVerifier for Verifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// An algorithm of RFC 7518 or RFC 8037 in ring's words.
enum Method {
    Hmac(hmac::Algorithm),
    Rsa(&'static RsaParameters, &'static dyn RsaEncoding),
    Ecdsa(
        &'static dyn VerificationAlgorithm,
        &'static EcdsaSigningAlgorithm,
    ),
    Ed25519,
}

impl Method {
    fn of(algorithm: Algorithm) -> Result<Self, Error> {
        Ok(match algorithm {
            Algorithm::HS256 => Self::Hmac(hmac::HMAC_SHA256),
            Algorithm::HS384 => Self::Hmac(hmac::HMAC_SHA384),
            Algorithm::HS512 => Self::Hmac(hmac::HMAC_SHA512),
            Algorithm::RS256 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256, &RSA_PKCS1_SHA256),
            Algorithm::RS384 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384, &RSA_PKCS1_SHA384),
            Algorithm::RS512 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512, &RSA_PKCS1_SHA512),
            Algorithm::PS256 => Self::Rsa(&RSA_PSS_2048_8192_SHA256, &RSA_PSS_SHA256),
            Algorithm::PS384 => Self::Rsa(&RSA_PSS_2048_8192_SHA384, &RSA_PSS_SHA384),
            Algorithm::PS512 => Self::Rsa(&RSA_PSS_2048_8192_SHA512, &RSA_PSS_SHA512),
            Algorithm::ES256 => {
                Self::Ecdsa(&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_FIXED_SIGNING)
            }
            Algorithm::ES384 => {
                Self::Ecdsa(&ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA384_FIXED_SIGNING)
            }
            Algorithm::EdDSA => Self::Ed25519,
            // A later version of the library may know more.
            _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        })
    }

    /// How a signature with a public key is checked; `None` for a shared secret.
    fn verification(&self) -> Option<&'static dyn VerificationAlgorithm> {
        match self {
            Self::Hmac(_) => None,
            Self::Rsa(parameters, _) => Some(*parameters),
            Self::Ecdsa(algorithm, _) => Some(*algorithm),
            Self::Ed25519 => Some(&ED25519),
        }
    }
}

/// ring does not say what is wrong with a signature, so that nobody learns from it.
fn unspecified(_: ring::error::Unspecified) -> signature::Error {
    signature::Error::new()
}

fn check_family(is_right: bool) -> Result<(), Error> {
    is_right
        .then_some(())
        .ok_or_else(|| new_error(ErrorKind::InvalidKeyFormat))
}
