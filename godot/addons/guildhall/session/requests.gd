extends "pending_requests.gd"
## The requests of a [GuildhallSession] as bytes. [code]messages.gd[/code] keeps the pending
## messages; here they are only encoded.

## The version of the protocol.
const VERSION := 1


## Sends a Hello. An empty name lets the server make one up.
func hello(name: String, session: PackedByteArray, whisper_seq: int, token: String) -> void:
	var packet := Packets.Packet.new()
	var body := _request(packet, GuildhallSession.RequestKind.HELLO, "").new_hello()
	_pending[_last_id].wanted_name = name
	body.set_version(VERSION)
	body.set_name(name)
	body.set_session(session)
	body.set_whisper_seq(whisper_seq)
	body.set_token(token)
	_send(packet)


## Sends a Refresh with another token of the player.
func refresh(token: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.REFRESH, "").new_refresh().set_token(token)
	_send(packet)


## Sends a Join that continues after the last known line of the room.
func join(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var body := _request(packet, GuildhallSession.RequestKind.JOIN, room.name).new_join()
	room.join_id = _last_id
	room.join_at = 0
	body.set_room(room.name)
	body.set_epoch(room.epoch)
	body.set_seq(room.last_seq)
	_send(packet)


## Sends a Leave.
func leave(room: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LEAVE, room).new_leave().set_room(room)
	_send(packet)


## Sends a Rename.
func rename(name: String) -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.RENAME, name).new_rename().set_name(name)
	_send(packet)


## Sends a ListRooms.
func list_rooms() -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LIST_ROOMS, "").new_list_rooms()
	_send(packet)


## Sends a ListRooms that only finds out whether the server answers.
func check() -> void:
	list_rooms()
	_pending[_last_id].is_check = true


## Sends a ListMembers.
func list_members(room: String) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIST_MEMBERS, room)
	request.new_list_members().set_room(room)
	_send(packet)


## Sends a FetchHistory for the lines before the oldest known line of the room.
func fetch_history(room: GuildhallRoom) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.FETCH_HISTORY, room.name)
	_pending[_last_id].epoch = room.epoch
	_pending[_last_id].before = room.oldest_seq
	var body := request.new_fetch_history()
	body.set_room(room.name)
	body.set_epoch(room.epoch)
	body.set_before(room.oldest_seq)
	_send(packet)


## Sends a FetchHistory for the lines of a time.
func fetch_history_of(room: GuildhallRoom, before_time: int, after_time: int) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.FETCH_HISTORY, room.name)
	_pending[_last_id].is_of_time = true
	var body := request.new_fetch_history()
	body.set_room(room.name)
	body.set_epoch(room.epoch)
	body.set_before_time(before_time)
	body.set_after_time(after_time)
	_send(packet)


## Sends a MarkRead.
func mark_read(room: GuildhallRoom, seq: int) -> void:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.LIST_UNREAD, room.name)
	_pending[_last_id].is_mark = true
	var body := request.new_mark_read()
	body.set_room(room.name)
	_refer(body.new_line(), room.epoch, seq)
	_send(packet)


## Sends a ListUnread.
func list_unread() -> void:
	var packet := Packets.Packet.new()
	_request(packet, GuildhallSession.RequestKind.LIST_UNREAD, "").new_list_unread()
	_send(packet)


## Sends a Search with what this one looks for. Returns its ID.
func search(wanted: Packets.Search, is_first: bool) -> int:
	var packet := Packets.Packet.new()
	var request := _request(packet, GuildhallSession.RequestKind.SEARCH, "")
	_pending[_last_id].is_first = is_first
	var body := request.new_search()
	body.set_room(wanted.get_room())
	body.set_text(wanted.get_text())
	body.set_sender(wanted.get_sender())
	body.set_name(wanted.get_name())
	body.set_before_time(wanted.get_before_time())
	body.set_after_time(wanted.get_after_time())
	body.set_from(wanted.get_from())
	_send(packet)
	return _last_id


## Sends a message as a Say, a Whisper or a change, for the first time or again.
func message(unsent: GuildhallMessage) -> void:
	unsent.was_sent = true
	unsent.is_on_wire = true
	var packet := Packets.Packet.new()
	var request := packet.new_request()
	request.set_id(unsent.nonce)
	match unsent.kind:
		GuildhallMessage.Kind.EDIT:
			var edit := request.new_edit()
			edit.set_room(unsent.room)
			_refer(edit.new_line(), unsent.line_epoch, unsent.line)
			edit.set_text(unsent.text)
		GuildhallMessage.Kind.REMOVE:
			var remove := request.new_remove()
			remove.set_room(unsent.room)
			_refer(remove.new_line(), unsent.line_epoch, unsent.line)
		GuildhallMessage.Kind.REACT:
			var react := request.new_react()
			react.set_room(unsent.room)
			_refer(react.new_line(), unsent.line_epoch, unsent.line)
			react.set_reaction(unsent.reaction)
			react.set_take_back(unsent.take_back)
		_ when unsent.is_whisper():
			var whisper := request.new_whisper()
			whisper.set_to(unsent.to)
			whisper.set_name(unsent.to_name)
			whisper.set_text(unsent.text)
			whisper.set_action(unsent.action)
		_:
			var say := request.new_say()
			say.set_room(unsent.room)
			say.set_text(unsent.text)
			say.set_action(unsent.action)
			if unsent.reply_to != 0:
				_refer(say.new_reply_to(), unsent.line_epoch, unsent.reply_to)
	_send(packet)


## The bytes of a Ping, as a server sends them.
static func ping_bytes() -> PackedByteArray:
	var packet := Packets.Packet.new()
	packet.new_ping()
	return packet.to_bytes()


## Answers a Ping.
func pong() -> void:
	var packet := Packets.Packet.new()
	packet.new_pong()
	_send(packet)


static func _refer(line: Packets.LineRef, epoch: int, seq: int) -> void:
	line.set_epoch(epoch)
	line.set_seq(seq)
