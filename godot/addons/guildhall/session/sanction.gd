class_name GuildhallSanction
extends RefCounted
## A sanction of a user: a mute or a ban; or that the user was put out. [GuildhallSession]
## makes these objects.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

## The number of the sanction.
var id := 0
## One of [enum Packets.SanctionKind], or a number that is newer than this addon.
var kind := 0
## The room; empty: everywhere.
var room := ""
## Since when it holds, in milliseconds since 1970.
var since := 0
## Until when it holds, in milliseconds since 1970; 0: it has no end.
var until := 0
## One of [enum Packets.Reason], or a number that is newer than this addon.
var reason := 0
## The rule that was broken, in the words of the game. It may be empty.
var rule := ""
## Whether a filter has imposed it, and no moderator.
var automated := false
## The game's address for objections. It may be empty.
var appeal := ""
## For moderators: against whom it holds; null if that is not said.
var user: GuildhallUser = null
## For moderators: who has imposed it.
var by := ""
## For moderators: a note for other moderators.
var note := ""


## Returns the sanction that a packet describes.
static func of(wire: Packets.Sanction) -> GuildhallSanction:
	var sanction := own_of(wire)
	if wire.has_user():
		sanction.user = GuildhallUser.of(wire.get_user())
	sanction.by = wire.get_by()
	sanction.note = wire.get_note()
	return sanction


## Returns the sanction that a packet describes, which is one against this player: without what
## only moderators get.
static func own_of(wire: Packets.Sanction) -> GuildhallSanction:
	var sanction := GuildhallSanction.new()
	sanction.id = wire.get_id()
	sanction.kind = wire.get_kind()
	sanction.room = Limits.truncate_name(wire.get_room())
	sanction.since = wire.get_since()
	sanction.until = wire.get_until()
	sanction.reason = wire.get_reason()
	sanction.rule = Limits.truncate_name(wire.get_rule())
	sanction.automated = wire.get_automated()
	sanction.appeal = Limits.truncate_name(wire.get_appeal())
	return sanction


## Returns the sanctions of a list.
static func all_of(wires: Array[Packets.Sanction]) -> Array[GuildhallSanction]:
	var found: Array[GuildhallSanction] = []
	for wire in wires:
		found.append(of(wire))
	return found


## Whether this is one against the player that says the same.
func equals(other: GuildhallSanction) -> bool:
	return (
		id == other.id
		and kind == other.kind
		and room == other.room
		and since == other.since
		and until == other.until
		and reason == other.reason
		and rule == other.rule
		and automated == other.automated
		and appeal == other.appeal
	)


## Whether the player cannot say anything while it holds.
func is_mute() -> bool:
	return kind == Packets.SanctionKind.SANCTION_KIND_MUTE


## Whether it holds for a time, or for ever.
func lasts() -> bool:
	return is_mute() or kind == Packets.SanctionKind.SANCTION_KIND_BAN
