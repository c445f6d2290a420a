extends RefCounted
## Does what a player has typed: the commands of docs/client.md.

const Scene := preload("chat.gd")
const Talk := preload("talk.gd")


## Does it. Returns why it was not done, in words; empty where it was.
static func carry_out(command: GuildhallCommand, scene: Scene, chat: GuildhallChat) -> String:
	match command.kind:
		GuildhallCommand.Kind.UNKNOWN, GuildhallCommand.Kind.MISSING:
			return GuildhallWords.command_error(command)
		GuildhallCommand.Kind.SAY:
			return say(command.text, false, scene.talks.shown, chat)
		GuildhallCommand.Kind.ME:
			return say(command.text, true, scene.talks.shown, chat)
		GuildhallCommand.Kind.WHISPER:
			return _whisper(command, scene, chat)
		GuildhallCommand.Kind.REPLY:
			return _reply(command.text, scene, chat)
		GuildhallCommand.Kind.JOIN:
			scene.talks.join(command.subject)
		GuildhallCommand.Kind.LEAVE:
			return _leave(command, scene)
		GuildhallCommand.Kind.WHO:
			return _why(chat.list_members(_room(command, scene)), "", chat)
		GuildhallCommand.Kind.NICK:
			return _why(chat.rename(command.subject), "", chat)
		GuildhallCommand.Kind.ROOMS:
			return _why(chat.list_rooms(), "", chat)
		GuildhallCommand.Kind.HELP:
			for known in GuildhallCommand.COMMANDS:
				var does := GuildhallWords.command_help(known["kind"] as GuildhallCommand.Kind)
				scene.talks.tell("%s: %s" % [known["usage"], does])
	return ""


## Says something where the player is: in a room, or to the one whom the whispers are
## with. Returns what [method carry_out] does.
static func say(text: String, action: bool, talk: Talk, chat: GuildhallChat) -> String:
	var error := GuildhallSession.SendError.NOT_IN_ROOM as int
	if talk == null:
		pass
	elif not talk.is_whispers():
		error = chat.say_in(talk.room, text, action)
	elif talk.partner != 0 and chat.session.state == GuildhallSession.State.ONLINE:
		error = chat.whisper_to(talk.partner, text, action)
	else:
		# Who has the ID on the next connection, nobody knows.
		error = chat.whisper(talk.partner_name, text, action)
	return _why(error, text, chat)


static func _room(command: GuildhallCommand, scene: Scene) -> String:
	return command.subject if command.subject != "" else scene.talks.shown_room()


# Where there are whispers with this one already, it goes on there.
static func _whisper(command: GuildhallCommand, scene: Scene, chat: GuildhallChat) -> String:
	var talk := scene.talks.of_partner(0, command.subject)
	if talk == null:
		return _why(chat.whisper(command.subject, command.text), command.text, chat)
	var error := say(command.text, false, talk, chat)
	if error == "":
		scene.talks.show_talk(talk)
	return error


static func _reply(text: String, scene: Scene, chat: GuildhallChat) -> String:
	var id := chat.session.last_whisperer
	if id == 0:
		return GuildhallWords.either(
			"Nobody has whispered to you yet.", "Dir hat noch niemand etwas zugeflüstert."
		)
	scene.talks.whisper_with(id, chat.session.last_whisperer_name)
	return say(text, false, scene.talks.shown, chat)


static func _leave(command: GuildhallCommand, scene: Scene) -> String:
	var talk := scene.talks.shown
	if command.subject != "":
		talk = scene.talks.of_room(command.subject)
	if talk == null:
		return GuildhallWords.send_error(GuildhallSession.SendError.NOT_IN_ROOM)
	scene.talks.leave(talk)
	return ""


static func _why(error: int, text: String, chat: GuildhallChat) -> String:
	if error >= 0:
		return ""
	var bytes := text.to_utf8_buffer().size()
	return GuildhallWords.send_error(error, bytes, chat.session.limits.text_bytes)
