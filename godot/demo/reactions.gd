extends RefCounted
## The reactions that the scene offers, and how it writes them.

## The reactions that the menu of a message offers.
const OFFERED: Array[String] = ["👍", "❤️", "😂", "😮", "🎉", "👎"]
## The words that the scene writes for them in the browser, whose font has no emoji.
const WORDS: Array[String] = ["+1", "<3", "haha", "oh", "hooray", "-1"]

# Whether the engine can fall back to a font of the machine with emoji.
static var _has_emoji := not OS.has_feature("web")


## Returns how a reaction is written.
static func label(reaction: String) -> String:
	var at := OFFERED.find(reaction)
	return WORDS[at] if at >= 0 and not _has_emoji else reaction


## Returns the reaction that the player has typed: an emoji, or one of the words above.
static func typed(text: String) -> String:
	var at := WORDS.find(text)
	return OFFERED[at] if at >= 0 else text


## Returns all reactions to a message with their numbers, those of the player in brackets.
static func describe(counts: Dictionary[String, int], own: Dictionary[String, bool]) -> String:
	var parts := PackedStringArray()
	for reaction in counts:
		var part := "%s %d" % [GuildhallLog.one_line(label(reaction)), counts[reaction]]
		parts.append("[%s]" % part if own.has(reaction) else part)
	return "   ".join(parts)
