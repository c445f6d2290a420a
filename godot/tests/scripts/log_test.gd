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
	_pending_messages_stay_behind_all_others()
	await _a_crowd_takes_several_frames()
	await _removed_lines_leave_no_room()
	await _a_log_at_its_end_has_few_lines()
	await _a_crowd_does_not_move_what_the_player_reads()
	await _an_entry_takes_the_place_of_another()


func _a_message_is_shown_as_it_is(what: String, text: String) -> void:
	var shown := _log()
	shown.chat("Client 7", text)
	var wanted := "Client 7: " + _indented(text)
	equal(_text(shown), wanted, what + ": a message is shown as it is")
	shown.info(text)
	equal(_text(shown), wanted + "\n" + _indented(text), what + ": so is any entry")
	_has_no_markup(shown, what)
	shown.free()


func _a_name_is_one_line(what: String, text: String) -> void:
	var shown := _log()
	shown.chat(text, "hi")
	var lines := _text(shown).split("\n")
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
	equal(_text(shown), marked.replace("\u0308!", "!"), "a letter keeps sixteen marks")
	shown.clear_log()
	var family := "\U01F469\u200d\U01F469\u200d\U01F467"
	shown.info(family + "\u200b".repeat(3000) + "end")
	equal(_text(shown), family + "\u200b".repeat(16) + "end", "joiners are kept, too")
	shown.free()


func _every_kind_of_entry_has_its_line() -> void:
	var shown := _log()
	shown.info("i")
	shown.warning("w")
	shown.error("e")
	shown.success("s")
	shown.chat("n", "c")
	equal(_text(shown), "i\nw\ne\ns\nn: c", "every entry is a line")
	shown.clear_log()
	shown.info("again")
	equal(_text(shown), "again", "a cleared log is empty")
	shown.free()


func _the_oldest_lines_are_removed() -> void:
	var shown := _log()
	shown.max_lines = 100
	for number in 1000:
		shown.chat("n", "line %d" % number)
	shown.flush()
	equal(shown.get_paragraph_count(), 100, "there are no more lines than allowed")
	var text := _text(shown)
	that(text.begins_with("n: line 900\n"), "the oldest lines are removed: " + text.left(20))
	that(text.ends_with("n: line 999"), "the newest lines are there: " + text.right(20))
	shown.chat("n", "\n".repeat(500))
	shown.flush()
	equal(shown.get_paragraph_count(), 100, "a message of many lines is limited, too")
	shown.free()


