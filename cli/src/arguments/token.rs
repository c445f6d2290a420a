//! The command line of `guildhall token`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use guildhall_server::accounts::{Cap, MAX_USER_BYTES, Right};
use jiff::{Span, SpanRelativeTo};
use serde_json::value::RawValue;

/// Make a token for trying a server, as a game's backend does
///
/// The token is signed with the first secret of the settings file, or with the key that a flag
/// names. It goes to standard output, and what it says to standard error. Whoever has it is
/// that user: docs/accounts.md has the rest.
#[derive(Debug, Clone, Args)]
pub struct TokenArguments {
    /// The user's ID with the game
    #[arg(long, value_name = "ID", value_parser = user)]
    pub user: String,

    /// The name that others see; without one, the user may choose
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,

    /// A room that the user joins at once; may be given more than once
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub room: Vec<String>,

    /// Rights of the user in rooms, such as 'guild-*=join,say': any of join, say,
    /// history, members, mod, admin; may be given more than once
    #[arg(long, value_name = "ROOMS=RIGHTS", value_parser = cap)]
    pub allow: Vec<Cap>,

    /// A JSON object that others get with the name, such as '{"color":"#fc0"}'
    #[arg(long, value_name = "JSON", value_parser = object)]
    pub info: Option<Box<RawValue>>,

    /// For how long it holds, such as 10m, 1h or 7d
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = time)]
    pub holds_for: Duration,

    /// The settings file of the server, with its secret and what its tokens have to
    /// say
    #[arg(
        long,
        env = "GUILDHALL_CONFIG",
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub config: Option<PathBuf>,

    /// Sign with the secret in this file
    #[arg(long, value_name = "FILE", group = "key")]
    pub secret_file: Option<PathBuf>,

    /// Sign with the secret in the variable of this name
    #[arg(long, value_name = "NAME", group = "key")]
    pub secret_env: Option<String>,

    /// Sign with the private key in this PEM file
    #[arg(long, value_name = "FILE", group = "key")]
    pub pem_file: Option<PathBuf>,

    /// The algorithm, such as HS256, RS256, ES256 or `EdDSA` [default: HS256 for a
    /// secret, or what the private key is for]
    #[arg(long, requires = "key")]
    pub algorithm: Option<String>,

    /// The ID of the key, `kid`
    #[arg(long, requires = "key")]
    pub kid: Option<String>,

    /// The issuer, `iss` [default: that of the settings file]
    #[arg(long)]
    pub issuer: Option<String>,

    /// The audience, `aud` [default: the first of the settings file]
    #[arg(long)]
    pub audience: Option<String>,
}

fn user(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_USER_BYTES || text.chars().any(char::is_control) {
        return Err(format!(
            "expected 1 to {MAX_USER_BYTES} bytes, without control characters"
        ));
    }
    Ok(text.into())
}

fn cap(text: &str) -> Result<Cap, String> {
    let Some((rooms, rights)) = text.split_once('=') else {
        return Err("expected rooms and rights, such as 'guild-*=join,say'".into());
    };
    let list = |text: &str| -> Vec<String> {
        let items = text.split(',').map(|item| item.trim().to_owned());
        items.filter(|item| !item.is_empty()).collect()
    };
    let (rooms, rights) = (list(rooms), list(rights));
    if rooms.is_empty() || rights.is_empty() {
        return Err("expected rooms and rights, such as 'guild-*=join,say'".into());
    }
    let right = |name: &String| {
        Right::ALL
            .into_iter()
            .find(|right| right.name() == name)
            .ok_or_else(|| {
                let names = Right::ALL.map(Right::name).join(", ");
                format!("there is no right '{name}': there are {names}")
            })
    };
    Ok(Cap {
        rooms,
        allow: rights.iter().map(right).collect::<Result<_, _>>()?,
    })
}

fn object(text: &str) -> Result<Box<RawValue>, String> {
    let info: Box<RawValue> =
        serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    if !info.get().starts_with('{') {
        return Err("expected a JSON object, in { }".into());
    }
    Ok(info)
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time of at least a second, such as 10m, 1h or 7d".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let time = time.ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| time.as_secs() > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, seconds) in [
            ("90s", 90),
            ("10m", 600),
            ("1h", 3_600),
            ("1h 30m", 5_400),
            ("7d", 7 * 86_400),
            ("2 weeks", 14 * 86_400),
        ] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0s", "5", "-1h", "1 year", "1 month", "soon"] {
            assert!(time(text).unwrap_err().contains("such as 10m"), "{text}");
        }
    }

    #[test]
    fn rights_are_those_that_there_are() {
        let allowed = cap("guild-*, team-7 = join,say").unwrap();
        assert_eq!(allowed.rooms, ["guild-*", "team-7"]);
        assert_eq!(allowed.allow, [Right::Join, Right::Say]);
        for (text, words) in [
            ("guild-1", "such as"),
            ("=say", "such as"),
            ("guild-1=", "such as"),
            ("a=shout", "'shout'"),
            ("a=Say", "join, say, history, members, mod"),
        ] {
            let error = cap(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn info_is_an_object_and_a_user_has_an_id() {
        object("{\"color\":\"#fc0\"}").unwrap();
        for text in ["", "red", "[]", "1", "{color:1}"] {
            object(text).unwrap_err();
        }
        user("42").unwrap();
        user(&"x".repeat(128)).unwrap();
        for text in ["", "a\nb", &"x".repeat(129)] {
            user(text).unwrap_err();
        }
    }
}
