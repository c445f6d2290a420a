extends PopupMenu
## The menu of a message: reply, edit, delete, reactions, block and report; for moderators also what
## they do about its sender. It opens by a click with the right
## button or a long press on a message, and by Enter on the message that the arrow keys have
## chosen in the log.

## The player wants to reply to the message, to edit it, or to delete it.
signal reply_chosen(entry: MessageLog.Entry)
signal edit_chosen(entry: MessageLog.Entry)
signal delete_chosen(entry: MessageLog.Entry)
## The player wants to block the sender, or to report the message.
signal block_chosen(entry: MessageLog.Entry)
signal report_chosen(entry: MessageLog.Entry)
## A moderator imposes a sanction of this kind on the sender.
signal sanction_chosen(entry: MessageLog.Entry, kind: Packets.SanctionKind)
## The player reacts to the message, or takes the reaction back.
signal reaction_chosen(entry: MessageLog.Entry, reaction: String, take_back: bool)

enum Item { REPLY, EDIT, DELETE, BLOCK, REPORT, TIMEOUT, KICK, BAN, FIRST_REACTION = 100 }

const Packets := preload("res://addons/guildhall/packets.gd")
const SANCTIONS: Dictionary[Item, Packets.SanctionKind] = {
	Item.TIMEOUT: Packets.SanctionKind.SANCTION_KIND_MUTE,
	Item.KICK: Packets.SanctionKind.SANCTION_KIND_KICK,
	Item.BAN: Packets.SanctionKind.SANCTION_KIND_BAN,
}

const MessageLog := preload("message_log.gd")
const Reactions := preload("reactions.gd")

var _entry: MessageLog.Entry = null


func _ready() -> void:
	id_pressed.connect(_on_id_pressed)


## Opens the menu of a message beside this point, with what the player can do about it now.
func open_for(entry: MessageLog.Entry, chat: GuildhallChat, at: Vector2) -> void:
	_entry = entry
	var room := chat.room(entry.line.room)
	var may_remove := room != null and room.settings.may_remove
	clear()
	add_item(GuildhallCatalogue.scene_reply(), Item.REPLY)
	if chat.can_edit(entry.line):
		add_item(GuildhallCatalogue.scene_edit(), Item.EDIT)
	if entry.line.own or may_remove:
		add_item(GuildhallCatalogue.scene_delete(), Item.DELETE)
	add_separator()
	for index in Reactions.OFFERED.size():
		var reaction := Reactions.OFFERED[index]
		add_check_item(Reactions.label(reaction), Item.FIRST_REACTION + index)
		set_item_checked(item_count - 1, entry.own_reactions.has(reaction))
	if not entry.line.own:
		_add_about_sender(
			GuildhallLog.one_line(entry.line.name), chat.may_moderate(entry.line.room)
		)
	reset_size()
	popup(Rect2i(at, Vector2i.ZERO))
	set_focused_item(0)


func _add_about_sender(sender_name: String, may_moderate: bool) -> void:
	add_separator()
	add_item(GuildhallCatalogue.scene_block(sender_name), Item.BLOCK)
	add_item(GuildhallCatalogue.scene_report(), Item.REPORT)
	if may_moderate:
		add_separator()
		add_item(GuildhallCatalogue.scene_timeout(sender_name), Item.TIMEOUT)
		add_item(GuildhallCatalogue.scene_kick(sender_name), Item.KICK)
		add_item(GuildhallCatalogue.scene_ban(sender_name), Item.BAN)


func _on_id_pressed(id: int) -> void:
	match id:
		Item.REPLY:
			reply_chosen.emit(_entry)
		Item.EDIT:
			edit_chosen.emit(_entry)
		Item.DELETE:
			delete_chosen.emit(_entry)
		Item.BLOCK:
			block_chosen.emit(_entry)
		Item.REPORT:
			report_chosen.emit(_entry)
		Item.TIMEOUT, Item.KICK, Item.BAN:
			sanction_chosen.emit(_entry, SANCTIONS[id as Item])
		_:
			var reaction := Reactions.OFFERED[id - Item.FIRST_REACTION]
			reaction_chosen.emit(_entry, reaction, _entry.own_reactions.has(reaction))