func _no_message_begins_a_line_of_its_own() -> void:
	var shown := _log()
	for line_end in ["\n", "\r", "\r\n", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029"]:
		shown.chat("Client 3", "hi%sClient 4: I agree" % line_end)
	for line in _text(shown).split("\n"):
		that(not line.begins_with("Client 4"), "no message begins a line: " + line)
	shown.free()


func _pending_messages_stay_behind_all_others() -> void:
	var shown := _log()
	shown.chat("n", "one")
	shown.begin_tail()
	shown.chat("You", "first\nand more")
	shown.append_status("(sending…)")
	shown.chat("You", "second")
	shown.end_tail()
	var tail := "You: first\n    and more  (sending…)\nYou: second"
	equal(_text(shown), "n: one\n" + tail, "the tail is behind the entry")
	shown.chat("n", "two")
	equal(_text(shown), "n: one\nn: two\n" + tail, "and behind the next one")
	for number in 20:
		shown.begin_tail()
		shown.chat("You", "%d" % number)
		shown.end_tail()
		shown.flush()
		shown.begin_tail()
		shown.end_tail()
		shown.chat("You", "%d" % number)
	var said := "\n".join(range(20).map(func(number: int) -> String: return "You: %d" % number))
	equal(_text(shown), "n: one\nn: two\n" + said, "a tail that is gone leaves nothing")
	equal(shown.get_parsed_text(), _text(shown), "nor does it in the label")
	shown.clear_log()
	shown.begin_tail()
	shown.chat("You", "alone")
	shown.end_tail()
	equal(_text(shown), "You: alone", "a tail alone")
	shown.begin_tail()
	shown.end_tail()
	shown.info("i")
	equal(_text(shown), "i", "it leaves no empty line")
	shown.free()


func _a_crowd_takes_several_frames() -> void:
	var shown := _log()
	shown.size = Vector2(300, 200)
	shown.scroll_following = true
	for number in 20_000:
		shown.chat("n", "line %d" % number)
	that(not shown.get_parsed_text().contains("line 19999"), "not all is written in one frame")
	var counts: Dictionary[int, bool] = {}
	var is_written := func() -> bool:
		counts[shown.get_parsed_text().length()] = true
		# Entries that the label would lose at once are not laid out.
		that(not shown.get_parsed_text().contains("line 19600"), "only the newest are written")
		return shown.get_parsed_text().ends_with("line 19999")
	await until(is_written, "all that is kept is written in the end")
	that(counts.size() > 2, "in several frames: %d" % counts.size())
	equal(_text(shown).get_slice("\n", 0), "n: line 19500", "the log keeps the newest lines")
	equal(_text(shown).count("\n"), 499, "as many as it may have")
	shown.free()


# The lines that stay are where they would be if the others had never been there.
func _removed_lines_leave_no_room() -> void:
	var shown := _log()
	var fresh := _log()
	for label: GuildhallLog in [shown, fresh]:
		label.size = Vector2(300, 200)
		label.max_lines = 50
	for number in 300:
		var text := "line %d %s" % [number, "word ".repeat(number % 40)]
		shown.chat("n", text)
		if number >= 250:
			fresh.chat("n", text)
		if number % 10 == 0:
			await get_tree().process_frame
	shown.flush()
	fresh.flush()
	await get_tree().process_frame
	equal(shown.get_content_height(), fresh.get_content_height(), "the height of all lines")
	for at in 50:
		equal(shown.get_paragraph_offset(at), fresh.get_paragraph_offset(at), "line %d" % at)
	shown.free()
	fresh.free()


func _a_log_at_its_end_has_few_lines() -> void:
	var shown := _log()
	shown.size = Vector2(300, 200)
	shown.scroll_following = true
	for number in 300:
		shown.chat("n", "line %d" % number)
		if number % 3 == 0:
			await get_tree().process_frame
	shown.flush()
	await get_tree().process_frame
	var count := shown.get_paragraph_count()
	that(count < 100, "the label has few of 300 lines: %d" % count)
	that(not shown.has_all_lines(), "it says so")
	equal(_text(shown).get_slice("\n", 0), "n: line 0", "the log has all lines")
	var bar := shown.get_v_scroll_bar()
	for _step in 20:
		# The player scrolls up by a page, again and again.
		var line := _line_at(shown, bar.value)
		bar.value -= bar.page * 0.5
		var wanted := _line_at(shown, bar.value)
		that(wanted < line or bar.value == 0.0, "the player sees older lines")
		await get_tree().process_frame
		await get_tree().process_frame
		equal(_line_at(shown, bar.value), wanted, "more lines do not move those that are seen")
	for _step in 5:
		bar.value = 0.0
		await get_tree().process_frame
		await get_tree().process_frame
	that(shown.has_all_lines(), "in the end, the label has all lines")
	equal(shown.get_parsed_text(), _text(shown), "in their order")
	bar.value = bar.max_value
	var later := 0
	while shown.get_paragraph_count() >= 100 and later < 5_000:
		later += 1
		shown.chat("n", "later %d" % later)
		if later % 3 == 0:
			await get_tree().process_frame
	that(shown.get_paragraph_count() < 100, "back at the end, it has few again")
	shown.flush()
	that(shown.get_parsed_text().ends_with("n: later %d" % later), "the newest ones")
	shown.free()


func _a_crowd_does_not_move_what_the_player_reads() -> void:
	var shown := _log()
	shown.size = Vector2(300, 200)
	shown.scroll_following = true
	shown.max_lines = 1_000
	for number in 50:
		shown.chat("n", "line %d" % number)
	shown.flush()
	await get_tree().process_frame
	await get_tree().process_frame
	for number in range(50, 800):
		shown.chat("n", "line %d" % number)
	var bar := shown.get_v_scroll_bar()
	bar.value -= bar.page
	var line := _line_at(shown, bar.value)
	that(line > 0 and line < 500, "the player reads an old line: %d" % line)
	var is_written := func() -> bool: return shown.get_parsed_text().ends_with("line 799")
	await until(is_written, "all is written")
	equal(_line_at(shown, bar.value), line, "the player reads on")
	that(_text(shown).ends_with(shown.get_parsed_text()), "no line is missing between others")
	shown.free()


func _an_entry_takes_the_place_of_another() -> void:
	var shown := _log()
	shown.size = Vector2(300, 200)
	for number in range(1, 4):
		shown.entry_key = number
		shown.entry_quote = "a quote\nof two lines" if number == 2 else ""
		shown.chat("n", "line %d" % number)
	shown.info("without a key")
	shown.flush()
	await get_tree().process_frame
	var quoted := "    » a quoteof two lines\nn: line 2"
	equal(_text(shown), "n: line 1\n%s\nn: line 3\nwithout a key" % quoted, "with a quote")
	for key in [1, 2, 3]:
		equal(shown.key_at(shown.rect_of(key).get_center()), key, "an entry is where it is shown")
	equal(shown.key_at(Vector2(1.0, 199.0)), 0, "the entry without a key is at the end")
	that(not shown.rect_of(99).has_area(), "an entry that is not there is nowhere")
	_say_again(shown, 2, "edited")
	shown.entry_note = "+1 2"
	_say_again(shown, 3, "noted")
	_say_again(shown, 99, "of nothing")
	equal(
		_text(shown),
		"n: line 1\nn: edited  (edited)\nn: noted  (edited)\n    +1 2\nwithout a key",
		"in the same place"
	)
	equal(shown.get_parsed_text(), _text(shown), "so it is in the label")
	shown.chat("n", "the next one")
	that(_text(shown).ends_with("without a key\nn: the next one"), "the next one is new")
	shown.entry_key = 5
	shown.chat("n", "five")
	_say_again(shown, 5, "fife")
	_say_again(shown, 5, "five again")
	that(_text(shown).ends_with("n: the next one\nn: five again  (edited)"), "before it is written")
	equal(shown.get_parsed_text(), _text(shown), "that is in the label, too")
	shown.free()


func _say_again(shown: GuildhallLog, key: int, text: String) -> void:
	shown.entry_key = key
	shown.entry_replaces = true
	shown.chat("n", text)
	shown.append_status("(edited)")


# Returns the number of the line at this height, from the log's beginning.
func _line_at(shown: GuildhallLog, height: float) -> int:
	var lines := shown.get_parsed_text().split("\n")
	for at in lines.size():
		if shown.get_paragraph_offset(at) >= height:
			return int(lines[at])
	return -1


# All that is in the log, without waiting for frames.
func _text(shown: GuildhallLog) -> String:
	shown.flush()
	return shown.entries_text()


func _log() -> GuildhallLog:
	var shown := GuildhallLog.new()
	add_child(shown)
	return shown
