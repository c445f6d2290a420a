extends RefCounted
## Does what a player has typed: the commands of docs/client.md.

const Scene := preload("chat.gd")


## Does it. Returns why it was not done, in words; empty where it was.
static func carry_out(command: GuildhallCommand, scene: Scene, chat: GuildhallChat) -> String:
	match command.kind:
		GuildhallCommand.Kind.UNKNOWN, GuildhallCommand.Kind.MISSING:
			return GuildhallWords.command_error(command)
		GuildhallCommand.Kind.SAY:
			return _why(chat.say_in(scene.rooms.shown, command.text), command.text, chat)
		GuildhallCommand.Kind.ME:
			return _why(chat.say_in(scene.rooms.shown, command.text, true), command.text, chat)
		GuildhallCommand.Kind.WHISPER:
			return _why(chat.whisper(command.subject, command.text), command.text, chat)
		GuildhallCommand.Kind.REPLY:
			return _reply(command.text, chat)
		GuildhallCommand.Kind.JOIN:
			scene.rooms.join(command.subject)
		GuildhallCommand.Kind.LEAVE:
			return _leave(_room(command, scene), chat)
		GuildhallCommand.Kind.WHO:
			return _why(chat.list_members(_room(command, scene)), "", chat)
		GuildhallCommand.Kind.NICK:
			return _why(chat.rename(command.subject), "", chat)
		GuildhallCommand.Kind.ROOMS:
			return _why(chat.list_rooms(), "", chat)
		GuildhallCommand.Kind.HELP:
			for known in GuildhallCommand.COMMANDS:
				var does := GuildhallWords.command_help(known["kind"] as GuildhallCommand.Kind)
				scene.rooms.tell("%s: %s" % [known["usage"], does])
	return ""


static func _room(command: GuildhallCommand, scene: Scene) -> String:
	return command.subject if command.subject != "" else scene.rooms.shown


static func _leave(room: String, chat: GuildhallChat) -> String:
	if chat.room(room) == null:
		return GuildhallWords.send_error(GuildhallSession.SendError.NOT_IN_ROOM)
	chat.leave_room(room)
	return ""


static func _reply(text: String, chat: GuildhallChat) -> String:
	if chat.session.last_whisperer == 0:
		return GuildhallWords.either(
			"Nobody has whispered to you yet.", "Noch hat dir niemand etwas geflüstert."
		)
	return _why(chat.whisper_to(chat.session.last_whisperer, text), text, chat)


static func _why(error: int, text: String, chat: GuildhallChat) -> String:
	if error >= 0:
		return ""
	var bytes := text.to_utf8_buffer().size()
	return GuildhallWords.send_error(error, bytes, chat.session.limits.text_bytes)
