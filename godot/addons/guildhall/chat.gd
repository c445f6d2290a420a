@icon("icon.svg")
class_name GuildhallChat
extends "chat_moderation.gd"
## A chat client with names, rooms, whispers and history. It speaks
## [code]guildhall.v1[/code]; the autoload has one, [code]Guildhall.chat[/code].
##
## After a lost connection it connects again by itself, rejoins its rooms, and fetches
## the lines that it has missed. Messages that are written without a connection are sent
## once there is one.
## [codeblock]
## func _ready() -> void:
##     Guildhall.chat.line_received.connect(_on_line)
##     Guildhall.chat.connect_to_url("ws://localhost:8080/ws", "Mira")
##     Guildhall.chat.join_room("tavern")
##     Guildhall.chat.say_in("tavern", "hello")
##
## func _on_line(line: GuildhallLine) -> void:
##     # A replay is from before the player came.
##     print("(earlier) " if line.replay else "", line.name, ": ", line.text)
## [/codeblock]
## Connect the signals to methods of your scene: they end with it. A lambda that does not
## use [code]self[/code] stays connected, and a scene that is entered again has two.
## Texts and names come from peers: show them as text, never as BBCode.

# The session's events name the signals that this class emits.
@warning_ignore_start("unused_signal")
## The state of the client has changed. The session's [code]close_code[/code] and
## [code]close_reason[/code] say how the last connection ended.
signal state_changed(state: GuildhallSession.State)
## The server has accepted the client and given it this ID and name. [param resumed]: the
## session of the last connection goes on.
signal welcomed(id: int, own_name: String, resumed: bool)
## The server has refused the wanted name and makes one up.
signal name_refused(failure: GuildhallFailure)
## The client has joined a room, which it asked for as [param requested_name]. The lines
## from [param first_seq] to [param last_seq] follow at once. If [param rejoined] but not
## [param resumed], lines before these may be missing.
signal room_joined(
	room: String,
	requested_name: String,
	resumed: bool,
	rejoined: bool,
	first_seq: int,
	last_seq: int
)
## The client has left a room.
signal room_left(room: String)
## A room cannot be joined now: the client tries again by itself. Told once for each reason.
signal join_delayed(room: String, failure: GuildhallFailure)
## The server has taken the client out of a room. It is not joined again by itself.
## [param sanction] is the one for which it was, or null.
signal room_removed(room: String, reason: Packets.RemovedReason, sanction: GuildhallSanction)
## Other settings hold in a room: see [member GuildhallRoom.settings].
signal room_changed(room: String)
## The player may say nothing in a room until this time ([method Time.get_ticks_msec]). What is
## said nevertheless goes out later. See [method GuildhallRoom.seconds_to_say].
signal slow_mode(room: String, until: int)
## The next line of a room, also if the client itself sent it.
signal line_received(line: GuildhallLine)
## Older lines of a room, oldest first, after [method fetch_history]. [param more]: the
## server has lines before these.
signal history_loaded(room: String, lines: Array[GuildhallLine], more: bool)
## Lines of a room are missing, from the first number to the last: they do not come by themselves,
## and the history may have them.
signal gap(room: String, from: int, to: int)
## A whisper, also if the client itself sent it.
signal whisper_received(whisper: GuildhallWhisper)
## Whispers are lost, from the first number to the last.
signal whisper_gap(from: int, to: int)
## The members of a room have changed: see [method room]. [param listed]: the room's
## list has all of them.
signal members_changed(room: String, count: int, listed: bool)
## Another client has joined a room.
signal member_joined(room: String, id: int, member_name: String)
## Another client has left a room.
signal member_left(room: String, id: int, member_name: String)
## A client in a room has another name.
signal member_renamed(room: String, id: int, old_name: String, new_name: String)
## What to tell the player of those who joined, left or have new names: one notice for all at
## once. There is none in a room with many members, and none about this client or about
## somebody who has said something since joining. [param renamed]: old and new names.
signal presence_notice(
	room: String, joined: Array[String], left: Array[String], renamed: Array[PackedStringArray]
)
## Something waits for the server's answer, and nothing came from it for 5 s; or the server
## answers again.
signal server_answers(answers: bool)
## A message is waiting for the server's answer.
signal message_pending(message: GuildhallMessage)
## The server has stored the message.
signal message_sent(nonce: int)
## The message has failed. [method retry] sends it again, [method discard] forgets it.
signal message_failed(nonce: int, failure: GuildhallFailure)
## The client has another name, which it has asked for or the server has given it.
signal name_changed(own_name: String)
## The name cannot be changed now: the client tries again by itself.
signal rename_delayed(new_name: String, failure: GuildhallFailure)
## The client needs a token of the player: [method set_token] or [method no_token] answers. The
## client asks once and waits. It asks only a game that has called [method set_token] before, or
## has set [member get_token], which answers by itself.
signal token_needed
## The answer to [method list_rooms]: the number of members of each room, the largest
## room first. [param total] is the number of all rooms, if not all are listed.
signal rooms_listed(rooms: Dictionary[String, int], total: int)
## The answer to [method list_members]: names by ID.
signal members_listed(room: String, count: int, listed: bool, members: Dictionary[int, String])
## A request that is not a message has failed. [param subject] is the room or the name
## that it was about.
signal refused(request: GuildhallSession.RequestKind, subject: String, failure: GuildhallFailure)
## The server has sent something that is not a valid packet, and it was dropped.
## [param error] is one of [enum Packets.PB_ERR], [constant GuildhallClient.TEXT_MESSAGE]
## or [constant GuildhallClient.TOO_BIG].
signal bad_message(error: int)
## A text for the player that describes an event ([GuildhallTexts]). It follows the
## signal of the event. [param room] is the room that the event is about, or empty.
signal system_message(room: String, text: String)
@warning_ignore_restore("unused_signal")


