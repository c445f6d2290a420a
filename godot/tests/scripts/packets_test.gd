extends Check
## The generated packets: the golden vectors, which also bind Rust and the browser, and
## the errors for bytes that are not a packet.

const Packets := preload("res://addons/guildhall/packets.gd")
const Everything := preload("res://tests/everything.gd")
const PB_ERR := Packets.PB_ERR


func test() -> void:
	_golden_vectors_are_written_and_read()
	_changes_and_replies_are_written_and_read()
	_a_prefix_of_a_packet_is_refused()
	_invalid_bytes_have_their_errors()
	_unknown_fields_are_skipped()
	_one_trailing_newline_is_ignored()
	_nesting_is_limited()
	_text_that_godot_cannot_store_is_replaced()
	_fields_are_set_read_and_cleared()
	_numbers_keep_their_bits()


func _golden_vectors_are_written_and_read() -> void:
	var vectors: Array = JSON.parse_string(file("golden.json"))
	that(vectors.size() > 5, "the file has golden vectors")
	for vector: Dictionary in vectors:
		var what: String = vector["name"]
		var hex: String = vector["hex"]
		var made := Packets.Packet.new()
		made.set_sender_id((vector["sender_id"] as String).to_int())
		if vector.has("chat"):
			made.new_chat().set_msg(vector["chat"] as String)
		else:
			made.new_id().set_id((vector["id"] as String).to_int())
		equal(made.to_bytes().hex_encode(), hex, what + ": encoded")

		var read := Packets.Packet.new()
		equal(read.from_bytes(hex.hex_decode()), OK, what + ": decodes")
		equal(read.get_sender_id(), (vector["sender_id"] as String).to_int(), what + ": sender")
		equal(read.has_chat(), vector.has("chat"), what + ": has_chat")
		equal(read.has_id(), vector.has("id"), what + ": has_id")
		if read.has_chat():
			equal(read.get_chat().get_msg(), vector["chat"] as String, what + ": text")
		if read.has_id():
			equal(read.get_id().get_id(), (vector["id"] as String).to_int(), what + ": id")
		equal(read.to_bytes().hex_encode(), hex, what + ": encoded again")


func _changes_and_replies_are_written_and_read() -> void:
	var vectors: Array = JSON.parse_string(file("changes.json"))
	that(vectors.size() > 10, "the file has vectors of changes")
	for vector: Dictionary in vectors:
		var what: String = vector["name"]
		var hex: String = vector["hex"]
		var made := Packets.Packet.new()
		if vector.has("request"):
			_write_request(made.new_request(), vector["request"] as Dictionary)
		else:
			_write_line(made.new_line(), vector["line"] as Dictionary)
		equal(made.to_bytes().hex_encode(), hex, what + ": encoded")
		var read := Packets.Packet.new()
		equal(read.from_bytes(hex.hex_decode()), OK, what + ": decodes")
		equal(str(read), str(made), what + ": has the same fields")
		equal(read.to_bytes().hex_encode(), hex, what + ": encoded again")


func _write_request(request: Packets.Request, vector: Dictionary) -> void:
	request.set_id(_number(vector["id"]))
	var room: String = vector["room"]
	var line: Packets.LineRef
	match vector["ask"]:
		"edit":
			var edit := request.new_edit()
			edit.set_room(room)
			edit.set_text(vector["text"] as String)
			line = edit.new_line()
		"remove":
			var remove := request.new_remove()
			remove.set_room(room)
			line = remove.new_line()
		"react":
			var react := request.new_react()
			react.set_room(room)
			react.set_reaction(vector["reaction"] as String)
			react.set_take_back(vector["take_back"] as bool)
			line = react.new_line()
		"reply":
			var say := request.new_say()
			say.set_room(room)
			say.set_text(vector["text"] as String)
			line = say.new_reply_to()
	var at: Dictionary = vector["at"]
	line.set_epoch(_number(at["epoch"]))
	line.set_seq(_number(at["seq"]))


