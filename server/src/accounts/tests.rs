//! Each key kind and each claim with a good and a bad value.

use jsonwebtoken::{Algorithm, EncodingKey, encode};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_000_000;
const SECRET: &[u8] = b"a secret of at least 32 bytes, as it has to be";

macro_rules! pem {
    ($name:literal) => {
        include_bytes!(concat!("testdata/", $name, ".pem"))
    };
}

/// Accounts with one key.
fn accounts(key: Key) -> Accounts {
    Accounts {
        keys: vec![key],
        ..Accounts::default()
    }
}

fn secret() -> Key {
    Key::secret("HS256", None, SECRET).unwrap()
}

/// The claims of a token that holds, with these changed; `null` takes one away.
fn claims(changes: Value) -> Value {
    let mut claims = json!({ "sub": "42", "exp": NOW + 60 });
    for (claim, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value.clone();
        }
    }
    claims
}

/// A token with these claims and this header, signed with the secret.
fn token_with(header: &Header, claims: &Value) -> String {
    crypto::install();
    encode(header, claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

fn token(changes: Value) -> String {
    token_with(&Header::default(), &claims(changes))
}

fn verify(changes: Value) -> Result<Claims, TokenError> {
    accounts(secret()).verify(&token(changes), NOW)
}

/// The claim that is refused.
fn refused(changes: Value) -> &'static str {
    match verify(changes) {
        Err(TokenError::Claim { claim, .. }) => claim,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_says_who_the_user_is_and_what_it_may_do() {
    let claims = verify(json!({
        "name": "Mira",
        "info": { "color": "#c0ffee" },
        "rooms": ["guild-42"],
        "caps": [{ "rooms": ["guild-*"], "allow": ["join", "say", "mod"] }],
        "iat": NOW,
        "hobby": "fishing",
    }));
    let expected = Claims {
        user: "42".into(),
        name: Some("Mira".into()),
        info: Some(r##"{"color":"#c0ffee"}"##.into()),
        rooms: vec!["guild-42".into()],
        caps: vec![Cap {
            rooms: vec!["guild-*".into()],
            allow: vec![Right::Join, Right::Say, Right::Mod],
        }],
        expires: NOW + 60,
        issued: Some(NOW),
    };
    assert_eq!(claims.unwrap(), expected);
}

#[test]
fn every_kind_of_key_signs_and_refuses_what_others_have_signed() {
    type Read = fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>;
    let secret = |_: &[u8]| Ok(EncodingKey::from_secret(SECRET));
    let (rsa, ec, ed): (Read, Read, Read) = (
        EncodingKey::from_rsa_pem,
        EncodingKey::from_ec_pem,
        EncodingKey::from_ed_pem,
    );
    let kinds: [(&str, Read, &[u8], &[u8]); 12] = [
        ("HS256", secret, b"", b""),
        ("HS384", secret, b"", b""),
        ("HS512", secret, b"", b""),
        ("RS256", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("RS384", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("RS512", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("PS256", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("PS384", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("PS512", rsa, pem!("rsa"), pem!("rsa.pub")),
        ("ES256", ec, pem!("p256"), pem!("p256.pub")),
        ("ES384", ec, pem!("p384"), pem!("p384.pub")),
        ("EdDSA", ed, pem!("ed25519"), pem!("ed25519.pub")),
    ];
    let keys = kinds.map(|(name, _, _, public)| match public {
        b"" => Key::secret(name, None, SECRET).unwrap(),
        pem => Key::pem(name, None, pem).unwrap(),
    });
    for (index, (name, read, private, _)) in kinds.into_iter().enumerate() {
        let header = Header::new(name.parse().unwrap());
        let token = encode(&header, &claims(json!({})), &read(private).unwrap()).unwrap();
        for (other, key) in keys.iter().enumerate() {
            let verified = accounts(key.clone()).verify(&token, NOW);
            if other == index {
                assert_eq!(verified.unwrap().user, "42", "{name}");
            } else {
                let expected = TokenError::Algorithm(name.into());
                assert_eq!(verified, Err(expected), "{name} and {key:?}");
            }
        }
        // A byte of the claims is another one.
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = self::token(json!({ "sub": "43" }));
        let other = other.split('.').nth(1).unwrap();
        let forged = format!("{header}.{other}.{signature}");
        let verified = accounts(keys[index].clone()).verify(&forged, NOW);
        assert_eq!(verified, Err(TokenError::Signature), "{name}");
    }
}

#[test]
fn a_public_key_is_no_secret() {
    // Signed with the text of the public key as a secret, in the hope that the server takes it
    // for one.
    let public = pem!("rsa.pub");
    let key = Key::pem("RS256", None, public).unwrap();
    let secret = EncodingKey::from_secret(public);
    let token = encode(&Header::new(Algorithm::HS256), &claims(json!({})), &secret).unwrap();
    let both = Accounts {
        keys: vec![key.clone(), self::secret()],
        ..Accounts::default()
    };
    assert_eq!(both.verify(&token, NOW), Err(TokenError::Signature));
    let error = TokenError::Algorithm("HS256".into());
    assert_eq!(accounts(key).verify(&token, NOW), Err(error));
}

#[test]
fn a_token_without_a_signature_does_not_hold() {
    // {"alg":"none"}
    let none = format!(
        "eyJhbGciOiJub25lIn0.{}.",
        token(json!({})).split('.').nth(1).unwrap()
    );
    for token in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", &none] {
        let verified = accounts(secret()).verify(token, NOW);
        assert!(
            matches!(verified, Err(TokenError::Malformed(_))),
            "{token}: {verified:?}"
        );
    }
    let huge = "x".repeat(MAX_TOKEN_BYTES + 1);
    assert_eq!(
        accounts(secret()).verify(&huge, NOW),
        Err(TokenError::TooLong)
    );
}

#[test]
fn an_extension_that_is_critical_is_refused() {
    let header = Header {
        crit: Some(vec!["b64".into()]),
        ..Header::default()
    };
    let token = token_with(&header, &claims(json!({})));
    let verified = accounts(secret()).verify(&token, NOW);
    assert!(matches!(verified, Err(TokenError::Malformed(_))));
}

#[test]
fn a_claim_that_comes_twice_is_refused() {
    crypto::install();
    for twice in [
        format!(r#"{{"sub":"42","sub":"43","exp":{}}}"#, NOW + 60),
        format!(r#"{{"sub":"42","exp":1,"exp":{}}}"#, NOW + 60),
        format!(r#"{{"sub":"42","caps":[],"caps":[],"exp":{}}}"#, NOW + 60),
    ] {
        let raw = RawValue::from_string(twice).unwrap();
        let key = EncodingKey::from_secret(SECRET);
        let token = encode(&Header::default(), &raw, &key).unwrap();
        let verified = accounts(secret()).verify(&token, NOW);
        assert!(matches!(verified, Err(TokenError::Malformed(_))));
    }
}

#[test]
fn a_token_holds_from_nbf_to_exp_with_some_leeway() {
    let holds = |changes| verify(changes).is_ok();
    assert!(holds(json!({ "exp": NOW - LEEWAY_SECONDS + 1 })));
    assert!(holds(
        json!({ "exp": NOW.to_string().parse::<f64>().unwrap() - 9.5 })
    ));
    assert!(holds(json!({ "nbf": NOW + LEEWAY_SECONDS })));
    assert!(holds(json!({ "exp": u64::MAX })));
    let expired = verify(json!({ "exp": NOW - LEEWAY_SECONDS })).unwrap_err();
    assert_eq!(expired, TokenError::Expired);
    assert!(expired.is_over());
    let early = verify(json!({ "nbf": NOW + LEEWAY_SECONDS + 1 })).unwrap_err();
    assert_eq!(early, TokenError::NotYet);
    assert!(!early.is_over());
    for exp in [json!(null), json!("soon"), json!([1])] {
        let verified = verify(json!({ "exp": exp }));
        assert!(matches!(verified, Err(TokenError::Malformed(_))), "{exp}");
    }
    assert_eq!(verify(json!({ "exp": -1 })), Err(TokenError::Expired));
}

#[test]
fn issuer_and_audience_are_checked_if_they_are_set() {
    let mut accounts = accounts(secret());
    let claims = json!({ "iss": "backend", "aud": ["chat", "game"] });
    accounts.verify(&token(claims.clone()), NOW).unwrap();
    accounts.issuer = Some("backend".into());
    accounts.audiences = vec!["shop".into(), "chat".into()];
    accounts.verify(&token(claims), NOW).unwrap();
    for (changes, error) in [
        (json!({ "aud": "chat" }), TokenError::Issuer),
        (
            json!({ "iss": "Backend", "aud": "chat" }),
            TokenError::Issuer,
        ),
        (json!({ "iss": "backend" }), TokenError::Audience),
        (
            json!({ "iss": "backend", "aud": "cha" }),
            TokenError::Audience,
        ),
        (
            json!({ "iss": "backend", "aud": ["game"] }),
            TokenError::Audience,
        ),
    ] {
        assert_eq!(accounts.verify(&token(changes), NOW), Err(error));
    }
}

#[test]
fn claims_have_limits() {
    let sub = |length| json!({ "sub": "x".repeat(length) });
    assert_eq!(verify(sub(MAX_USER_BYTES)).unwrap().user.len(), 128);
    for bad in [
        sub(MAX_USER_BYTES + 1),
        sub(0),
        json!({ "sub": null }),
        json!({ "sub": "a\nb" }),
    ] {
        assert_eq!(refused(bad), "sub");
    }
    let info = |length: usize| json!({ "info": { "a": "x".repeat(length - 8) } });
    let largest = verify(info(MAX_INFO_BYTES)).unwrap();
    assert_eq!(largest.info.unwrap().len(), MAX_INFO_BYTES);
    assert_eq!(refused(info(MAX_INFO_BYTES + 1)), "info");
    assert_eq!(refused(json!({ "info": "knight" })), "info");
    let rooms = |number| json!({ "rooms": vec!["a"; number] });
    assert_eq!(verify(rooms(20)).unwrap().rooms.len(), 20);
    assert_eq!(refused(rooms(21)), "rooms");
    let cap = json!({ "rooms": vec!["a"; 32], "allow": ["say"] });
    assert_eq!(
        verify(json!({ "caps": vec![&cap; 32] }))
            .unwrap()
            .caps
            .len(),
        32
    );
    assert_eq!(refused(json!({ "caps": vec![&cap; 33] })), "caps");
    let cap = json!({ "rooms": vec!["a"; 33], "allow": ["say"] });
    assert_eq!(refused(json!({ "caps": [cap] })), "caps");
    assert_eq!(verify(json!({ "name": "" })).unwrap().name, None);
}

#[test]
fn a_right_that_does_not_exist_is_refused_by_its_name() {
    for cap in [
        json!({ "rooms": ["a"], "allow": ["jion"] }),
        json!({ "rooms": ["a"], "allows": ["join"] }),
        json!({ "rooms": ["a"] }),
    ] {
        let Err(TokenError::Malformed(problem)) = verify(json!({ "caps": [cap] })) else {
            panic!("{cap}");
        };
        assert!(
            problem.contains("jion") || problem.contains("allow"),
            "{problem}"
        );
    }
}

#[test]
fn a_right_has_the_name_that_it_has_in_a_token() {
    for right in Right::ALL {
        assert_eq!(serde_json::to_value(right).unwrap(), right.name());
    }
}

#[test]
fn keys_are_found_by_their_ids_and_several_hold_at_once() {
    let other = b"another secret, of the time before the rotation".as_slice();
    let key = |id: Option<&str>, secret| Key::secret("HS256", id.map(Into::into), secret).unwrap();
    let with_id = |id: Option<&str>| {
        let header = Header {
            kid: id.map(Into::into),
            ..Header::default()
        };
        token_with(&header, &claims(json!({})))
    };
    let both = Accounts {
        keys: vec![key(Some("old"), other), key(Some("new"), SECRET)],
        ..Accounts::default()
    };
    both.verify(&with_id(Some("new")), NOW).unwrap();
    both.verify(&with_id(None), NOW).unwrap();
    let of_old = both.verify(&with_id(Some("old")), NOW);
    assert_eq!(of_old, Err(TokenError::Signature));
    let unknown = both.verify(&with_id(Some("newer")), NOW);
    assert_eq!(unknown, Err(TokenError::UnknownKey("newer".into())));
    let nameless = accounts(key(None, SECRET));
    nameless.verify(&with_id(Some("any")), NOW).unwrap();
}

#[test]
fn a_set_of_keys_has_those_that_sign() {
    let keys = Key::jwks(include_bytes!("testdata/jwks.json")).unwrap();
    let ids: Vec<_> = keys.iter().map(|key| key.id().unwrap()).collect();
    assert_eq!(ids, ["rsa", "p256", "p384", "ed25519"]);
    let set = Accounts {
        keys,
        ..Accounts::default()
    };
    for (id, algorithm, private) in [
        ("rsa", "RS256", EncodingKey::from_rsa_pem(pem!("rsa"))),
        ("p256", "ES256", EncodingKey::from_ec_pem(pem!("p256"))),
        ("p384", "ES384", EncodingKey::from_ec_pem(pem!("p384"))),
        (
            "ed25519",
            "EdDSA",
            EncodingKey::from_ed_pem(pem!("ed25519")),
        ),
    ] {
        let mut header = Header::new(algorithm.parse().unwrap());
        header.kid = Some(id.into());
        let token = encode(&header, &claims(json!({})), &private.unwrap()).unwrap();
        assert_eq!(set.verify(&token, NOW).unwrap().user, "42", "{id}");
        header.kid = Some("for-encryption".into());
        let token = encode(
            &header,
            &claims(json!({})),
            &EncodingKey::from_rsa_pem(pem!("rsa")).unwrap(),
        );
        if let Ok(token) = token {
            let unknown = TokenError::UnknownKey("for-encryption".into());
            assert_eq!(set.verify(&token, NOW), Err(unknown));
        }
    }
    let with_others = r#"{"keys":[{"kty":"AKP","alg":"ML-DSA-44","pub":"eA"},{"kty":"OKP",
        "crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let [key] = &Key::jwks(with_others.as_bytes()).unwrap()[..] else {
        panic!("a key of an unknown kind hides the one beside it");
    };
    assert_eq!(key.id(), Some("e"));
    for (json, error) in [
        (r#"{"keys":[]}"#, Some(KeyError::NoKey)),
        (
            r#"{"keys":[{"kty":"oct","k":"eHg"}]}"#,
            Some(KeyError::NoKey),
        ),
        ("[]", None),
        ("", None),
    ] {
        let problem = Key::jwks(json.as_bytes()).unwrap_err();
        match error {
            Some(error) => assert_eq!(problem, error),
            None => assert!(matches!(problem, KeyError::Jwks(_)), "{problem}"),
        }
    }
}

#[test]
fn keys_that_cannot_be_used_say_why() {
    let short = Key::secret("HS256", None, &SECRET[..31]).unwrap_err();
    assert_eq!(short, KeyError::ShortSecret(31));
    assert!(short.to_string().contains("32 bytes"), "{short}");
    for algorithm in ["none", "HS1", "", "RS256"] {
        let error = Key::secret(algorithm, None, SECRET).unwrap_err();
        assert_eq!(error, KeyError::Algorithm(algorithm.into()));
    }
    for (algorithm, pem) in [
        ("ES256", pem!("rsa.pub").as_slice()),
        ("RS256", pem!("p256.pub")),
        ("ES256", pem!("p384.pub")),
        ("ES384", pem!("p256.pub")),
        ("EdDSA", pem!("p256.pub")),
        ("RS256", b"no key"),
        ("RS256", pem!("ed25519.pub")),
    ] {
        let error = Key::pem(algorithm, None, pem).unwrap_err();
        assert!(matches!(error, KeyError::Pem { .. }), "{error}");
    }
    for (algorithm, pem) in [
        ("RS256", pem!("rsa").as_slice()),
        ("ES256", pem!("p256")),
        ("EdDSA", pem!("ed25519")),
    ] {
        let error = Key::pem(algorithm, None, pem).unwrap_err();
        assert_eq!(error, KeyError::PrivateKey, "{algorithm}");
    }
    let error = Key::pem("HS256", None, pem!("rsa.pub")).unwrap_err();
    assert_eq!(error, KeyError::Algorithm("HS256".into()));
    assert!(!format!("{:?}", secret()).contains("least"));
}
