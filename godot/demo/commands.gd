extends RefCounted
## Executes what a player has typed: the commands of docs/client.md.

const Conversations := preload("conversations.gd")
const Conversation := preload("conversation.gd")
const LineCommands := preload("line_commands.gd")
const Moderation := preload("moderation.gd")


## Executes a command. Returns an error for the player, or an empty text.
static func execute(
	command: GuildhallCommand, conversations: Conversations, chat: GuildhallChat
) -> String:
	match command.kind:
		GuildhallCommand.Kind.UNKNOWN, GuildhallCommand.Kind.MISSING:
			return GuildhallTexts.command_error(command)
		GuildhallCommand.Kind.SAY:
			return say(command.text, false, conversations.current, chat)
		GuildhallCommand.Kind.ME:
			return say(command.text, true, conversations.current, chat)
		GuildhallCommand.Kind.WHISPER:
			return _whisper(command, conversations, chat)
		GuildhallCommand.Kind.REPLY:
			return _reply(command.text, conversations, chat)
		GuildhallCommand.Kind.JOIN:
			conversations.join(command.subject)
		GuildhallCommand.Kind.LEAVE:
			return _leave(command, conversations, chat)
		GuildhallCommand.Kind.WHO:
			var room := command.subject if command.subject != "" else conversations.current_room()
			return _error_text(chat.list_members(room), "", chat)
		GuildhallCommand.Kind.NICK:
			return _error_text(chat.rename(command.subject), "", chat)
		GuildhallCommand.Kind.ROOMS:
			return _error_text(chat.list_rooms(), "", chat)
		GuildhallCommand.Kind.HELP:
			_help(conversations, chat)
		_ when command.kind >= GuildhallCommand.Kind.IMPOSE:
			return Moderation.execute(command, conversations, chat)
		_:
			return LineCommands.execute(command, conversations, chat)
	return ""


## Says something in a conversation. Returns the same as [method execute].
static func say(
	text: String, action: bool, conversation: Conversation, chat: GuildhallChat
) -> String:
	var error := GuildhallSession.SendError.NOT_IN_ROOM as int
	if conversation == null:
		pass
	elif not conversation.is_whispers():
		error = chat.say_in(conversation.room, text, action)
	elif conversation.partner_id != 0 and chat.session.state == GuildhallSession.State.ONLINE:
		error = chat.whisper_to(conversation.partner_id, text, action)
	else:
		# On the next connection, the ID may belong to another client.
		error = chat.whisper(conversation.partner_name, text, action)
	return _error_text(error, text, chat, "" if conversation == null else conversation.room)


# If there is a conversation with this partner, the whisper goes there.
static func _whisper(
	command: GuildhallCommand, conversations: Conversations, chat: GuildhallChat
) -> String:
	var conversation := conversations.find_partner(0, command.subject)
	if conversation == null:
		return _error_text(chat.whisper(command.subject, command.text), command.text, chat)
	var error := say(command.text, false, conversation, chat)
	if error == "":
		conversations.show_conversation(conversation)
	return error


static func _reply(text: String, conversations: Conversations, chat: GuildhallChat) -> String:
	var id := chat.session.last_whisperer
	if id == 0:
		return GuildhallCatalogue.nobody_whispered()
	conversations.open_whispers(id, chat.session.last_whisperer_name)
	return say(text, false, conversations.current, chat)


static func _leave(
	command: GuildhallCommand, conversations: Conversations, chat: GuildhallChat
) -> String:
	var conversation := conversations.current
	if command.subject != "":
		conversation = conversations.find_room(command.subject)
	if conversation == null:
		return chat.explain(GuildhallSession.SendError.NOT_IN_ROOM)
	conversations.leave(conversation)
	return ""


static func _help(conversations: Conversations, chat: GuildhallChat) -> void:
	var is_moderator := chat.may_moderate(conversations.current_room())
	var is_told := false
	for known in GuildhallCommand.COMMANDS:
		if GuildhallCommand.is_for_moderators(known):
			if not is_moderator:
				return
			if not is_told:
				is_told = true
				conversations.add_system_message(GuildhallTexts.moderators_help())
		var help := GuildhallTexts.command_help(known["names"][0] as String)
		conversations.add_system_message("%s: %s" % [known["usage"], help])


static func _error_text(error: int, text: String, chat: GuildhallChat, room := "") -> String:
	return "" if error >= 0 else chat.explain(error, text, room)
