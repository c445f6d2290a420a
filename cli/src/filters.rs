//! The filters of a server: the tables `[[filters]]` of its settings file, the word lists that they
//! name, and what they mean in words. What a filter finds is decided in the server's `filter`.

pub mod table;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guildhall_server::filter::{
    AllowedLinks, Capitals, Filter, FilterAct, Filters, Look, Mentions, Repeats, WordList,
};
use guildhall_server::policy::Pattern;
use indicatif::HumanDuration;
use toml::Spanned;

use crate::accounts::Mistake;
use crate::accounts::table::OneOrMany;
use crate::rooms::counted;

use table::FilterTable;

/// The largest word list, in bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// The filters that the settings ask for, with the word lists that they name.
#[derive(Debug, Clone, Default)]
pub struct FilterSettings {
    filters: Filters,
    meaning: Vec<String>,
    digest: u64,
}

impl FilterSettings {
    /// Reads the filters, and the lists that they name. Paths begin at `folder`.
    ///
    /// # Errors
    ///
    /// The first [`Mistake`].
    pub fn read(tables: &[Spanned<FilterTable>], folder: &Path) -> Result<Self, Mistake> {
        let mut hasher = DefaultHasher::new();
        let (mut filters, mut meaning) = (Vec::new(), Vec::new());
        for table in tables {
            let filter = filter(table, folder, &mut hasher)?;
            meaning.push(sentence(table.get_ref(), &filter));
            filters.push(filter);
        }
        Ok(Self {
            filters: Filters::new(filters),
            meaning,
            digest: hasher.finish(),
        })
    }

    /// The server's settings.
    #[must_use]
    pub fn config(&self) -> Filters {
        self.filters.clone()
    }

    /// A sentence for each filter, behind "the server".
    #[must_use]
    pub fn meaning(&self) -> &[String] {
        &self.meaning
    }

    /// A number that is another one if a word list is.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

/// The filter that a table says.
fn filter(
    spanned: &Spanned<FilterTable>,
    folder: &Path,
    hasher: &mut DefaultHasher,
) -> Result<Filter, Mistake> {
    let (table, at) = (spanned.get_ref(), spanned.span().start);
    let looks = [
        table.file.is_some(),
        table.links.is_some(),
        table.repeats.is_some(),
        table.capitals.is_some(),
        table.mentions.is_some(),
    ];
    let mistake = |at: usize, text: &str| Mistake {
        at,
        text: text.into(),
    };
    if looks.iter().filter(|is_set| **is_set).count() != 1 {
        let text = "a filter looks for one thing: `file` with words, `links`, `repeats`, \
                    `capitals` or `mentions`";
        return Err(mistake(at, text));
    }
    for (name, set) in [
        ("match", table.matches.as_ref().map(Spanned::span)),
        ("language", table.language.as_ref().map(Spanned::span)),
    ] {
        if let Some(span) = set.filter(|_| table.file.is_none()) {
            let text = format!("`{name}` is for a `file` with words");
            return Err(mistake(span.start, &text));
        }
    }
    let (look, label) = look(table, folder, hasher)?;
    let act = FilterAct::from(*table.act.get_ref());
    if act == FilterAct::Mask && !look.can_mask() {
        let text = "repeats and mentions cannot be masked: use \"block\", \"hold\" or \"flag\"";
        return Err(mistake(table.act.span().start, text));
    }
    let rooms = table.rooms.as_ref().map(patterns).transpose()?;
    Ok(Filter {
        look,
        act,
        rooms,
        label: label.into(),
    })
}

/// Returns what a table looks for, and its label for moderators.
fn look(
    table: &FilterTable,
    folder: &Path,
    hasher: &mut DefaultHasher,
) -> Result<(Look, String), Mistake> {
    if let Some(file) = &table.file {
        let at = file.span().start;
        let path = folder.join(file.get_ref());
        let wrong = |text: String| Mistake {
            at,
            text: format!("{}: {text}", path.display()),
        };
        let words = read(&path).map_err(wrong)?;
        words.hash(hasher);
        let matches = table.matches.as_ref().map(|it| *it.get_ref());
        let list = WordList::parse(&words, matches.unwrap_or_default().into());
        let list = list.map_err(|error| wrong(error.to_string()))?;
        let name = file.get_ref().file_name().unwrap_or_default();
        let mut label = name.to_string_lossy().into_owned();
        if let Some(language) = &table.language {
            label = format!("{} ({label})", language.get_ref());
        }
        return Ok((Look::Words(Arc::new(list)), label));
    }
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let look = if let Some(links) = &table.links {
        let allowed = links.get_ref().allow.0.iter().map(String::as_str);
        Look::Links(AllowedLinks::new(allowed).map_err(|error| Mistake {
            at: links.span().start,
            text: error.to_string(),
        })?)
    } else if let Some(repeats) = table.repeats {
        Look::Repeats(Repeats {
            times: number(repeats.times.0),
            within: Duration::from_secs(repeats.seconds.0),
        })
    } else if let Some(capitals) = table.capitals {
        Look::Capitals(Capitals {
            percent: u8::try_from(capitals.percent.0).unwrap_or(u8::MAX),
            least: number(capitals.least.0),
        })
    } else {
        let most = table.mentions.map_or(0, |mentions| mentions.most.0);
        Look::Mentions(Mentions { most: number(most) })
    };
    Ok((look, String::new()))
}

/// The patterns of rooms.
///
/// # Errors
///
/// The first that no room matches.
pub(crate) fn patterns(rooms: &Spanned<OneOrMany>) -> Result<Vec<Pattern>, Mistake> {
    let texts = rooms.get_ref().0.iter();
    let patterns = texts.map(|text| Pattern::checked(text));
    patterns.collect::<Result<_, _>>().map_err(|error| Mistake {
        at: rooms.span().start,
        text: error.to_string(),
    })
}

/// Reads a word list.
fn read(path: &Path) -> Result<String, String> {
    let is_large = |length: u64| length > MAX_FILE_BYTES;
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    // A pipe has no length.
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| error.to_string())?;
    if is_large(length) || is_large(text.len() as u64) {
        let most = MAX_FILE_BYTES / 1024 / 1024;
        return Err(format!("a word list has at most {most} MiB"));
    }
    Ok(text)
}

