extends "chat_connection.gd"
## The part of a [GuildhallChat] for lines that were said before: replies, edits, removals,
## reactions, read marks and searches.

# The session's events name the signals that this class emits.
@warning_ignore_start("unused_signal")
## An earlier line has another text: [member GuildhallLineChange.text].
## [method GuildhallLine.apply] changes a line that the game has.
signal line_edited(change: GuildhallLineChange)
## An earlier line is removed: it has no text and no reactions any more.
signal line_removed(change: GuildhallLineChange)
## All lines of a room up to [member GuildhallLineChange.line] are removed. Show no trace of them:
## [method GuildhallLineChange.is_about] says which ones.
signal lines_cleared(change: GuildhallLineChange)
## The same for all lines of one user, [member GuildhallLineChange.of_user].
signal lines_purged(change: GuildhallLineChange)
## An earlier line has a reaction more, or one less: [member GuildhallLineChange.reaction] and how
## many users have it now.
signal reactions_changed(change: GuildhallLineChange)
## An edit, a removal or a reaction of this client was not done. [param line] is the number of
## the line that it was about. It is not kept: the player may ask for it anew. One that was done
## has [signal GuildhallChat.message_sent].
signal change_failed(nonce: int, room: String, line: int, failure: GuildhallFailure)
## The player has read a room up to this line, over another connection.
signal read_mark(room: String, seq: int)
## The answer to [method list_unread]: the rooms that the player is in, and those in which the
## player has read something.
signal unread_listed(rooms: Array[GuildhallUnread])
## The answer to [method search] or [method search_on]: lines, the newest first, each with its
## room. [param more]: [method search_on] finds further ones. [param is_first]: these are the first
## ones of the search.
signal search_page(lines: Array[GuildhallLine], more: bool, is_first: bool)
## The answer to [method fetch_history_of]: lines, oldest first. They need not stand beside those
## that are known. [param more]: more lines belong to the answer.
signal history_of_time(room: String, lines: Array[GuildhallLine], more: bool)
@warning_ignore_restore("unused_signal")


## Says something in a room in reply to the line with this number. Returns the same as
## [method GuildhallChat.say_in].
func reply(room_name: String, to_line: int, text: String, action := false) -> int:
	return _drain_and_return(session.say(room_name, text, action, to_line))


## Whether the player can still edit this line: it is one of the player's, and not older than the
## server allows, if both have the same time.
func can_edit(line: GuildhallLine) -> bool:
	# A clock that is behind makes no line older than it can be.
	var age := maxf(0.0, Time.get_unix_time_from_system() * 1000.0 - line.time)
	return line.own and not line.removed and age < session.limits.edit_seconds * 1000.0


## Gives the line with this number, which the player has said, another text: at once, or when the
## room is joined. [member GuildhallSession.limits] has [code]edit_seconds[/code]. Returns the
## change's nonce, which is above 0, or one of [enum GuildhallSession.SendError].
func edit_line(room_name: String, line: int, text: String) -> int:
	return _drain_and_return(session.edit(room_name, line, text))


## Removes the line with this number: one of the player, or anybody's with the right
## ([member GuildhallRoomSettings.may_remove]). Returns the same as [method edit_line].
func remove_line(room_name: String, line: int) -> int:
	return _drain_and_return(session.remove(room_name, line))


## Adds a reaction to the line with this number: an emoji, or a short name that the game knows.
## With [param take_back], takes it back. Returns the same as [method edit_line].
func react(room_name: String, line: int, reaction: String, take_back := false) -> int:
	return _drain_and_return(session.react(room_name, line, reaction, take_back))


## The player has read a room up to the line with this number, and so it is on all devices of the
## player. Call it as often as you like: it goes out at most every five seconds.
func mark_read(room_name: String, line: int) -> void:
	session.mark_read(room_name, line)
	_drain_session()


## Asks what the player has not read; [signal unread_listed] has the answer. Returns
## [constant OK], or one of [enum GuildhallSession.SendError].
func list_unread() -> int:
	return _drain_and_return(session.list_unread())


## Looks for lines with all these words, in any letter case; in a room, or if it is empty, in all
## that the player is in. With [param sender_name], only of this name or account; with times, only
## of lines that were said before [param before_time], and at [param after_time] or later, in
## milliseconds since 1970. [signal search_page] has the answer. A search that was begun before is
## given up. Returns the same as [method list_unread].
func search(
	room_name: String, words: String, sender_name := "", before_time := 0, after_time := 0
) -> int:
	var result := session.search(room_name, words, 0, sender_name, before_time, after_time)
	return _drain_and_return(result)


## Looks for the lines behind those that were found last. Does nothing if there are none, or if an
## answer is on its way. Returns the same as [method list_unread].
func search_on() -> int:
	return _drain_and_return(session.search_on())


## Asks for the lines of a room that were said at [param after_time] or later, from the first one
## on; or for the last ones before [param before_time]; or for those between the two. In
## milliseconds since 1970; 0: at any time. [signal history_of_time] has the answer. Returns the
## same as [method list_unread].
func fetch_history_of(room_name: String, before_time: int, after_time: int) -> int:
	return _drain_and_return(session.fetch_history_of(room_name, before_time, after_time))
