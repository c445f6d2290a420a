extends Check
## The log: text is text, whoever typed it.


func test() -> void:
	var hostile: Array = JSON.parse_string(file("hostile.json"))
	that(hostile.size() > 5, "there are hostile texts")
	for item: Dictionary in hostile:
		var what: String = item["name"]
		var repeated: String = item.get("repeat", "")
		var text: String = item["text"] + repeated.repeat(int(item.get("times", 0) as float))
		_message(what, text)
		_name(what, text)
	_kinds()
	_marks()
	_scrollback()
	_no_line_of_another()


func _message(what: String, text: String) -> void:
	var shown := _log()
	shown.chat("Client 7", text)
	var wanted := "Client 7: " + _continued(text)
	equal(shown.get_parsed_text(), wanted, what + ": a message is shown as it is")
	shown.info(text)
	equal(shown.get_parsed_text(), wanted + "\n" + _continued(text), what + ": so is anything")
	_has_no_markup(shown, what)
	shown.free()


func _name(what: String, text: String) -> void:
	var shown := _log()
	shown.chat(text, "hi")
	var lines := shown.get_parsed_text().split("\n")
	equal(lines.size(), 1, what + ": a name is one line")
	that(lines[0].ends_with(": hi"), what + ": the message is after the name")
	for turning in ["\u202e", "\u2066", "\u200f"]:
		that(not lines[0].contains(turning), what + ": a name turns nothing")
	if not what in ["lines", "bidi controls", "control characters"]:
		equal(lines[0], _calm(text) + ": hi", what + ": a name is shown as it is")
	_has_no_markup(shown, what)
	shown.free()


func _has_no_markup(shown: Log, what: String) -> void:
	# Markup that took effect would be in what the label calls its text.
	equal(shown.text, "", what + ": no text was parsed")
	that(not shown.bbcode_enabled, what + ": BBCode is off")


func _continued(text: String) -> String:
	for line_end in ["\r\n", "\u2028"]:
		text = text.replace(line_end, "\n")
	return _calm(text).replace("\n", "\n    ")


# All but sixteen marks of a corpus text that is nothing else.
func _calm(text: String) -> String:
	return text.left(16) if text.length() > 1000 and text[0] == "\u0301" else text


func _marks() -> void:
	var shown := _log()
	var hello := "e\u0301" + "a" + "\u0308".repeat(16) + "o" + "\u0308".repeat(17) + "!"
	shown.info(hello)
	equal(shown.get_parsed_text(), hello.replace("\u0308!", "!"), "marks up to sixteen stay")
	shown.clear_log()
	var family := "\U01F469\u200d\U01F469\u200d\U01F467"
	shown.info(family + "\u200b".repeat(3000) + "end")
	equal(shown.get_parsed_text(), family + "\u200b".repeat(16) + "end", "so do joiners")
	shown.free()


func _kinds() -> void:
	var shown := _log()
	shown.info("i")
	shown.warning("w")
	shown.error("e")
	shown.success("s")
	shown.chat("n", "c")
	equal(shown.get_parsed_text(), "i\nw\ne\ns\nn: c", "every kind has its line")
	shown.clear_log()
	shown.info("again")
	equal(shown.get_parsed_text(), "again", "a cleared log begins anew")
	shown.free()


func _scrollback() -> void:
	var shown := _log()
	shown.max_lines = 100
	for number in 1000:
		shown.chat("n", "line %d" % number)
	equal(shown.get_paragraph_count(), 100, "no more lines than allowed")
	var text := shown.get_parsed_text()
	that(text.begins_with("n: line 900\n"), "the oldest have gone: " + text.left(20))
	that(text.ends_with("n: line 999"), "the newest are there: " + text.right(20))
	shown.chat("n", "\n".repeat(500))
	equal(shown.get_paragraph_count(), 100, "one message of many lines is capped, too")
	shown.free()


func _no_line_of_another() -> void:
	var shown := _log()
	for line_end in ["\n", "\r", "\r\n", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]:
		shown.chat("Client 3", "hi%sClient 4: I agree" % line_end)
	for line in shown.get_parsed_text().split("\n"):
		that(not line.begins_with("Client 4"), "no message begins a line: " + line)
	shown.free()


func _log() -> Log:
	var shown := Log.new()
	add_child(shown)
	return shown