fn sentence(table: &FilterTable, filter: &Filter) -> String {
    let what = match &filter.look {
        Look::Words(list) => {
            let entries = match list.len() {
                1 => "the 1 entry".to_owned(),
                count => format!("the {count} entries"),
            };
            format!("texts with {entries} of {}", filter.label)
        }
        Look::Links(_) => match table
            .links
            .as_ref()
            .map_or(&[][..], |it| &it.get_ref().allow.0)
        {
            [] => "texts with links".to_owned(),
            hosts => format!("texts with links, but for those to {}", hosts.join(", ")),
        },
        Look::Repeats(Repeats { times, within }) => format!(
            "a text that its user has said {} within {}",
            counted(*times as u64, "time"),
            HumanDuration(*within)
        ),
        Look::Capitals(Capitals { percent, least }) => format!(
            "texts of at least {} with more than {percent} % capitals",
            counted(*least as u64, "letter")
        ),
        Look::Mentions(Mentions { most }) => {
            format!("texts with more than {}", counted(*most as u64, "mention"))
        }
    };
    let place = match &table.rooms {
        None => String::new(),
        Some(rooms) => format!(" in the rooms {}", rooms.get_ref().0.join(", ")),
    };
    match filter.act {
        FilterAct::Block => format!("refuses {what}{place}"),
        FilterAct::Hold => format!("holds {what}{place} until a moderator decides"),
        FilterAct::Mask => match &filter.look {
            Look::Capitals(_) => format!("writes {what}{place} in small letters"),
            _ => format!("puts * in place of what it finds of {what}{place}"),
        },
        FilterAct::Flag => format!("reports {what}{place} to moderators"),
    }
}

#[cfg(test)]
mod tests {
    use crate::arguments::environment::parse;

    /// The sentences for these tables, with a list of two words beside them; or the mistake.
    fn told(text: &str) -> Result<Vec<String>, String> {
        let folder = std::env::temp_dir().join(format!("guildhall-{:x}", fastrand::u64(..)));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("words.txt"), "bad\nworse\n").unwrap();
        std::fs::write(folder.join("wrong.txt"), "bad\n...\n").unwrap();
        let path = folder.join("guildhall.toml");
        std::fs::write(&path, text).unwrap();
        let parsed = parse(&["guildhall".into(), "--config".into(), path.into()]);
        std::fs::remove_dir_all(&folder).unwrap();
        let told = parsed.map(|parsed| parsed.tables.filter_settings.meaning().to_vec());
        told.map_err(|other| format!("{other:?}"))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(told(&format!("[[filters]]\n{text}")).unwrap(), [expected]);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let problem = told(&format!("[[filters]]\n{text}")).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn filters_are_told_in_words() {
        assert_eq!(told("").unwrap(), [""; 0]);
        check(
            "file = 'words.txt'\nact = 'block'",
            "refuses texts with the 2 entries of words.txt",
        );
        check(
            "file = 'words.txt'\nlanguage = 'en'\nmatch = 'part'\nact = 'mask'\nrooms = 'guild-*'",
            "puts * in place of what it finds of texts with the 2 entries of en (words.txt) in the rooms guild-*",
        );
        check(
            "links = {}\nact = 'hold'",
            "holds texts with links until a moderator decides",
        );
        check(
            "links = { allow = ['game.example', '*.game.example'] }\nact = 'block'",
            "refuses texts with links, but for those to game.example, *.game.example",
        );
        check(
            "repeats = { times = 3, seconds = 60 }\nact = 'block'",
            "refuses a text that its user has said 3 times within 60 seconds",
        );
        check(
            "capitals = { percent = 70, least = 10 }\nact = 'mask'",
            "writes texts of at least 10 letters with more than 70 % capitals in small letters",
        );
        check(
            "mentions = { most = 1 }\nact = 'flag'",
            "reports texts with more than 1 mention to moderators",
        );
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused() {
        refused("act = 'block'", "looks for one thing");
        refused(
            "links = {}\nmentions = { most = 1 }\nact = 'block'",
            "one thing",
        );
        refused(
            "links = {}\nmatch = 'part'\nact = 'block'",
            "`match` is for a `file`",
        );
        refused("links = {}\nlanguage = 'en'\nact = 'block'", "`language`");
        refused(
            "repeats = { times = 1, seconds = 9 }\nact = 'mask'",
            "cannot be masked",
        );
        refused(
            "links = { allow = 'https://a.example' }\nact = 'block'",
            "is no host",
        );
        refused(
            "links = {}\nact = 'block'\nrooms = 'no room'",
            "no room has a name like",
        );
        refused("links = {}\nact = 'delete'", "not a value of this setting");
        refused("links = {}", "act");
        refused("file = 'none.txt'\nact = 'block'", "none.txt");
        refused("file = 'wrong.txt'\nact = 'block'", "line 2");
        refused(
            "repeats = { times = 0, seconds = 9 }\nact = 'block'",
            "from 1 to 32",
        );
    }
}
