class_name GuildhallLine
extends RefCounted
## One line of a room. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

## The most different reactions to a line that are kept, whatever the server says.
const MAX_REACTIONS := 64
## The longest reaction that is kept, in bytes.
const MAX_REACTION_BYTES := 128

## The room.
var room := ""
## The epoch of [member seq]: numbers of different epochs cannot be compared.
var epoch := 0
## The number of the line: lines of one epoch are numbered 1, 2, 3 and so on.
var seq := 0
## The server's time, in milliseconds since 1970.
var time := 0
## The sender's ID.
var sender := 0
## The sender's name at that time.
var name := ""
## The sender's account; empty for a guest. It stays the same when the name changes.
var user := ""
## The info that the game's backend gives the sender: [method GuildhallInfo.read] reads it.
var info := ""
## The ID of the request that sent the line, if this session has sent it; or that of another
## client.
var nonce := 0
## The text. It comes from a peer: show it as text, never as BBCode.
var text := ""
## Whether the text says what the sender does, as after /me.
var action := false
## Whether this player sent the line, in this session or in another one.
var own := false
## Whether the line was sent before the client joined the room or rejoined it.
var replay := false
## The number of the line that this one replies to; 0: none. It is a line of the same room and
## epoch, which may be removed or forgotten since.
var reply_to := 0
## When the text was edited the last time, as [member time]; 0: never.
var edited := 0
## Whether the line was removed. It has no text then.
var removed := false
## The reactions to the line, the oldest first: how many users have each of them.
var reactions: Dictionary[String, int] = {}


## Returns the line that a packet describes. [param own_session] is the number of this session
## among those of the player: only its nonces are those of this client's messages.
static func of(wire: Packets.Line, own_id: int, own_session: int) -> GuildhallLine:
	var line := GuildhallLine.new()
	line.room = wire.get_room()
	line.epoch = wire.get_epoch()
	line.seq = wire.get_seq()
	line.time = wire.get_time()
	line.sender = wire.get_sender()
	line.name = wire.get_name()
	line.nonce = wire.get_nonce()
	line.text = wire.get_text()
	line.action = wire.get_action()
	line.user = Limits.short_user(wire.get_user())
	line.info = Limits.short_info(wire.get_info())
	line.own = line.sender == own_id
	# 0 is the session whose number is the ID.
	var session := wire.get_session() if wire.get_session() != 0 else own_id
	if line.own and session != (own_session if own_session != 0 else own_id):
		line.nonce = 0
	line.reply_to = wire.get_reply_to()
	line.edited = wire.get_edited()
	line.removed = wire.get_removed()
	if line.removed:
		line.text = ""
	else:
		line._take_reactions(wire.get_reactions())
	return line


## Whether this is a reaction that a client keeps.
static func is_reaction(reaction: String) -> bool:
	return reaction != "" and reaction.to_utf8_buffer().size() <= MAX_REACTION_BYTES


## Takes a change, if it is one of this line. Returns whether it was.
func apply(change: GuildhallLineChange) -> bool:
	if not change.is_about(self):
		return false
	if change.removes():
		removed = true
		text = ""
		reactions.clear()
	elif change.kind == GuildhallLineChange.Kind.EDITED:
		if not removed:
			text = change.text
			edited = change.time
	elif change.count == 0:
		reactions.erase(change.reaction)
	elif not removed and (reactions.has(change.reaction) or reactions.size() < MAX_REACTIONS):
		reactions[change.reaction] = change.count
	return true


func _take_reactions(wires: Array[Packets.Reaction]) -> void:
	for wire in wires:
		var is_kept := wire.get_count() > 0 and is_reaction(wire.get_reaction())
		if is_kept and reactions.size() < MAX_REACTIONS:
			reactions[wire.get_reaction()] = wire.get_count()
