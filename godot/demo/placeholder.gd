extends RefCounted
## The text of the empty input line: the room or user that gets a message, or why nobody can.

const Conversation := preload("conversation.gd")
const RoomBar := preload("room_bar.gd")


## Why the player can say nothing in a conversation, and until when; empty if that is not so.
static func why_closed(conversation: Conversation, chat: GuildhallChat) -> String:
	if conversation == null:
		return ""
	var room := conversation.room
	if chat.muted(room) != null:
		return GuildhallModerationTexts.cannot_say(chat.session, room, Time.get_ticks_msec())
	return RoomBar.why_closed(chat.room(room))


## Returns a text that says where a message would go.
static func of(conversation: Conversation, chat: GuildhallChat) -> String:
	if conversation == null:
		return GuildhallCatalogue.no_room()
	var title := GuildhallLog.one_line(conversation.title())
	var why := why_closed(conversation, chat)
	if why != "":
		return why
	if conversation.is_whispers():
		return GuildhallCatalogue.whisper_with(title)
	return GuildhallCatalogue.write_to_or_help(title)