func _write_line(line: Packets.Line, vector: Dictionary) -> void:
	line.set_room(vector["room"] as String)
	line.set_epoch(_number(vector["epoch"]))
	line.set_seq(_number(vector["seq"]))
	line.set_time(_number(vector["time"]))
	line.set_sender(_number(vector["sender"]))
	line.set_name(vector["name"] as String)
	line.set_nonce(_number(vector["nonce"]))
	line.set_text(vector["text"] as String)
	line.set_reply_to(_number(vector["reply_to"]))
	line.set_edited(_number(vector["edited"]))
	line.set_removed(vector["removed"] as bool)
	for reaction: Dictionary in vector["reactions"]:
		_write_reaction(line.add_reactions(), reaction)
	if vector["change"] != null:
		var what: Dictionary = vector["change"]
		var change := line.new_change()
		change.set_seq(_number(what["seq"]))
		change.set_kind(int(what["kind"] as float))
		if what["reaction"] != null:
			_write_reaction(change.new_reaction(), what["reaction"] as Dictionary)


func _write_reaction(reaction: Packets.Reaction, vector: Dictionary) -> void:
	reaction.set_reaction(vector["reaction"] as String)
	reaction.set_count(_number(vector["count"]))


# A number in a vector is a text: a number of JSON has fewer bits.
func _number(text: Variant) -> int:
	return (text as String).to_int()


func _a_prefix_of_a_packet_is_refused() -> void:
	var whole := _chat(7, "hello").to_bytes()
	for length in whole.size():
		var packet := _chat(99, "before")
		var error := packet.from_bytes(whole.slice(0, length))
		if length == 2:
			# The sender alone is a packet without a body.
			equal(error, OK, "the sender alone is a packet")
			that(not packet.has_chat(), "the sender alone has no chat")
			continue
		that(error < 0, "%d bytes of a packet are refused" % length)
		equal(packet.get_sender_id(), 99, "%d bytes: the sender is as before" % length)
		equal(packet.get_chat().get_msg(), "before", "%d bytes: the text is as before" % length)


func _invalid_bytes_have_their_errors() -> void:
	_is_refused("", PB_ERR.EMPTY, "nothing")
	_is_refused("0a", PB_ERR.EMPTY, "a newline alone")
	_is_refused("08", PB_ERR.VARINT_NOT_FOUND, "a tag without its value")
	_is_refused("12040a0268", PB_ERR.LENGTHDEL_SIZE_MISMATCH, "a text cut short")
	_is_refused("12030a01ff", PB_ERR.UTF8_INVALID, "a text that is not UTF-8")
	_is_refused("12050a03eda080", PB_ERR.UTF8_INVALID, "a surrogate in a text")
	_is_refused("12040a02c080", PB_ERR.UTF8_INVALID, "a longer form than needed")
	_is_refused("12060a04f4908080", PB_ERR.UTF8_INVALID, "above U+10FFFF")
	_is_refused("12040a02e282", PB_ERR.UTF8_INVALID, "a letter cut short")
	_is_refused("0d00000000", PB_ERR.WIRE_TYPE_MISMATCH, "a sender of another wire type")
	_is_refused("1005", PB_ERR.WIRE_TYPE_MISMATCH, "a chat of another wire type")
	_is_refused("ff".repeat(16), PB_ERR.VARINT_NOT_FOUND, "an endless varint")
	_is_refused("08ffffffffffffffffff02", PB_ERR.VARINT_NOT_FOUND, "a varint above 64 bits")
	_is_refused("0000", PB_ERR.TAG_INVALID, "field number 0")
	_is_refused("0e", PB_ERR.TAG_INVALID, "wire type 6")
	_is_refused("0c", PB_ERR.WIRE_TYPE_MISMATCH, "a group's end as sender")
	_is_refused("c40c", PB_ERR.GROUP_MISMATCH, "the end of a group that has no start")
	_is_refused("c30ccc0c", PB_ERR.GROUP_MISMATCH, "the end of a different group")
	_is_refused("c30c0801", PB_ERR.VARINT_NOT_FOUND, "a group without an end")
	_is_refused("1affffffffffffffffff01", PB_ERR.LENGTHDEL_SIZE_MISMATCH, "a length below zero")
	_is_refused("08010802", PB_ERR.REPEATED, "two senders")
	_is_refused("12001200", PB_ERR.REPEATED, "two chats")
	_is_refused("12001a00", PB_ERR.REPEATED, "a chat and an ID")
	_is_refused("12002200", PB_ERR.REPEATED, "a chat and another server's body")
	_is_refused(_hex('{"chat":"hello"}'), PB_ERR.LENGTHDEL_SIZE_MISMATCH, "JSON")


