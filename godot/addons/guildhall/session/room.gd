class_name GuildhallRoom
extends RefCounted
## A room that this client wants to be in: the position in its story, and who is
## there. [GuildhallSession] makes and moves them; everybody else only reads.

## What a line is to a room.
enum Place {
	## The next one.
	NEXT,
	## One that the client has, or cannot place.
	KNOWN,
	## One further on: something before it is missing.
	AHEAD,
}

const Packets := preload("../packets.gd")

## Of a room with more members than this, only the number is kept.
const MOST_MEMBERS := 4096
## No client's name is longer, in bytes.
const LONGEST_NAME := 1024

## The name: as it was asked for, and as the server writes it once it is joined.
var name := ""
## Whether this connection is in it.
var joined := false
## The position: positions of another epoch mean nothing in this one. 0: none yet.
var epoch := 0
## The number of the last line.
var last_seq := 0
## The number of the oldest line; that of the next one where none is known.
var oldest_seq := 1
## How many are in the room, this client included.
var count := 0
## Whether [member members] is all of them.
var listed := false
## Who is in the room: names by ID. Empty where not [member listed].
var members: Dictionary[int, String] = {}

## The ID of the Join that has no answer yet, or 0.
var joining := 0
## Whether a page of history is on its way.
var is_fetching := false
var _asked_name := ""
# Lines up to this number are told as a replay.
var _replay_to := 0


func _init(wanted_name: String) -> void:
	name = wanted_name
	_asked_name = wanted_name


## Whether the player wanted it under this name.
func was_asked_as(wanted_name: String) -> bool:
	return _asked_name == wanted_name


## The connection is gone.
func disconnected() -> void:
	joined = false
	joining = 0
	is_fetching = false


## Takes the answer to a Join; gives what to tell.
func take_joined(answer: Packets.Joined, asked_name: String) -> Array[GuildhallEvent]:
	var events: Array[GuildhallEvent] = []
	var rejoined := epoch != 0
	var resumed := rejoined and answer.get_resumed() and answer.get_epoch() == epoch
	var before_first := maxi(answer.get_first_seq() - 1, 0)
	var first := answer.get_first_seq()
	var last := answer.get_last_seq()
	events.append(GuildhallEvent.room_joined(name, asked_name, resumed, rejoined, first, last))
	if not resumed:
		last_seq = before_first
		oldest_seq = maxi(first, 1)
	elif before_first > last_seq:
		events.append(GuildhallEvent.gap(name, last_seq + 1, before_first))
		last_seq = before_first
	epoch = answer.get_epoch()
	joined = true
	joining = 0
	_replay_to = last
	take_members(answer.get_count(), answer.get_listed(), answer.get_members())
	return events


## Takes all members, or their number alone.
func take_members(how_many: int, are_all: bool, who: Array[Packets.Member]) -> void:
	count = how_many
	listed = are_all
	members.clear()
	if listed:
		for member in who:
			members[member.get_id()] = member.get_name()
	_forget_too_many()


## Says where a line belongs, and moves on where it is the next one.
func take_line(line: GuildhallLine) -> Place:
	if not joined or joining != 0 or line.epoch != epoch or line.seq <= last_seq:
		return Place.KNOWN
	if line.seq > last_seq + 1:
		return Place.AHEAD
	last_seq = line.seq
	line.replay = line.seq <= _replay_to
	return Place.NEXT


## Takes a page of older lines that were asked for as those of an epoch before a
## number; gives what to tell.
func take_history(
	page: Packets.HistoryPage, of_epoch: int, before: int, own_id: int
) -> GuildhallEvent:
	is_fetching = false
	var lines: Array[GuildhallLine] = []
	if page.get_epoch() != epoch or of_epoch != epoch or before != oldest_seq:
		# The story broke off meanwhile: these are not the lines before it.
		return GuildhallEvent.history_loaded(name, lines, true)
	var newest := 0
	for wire: Packets.Line in page.get_lines():
		if wire.get_seq() > newest and wire.get_seq() < before:
			newest = wire.get_seq()
			var line := GuildhallLine.of(wire, own_id)
			line.room = name
			line.epoch = epoch
			line.replay = true
			lines.append(line)
	if not lines.is_empty():
		oldest_seq = lines[0].seq
	return GuildhallEvent.history_loaded(name, lines, page.get_more())


## Takes what has changed among the members; gives what to tell.
func take_presence(presence: Packets.Presence) -> Array[GuildhallEvent]:
	var events: Array[GuildhallEvent] = []
	count = presence.get_count()
	if not presence.get_listed():
		take_members(count, false, [])
	elif presence.get_whole():
		var before := members.duplicate()
		take_members(count, true, presence.get_joined())
		var ids := members.keys()
		ids.sort()
		for id: int in ids:
			if before.has(id) and before[id] != members[id]:
				events.append(GuildhallEvent.member_renamed(name, id, before[id], members[id]))
	elif listed:
		_take_changes(presence, events)
		_forget_too_many()
	events.append(GuildhallEvent.members_changed(self))
	return events


func _take_changes(presence: Packets.Presence, events: Array[GuildhallEvent]) -> void:
	for id in presence.get_left():
		if members.has(id):
			events.append(GuildhallEvent.member_went(name, id, members[id]))
			members.erase(id)
	for member in presence.get_joined():
		var id := member.get_id()
		var new_name := member.get_name()
		if not members.has(id):
			events.append(GuildhallEvent.member_came(name, id, new_name))
		elif members[id] != new_name:
			events.append(GuildhallEvent.member_renamed(name, id, members[id], new_name))
		members[id] = new_name


# Nobody's server can make a client keep any number of names.
func _forget_too_many() -> void:
	var is_long := func(who: String) -> bool: return who.to_utf8_buffer().size() > LONGEST_NAME
	if members.size() > MOST_MEMBERS or members.values().any(is_long):
		listed = false
		members.clear()
