extends RefCounted
## Reads as much of JSON (RFC 8259) as it takes to find the texts of an object. Godot's own
## parser takes texts that are no JSON; the other clients do not.

const SPACE := " \t\n\r"
const WORD := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."
const ESCAPES := {
	'"': '"',
	"\\": "\\",
	"/": "/",
	"b": "\b",
	"f": "\f",
	"n": "\n",
	"r": "\r",
	"t": "\t",
}

static var _number := RegEx.create_from_string("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$")

var _text := ""
var _at := 0
var _is_bad := false


func _init(text: String) -> void:
	_text = text


## Returns the texts of the object by their keys; of other values, an empty text. Returns
## nothing if it is not a JSON object.
func texts_of_object(most_depth: int) -> Dictionary[String, String]:
	var texts: Dictionary[String, String] = {}
	_take("{")
	var is_empty := _peek() == "}"
	if is_empty:
		_at += 1
	while not is_empty and not _is_bad:
		var key := _key()
		if _peek() == '"':
			_at += 1
			texts[key] = _rest_of_text()
		else:
			texts[key] = ""
			_skip_value(most_depth)
		if not _has_more("}"):
			break
	if _is_bad or _peek() != "":
		texts.clear()
	return texts


# Returns the next character that is not white space; empty at the end.
func _peek() -> String:
	while _at < _text.length() and _text[_at] in SPACE:
		_at += 1
	return _text[_at] if _at < _text.length() else ""


func _take(wanted: String) -> void:
	_is_bad = _is_bad or _peek() != wanted
	_at += 1


func _key() -> String:
	_take('"')
	var key := _rest_of_text()
	_take(":")
	return key


# Behind a value: whether another one follows.
func _has_more(end: String) -> bool:
	var next := _peek()
	_at += 1
	_is_bad = _is_bad or (next != "," and next != end)
	return not _is_bad and next == ","


# A value that is of no use.
func _skip_value(depth: int) -> void:
	var first := _peek()
	if depth == 0 or first == "":
		_is_bad = true
		return
	match first:
		'"':
			_at += 1
			_rest_of_text()
		"{", "[":
			_at += 1
			_skip_values(first, depth - 1)
		_:
			_skip_word()


func _skip_values(begin: String, depth: int) -> void:
	var end := "}" if begin == "{" else "]"
	if _peek() == end:
		_at += 1
		return
	while not _is_bad:
		if begin == "{":
			_key()
		_skip_value(depth)
		if not _has_more(end):
			return


# A number, or true, false or null.
func _skip_word() -> void:
	var begin := _at
	while _at < _text.length() and _text[_at] in WORD:
		_at += 1
	var word := _text.substr(begin, _at - begin)
	var is_number := _number.search(word) != null
	_is_bad = _is_bad or not (is_number or word in ["true", "false", "null"])


# Returns the rest of a text whose first quote is read.
func _rest_of_text() -> String:
	var parts := PackedStringArray()
	while not _is_bad and _at < _text.length():
		var letter := _text[_at]
		_at += 1
		if letter == '"':
			return "".join(parts)
		if letter == "\\":
			letter = _escape()
		elif letter < " ":
			break
		parts.append(letter)
	_is_bad = true
	return ""


func _escape() -> String:
	var letter := _text.substr(_at, 1)
	_at += 1
	if letter != "u":
		_is_bad = _is_bad or not ESCAPES.has(letter)
		return ESCAPES.get(letter, "")
	var unit := _unit()
	if unit & 0xFC00 == 0xD800:
		_is_bad = _is_bad or _text.substr(_at, 2) != "\\u"
		_at += 2
		var low := _unit()
		_is_bad = _is_bad or low & 0xFC00 != 0xDC00
		unit = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF)
	elif unit & 0xFC00 == 0xDC00:
		_is_bad = true
	# Godot's texts have no such character, and it could not be seen anyway.
	return "" if unit == 0 or _is_bad else String.chr(unit)


func _unit() -> int:
	var digits := _text.substr(_at, 4)
	_at += 4
	var is_good := digits.length() == 4
	for digit in digits:
		is_good = is_good and digit in "0123456789abcdefABCDEF"
	_is_bad = _is_bad or not is_good
	return digits.hex_to_int() if is_good else 0
