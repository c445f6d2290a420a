"""Writes cldr_names.json: names of languages and countries in many scripts, as people
write them. The server's tests ask that they can be names of users and of rooms.

    npm pack cldr-localenames-full && tar xf cldr-localenames-full-*.tgz
    python3 cldr_names.py package > cldr_names.json
    python3 cldr_names.py package all > all.json

The first writes every language's name for itself, and a sample of each script: names at
even distances in the sorted list, chosen by nothing else. The second writes all names.
The data is Unicode's (CLDR), under the Unicode licence: cldr_names.LICENSE.
"""

import json
import sys
import unicodedata
from collections import Counter
from pathlib import Path

# How many names of each script are in the sample.
SAMPLE = 40

# Sources, by the folder of each locale.
KINDS = ("languages", "territories")


def display_names(folder, kind):
    """Returns the names in one locale, by their codes."""
    data = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
    return next(iter(data["main"].values()))["localeDisplayNames"][kind]


def script(name):
    """Returns the script of most letters of a name: the word before LETTER in Unicode."""
    words = Counter()
    for character in name:
        if unicodedata.category(character)[0] == "L":
            words[unicodedata.name(character, "UNKNOWN").split(" ")[0]] += 1
    return words.most_common(1)[0][0] if words else None


def evenly(items, count):
    """Returns this many of the items, or all, at even distances."""
    if len(items) <= count:
        return items
    return [items[at * len(items) // count] for at in range(count)]


def main():
    package, *options = sys.argv[1:]
    package = Path(package)
    own, by_script = set(), {}
    for folder in sorted((package / "main").iterdir()):
        for kind in KINDS:
            if not (folder / f"{kind}.json").exists():
                continue
            names = display_names(folder, kind)
            for code, name in names.items():
                # A locale without a translation has the code itself.
                if name != code and script(name):
                    by_script.setdefault(script(name), set()).add(name)
            language = folder.name.split("-")[0]
            if kind == "languages" and names.get(language, language) != language:
                own.add(names[language])
    scripts = {
        script: evenly(sorted(names), len(names) if options == ["all"] else SAMPLE)
        for script, names in sorted(by_script.items())
    }
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    result = {
        "source": f"cldr-localenames-full {version}: Unicode CLDR, licence Unicode-3.0",
        "own": sorted(own),
        "scripts": scripts,
    }
    json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
    print()


main()
