//! The table `[accounts]`: each setting with good and bad values, and what it means.

use std::fs;
use std::path::PathBuf;

use guildhall_server::accounts::{Guests, NewToken};
use toml::Spanned;

use guildhall_server::accounts::SigningKey;

use super::*;

/// A folder with keys, which is removed when it is dropped.
struct Folder(PathBuf);

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";

const TESTDATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../server/src/accounts/testdata"
);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("guildhall-keys-{}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        fs::write(path.join("secret"), format!("{SECRET}\n")).unwrap();
        fs::write(path.join("short"), "x".repeat(31)).unwrap();
        fs::write(path.join("large"), "x".repeat(100 * 1024 + 1)).unwrap();
        for file in fs::read_dir(TESTDATA).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), path.join(file.file_name())).unwrap();
        }
        Self(path)
    }

    /// Reads this text as the table.
    fn read(&self, text: &str) -> Result<AccountsSettings, Mistake> {
        let table: Spanned<AccountsTable> = toml::from_str(text).unwrap();
        AccountsSettings::read(table.into_inner(), &self.0)
    }

    /// Checks that a key is refused with these words, and the text where the mistake is.
    #[track_caller]
    fn refused(&self, key: &str, at: &str, words: &str) {
        let text = format!("keys = [{{ {key} }}]");
        let Mistake {
            at: found,
            text: problem,
        } = self.read(&text).unwrap_err();
        assert!(problem.contains(words), "{key}: {problem}");
        assert!(
            text[found..].starts_with(at),
            "{key}: at {}",
            &text[found..]
        );
        assert!(!problem.contains(SECRET), "{problem}");
    }

    /// The settings of these keys.
    #[track_caller]
    fn keys(&self, keys: &str) -> AccountsSettings {
        self.read(&format!("keys = [{keys}]")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_source_of_a_key_is_read() {
    let folder = Folder::new();
    for (key, count) in [
        ("secret_file = 'secret'", 1),
        ("secret_file = 'secret', algorithm = 'HS512', kid = 'a'", 1),
        ("secret_env = 'PATH'", 1),
        ("pem_file = 'rsa.pub.pem', algorithm = 'RS256'", 1),
        (
            "pem_file = 'p256.pub.pem', algorithm = 'ES256', kid = 'b'",
            1,
        ),
        ("pem_file = 'ed25519.pub.pem', algorithm = 'EdDSA'", 1),
        ("jwks_file = 'jwks.json'", 4),
    ] {
        let settings = folder.keys(&format!("{{ {key} }}"));
        let config = settings.config(&KeySets::default());
        assert_eq!(config.accounts.unwrap().keys.len(), count, "{key}");
    }
    let two = folder.keys("{ secret_file = 'secret' }, { jwks_file = 'jwks.json' }");
    let accounts = two.config(&KeySets::default()).accounts.unwrap();
    assert_eq!(
        accounts.keys.len(),
        5,
        "the old and the new keys of a rotation"
    );
    // A path from the root stays as it is.
    let path = folder.0.join("secret");
    folder.keys(&format!("{{ secret_file = '{}' }}", path.display()));
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_its_place() {
    let folder = Folder::new();
    let refused = |key, at, words| folder.refused(key, at, words);
    refused("", "{", "a key needs a source");
    refused("kid = 'a'", "{", "a key needs a source");
    refused(
        "secret_file = 'secret', jwks_file = 'jwks.json'",
        "{",
        "one source",
    );
    refused("secret_file = 'missing'", "'missing'", "No such file");
    refused("secret_file = '.'", "'.'", "it is no file");
    refused("secret_file = 'short'", "'short'", "32 bytes");
    refused("secret_file = 'large'", "'large'", "more than 102400 bytes");
    refused("secret_env = 'NOBODY_SETS_THIS'", "'NOBODY", "is not set");
    refused(
        "secret_file = 'secret', algorithm = 'RS256'",
        "'RS256'",
        "`RS256`",
    );
    refused(
        "secret_file = 'secret', algorithm = 'none'",
        "'none'",
        "`none`",
    );
    refused("pem_file = 'rsa.pub.pem'", "'rsa", "needs its `algorithm`");
    refused(
        "pem_file = 'rsa.pub.pem', algorithm = 'HS256'",
        "'HS256'",
        "`HS256`",
    );
    refused(
        "pem_file = 'rsa.pem', algorithm = 'RS256'",
        "'rsa",
        "a private key",
    );
    refused(
        "pem_file = 'secret', algorithm = 'RS256'",
        "'secret'",
        "no public key",
    );
    refused(
        "pem_file = 'p256.pub.pem', algorithm = 'ES384'",
        "'p256",
        "no public key",
    );
    refused("jwks_file = 'rsa.pub.pem'", "'rsa", "not a set of keys");
    refused("jwks_file = 'jwks.json', kid = 'a'", "'a'", "remove it");
    refused(
        "jwks_file = 'jwks.json', algorithm = 'RS256'",
        "'RS256'",
        "remove it",
    );
    refused("jwks_url = 'http://keys.example'", "'http:", "https://");
    refused("jwks_url = 'keys.example'", "'keys", "https://");
    refused("jwks_url = 'https://'", "'https", "no address");
    refused(
        "jwks_url = 'https://a:b@keys.example/'",
        "'https",
        "password",
    );
}

#[test]
fn a_secret_is_the_text_of_its_file_without_the_line_break() {
    let folder = Folder::new();
    let settings = folder.keys("{ secret_file = 'secret' }");
    let accounts = settings.config(&KeySets::default()).accounts.unwrap();
    let same = SigningKey::secret("HS256", None, SECRET.as_bytes()).unwrap();
    let token = NewToken {
        user: "42".into(),
        expires: 10,
        ..NewToken::default()
    };
    for key in [&same, &**settings.keys()[0].signing.as_ref().unwrap()] {
        let claims = accounts.verify(&key.sign(&token).unwrap(), 0).unwrap();
        assert_eq!(claims.user, "42");
    }
    assert!(!format!("{settings:?}").contains(SECRET));
}

#[test]
fn guests_may_what_the_settings_say_and_nothing_beside_keys() {
    const KEYS: &str = "keys = [{ secret_file = 'secret' }]\n";
    let folder = Folder::new();
    let guests = |text: &str| {
        let settings = folder.read(text).unwrap();
        settings.config(&KeySets::default()).guests
    };
    assert_eq!(guests(""), Guests::Allow);
    assert_eq!(guests(KEYS), Guests::Deny);
    for (name, expected) in [
        ("allow", Guests::Allow),
        ("read-only", Guests::ReadOnly),
        ("deny", Guests::Deny),
    ] {
        assert_eq!(guests(&format!("{KEYS}guests = '{name}'")), expected);
        assert_eq!(guests(&format!("guests = '{name}'")), expected);
    }
}

#[test]
fn claims_that_are_demanded_get_to_the_server() {
    let folder = Folder::new();
    let text = "keys = [{ secret_file = 'secret' }]\nissuer = 'game'\nmay_rename = true\n";
    let accounts = |audience: &str| {
        let config = folder.read(&format!("{text}{audience}")).unwrap();
        config.config(&KeySets::default())
    };
    let config = accounts("");
    assert!(config.may_rename);
    let none = config.accounts.unwrap();
    assert_eq!(none.issuer.as_deref(), Some("game"));
    assert!(none.audiences.is_empty());
    assert_eq!(
        accounts("audience = 'a'").accounts.unwrap().audiences,
        ["a"]
    );
    let two = accounts("audience = ['a', 'b']").accounts.unwrap();
    assert_eq!(two.audiences, ["a", "b"]);
}

#[test]
fn what_is_dangerous_or_without_meaning_is_told() {
    let folder = Folder::new();
    let warnings = |text: &str| folder.read(text).unwrap().warnings();
    assert_eq!(warnings(""), [""; 0]);
    let without_keys = "issuer = 'a'\naudience = 'b'\nmay_rename = true\nguests = 'deny'\n\
                        revoked = [{ user = 'a', before = 1 }]";
    let told = warnings(without_keys);
    for (name, line) in ["issuer", "audience", "may_rename", "revoked"]
        .iter()
        .zip(&told)
    {
        assert!(line.contains(&format!("accounts.{name}")), "{line}");
    }
    assert!(told[4].contains("nobody can connect"), "{told:?}");
    let set = "keys = [{ jwks_file = 'jwks.json' }]\n";
    assert!(warnings(set)[0].contains("accounts.audience"));
    assert_eq!(warnings(&format!("{set}audience = 'a'")), [""; 0]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let secret = folder.0.join("secret");
        let key = "keys = [{ secret_file = 'secret' }]";
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(warnings(key), [""; 0]);
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(warnings(key)[0].contains("chmod o-rwx"));
    }
}

#[test]
fn the_settings_are_told_in_words() {
    let folder = Folder::new();
    let meaning = |text: &str| folder.read(text).unwrap().meaning();
    assert_eq!(
        meaning(""),
        [
            "knows no accounts",
            "lets guests, who have no token, chat like users"
        ]
    );
    let text = "issuer = 'game'\naudience = ['a', 'b']\nguests = 'read-only'\n\
                keys = [{ pem_file = 'rsa.pub.pem', algorithm = 'RS256' }, \
                { jwks_file = 'jwks.json' }, { secret_env = 'PATH' }]\n\
                revoked = [{ user = '42', before = 1 }]";
    let folder_name = folder.0.display();
    assert_eq!(
        meaning(text),
        [
            format!(
                "knows a user by a token that is signed with the key in {folder_name}/rsa.pub.pem \
                 (RS256), or the set of keys in {folder_name}/jwks.json (4 keys), or the secret \
                 in the variable PATH (HS256)"
            ),
            "takes tokens of the issuer \"game\" alone".into(),
            "takes tokens for \"a\" or \"b\" alone".into(),
            "lets guests, who have no token, read, and say nothing".into(),
            "gives a user the name of its token, and no other".into(),
            "refuses older tokens of these users: \"42\"".into(),
        ]
    );
    let renames = meaning("may_rename = true\nkeys = [{ secret_file = 'secret' }]");
    assert!(renames.contains(&"closes the connections of guests, who have no token".into()));
    assert!(renames.contains(&"lets a user take another name than that of its token".into()));
}

#[test]
fn another_key_in_the_same_file_shows() {
    let folder = Folder::new();
    let digest = || folder.keys("{ secret_file = 'secret' }").digest();
    let before = digest();
    assert_eq!(before, digest());
    fs::write(folder.0.join("secret"), "y".repeat(32)).unwrap();
    assert_ne!(before, digest());
    assert_ne!(AccountsSettings::default().digest(), before);
}
