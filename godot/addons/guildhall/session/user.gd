class_name GuildhallUser
extends RefCounted
## A user, as the server names one: somebody whom the player blocks, or against whom a sanction
## holds. [GuildhallSession] makes these objects.

const Packets := preload("../packets.gd")
const Limits := preload("limits.gd")

## The user's ID.
var id := 0
## The user's name.
var name := ""
## The user's account; empty for a guest. It stays the same when the name changes.
var user := ""
## The info that the game's backend gives the user: [method GuildhallInfo.read] reads it.
var info := ""


## Returns the user that a packet describes.
static func of(wire: Packets.Member) -> GuildhallUser:
	var found := GuildhallUser.new()
	found._take(wire)
	return found


## Returns the users of a list.
static func all_of(wires: Array[Packets.Member]) -> Array[GuildhallUser]:
	var found: Array[GuildhallUser] = []
	for wire in wires:
		found.append(of(wire))
	return found


## Cuts what is too long to be kept: no server can make a client keep any amount.
func cut() -> void:
	name = Limits.truncate_name(name)
	user = Limits.short_user(user)
	info = Limits.short_info(info)


## Whether this is the same user with the same name.
func equals(other: GuildhallUser) -> bool:
	return id == other.id and name == other.name and user == other.user and info == other.info


func _take(wire: Packets.Member) -> void:
	id = wire.get_id()
	name = wire.get_name()
	user = wire.get_user()
	info = wire.get_info()
