extends "known.gd"
## The standing of a [GuildhallSession]'s player: mutes and bans, with their ends by the
## session's clock, the role, and whom the player blocks. The server keeps all of this, and does
## what follows from it.

## So many sanctions of the player are kept.
const MAX_SANCTIONS := 64
## So many blocked users are kept.
const MAX_BLOCKS := 4_096
## No sanction ends later than so many milliseconds from now.
const LONGEST := 1 << 61

## The sanctions that hold against the player now: mutes and bans.
var sanctions: Array[GuildhallSanction] = []
## Whom the player blocks, the newest first; see [member knows_blocks].
var blocks: Array[GuildhallUser] = []
## Whether it is known on this connection whom the player blocks: if not,
## [method GuildhallChat.list_blocks] asks.
var knows_blocks := false
## The player's role everywhere, as the last Welcome says: one of [enum Packets.Role].
var role := Packets.Role.ROLE_UNSPECIFIED

# The server's time at Welcome, and the session's.
var _server_time := 0
var _welcomed_at := 0


## Returns the mute for which the player cannot say anything in this room, nor react to anything;
## if there are several, the one that ends last; or null. An empty name means whispers.
func muted(room_name: String) -> GuildhallSanction:
	var wanted := room(room_name)
	if wanted != null:
		room_name = wanted.name
	var last: GuildhallSanction = null
	for sanction in sanctions:
		var is_here := sanction.room.is_empty() or sanction.room == room_name
		if not sanction.is_mute() or not is_here:
			continue
		if last == null or _ends_later(sanction, last):
			last = sanction
	return last


## Whether the player can say something in this room, as far as is known: the player wants to be
## in it, and neither its settings nor a mute forbid it.
func can_say(room_name: String) -> bool:
	var wanted := room(room_name)
	return wanted != null and not wanted.settings.read_only and muted(room_name) == null


## Whether the player may moderate this room.
func may_moderate(room_name: String) -> bool:
	var wanted := room(room_name)
	var is_everywhere := role != Packets.Role.ROLE_UNSPECIFIED
	return is_everywhere or (wanted != null and wanted.settings.may_moderate)


## Returns when a sanction against the player ends, as [method Time.get_ticks_msec] counts; -1:
## it has no end.
func ends_at(sanction: GuildhallSanction) -> int:
	if sanction.until == 0:
		return -1
	# A number below 0 is one that is too large for the engine.
	var left := LONGEST
	if sanction.until > 0:
		left = clampi(sanction.until - _server_time, 0, LONGEST)
	return _welcomed_at + left


## Whether it is known that the player blocks the user with this ID.
func is_blocked(user_id: int) -> bool:
	return blocks.any(func(blocked: GuildhallUser) -> bool: return blocked.id == user_id)


func _ends_later(sanction: GuildhallSanction, other: GuildhallSanction) -> bool:
	if other.until == 0:
		return false
	return sanction.until == 0 or ends_at(sanction) > ends_at(other)


# Returns the error of something that a muted player cannot do.
func _check_not_muted(room_name: String) -> int:
	return OK if muted(room_name) == null else GuildhallSession.SendError.MUTED


func _take_standing(welcome: Packets.Welcome, now: int) -> void:
	role = Packets.Role.ROLE_UNSPECIFIED
	if Packets.Role.values().has(welcome.get_role()):
		role = welcome.get_role() as Packets.Role
	_server_time = welcome.get_time()
	_welcomed_at = now
	# On a new connection the list may be another one.
	knows_blocks = false
	blocks = []


# This is all that holds against the player now.
func _take_sanctions(wires: Array[Packets.Sanction], now: int) -> void:
	var all: Array[GuildhallSanction] = []
	for wire in wires:
		all.append(GuildhallSanction.own_of(wire))
	_set_sanctions(all, now)


func _set_sanctions(all: Array[GuildhallSanction], now: int) -> void:
	var old := sanctions
	var ids := {}
	sanctions = []
	for sanction in all:
		var end := ends_at(sanction)
		var holds := sanction.lasts() and (end < 0 or now < end)
		if holds and not ids.has(sanction.id) and sanctions.size() < MAX_SANCTIONS:
			ids[sanction.id] = true
			sanctions.append(sanction)
	for before in old:
		if not ids.has(before.id):
			_events.append(Event.sanction_ended(before))
	for sanction in sanctions:
		if not old.any(sanction.equals):
			var end := ends_at(sanction)
			_events.append(Event.sanctioned(sanction, -1 if end < 0 else maxi(end - now, 0)))


# Forgets what has reached its end.
func _end_sanctions(now: int) -> void:
	var end := _sanctions_wake_at()
	if end >= 0 and end <= now:
		_set_sanctions(sanctions, now)


# Returns when the first sanction ends, or -1.
func _sanctions_wake_at() -> int:
	var first := -1
	for sanction in sanctions:
		var end := ends_at(sanction)
		if end >= 0 and (first < 0 or end < first):
			first = end
	return first


# The server says whom the player blocks.
func _take_blocks(wires: Array[Packets.Member]) -> void:
	var new_blocks := GuildhallUser.all_of(wires.slice(0, MAX_BLOCKS))
	for blocked in new_blocks:
		blocked.cut()
	var is_same := knows_blocks and new_blocks.size() == blocks.size()
	if is_same:
		for at in new_blocks.size():
			is_same = is_same and new_blocks[at].equals(blocks[at])
	if is_same:
		return
	knows_blocks = true
	blocks = new_blocks
	_events.append(Event.blocks_changed())