func _exit_tree() -> void:
	# The engine calls this one alone.
	super()
	close()


## Connects to a server, [code]ws://host:8080/ws[/code] or [code]wss://…[/code], and
## keeps the connection up from then on. Without a name, the server makes one up. Returns
## [constant OK], or an error if the address is not valid; everything else is reported
## with signals.[br]
## Rooms that were joined before are joined at this server, too, and what was said before
## the first call is sent. A further call ends the present connection and starts anew.
func connect_to_url(url: String, wanted_name := "", tls_options: TLSOptions = null) -> int:
	if not (url.begins_with("ws://") or url.begins_with("wss://")):
		Warnings.bad_address(url)
		return ERR_INVALID_PARAMETER
	if session.state != GuildhallSession.State.IDLE:
		close()
		_renew_session(wanted_name)
	elif wanted_name != "":
		session.rename(wanted_name)
	_url = url
	_tls_options = tls_options
	_warnings.begin(url)
	_subprotocol_probe = SubprotocolProbe.new(url, tls_options)
	if keeps_session:
		_kept.begin(url, wanted_name, Time.get_ticks_msec())
	_connects_later = _kept.is_asking()
	if not _connects_later:
		_connect()
	return OK if session.state != GuildhallSession.State.CLOSED else ERR_CANT_CONNECT


## Closes the connection and stays offline until [method go_online].
func close() -> void:
	_subprotocol_probe.cancel()
	_connects_later = false
	_kept.forget()
	session.close()
	_drain_session()


## Connects again: at once instead of after the wait, and also after [method close] or a
## close code that allows no reconnection. The session keeps its rooms.
func go_online() -> void:
	_go_online()


## Returns the seconds until the next attempt to connect, or 0.
func seconds_to_retry() -> float:
	if session.state != GuildhallSession.State.WAITING:
		return 0.0
	return maxf(0.0, (session.waiting_until - Time.get_ticks_msec()) / 1000.0)


## Joins a room, and rejoins it after each lost connection.
func join_room(room_name: String) -> void:
	_warnings.joins(room_name)
	session.join(room_name)
	_drain_session()


## Leaves a room.
func leave_room(room_name: String) -> void:
	session.leave(room_name)
	_drain_session()


## Returns a room that the client is in or wants to be in, or null.
func room(room_name: String) -> GuildhallRoom:
	return session.room(room_name)


## Says something in a room; with [param action], says what the player does. Returns the
## message's nonce, which is above 0; or one of [enum GuildhallSession.SendError], which
## are below 0, and then nothing is sent ([method explain]).
func say_in(room_name: String, text: String, action := false) -> int:
	var result := session.say(room_name, text, action)
	if result == GuildhallSession.SendError.NOT_IN_ROOM:
		_warnings.says_outside(room_name)
	return _drain_and_return(result)


## Whispers to the client with this name. Returns the same as [method say_in].
func whisper(to_name: String, text: String, action := false) -> int:
	return _drain_and_return(session.whisper(0, to_name, text, action))


## Whispers to the client with this ID. Returns the same as [method say_in].
func whisper_to(id: int, text: String, action := false) -> int:
	return _drain_and_return(session.whisper(id, "", text, action))


## Sends a failed message again, as a new one. Returns the same as [method say_in].
func retry(nonce: int) -> int:
	return _drain_and_return(session.retry(nonce))


## Forgets a failed message.
func discard(nonce: int) -> void:
	session.discard(nonce)


## Asks for another name. Returns [constant OK], or one of
## [enum GuildhallSession.SendError].
func rename(new_name: String) -> int:
	return _drain_and_return(session.rename(new_name))


## Asks which rooms there are; [signal rooms_listed] has the answer. Returns the same as
## [method rename].
func list_rooms() -> int:
	return _drain_and_return(session.list_rooms())


## Asks for the members of a room; [signal members_listed] has the answer. Returns the
## same as [method rename].
func list_members(room_name: String) -> int:
	return _drain_and_return(session.list_members(room_name))


## Asks for the lines before the oldest known line; [signal history_loaded] has the
## answer. Returns the same as [method rename].
func fetch_history(room_name: String) -> int:
	return _drain_and_return(session.fetch_history(room_name))


## Returns a text for the player that explains an error of [method say_in] or of another
## method that sends. [param text] is what was to be sent, [param room_name] the room: some have
## shorter messages.
func explain(error: int, text := "", room_name := "") -> String:
	var most := session.longest_text(room_name)
	return GuildhallTexts.send_error(error, text.to_utf8_buffer().size(), most)


## The player's token, as the game's backend has signed it. With a connection, the server gets it
## at once; else, the next connection begins with it. It has to be the same player's as before;
## for another player, call [method close] before, and [method go_online] after it. If it is
## empty, the next connection is a guest's. A further [method connect_to_url] begins without
## it: what is meant for one server does not go to another.
func set_token(token: String) -> void:
	session.set_token(token, Time.get_ticks_msec())
	_drain_session()


## The answer to [signal token_needed] of a game that gets no token now: the client asks again
## later. [param reason] is for the player.
func no_token(reason := "") -> void:
	session.no_token(reason, Time.get_ticks_msec(), randf())
	_drain_session()
