extends RefCounted
## The packets that a socket has received and the game has not seen yet. They are taken out
## of the socket at once, because its buffer is small. They are handled for some milliseconds
## in each frame, so that what a crowd says does not stop the game.

## How long the packets of a frame may take, in microseconds, with all that the game does
## with them.
const FRAME_BUDGET := 5_000
## The most packets that are taken out of the socket.
const MAX_PACKETS := 100_000

## How many bytes [method fill] has taken out of the socket.
var filled_bytes := 0

# Packets, oldest first. A text message is kept as a text.
var _packets: Array = []
# The index of the next packet.
var _next := 0
# When this frame's time is over, in microseconds.
var _until := 0


## Takes the packets out of the socket, and begins a frame. Packets that are
## [param urgent] do not have to wait behind others: returns how many there were.
func fill(socket: WebSocketPeer, urgent := PackedByteArray()) -> int:
	_until = Time.get_ticks_usec() + FRAME_BUDGET
	filled_bytes = 0
	var urgent_count := 0
	while socket.get_available_packet_count() > 0 and _packets.size() - _next < MAX_PACKETS:
		var bytes := socket.get_packet()
		filled_bytes += bytes.size()
		if not urgent.is_empty() and bytes == urgent:
			urgent_count += 1
		else:
			var is_text := socket.was_string_packet()
			_packets.append(bytes.get_string_from_utf8() if is_text else bytes)
	return urgent_count


## Whether there is a packet, and time for it in this frame.
func has_turn() -> bool:
	return not is_empty() and Time.get_ticks_usec() < _until


## Whether all packets were handled.
func is_empty() -> bool:
	return _next == _packets.size()


## Removes and returns the next packet: its bytes, or a text for a text message.
func pop() -> Variant:
	var packet: Variant = _packets[_next]
	_packets[_next] = null
	_next += 1
	if is_empty():
		clear()
	return packet


## Forgets all packets.
func clear() -> void:
	_packets.clear()
	_next = 0
