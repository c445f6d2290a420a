extends RefCounted
## Executes the commands about other users and about the room that is shown.

const Conversations := preload("conversations.gd")
## These are about a room, unless they are about all.
const NEED_ROOM: Array[GuildhallCommand.Kind] = [
	GuildhallCommand.Kind.IMPOSE,
	GuildhallCommand.Kind.LIFT,
	GuildhallCommand.Kind.CHANGE_ROOM,
	GuildhallCommand.Kind.CLEAR,
	GuildhallCommand.Kind.PURGE,
	GuildhallCommand.Kind.SET_ROLE,
	GuildhallCommand.Kind.SANCTIONS,
]


## Executes a command. Returns an error for the player, or an empty text.
static func execute(
	command: GuildhallCommand, conversations: Conversations, chat: GuildhallChat
) -> String:
	var room := "" if command.everywhere else conversations.current_room()
	var user := command.subject
	var result := OK as int
	if room.is_empty() and not command.everywhere and command.kind in NEED_ROOM:
		return chat.explain(GuildhallSession.SendError.NOT_IN_ROOM)
	match command.kind:
		GuildhallCommand.Kind.IMPOSE:
			result = chat.impose(_imposition(command, room))
		GuildhallCommand.Kind.LIFT:
			result = chat.lift(command.sanction_kind, room, 0, user)
		GuildhallCommand.Kind.CHANGE_ROOM:
			result = chat.change_room(room, command.change)
		GuildhallCommand.Kind.CLEAR:
			result = chat.clear_room(room)
		GuildhallCommand.Kind.PURGE:
			result = chat.purge(room, 0, user)
		GuildhallCommand.Kind.SET_ROLE:
			result = chat.set_role(0, user, room, command.role)
		GuildhallCommand.Kind.MODERATORS:
			result = chat.list_moderators(room)
		GuildhallCommand.Kind.SANCTIONS:
			result = chat.list_sanctions(room)
		_:
			return _execute_for_all(command, room, chat)
	return "" if result >= 0 else chat.explain(result)


static func _execute_for_all(
	command: GuildhallCommand, room: String, chat: GuildhallChat
) -> String:
	var result := OK as int
	match command.kind:
		GuildhallCommand.Kind.BLOCK:
			result = chat.block(0, command.subject)
		GuildhallCommand.Kind.UNBLOCK:
			result = chat.unblock(0, command.subject)
		GuildhallCommand.Kind.BLOCKS:
			result = chat.list_blocks()
		GuildhallCommand.Kind.REPORT when command.line != 0:
			result = chat.report_line(room, command.line, command.reason, command.text)
		GuildhallCommand.Kind.REPORT when command.subject.is_empty():
			if chat.session.last_whisper == 0:
				return GuildhallCatalogue.nobody_whispered()
			result = chat.report_whisper(chat.session.last_whisper, command.reason, command.text)
		GuildhallCommand.Kind.REPORT:
			result = chat.report_user(0, command.subject, command.reason, command.text)
	return "" if result >= 0 else chat.explain(result)


static func _imposition(command: GuildhallCommand, room: String) -> GuildhallImposition:
	var imposition := GuildhallImposition.new()
	imposition.kind = command.sanction_kind
	imposition.room = room
	imposition.user_name = command.subject
	imposition.seconds = command.seconds
	imposition.reason = command.reason
	imposition.rule = command.text
	imposition.address = command.address
	return imposition
