extends RefCounted
## Executes the commands about messages that were said before: replies, edits, removals and
## reactions, by the number of a message or for the newest one.

const Conversations := preload("conversations.gd")
const Reactions := preload("reactions.gd")


## Executes a command. Returns an error for the player, or an empty text.
static func execute(
	command: GuildhallCommand, conversations: Conversations, chat: GuildhallChat
) -> String:
	if command.kind == GuildhallCommand.Kind.UNREAD:
		return _error_text(chat.list_unread(), "", "", chat)
	if command.kind == GuildhallCommand.Kind.SEARCH:
		if command.text == "":
			return _error_text(chat.search_on(), "", "", chat)
		return _error_text(chat.search("", command.text), command.text, "", chat)
	var seq := _seq(command, conversations)
	var room := conversations.current_room()
	var result := 0
	match command.kind:
		GuildhallCommand.Kind.QUOTE:
			result = chat.reply(room, seq, command.text)
		GuildhallCommand.Kind.EDIT:
			result = chat.edit_line(room, seq, command.text)
		GuildhallCommand.Kind.DELETE:
			result = chat.remove_line(room, seq)
		GuildhallCommand.Kind.REACT:
			result = chat.react(room, seq, Reactions.typed(command.text))
		GuildhallCommand.Kind.UNREACT:
			result = chat.react(room, seq, Reactions.typed(command.text), true)
	return _error_text(result, command.text, room, chat)


# Returns the number of the message that a command is about; 0 if there is none.
static func _seq(command: GuildhallCommand, conversations: Conversations) -> int:
	if command.line != 0:
		return command.line
	var is_own := command.kind in [GuildhallCommand.Kind.EDIT, GuildhallCommand.Kind.DELETE]
	var newest := conversations.current_log().newest_line(is_own)
	return 0 if newest == null else newest.line.seq


static func _error_text(error: int, text: String, room: String, chat: GuildhallChat) -> String:
	return "" if error >= 0 else chat.explain(error, text, room)
