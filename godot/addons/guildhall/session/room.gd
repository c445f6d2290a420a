class_name GuildhallRoom
extends RefCounted
## A room that this client wants to be in: the position in its history, and its
## members. [GuildhallSession] makes and changes these objects; anybody else only reads
## them.

## How a line relates to the position in the room.
enum LineOrder {
	## It is the next line.
	NEXT,
	## The client has it already, or cannot place it.
	KNOWN,
	## It is further on: a line before it is missing.
	AHEAD,
}

const Packets := preload("../packets.gd")
const Event := preload("event.gd")
const Limits := preload("limits.gd")
const PresenceNotice := preload("presence_notice.gd")

## If a room has more members than this, only their number is kept.
const MAX_MEMBERS := 4096
## If a member's name is longer than this in bytes, only the number is kept.
const MAX_NAME_BYTES := 1024

## The name that was asked for; once the room is joined, the name that the server gives
## it.
var name := ""
## Whether the client is in the room on this connection.
var joined := false
## The epoch of the position; 0 before the first join. Numbers of different epochs
## cannot be compared.
var epoch := 0
## The number of the last line.
var last_seq := 0
## The number of the oldest line; that of the next line if none is known.
var oldest_seq := 1
## How many members the room has, this client included.
var count := 0
## Whether [member members] has all of them.
var listed := false
## The members' names by ID. Empty if not [member listed].
var members: Dictionary[int, String] = {}
## The members' accounts by ID. A guest is not in it.
var users: Dictionary[int, String] = {}
## What the game's backend says of the members, by ID: [method GuildhallInfo.read] reads it.
var infos: Dictionary[int, String] = {}
## What holds in the room, for this player; before the first join, nothing special.
var settings := GuildhallRoomSettings.new()
## When the player may say the next thing, by [method Time.get_ticks_msec], if that is later
## than now: the room is in slow mode.
var may_say_at := 0

## The ID of the pending Join, or 0.
var join_id := 0
## When Join is sent again, which was refused for now, or 0.
var join_at := 0
## How often in a row Join was refused for now, and with which code last.
var delays := 0
var delayed_by := 0
## Whether a request for history is pending.
var is_fetching := false

var _requested_name := ""
# Lines up to this number count as a replay.
var _replay_until := 0
# The IDs of those who have said something and are not listed as members yet.
var _early_speakers: Dictionary[int, bool] = {}


func _init(requested_name: String) -> void:
	name = requested_name
	_requested_name = requested_name


## Returns after how many seconds the player may say the next thing; 0 if at once.
## [param now] is [method Time.get_ticks_msec].
func seconds_to_say(now: int) -> int:
	return maxi(0, ceili((may_say_at - now) / 1000.0))


## Whether the player asked for the room by this name.
func was_requested_as(requested_name: String) -> bool:
	return _requested_name == requested_name


## The connection is lost.
func disconnected() -> void:
	joined = false
	join_id = 0
	is_fetching = false
	_end_delays()


## Join was refused for now: it is sent again at this time.
func delay_join(until: int, code: int) -> void:
	join_id = 0
	join_at = until
	delays += 1
	delayed_by = code


## Takes what holds in the room now. Returns whether that is another thing than before.
func set_settings(new_settings: GuildhallRoomSettings) -> bool:
	if new_settings.slow_mode == 0:
		may_say_at = 0
	var is_news := not settings.equals(new_settings)
	settings = new_settings
	return is_news


## Applies the answer to a Join. Returns the events.
func apply_joined(answer: Packets.Joined, requested_name: String) -> Array[Event]:
	var events: Array[Event] = []
	var rejoined := epoch != 0
	var resumed := rejoined and answer.get_resumed() and answer.get_epoch() == epoch
	var before_first := maxi(answer.get_first_seq() - 1, 0)
	var first := answer.get_first_seq()
	var last := answer.get_last_seq()
	events.append(Event.room_joined(name, requested_name, resumed, rejoined, first, last))
	if not resumed:
		last_seq = before_first
		oldest_seq = maxi(first, 1)
	elif before_first > last_seq:
		events.append(Event.gap(name, last_seq + 1, before_first))
		last_seq = before_first
	epoch = answer.get_epoch()
	joined = true
	join_id = 0
	_end_delays()
	_replay_until = last
	set_members(answer.get_count(), answer.get_listed(), answer.get_members())
	return events


