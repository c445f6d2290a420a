extends RefCounted
## What a client may tell its player of the members of a room: one notice for all that
## changed at once, and none that would hide the conversation.

const Event := preload("event.gd")

## In rooms with more members, joins, leaves and new names are not told.
const FEW := 30
## Of so many clients that speak before the server lists them it is known that they spoke.
const MAX_EARLY_SPEAKERS := 64


## Adds a client that has said something and is not listed as a member yet: its line tells
## that it is there.
static func add_early_speaker(early: Dictionary[int, bool], id: int) -> void:
	if early.size() < MAX_EARLY_SPEAKERS:
		early[id] = true


## Returns the notice for these events of a room, or null if there is nothing to tell. The
## room had [param before] members, and has [param after] now.
static func of(
	room: String,
	before: int,
	after: int,
	events: Array[Event],
	early: Dictionary[int, bool],
	own_id: int
) -> Event:
	var joined: Array[String] = []
	var left: Array[String] = []
	var renamed: Array[PackedStringArray] = []
	if maxi(before, after) > FEW:
		return null
	for event in events:
		if event.arguments[1] == own_id:
			continue
		match event.kind:
			&"member_joined":
				if not early.has(event.arguments[1] as int):
					joined.append(event.arguments[2] as String)
			&"member_left":
				left.append(event.arguments[2] as String)
			&"member_renamed":
				renamed.append(PackedStringArray([event.arguments[2], event.arguments[3]]))
	if joined.is_empty() and left.is_empty() and renamed.is_empty():
		return null
	return Event.presence_notice(room, joined, left, renamed)
