class_name GuildhallModerator
extends GuildhallUser
## A moderator of a room. [GuildhallSession] makes these objects.

## The role: [constant Packets.Role.ROLE_MODERATOR], [constant Packets.Role.ROLE_ADMIN], or a
## number that is newer than this addon.
var role := 0
## Whether the role holds in all rooms.
var everywhere := false
## Whether the moderator is in the room now.
var present := false


## Returns the moderators of a list.
static func all_in(wires: Array[Packets.Moderator]) -> Array[GuildhallModerator]:
	var found: Array[GuildhallModerator] = []
	for wire in wires:
		var moderator := GuildhallModerator.new()
		if wire.has_member():
			moderator._take(wire.get_member())
		moderator.role = wire.get_role()
		moderator.everywhere = wire.get_everywhere()
		moderator.present = wire.get_present()
		found.append(moderator)
	return found
