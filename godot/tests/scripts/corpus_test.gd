extends Check
## Reads a corpus of messages that prost has written, and writes it again. The tests of the
## generator describe its lines. Prints [code]OUT hex[/code] for each message.

const Packets := preload("res://addons/guildhall/packets.gd")
const Everything := preload("res://tests/everything.gd")

const CLASSES := {
	"packets.Packet": Packets.Packet,
	"everything.Everything": Everything.Everything,
}

var _types: Dictionary = {}


func test() -> void:
	var type := argument("type")
	var lines := file("corpus.txt").split("\n", false)
	_types = JSON.parse_string(lines[0])
	var script: GDScript = CLASSES[type]
	var out := PackedStringArray()
	for at in range(1, lines.size()):
		var record: Dictionary = JSON.parse_string(lines[at])
		var hex: String = record["hex"]
		var message: RefCounted = script.new()
		# Old values must be gone afterwards; if the bytes are refused, they must stay.
		var before := _fill(message)
		var error: int = message.call("from_bytes", hex.hex_decode())
		if record["values"] == null:
			that(error < 0, "line %d: it is refused, got %d: %s" % [at, error, hex.left(200)])
			equal(_dump(message, type), before, "line %d: the message is unchanged" % at)
			continue
		equal(error, 0, "line %d: it is read, %s" % [at, hex.left(200)])
		equal(_dump(message, type), record["values"], "line %d: the values" % at)
		if record["whole"]:
			var bytes: PackedByteArray = message.call("to_bytes")
			equal(bytes.hex_encode(), hex, "line %d: it is written as it was read" % at)
			var built: RefCounted = script.new()
			_build(built, type, record["values"] as Dictionary)
			var built_bytes: PackedByteArray = built.call("to_bytes")
			out.append("OUT " + built_bytes.hex_encode())
	print("\n".join(out))


# Sets some fields, and returns their values.
func _fill(message: RefCounted) -> Dictionary:
	if message is Packets.Packet:
		var packet := message as Packets.Packet
		packet.set_sender_id(99)
		packet.new_chat().set_msg("before")
		return {"sender_id": "99", "chat": {"msg": "before"}}
	var everything := message as Everything.Everything
	everything.add_strings("before")
	everything.set_maybe_bool(false)
	everything.set_chosen_int32(-1)
	return {"strings": ["before"], "maybe_bool": false, "chosen_int32": "-1"}


func _dump(message: RefCounted, type: String) -> Dictionary:
	var values := {}
	for field: Dictionary in _types[type]:
		var field_name: String = field["name"]
		if field["presence"] and not message.call("has_" + field_name):
			continue
		var value: Variant = message.call("get_" + field_name)
		if field["list"]:
			var list: Array = []
			for item: Variant in value as Array:
				list.append(_dump_one(item, field))
			if not list.is_empty():
				values[field_name] = list
		elif field["presence"] or not _is_default(value):
			values[field_name] = _dump_one(value, field)
	return values


func _is_default(value: Variant) -> bool:
	return value == 0 if value is float else not value


func _dump_one(value: Variant, field: Dictionary) -> Variant:
	match field["kind"]:
		"message":
			return _dump(value as RefCounted, field["message"] as String)
		"int":
			return str(value)
		"float", "double":
			return _bits(value as float, field["kind"] == "double")
		"bytes":
			return (value as PackedByteArray).hex_encode()
	return value


func _bits(value: float, wide: bool) -> String:
	# Godot stores floats as doubles, and the conversion can change the bits of a NaN.
	if is_nan(value):
		return "nan"
	var bits := PackedByteArray()
	bits.resize(8 if wide else 4)
	if wide:
		bits.encode_double(0, value)
	else:
		bits.encode_float(0, value)
	return bits.hex_encode()


func _build(message: RefCounted, type: String, values: Dictionary) -> void:
	for field: Dictionary in _types[type]:
		var field_name: String = field["name"]
		if not values.has(field_name):
			continue
		var value: Variant = values[field_name]
		var single := "new_" if field["kind"] == "message" else "set_"
		for item: Variant in (value as Array) if field["list"] else [value]:
			var method := ("add_" if field["list"] else single) + field_name
			if field["kind"] == "message":
				var made: RefCounted = message.call(method)
				_build(made, field["message"] as String, item as Dictionary)
			else:
				message.call(method, _build_one(item, field))


func _build_one(value: Variant, field: Dictionary) -> Variant:
	match field["kind"]:
		"int":
			return (value as String).to_int()
		"float":
			return (value as String).hex_decode().decode_float(0)
		"double":
			return (value as String).hex_decode().decode_double(0)
		"bytes":
			return (value as String).hex_decode()
	return value
