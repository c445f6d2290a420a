extends Check
## The log shows text as text, whoever has typed it.


func test() -> void:
	var hostile: Array = JSON.parse_string(file("hostile.json"))
	that(hostile.size() > 5, "the file has hostile texts")
	for item: Dictionary in hostile:
		var what: String = item["name"]
		var repeated: String = item.get("repeat", "")
		var text: String = item["text"] + repeated.repeat(int(item.get("times", 0) as float))
		_a_message_is_shown_as_it_is(what, text)
		_a_name_is_one_line(what, text)
	_every_kind_of_entry_has_its_line()
	_marks_are_limited()
	_the_oldest_lines_are_removed()
	_no_message_begins_a_line_of_its_own()


func _a_message_is_shown_as_it_is(what: String, text: String) -> void:
	var shown := _log()
	shown.chat("Client 7", text)
	var wanted := "Client 7: " + _indented(text)
	equal(shown.get_parsed_text(), wanted, what + ": a message is shown as it is")
	shown.info(text)
	equal(shown.get_parsed_text(), wanted + "\n" + _indented(text), what + ": so is any entry")
	_has_no_markup(shown, what)
	shown.free()


func _a_name_is_one_line(what: String, text: String) -> void:
	var shown := _log()
	shown.chat(text, "hi")
	var lines := shown.get_parsed_text().split("\n")
	equal(lines.size(), 1, what + ": a name is one line")
	that(lines[0].ends_with(": hi"), what + ": the message is after the name")
	for mark in ["\u202e", "\u2066", "\u200f"]:
		that(not lines[0].contains(mark), what + ": a name does not change the direction")
	if not what in ["lines", "bidi controls", "control characters"]:
		equal(lines[0], _with_limited_marks(text) + ": hi", what + ": a name is shown as it is")
	_has_no_markup(shown, what)
	shown.free()


func _has_no_markup(shown: GuildhallLog, what: String) -> void:
	# Markup that has an effect would be in the label's own text.
	equal(shown.text, "", what + ": no text was parsed")
	that(not shown.bbcode_enabled, what + ": BBCode is off")


func _indented(text: String) -> String:
	for line_end in ["\r\n", "\u2028"]:
		text = text.replace(line_end, "\n")
	return _with_limited_marks(text).replace("\n", "\n    ")


# Returns at most sixteen characters of a corpus text that has marks alone.
func _with_limited_marks(text: String) -> String:
	return text.left(16) if text.length() > 1000 and text[0] == "\u0301" else text


func _marks_are_limited() -> void:
	var shown := _log()
	var marked := "e\u0301" + "a" + "\u0308".repeat(16) + "o" + "\u0308".repeat(17) + "!"
	shown.info(marked)
	equal(shown.get_parsed_text(), marked.replace("\u0308!", "!"), "a letter keeps sixteen marks")
	shown.clear_log()
	var family := "\U01F469\u200d\U01F469\u200d\U01F467"
	shown.info(family + "\u200b".repeat(3000) + "end")
	equal(shown.get_parsed_text(), family + "\u200b".repeat(16) + "end", "joiners are kept, too")
	shown.free()


func _every_kind_of_entry_has_its_line() -> void:
	var shown := _log()
	shown.info("i")
	shown.warning("w")
	shown.error("e")
	shown.success("s")
	shown.chat("n", "c")
	equal(shown.get_parsed_text(), "i\nw\ne\ns\nn: c", "every entry is a line")
	shown.clear_log()
	shown.info("again")
	equal(shown.get_parsed_text(), "again", "a cleared log is empty")
	shown.free()


func _the_oldest_lines_are_removed() -> void:
	var shown := _log()
	shown.max_lines = 100
	for number in 1000:
		shown.chat("n", "line %d" % number)
	equal(shown.get_paragraph_count(), 100, "there are no more lines than allowed")
	var text := shown.get_parsed_text()
	that(text.begins_with("n: line 900\n"), "the oldest lines are removed: " + text.left(20))
	that(text.ends_with("n: line 999"), "the newest lines are there: " + text.right(20))
	shown.chat("n", "\n".repeat(500))
	equal(shown.get_paragraph_count(), 100, "a message of many lines is limited, too")
	shown.free()


func _no_message_begins_a_line_of_its_own() -> void:
	var shown := _log()
	for line_end in ["\n", "\r", "\r\n", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]:
		shown.chat("Client 3", "hi%sClient 4: I agree" % line_end)
	for line in shown.get_parsed_text().split("\n"):
		that(not line.begins_with("Client 4"), "no message begins a line: " + line)
	shown.free()


func _log() -> GuildhallLog:
	var shown := GuildhallLog.new()
	add_child(shown)
	return shown
