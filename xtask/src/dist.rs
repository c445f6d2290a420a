//! `web-client/dist`: the files a web server needs, each with its compressed
//! twin, and the page's budget.

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use zopfli::{Format, Options};

/// The folder of the client library without the page.
pub(crate) const LIBRARY: &str = "lib";

/// The folder of the page that finds out why the chat does not connect.
pub(crate) const DOCTOR: &str = "doctor";

/// The markup of that page.
const DOCTOR_PAGE: &str = "doctor.html";

/// The page's markup.
const PAGE: &str = "index.html";

/// How much a player may have to download for the whole page, compressed, in bytes: its size with
/// messages that can be edited, removed, answered, reacted to and searched, with all that moderators
/// do and players are told of it in two languages, with menus and forms for it, and a little more.
const PAGE_BUDGET: usize = 177_000;

/// The same for the page at `/doctor`, beside the library that it loads.
const DOCTOR_BUDGET: usize = 22_000;

/// What gains from compression. Pictures and fonts are compressed already.
const COMPRESSIBLE: [&str; 9] = [
    "css",
    "html",
    "js",
    "json",
    "svg",
    "ts",
    "txt",
    "wasm",
    "webmanifest",
];

/// The files by their path below `dist`.
#[derive(Debug, Default)]
pub(crate) struct Dist {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Dist {
    /// Adds everything in a folder, below `at`.
    pub(crate) fn add_folder(&mut self, folder: &Path, at: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = at.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.add_folder(&entry.path(), &name)?;
            } else {
                self.files.insert(name, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Leaves out of the page's files what only their authors read, and makes its style sheets
    /// one. The library's files are for authors.
    pub(crate) fn shorten_page(&mut self) -> Result<()> {
        self.join_styles()?;
        for (path, bytes) in &mut self.files {
            let shorten = match path.extension().and_then(|ext| ext.to_str()) {
                Some("css") => shortened_style,
                Some("html") => unindented,
                Some("js") => shortened_script,
                _ => continue,
            };
            if !path.starts_with(LIBRARY) {
                *bytes = shorten(str::from_utf8(bytes)?).into_bytes();
            }
        }
        Ok(())
    }

    /// Appends the style sheets that the page links to the first of them: one file compresses
    /// better than two, and takes one request.
    fn join_styles(&mut self) -> Result<()> {
        let Some(page) = self.files.remove(Path::new(PAGE)) else {
            bail!("there is no {PAGE}");
        };
        let (page, styles) = without_other_styles(str::from_utf8(&page)?);
        self.files.insert(PAGE.into(), page.into_bytes());
        let mut all = Vec::new();
        for style in &styles {
            let file = self.files.remove(Path::new(style));
            all.extend(file.with_context(|| format!("{PAGE} links {style}, which is missing"))?);
        }
        let first = styles.first();
        self.files.extend(first.map(|first| (first.into(), all)));
        Ok(())
    }

    /// Adds `NAME.gz` beside each file that gains from it, for servers to send
    /// as it is.
    pub(crate) fn compress(&mut self) -> Result<()> {
        let mut twins = Vec::new();
        for (path, bytes) in &self.files {
            if path
                .extension()
                .is_some_and(|ext| COMPRESSIBLE.iter().any(|it| ext == *it))
            {
                twins.push((gz(path), compressed(bytes)?));
            }
        }
        self.files.extend(twins);
        Ok(())
    }

    /// Makes `root` hold these files and no others. A file that is the same
    /// stays untouched, so that what embeds it is not built again.
    pub(crate) fn write(&self, root: &Path) -> Result<()> {
        fs::create_dir_all(root)?;
        self.remove_others(root, Path::new(""))?;
        for (path, bytes) in &self.files {
            let path = root.join(path);
            if fs::read(&path).is_ok_and(|old| old == *bytes) {
                continue;
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    fn remove_others(&self, root: &Path, at: &Path) -> Result<()> {
        for entry in fs::read_dir(root.join(at))? {
            let entry = entry?;
            let name = at.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.remove_others(root, &name)?;
            } else if !self.files.contains_key(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Prints what each file costs, and fails when a page costs too much.
    pub(crate) fn check_sizes(&self) -> Result<()> {
        println!("{:>10} {:>10}  file", "bytes", "gzip");
        let (mut page, mut doctor) = (0, 0);
        for (path, bytes) in &self.files {
            let twin = self.files.get(&gz(path));
            let sent = twin.map_or(bytes.len(), Vec::len);
            let name = path.to_string_lossy();
            if path.extension().is_some_and(|ext| ext == "gz") || name.ends_with(".d.ts") {
                continue;
            }
            println!("{:>10} {sent:>10}  {name}", bytes.len());
            if is_of_doctor(path) {
                doctor += sent;
            } else if !path.starts_with(LIBRARY) {
                page += sent;
            }
        }
        for (name, bytes, budget) in [
            ("the whole page", page, PAGE_BUDGET),
            ("the page at /doctor", doctor, DOCTOR_BUDGET),
        ] {
            println!("{:>10} {bytes:>10}  {name}, of at most {budget}", "");
            if bytes > budget {
                bail!("{name} is {bytes} bytes compressed, above its budget of {budget}");
            }
        }
        Ok(())
    }
}

/// Whether a file is one that only the page at `/doctor` loads.
fn is_of_doctor(path: &Path) -> bool {
    path.starts_with(DOCTOR) || path == Path::new(DOCTOR_PAGE)
}

/// The page's markup with the link to its first style sheet alone, and the style sheets that it
/// linked, in their order. Each link has a line of its own.
fn without_other_styles(page: &str) -> (String, Vec<String>) {
    let mut styles = Vec::new();
    let is_kept = |line: &&str| {
        let link = line.trim().strip_prefix("<link rel=\"stylesheet\" href=\"");
        let style = link.and_then(|link| link.strip_suffix("\">"));
        styles.extend(style.map(String::from));
        style.is_none() || styles.len() == 1
    };
    let lines = page.lines().filter(is_kept);
    let page = lines.flat_map(|line| [line, "\n"]).collect();
    (page, styles)
}

/// Markup without indentation. The page has no text whose spaces are shown.
fn unindented(markup: &str) -> String {
    let lines = markup.lines().map(str::trim);
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A style sheet without comments, indentation and empty lines. It has no comment within a
/// string and no string over several lines.
fn shortened_style(style: &str) -> String {
    let mut short = String::new();
    let mut parts = style.split("/*");
    let outside = |part: &str| {
        part.split_once("*/")
            .map_or("", |(_, rest)| rest)
            .to_owned()
    };
    let first = parts.next().unwrap_or_default().to_owned();
    let code = iter::once(first)
        .chain(parts.map(outside))
        .collect::<String>();
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
        short.push_str(line);
        short.push('\n');
    }
    short
}

/// A script without the comments that have lines of their own, indentation and empty lines.
/// A line with a part of a text in backticks, which may have several lines, stays as it is.
/// A line that begins with `*` is one of a comment.
fn shortened_script(script: &str) -> String {
    let mut short = String::new();
    let mut is_in_text = false;
    for line in script.lines() {
        let ends_in_text = is_in_text ^ (line.matches('`').count() % 2 == 1);
        let code = line.trim();
        let has_code_behind = code
            .split_once("*/")
            .is_some_and(|(_, rest)| !rest.is_empty());
        let is_comment = ["//", "/*", "*"].iter().any(|it| code.starts_with(it));
        let is_comment = is_comment && !has_code_behind;
        if is_in_text || ends_in_text {
            short.push_str(line);
            short.push('\n');
        } else if !code.is_empty() && !is_comment {
            short.push_str(code);
            short.push('\n');
        }
        is_in_text = ends_in_text;
    }
    short
}

/// The bytes as gzip, as small as they get: a file is compressed once and sent often.
fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    zopfli::compress(Options::default(), Format::Gzip, bytes, &mut compressed)?;
    Ok(compressed)
}

fn gz(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::{Dist, shortened_script, shortened_style, unindented, without_other_styles};

    #[test]
    fn the_style_sheets_of_the_page_are_one_in_the_order_of_their_links() {
        let mut dist = Dist::default();
        let page = "<head>\n  <link rel=\"stylesheet\" href=\"b.css\">\n  \
                    <link rel=\"stylesheet\" href=\"a.css\">\n</head>\n";
        for (name, text) in [
            ("index.html", page),
            ("a.css", "a {}\n"),
            ("b.css", "b {}\n"),
        ] {
            dist.files.insert(name.into(), text.into());
        }
        dist.shorten_page().unwrap();
        let files: Vec<_> = dist
            .files
            .iter()
            .map(|(path, bytes)| (path.to_str().unwrap(), str::from_utf8(bytes).unwrap()))
            .collect();
        let link = "<head>\n<link rel=\"stylesheet\" href=\"b.css\">\n</head>\n";
        assert_eq!(files, [("b.css", "b {}\na {}\n"), ("index.html", link)]);
    }

    #[test]
    fn a_style_sheet_that_is_linked_and_missing_is_an_error() {
        let mut dist = Dist::default();
        let page = "<link rel=\"stylesheet\" href=\"a.css\">\n";
        dist.files.insert("index.html".into(), page.into());
        assert!(dist.shorten_page().is_err());
    }

    #[test]
    fn markup_loses_its_indentation_and_no_other_link() {
        let page = "<ul>\n  <li>a  b</li>\n</ul>\n<link rel=\"icon\" href=\"icon.svg\">\n";
        let (kept, styles) = without_other_styles(page);
        assert_eq!(kept, page);
        assert!(styles.is_empty());
        assert_eq!(unindented(page), page.replace("  <li>", "<li>"));
    }

    #[test]
    fn a_style_sheet_loses_its_comments_and_indentation() {
        let style =
            "/* All of\n   it. */\na, b {\n  color: red; /* why */\n\n  content: \" x\";\n}\n";
        assert_eq!(
            shortened_style(style),
            "a, b {\ncolor: red;\ncontent: \" x\";\n}\n"
        );
    }

    #[test]
    fn a_script_loses_its_comments_and_indentation_but_no_text() {
        let script = "/**\n * Says.\n */\nfunction say() {\n    // why\n\n    return 1 * 2; // two\n}\n\
                      /* x */ go();\nconst text = `a\n    // b\n * c`;\nconst url = `x${\n  1}`;\n";
        assert_eq!(
            shortened_script(script),
            "function say() {\nreturn 1 * 2; // two\n}\n/* x */ go();\n\
             const text = `a\n    // b\n * c`;\nconst url = `x${\n  1}`;\n"
        );
    }
}
