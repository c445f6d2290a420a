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
	## It is of another epoch: the room has begun anew.
	OTHER_EPOCH,
}

const Packets := preload("../packets.gd")
const Event := preload("event.gd")
const Limits := preload("limits.gd")
const PresenceNotice := preload("presence_notice.gd")
const ReadMark := preload("read_mark.gd")

## If a room has more members than this, only their number is kept.
const MAX_MEMBERS := 4096
## If a member's name is longer than this in bytes, only the number is kept.
const MAX_NAME_BYTES := 1024
## So many changes are held back while a page of history is on its way. With more, the page is
## asked for again.
const MAX_HELD_CHANGES := 64

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
## The members' infos by ID, as the game's backend gives them: [method GuildhallInfo.read] reads
## one.
var infos: Dictionary[int, String] = {}
## The settings of the room, for this player; before the first join, nothing special holds.
var settings := GuildhallRoomSettings.new()
## When the player may say the next thing, by [method Time.get_ticks_msec], if that is later
## than now: the room is in slow mode.
var may_say_at := 0
## The last line that the player has read, over any connection; 0: it is not known.
var read_seq := 0
## Whether the room's lines are kept when the server starts again.
var durable := false

## The ID of the pending Join, or 0.
var join_id := 0
## When Join is sent again, which was refused for now, or 0.
var join_at := 0
## How often in a row Join was refused for now, and with which code last.
var delays := 0
var delayed_by := 0
## Whether a request for history is pending.
var is_fetching := false
## Before this time, no line of another epoch makes the client join the room at once.
var no_rejoin_before := 0
## How far the player has read, on its way to the server.
var mark := ReadMark.new()

var _requested_name := ""
# Lines up to this number count as a replay, and from the other one on, they are as they are now.
var _replay_until := 0
var _replay_from := 1
# Changes of lines before the known ones that came while a page of them was on its way: the
# page may be from before them.
var _held_changes: Array[GuildhallLineChange] = []
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
	no_rejoin_before = 0
	stop_fetching()
	mark.disconnected()
	_end_delays()


## No page of history is on its way any more.
func stop_fetching() -> void:
	is_fetching = false
	_held_changes.clear()


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
	if answer.get_epoch() != epoch:
		read_seq = 0
		mark.forget()
	mark.known(answer.get_read_seq())
	read_seq = maxi(read_seq, mini(answer.get_read_seq(), last))
	durable = answer.get_durable()
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
	_replay_from = first
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


## Moves the position if the line is the next one. It may be a change of another line, or one of
## which nothing is to be seen, and not one that is said. Returns how the line relates to the
## position.
func apply_line(line: GuildhallLine, is_said: bool) -> LineOrder:
	var is_asked := join_id != 0 or join_at != 0
	if not joined or is_asked or line.epoch == 0:
		return LineOrder.KNOWN
	if line.epoch != epoch:
		return LineOrder.OTHER_EPOCH
	if line.seq <= last_seq:
		return LineOrder.KNOWN
	if line.seq > last_seq + 1:
		return LineOrder.AHEAD
	last_seq = line.seq
	line.replay = line.seq <= _replay_until
	if is_said and not line.replay and listed and not members.has(line.sender):
		PresenceNotice.add_early_speaker(_early_speakers, line.sender)
	return LineOrder.NEXT


## Returns the event of a change; null if the client does not have the line, or got it with this
## change.
func apply_change(change: GuildhallLineChange) -> Event:
	# The lines of a replay are as they are now.
	var from := oldest_seq if change.is_of_many() else change.line
	if change.replay and from >= _replay_from:
		return null
	var is_of_known := change.line >= oldest_seq
	var is_of_older := change.is_of_many() or not is_of_known
	if is_of_older and is_fetching and _held_changes.size() < MAX_HELD_CHANGES:
		_held_changes.append(change)
	return _event_of(change) if is_of_known else null


## Applies a page of history, which was requested for the lines of [param for_epoch] before the
## line [param before]. The player has this ID and this session. Returns the events.
func apply_history(
	page: Packets.HistoryPage, for_epoch: int, before: int, own_id: int, own_session: int
) -> Array[Event]:
	var changes := _held_changes.duplicate()
	stop_fetching()
	var lines: Array[GuildhallLine] = []
	var is_as_asked := page.get_epoch() == epoch and for_epoch == epoch and before == oldest_seq
	if not is_as_asked or changes.size() >= MAX_HELD_CHANGES:
		# The position has changed since: these are not the lines before it. Or too much of
		# them has changed.
		return [Event.history_loaded(name, lines, true)]
	var newest := 0
	for wire in page.get_lines():
		var seq := wire.get_seq()
		if seq <= newest or seq >= before:
			continue
		if newest == 0:
			oldest_seq = seq
		newest = seq
		# The lines of a page are as they are now: their changes say nothing new. Of what was
		# removed before, nothing is shown.
		if not (wire.has_change() or wire.get_hidden() or wire.get_removed()):
			var line := GuildhallLine.of(wire, own_id, own_session)
			line.room = name
			line.epoch = epoch
			line.replay = true
			lines.append(line)
	var events: Array[Event] = [Event.history_loaded(name, lines, page.get_more())]
	for change in changes:
		if change.line >= oldest_seq:
			events.append(_event_of(change))
	return events


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


static func _event_of(change: GuildhallLineChange) -> Event:
	match change.kind:
		GuildhallLineChange.Kind.EDITED:
			return Event.line_edited(change)
		GuildhallLineChange.Kind.REMOVED:
			return Event.line_removed(change)
		GuildhallLineChange.Kind.CLEARED:
			return Event.lines_cleared(change)
		GuildhallLineChange.Kind.PURGED:
			return Event.lines_purged(change)
	return Event.reactions_changed(change)


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