## Replaces the members; if not [param are_listed], by their number alone.
func set_members(new_count: int, are_listed: bool, list: Array[Packets.Member]) -> void:
	count = new_count
	listed = are_listed
	_clear_members()
	if listed:
		for member in list:
			_set_member(member)
	_drop_oversized_list()


## Moves the position if the line is the next one. Returns how the line relates to it.
func apply_line(line: GuildhallLine) -> LineOrder:
	var is_asked := join_id != 0 or join_at != 0
	if not joined or is_asked or line.epoch != epoch or line.seq <= last_seq:
		return LineOrder.KNOWN
	if line.seq > last_seq + 1:
		return LineOrder.AHEAD
	last_seq = line.seq
	line.replay = line.seq <= _replay_until
	if not line.replay and listed and not members.has(line.sender):
		PresenceNotice.add_early_speaker(_early_speakers, line.sender)
	return LineOrder.NEXT


## Applies a page of history with these lines, which was requested for the lines of
## [param for_epoch] before the line [param before]. Returns the event.
func apply_history(
	page: Packets.HistoryPage, of_page: Array[GuildhallLine], for_epoch: int, before: int
) -> Event:
	is_fetching = false
	var lines: Array[GuildhallLine] = []
	if page.get_epoch() != epoch or for_epoch != epoch or before != oldest_seq:
		# The position has changed since: these are not the lines before it.
		return Event.history_loaded(name, lines, true)
	var newest := 0
	for line in of_page:
		if line.seq > newest and line.seq < before:
			newest = line.seq
			line.room = name
			line.epoch = epoch
			line.replay = true
			lines.append(line)
	if not lines.is_empty():
		oldest_seq = lines[0].seq
	return Event.history_loaded(name, lines, page.get_more())


## The client keeps no lines before this one any more.
func forget_before(seq: int) -> void:
	if seq >= oldest_seq and seq <= last_seq:
		oldest_seq = seq


## Applies a change of the members. Returns the events.
func apply_presence(presence: Packets.Presence, own_id: int) -> Array[Event]:
	var events: Array[Event] = []
	var count_before := count
	count = presence.get_count()
	if not presence.get_listed():
		set_members(count, false, [])
	elif presence.get_whole():
		var before := members.duplicate()
		set_members(count, true, presence.get_joined())
		var ids := members.keys()
		ids.sort()
		for id: int in ids:
			if before.has(id) and before[id] != members[id]:
				events.append(Event.member_renamed(name, id, before[id], members[id]))
	elif listed:
		_apply_changes(presence, events)
		_drop_oversized_list()
	var notice := PresenceNotice.of(name, count_before, count, events, _early_speakers, own_id)
	_early_speakers.clear()
	if notice != null:
		events.append(notice)
	events.append(Event.members_changed(self))
	return events


func _apply_changes(presence: Packets.Presence, events: Array[Event]) -> void:
	for id in presence.get_left():
		if members.has(id):
			events.append(Event.member_left(name, id, members[id]))
			members.erase(id)
			users.erase(id)
			infos.erase(id)
	for member in presence.get_joined():
		var id := member.get_id()
		var new_name := member.get_name()
		if not members.has(id):
			events.append(Event.member_joined(name, id, new_name))
		elif members[id] != new_name:
			events.append(Event.member_renamed(name, id, members[id], new_name))
		_set_member(member)


func _set_member(member: Packets.Member) -> void:
	var id := member.get_id()
	members[id] = member.get_name()
	users.erase(id)
	infos.erase(id)
	var user := Limits.short_user(member.get_user())
	if user != "":
		users[id] = user
	var info := Limits.short_info(member.get_info())
	if info != "":
		infos[id] = info


func _clear_members() -> void:
	members.clear()
	users.clear()
	infos.clear()


func _end_delays() -> void:
	join_at = 0
	delays = 0
	delayed_by = 0


# No server can make a client keep an unlimited number of names.
func _drop_oversized_list() -> void:
	var is_too_long := func(member_name: String) -> bool:
		return member_name.to_utf8_buffer().size() > MAX_NAME_BYTES
	if members.size() > MAX_MEMBERS or members.values().any(is_too_long):
		listed = false
		_clear_members()
