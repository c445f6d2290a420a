extends RefCounted
## The parts of what a player types: words, names in quotes, numbers of lines.

const Unseen := preload("session/unseen.gd")

## How many digits the number of a line may have.
const MAX_DIGITS := 18


## Returns the line without the characters at its start that nobody sees, as a byte-order
## mark or a space that was copied from a page: a whisper behind one of them must not become
## public.
static func without_unseen_start(line: String) -> String:
	var at := 0
	while at < line.length() and _is_unseen(line.unicode_at(at)):
		at += 1
	return line.substr(at)


# White space does not count: a line that begins with it is said.
static func _is_unseen(letter: int) -> bool:
	return letter > 0x20 and Unseen.is_unseen(letter)


## Returns the text without white space around it.
static func trim(input: String) -> String:
	return input.strip_edges()


## White space means the same for all clients: spaces and control characters.
static func is_space(letter: String) -> bool:
	return letter.unicode_at(0) <= 0x20


## Returns the index of the first white space, or -1.
static func first_space(input: String) -> int:
	for at in input.length():
		if is_space(input[at]):
			return at
	return -1


## Whether the line begins with a slash and a letter.
static func begins_command(input: String) -> bool:
	if input.length() < 2 or input[0] != "/":
		return false
	var letter := input.unicode_at(1) | 0x20
	return letter >= 0x61 and letter <= 0x7A


## Returns the first word and the rest.
static func split_first_word(input: String) -> Array[String]:
	var end := first_space(input)
	if end < 0:
		return [input, ""]
	return [input.left(end), trim(input.substr(end))]


## Returns the first word, which may be in quotes, and the rest. Both are empty if the
## closing quote is missing.
static func split_quoted_word(input: String) -> Array[String]:
	if not input.begins_with('"'):
		return split_first_word(input)
	var quoted := unquote(input)
	if quoted.size() < 2:
		return ["", ""]
	return [trim(quoted[0]), trim(quoted[1])]


## Returns the text in the quotes with which the input begins, and what is behind the
## closing quote, if there is one. A quote or a backslash that belongs to the text has a
## backslash before it.
static func unquote(input: String) -> Array[String]:
	var inside := ""
	var at := 1
	while at < input.length():
		var letter := input[at]
		if letter == '"':
			return [inside, input.substr(at + 1)]
		var next := input.substr(at + 1, 1)
		if letter == "\\" and (next == '"' or next == "\\"):
			letter = next
			at += 1
		inside += letter
		at += 1
	return [inside]


## Returns the name in quotes, see [method unquote].
static func quote(name: String) -> String:
	return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


## Returns the number of a line, which may have a # before it; 0 if it is none.
static func number(word: String) -> int:
	var digits := word.trim_prefix("#")
	for at in digits.length():
		if digits[at] < "0" or digits[at] > "9":
			return 0
	# More digits do not fit into a number of the engine.
	return digits.to_int() if digits.length() <= MAX_DIGITS else 0


## Returns what is behind the number of a line. What has nothing behind it is no number.
static func without_number(input: String) -> String:
	var parts := split_first_word(input)
	return parts[1] if number(parts[0]) != 0 and not parts[1].is_empty() else input


## Whether a text begins with another one. It ignores the case of the letters A to Z.
static func begins_with(whole: String, prefix: String) -> bool:
	if whole.length() < prefix.length():
		return false
	for at in prefix.length():
		if _to_lower_ascii(whole.unicode_at(at)) != _to_lower_ascii(prefix.unicode_at(at)):
			return false
	return true


# The lower-case letter of A to Z; any other character as it is.
static func _to_lower_ascii(letter: int) -> int:
	return letter + 0x20 if letter >= 0x41 and letter <= 0x5A else letter


## Returns the text with the letters A to Z in lower case, and everything else as it is.
static func lower(text: String) -> String:
	var low := ""
	for at in text.length():
		low += String.chr(_to_lower_ascii(text.unicode_at(at)))
	return low


## Returns those that begin with this.
static func matching(items: Array[String], prefix: String) -> Array[String]:
	return items.filter(func(item: String) -> bool: return begins_with(item, prefix))
