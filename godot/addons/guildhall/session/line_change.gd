class_name GuildhallLineChange
extends RefCounted
## A change of an earlier line of a room: an edit, a removal, or a reaction.
## [GuildhallSession] makes these objects; [method GuildhallLine.apply] changes a line by one.

## The kinds of changes.
enum Kind {
	## The line has another text: [member text].
	EDITED,
	## The line is removed.
	REMOVED,
	## [member sender] has added [member reaction].
	REACTED,
	## [member sender] has taken [member reaction] back.
	TOOK_BACK,
	## All lines up to [member line] are removed. No trace of them is to be shown.
	CLEARED,
	## All lines of the user [member of_user] up to [member line] are removed. No trace of them is
	## to be shown.
	PURGED,
}

const Packets := preload("../packets.gd")

const KINDS := {
	Packets.ChangeKind.CHANGE_KIND_EDITED: Kind.EDITED,
	Packets.ChangeKind.CHANGE_KIND_REMOVED: Kind.REMOVED,
	Packets.ChangeKind.CHANGE_KIND_REACTED: Kind.REACTED,
	Packets.ChangeKind.CHANGE_KIND_TOOK_BACK: Kind.TOOK_BACK,
	Packets.ChangeKind.CHANGE_KIND_CLEARED: Kind.CLEARED,
	Packets.ChangeKind.CHANGE_KIND_PURGED: Kind.PURGED,
}

## The kind of the change.
var kind := Kind.EDITED
## The room.
var room := ""
## The epoch of the numbers.
var epoch := 0
## The number of the change: it has its place in the room's order, as a line.
var seq := 0
## The number of the line that changes.
var line := 0
## When it changed, by the server's time, in milliseconds since 1970.
var time := 0
## The ID of the client that changed it.
var sender := 0
## That client's name at that time.
var name := ""
## That client's account; empty for a guest.
var user := ""
## The ID of the request, if this session has sent it; or that of another client.
var nonce := 0
## Whether this player changed it, in this session or in another one.
var own := false
## Whether it was changed before the client joined the room or rejoined it.
var replay := false
## With [constant Kind.EDITED]: the text that the line has now. It comes from a peer: show it
## as text, never as BBCode.
var text := ""
## With the other two kinds: the reaction.
var reaction := ""
## How many users have the reaction now.
var count := 0
## With [constant Kind.PURGED]: the ID of the user who has said the lines.
var of_user := 0


## Whether it is about all lines up to one, and not about one line.
func is_of_many() -> bool:
	return kind == Kind.CLEARED or kind == Kind.PURGED


## Whether lines are removed by it.
func removes() -> bool:
	return kind == Kind.REMOVED or is_of_many()


## Whether it is about this line.
func is_about(other: GuildhallLine) -> bool:
	if other.epoch != epoch or other.room != room:
		return false
	match kind:
		Kind.CLEARED:
			return other.seq <= line
		Kind.PURGED:
			return other.seq <= line and other.sender == of_user
	return other.seq == line


## Returns the change that a packet describes, of which this is the line; null if it changes
## nothing that this client knows, or does not say what.
static func of(wire: Packets.Change, change_line: GuildhallLine) -> GuildhallLineChange:
	var seq_of_line := wire.get_seq()
	if not KINDS.has(wire.get_kind()) or seq_of_line <= 0 or seq_of_line >= change_line.seq:
		return null
	var change := GuildhallLineChange.new()
	change.kind = KINDS[wire.get_kind()]
	change.room = change_line.room
	change.epoch = change_line.epoch
	change.seq = change_line.seq
	change.line = seq_of_line
	change.time = change_line.time
	change.sender = change_line.sender
	change.name = change_line.name
	change.user = change_line.user
	change.nonce = change_line.nonce
	change.own = change_line.own
	match change.kind:
		Kind.EDITED:
			change.text = change_line.text
		Kind.PURGED:
			change.of_user = wire.get_user()
		Kind.REACTED, Kind.TOOK_BACK:
			var wire_reaction := wire.get_reaction()
			if wire_reaction == null or not GuildhallLine.is_reaction(wire_reaction.get_reaction()):
				return null
			change.reaction = wire_reaction.get_reaction()
			change.count = wire_reaction.get_count()
	return change
