class_name GuildhallInfo
extends RefCounted
## The color, the badge and the picture that the game shows of a player beside the name: the
## game's backend has put them into the player's token, and [member GuildhallLine.info] and the
## like have them. A value that breaks a rule is left out: show the others as they are, as text.

## The longest badge, in characters.
const MAX_BADGE := 16
## The longest address of an avatar, in bytes.
const MAX_AVATAR_BYTES := 512
## So deep may values be in one another.
const MAX_DEPTH := 32

const Unseen := preload("session/unseen.gd")
const JsonText := preload("session/json_text.gd")

## Whether there is a [member color].
var has_color := false
## The color of the name.
var color := Color.WHITE
## A short text beside the name; empty if there is none.
var badge := ""
## The address of a picture, which begins with [code]https://[/code]; empty if there is none.
var avatar := ""


## Reads the JSON text of an info. Nothing is known of one that is not a JSON object. The texts
## [code]color[/code] ([code]#rgb[/code] or [code]#rrggbb[/code]), [code]badge[/code] and
## [code]avatar[/code] count.
static func read(json: String) -> GuildhallInfo:
	var info := GuildhallInfo.new()
	if json.is_empty():
		return info
	var texts := JsonText.new(json).texts_of_object(MAX_DEPTH)
	if texts.is_empty():
		return info
	var hex: String = texts.get("color", "")
	if _is_color(hex):
		info.has_color = true
		info.color = Color.html(hex)
	info.badge = _badge(texts.get("badge", "") as String)
	var address: String = texts.get("avatar", "")
	info.avatar = address if _is_avatar(address) else ""
	return info


## Returns the color, if there is one, or else this one.
func color_or(fallback: Color) -> Color:
	return color if has_color else fallback


static func _is_color(text: String) -> bool:
	if not text.begins_with("#") or text.length() not in [4, 7]:
		return false
	return text.substr(1).is_valid_hex_number() and text[1] not in ["+", "-"]


# Returns what can be seen of a text, with spaces only inside.
static func _badge(text: String) -> String:
	var seen := ""
	for letter in text:
		if letter == " " or not Unseen.is_unseen(letter.unicode_at(0)):
			seen += letter
	return seen.strip_edges().left(MAX_BADGE).strip_edges()


# Whether this is an https address with a host and without a user, of characters that need no
# escape.
static func _is_avatar(text: String) -> bool:
	if not text.begins_with("https://") or text.length() > MAX_AVATAR_BYTES:
		return false
	for at in text.length():
		var code := text.unicode_at(at)
		if code <= 0x20 or code >= 0x7F or text[at] in "\"'<>\\`":
			return false
	var host := text.trim_prefix("https://")
	for end in ["/", "?", "#"]:
		host = host.get_slice(end, 0)
	return not host.is_empty() and not host.contains("@")
