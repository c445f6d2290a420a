class_name GuildhallRoom
extends RefCounted
## A room that this client wants to be in: how far it has heard, and who is there.
## [GuildhallSession] makes and moves them; everybody else only reads.

## What becomes of a line.
enum Verdict {
	## It is the next one.
	TELL,
	## The client has it, or cannot place it.
	DROP,
	## Something before it is missing.
	ASK,
}

const Packets := preload("../packets.gd")

## The name: as it was asked for, and as the server writes it once it is joined.
var name := ""
## Whether this connection is in it.
var joined := false
## The position: positions of another epoch mean nothing in this one. 0: none yet.
var epoch := 0
## The number of the last line that the client has.
var last_seq := 0
## The number of the oldest line that the client has, or that of the next one
## where it has none.
var oldest_seq := 0
## How many are in the room.
var count := 0
## Whether [member members] is all of them.
var listed := false
## Who is in the room: names by ID.
var members: Dictionary[int, String] = {}

## Whether a Join that fetches missing lines is under way.
var catching_up := false
# Up to this number lines were said before this client heard of them.
var _replay_until := 0


## The connection is gone.
func disconnected() -> void:
	joined = false
	catching_up = false


## Takes the answer to a Join.
func take_joined(answer: Packets.Joined) -> void:
	var resumed := answer.get_resumed() and epoch != 0
	name = answer.get_room()
	joined = true
	catching_up = false
	epoch = answer.get_epoch()
	if not resumed:
		last_seq = answer.get_first_seq() - 1
		oldest_seq = answer.get_first_seq()
	elif answer.has_gap():
		last_seq = maxi(last_seq, answer.get_gap().get_to())
	_replay_until = answer.get_last_seq()
	take_members(answer.get_count(), answer.get_listed(), answer.get_members())


## Takes a list of members.
func take_members(how_many: int, are_all: bool, who: Array[Packets.Member]) -> void:
	count = how_many
	listed = are_all
	members.clear()
	for member in who:
		members[member.get_id()] = member.get_name()


## Decides on a line, and moves on where it is the next one.
func take_line(line: GuildhallLine) -> Verdict:
	if not joined or line.epoch != epoch or line.seq <= last_seq:
		return Verdict.DROP
	if catching_up:
		return Verdict.DROP
	if line.seq > last_seq + 1:
		catching_up = true
		return Verdict.ASK
	last_seq = line.seq
	line.replay = line.seq <= _replay_until
	return Verdict.TELL


## Takes a page of older lines; gives those that are new.
func take_history(page: Packets.HistoryPage, own_id: int) -> Array[GuildhallLine]:
	var older: Array[GuildhallLine] = []
	if page.get_epoch() != epoch:
		return older
	for wire: Packets.Line in page.get_lines():
		if wire.get_seq() < oldest_seq:
			var line := GuildhallLine.of(wire, own_id)
			line.replay = true
			older.append(line)
	if not older.is_empty():
		oldest_seq = older[0].seq
	return older


## Takes what has changed among the members; gives what to tell.
func take_presence(presence: Packets.Presence) -> Array[GuildhallEvent]:
	var events: Array[GuildhallEvent] = []
	count = presence.get_count()
	if not presence.get_listed():
		listed = false
		members.clear()
	for id in presence.get_left():
		if members.has(id):
			events.append(GuildhallEvent.member_went(name, id, members[id]))
			members.erase(id)
	for member in presence.get_joined():
		var id := member.get_id()
		var old_name: String = members.get(id, "")
		if not members.has(id):
			events.append(GuildhallEvent.member_came(name, id, member.get_name()))
		elif old_name != member.get_name():
			events.append(GuildhallEvent.member_renamed(name, id, old_name, member.get_name()))
		members[id] = member.get_name()
	events.append(GuildhallEvent.members_changed(self))
	return events