func _is_refused(hex: String, error: int, what: String) -> void:
	var packet := _chat(99, "before")
	var got := packet.from_bytes(hex.hex_decode())
	equal(got, error, what + ": error")
	equal(packet.get_sender_id(), 99, what + ": the sender is as before")
	equal(packet.get_chat().get_msg(), "before", what + ": the text is as before")


func _unknown_fields_are_skipped() -> void:
	var unknown := {
		"varint": "c00c9601",
		"64 bits": "c90c0102030405060708",
		"length-delimited": "d20c03616263",
		"group": "db0c0801dc0c",
		"group in a group": "db0c0b08010c0801dc0c",
		"32 bits": "e50c01020304",
		"the largest field number": "f8ffffff0f00",
	}
	var hex := _chat(7, "hi").to_bytes().hex_encode()
	var both := Packets.Packet.new()
	for wire_type: String in unknown:
		var extra: String = unknown[wire_type]
		for bytes: String in [hex + extra, extra + hex]:
			equal(both.from_bytes(bytes.hex_decode()), OK, "unknown %s is skipped" % wire_type)
			equal(
				both.get_chat().get_msg(), "hi", "unknown %s does not change the text" % wire_type
			)
			equal(both.get_sender_id(), 7, "unknown %s does not change the sender" % wire_type)
		var cut := (hex + extra).left(-2)
		that(both.from_bytes(cut.hex_decode()) < 0, "unknown %s cut short is refused" % wire_type)
		# The same within the chat: the text "hi", then the unknown field.
		var inner := "0a026869" + extra
		@warning_ignore("integer_division")
		var outer := "12%02x%s" % [inner.length() / 2, inner]
		equal(both.from_bytes(outer.hex_decode()), OK, "unknown %s within a chat" % wire_type)
		equal(
			both.get_chat().get_msg(),
			"hi",
			"unknown %s within a chat does not change the text" % wire_type
		)


func _one_trailing_newline_is_ignored() -> void:
	var bytes := _chat(7, "hi").to_bytes()
	bytes.append(0x0A)
	var packet := Packets.Packet.new()
	equal(packet.from_bytes(bytes), OK, "one newline after a packet is ignored")
	equal(packet.get_chat().get_msg(), "hi", "one newline after a packet does not change the text")
	bytes.append(0x0A)
	that(packet.from_bytes(bytes) < 0, "two newlines are refused")
	bytes = _chat(7, "hi\n").to_bytes()
	equal(packet.from_bytes(bytes), OK, "a text may end in a newline")
	equal(packet.get_chat().get_msg(), "hi\n", "a text that ends in a newline keeps it")


func _nesting_is_limited() -> void:
	var branch := PackedByteArray()
	for _i in 100:
		branch = _wrapped(branch)
	var read := Everything.Branch.new()
	equal(read.from_bytes(branch), OK, "a hundred nested messages are read")
	equal(read.from_bytes(_wrapped(branch)), PB_ERR.TOO_DEEP, "one more is refused")
	var groups := "c30c".repeat(20_000).hex_decode()
	var packet := Packets.Packet.new()
	equal(packet.from_bytes(groups), PB_ERR.TOO_DEEP, "20,000 nested groups are refused")


# Returns a Branch whose left (field 3) is the given one.
func _wrapped(inner: PackedByteArray) -> PackedByteArray:
	var writer := Everything.PBWriter.new()
	writer.put_key(3, Everything.PBWire.LENGTH)
	writer.put_bytes(inner)
	return writer.bytes


