extends "reading.gd"
## Lines that the player of a [GuildhallSession] looks for: by words, speaker and time in one
## room or in all, and the lines of a time. What is found is told, and kept nowhere here.

## The longest position of a search that is taken from the server: a request has to hold it.
const MAX_POSITION_BYTES := 1024

# The search of the player, with the position of the next page.
var _search := Packets.Search.new()
var _search_has_more := false


## Looks for lines with all these words, the newest first; in a room, or if it is empty, in all
## that the player is in. [param sender] (an ID) or, if it is 0, [param sender_name] (a name or an
## account) is the speaker; if both are empty, anybody. Only lines that were said before
## [param before_time] and at [param after_time] or later, in milliseconds since 1970; 0: at any
## time. A search that was begun before is given up. Returns 0, or one of
## [enum GuildhallSession.SendError].
func search(
	room_name: String,
	text: String,
	sender := 0,
	sender_name := "",
	before_time := 0,
	after_time := 0
) -> int:
	var error := _check_request()
	if error == OK and text.to_utf8_buffer().size() > limits.text_bytes:
		error = GuildhallSession.SendError.TOO_LONG
	var wanted := room(room_name) if room_name != "" else null
	if error == OK and room_name != "" and (wanted == null or not wanted.joined):
		error = GuildhallSession.SendError.NOT_IN_ROOM
	if error != OK:
		return error
	_search = Packets.Search.new()
	_search.set_room("" if wanted == null else wanted.name)
	_search.set_text(text)
	_search.set_sender(sender)
	_search.set_name(Limits.truncate_name(sender_name) if sender == 0 else "")
	_search.set_before_time(before_time)
	_search.set_after_time(after_time)
	_request_search(true)
	return OK


## Looks for the lines behind those that were found last. Does nothing if there are none, or if
## an answer is on its way. Returns the same as [method search].
func search_on() -> int:
	var error := _check_request()
	if error == OK and _search_has_more and _search_id == 0:
		_request_search(false)
	return error


## Asks for the lines of a joined room that were said at [param after_time] or later, from the
## first one on; or for the last ones before [param before_time]; or for those between the two.
## In milliseconds since 1970; 0: at any time. It changes nothing of what
## [method GuildhallSession.fetch_history] asks for. Returns 0, or one of
## [enum GuildhallSession.SendError].
func fetch_history_of(room_name: String, before_time: int, after_time: int) -> int:
	var wanted := room(room_name)
	var error := _check_room_request(wanted)
	if error == OK:
		_before_asking()
		_requests.fetch_history_of(wanted, before_time, after_time)
	return error


func _request_search(is_first: bool) -> void:
	_before_asking()
	_search_id = _requests.search(_search, is_first)
	_search_has_more = false


func _on_found(request_id: int, is_first: bool, page: Packets.SearchPage) -> void:
	if _search_id != request_id:
		return
	var next := page.get_next()
	_search_id = 0
	_search_has_more = next.size() > 0 and next.size() <= MAX_POSITION_BYTES
	_search.set_from(next)
	_events.append(Event.search_page(_said_lines(page.get_lines()), _search_has_more, is_first))


# The answer to a search is an error. Returns whether the player still waits for it.
func _is_search_refused(request_id: int) -> bool:
	var is_awaited := _search_id == request_id
	if is_awaited:
		_search_id = 0
	return is_awaited


func _on_history_of(room_name: String, page: Packets.HistoryPage) -> void:
	var lines := _said_lines(page.get_lines())
	for line in lines:
		line.room = room_name
		line.epoch = page.get_epoch()
	_events.append(Event.history_of_time(room_name, lines, page.get_more()))


# The lines that were said, without the changes and without what is not to be seen.
func _said_lines(wires: Array[Packets.Line]) -> Array[GuildhallLine]:
	var lines: Array[GuildhallLine] = []
	for wire in wires:
		if not (wire.has_change() or wire.get_hidden() or wire.get_removed()):
			var line := GuildhallLine.of(wire, id, session_number)
			line.replay = true
			lines.append(line)
	return lines