func _text_that_godot_cannot_store_is_replaced() -> void:
	var packet := Packets.Packet.new()
	equal(packet.from_bytes("12050a03610062".hex_decode()), OK, "U+0000 in a text is read")
	equal(packet.get_chat().get_msg(), "a\ufffdb", "U+0000 reads as U+FFFD")
	equal(packet.from_bytes("12060a04efbbbf61".hex_decode()), OK, "a byte order mark is read")
	equal(packet.get_chat().get_msg(), "\ufeffa", "a byte order mark stays")


func _fields_are_set_read_and_cleared() -> void:
	var packet := Packets.Packet.new()
	that(not packet.has_chat() and not packet.has_id(), "a new packet has no body")
	equal(packet.get_sender_id(), 0, "a new packet has no sender")
	that(packet.get_chat() == null, "a new packet has no chat")
	equal(packet.to_bytes().size(), 0, "a new packet has no bytes")
	var chat := packet.new_chat()
	chat.set_msg("hi")
	that(packet.has_chat() and packet.which_msg() == 2, "the packet has the chat")
	that(packet.get_chat() == chat, "the packet returns the same chat")
	equal(
		str(packet), 'Packet {chat: ChatMessage {msg: "hi"}}', "a packet is printed with its fields"
	)
	packet.new_id().set_id(3)
	that(packet.has_id() and not packet.has_chat(), "an ID replaces the chat")
	that(packet.get_chat() == null, "the chat is gone")
	packet.clear_chat()
	that(packet.has_id(), "clearing a missing field changes nothing")
	packet.clear_id()
	that(not packet.has_id() and packet.which_msg() == 0, "the ID is cleared")
	var everything := Everything.Everything.new()
	that(not everything.has_maybe_uint32(), "an optional field is missing at first")
	everything.set_maybe_uint32(0)
	equal(everything.to_bytes().hex_encode(), "a00100", "an optional 0 is written")
	everything.clear_maybe_uint32()
	equal(everything.to_bytes().size(), 0, "a cleared optional field is not written")
	var bytes := PackedByteArray([1])
	everything.set_some_bytes(bytes)
	bytes[0] = 2
	equal(everything.get_some_bytes()[0], 1, "bytes that were set are a copy")
	everything.clear_some_bytes()
	everything.set_int32s([1, 2])
	everything.add_int32s(3)
	equal(everything.get_int32s(), [1, 2, 3] as Array[int], "a list grows")
	everything.clear_int32s()
	equal(everything.to_bytes().size(), 0, "a cleared list is not written")
	equal(Everything.Hue.HUE_BELOW, -3, "an enum has its numbers")
	equal(
		Everything.Everything.Kind.KIND_LARGE, 2147483647, "the enum of a message has its numbers"
	)


func _numbers_keep_their_bits() -> void:
	var everything := Everything.Everything.new()
	everything.set_a_uint64(-1)
	equal(
		everything.to_bytes().hex_encode(),
		"30ffffffffffffffffff01",
		"a uint64 of 2^64 - 1 is written"
	)
	everything.clear_a_uint64()
	everything.set_an_int32(-1)
	equal(everything.to_bytes().hex_encode(), "18ffffffffffffffffff01", "int32 -1 is ten bytes")
	everything.clear_an_int32()
	everything.set_a_sint64(-9223372036854775807 - 1)
	equal(everything.to_bytes().hex_encode(), "40ffffffffffffffffff01", "the smallest sint64")
	everything.clear_a_sint64()
	everything.set_a_uint32(1 << 32)
	equal(everything.get_a_uint32(), 0, "a uint32 keeps 32 bits")
	everything.set_an_int32(1 << 31)
	equal(everything.get_an_int32(), -2147483648, "an int32 keeps 32 bits and their sign")


func _chat(sender_id: int, text: String) -> Packets.Packet:
	var packet := Packets.Packet.new()
	packet.set_sender_id(sender_id)
	packet.new_chat().set_msg(text)
	return packet


func _hex(text: String) -> String:
	return text.to_utf8_buffer().hex_encode()
