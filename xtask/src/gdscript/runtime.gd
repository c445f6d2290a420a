## What every message does.
class PBMessage:
	extends RefCounted

	## The message in Protobuf's binary form: fields in the order of their
	## numbers, defaults left out.
	func to_bytes() -> PackedByteArray:
		var writer := PBWriter.new()
		write_to(writer)
		return writer.bytes

	## Replaces everything in this message by what [param bytes] say. Returns
	## [constant PB_ERR.NO_ERRORS] (0), or what is wrong with the bytes; then
	## nothing is changed. Unknown fields are skipped.
	func from_bytes(_bytes: PackedByteArray) -> int:
		return PB_ERR.UNDEFINED_STATE

	## Adds the fields that are set to [param writer].
	func write_to(_writer: PBWriter) -> void:
		pass

	## Takes fields from [param reader] up to its end, or its first error.
	func read_from(_reader: PBReader) -> void:
		pass


## Puts values into bytes.
class PBWriter:
	extends RefCounted

	const LOW_63_BITS := 0x7FFFFFFFFFFFFFFF

	var bytes := PackedByteArray()

	func put_key(field: int, wire: PBWire) -> void:
		put_int64(field << 3 | wire)

	func put_int64(value: int) -> void:
		var rest := value & LOW_63_BITS
		if value < 0:
			# Nine times seven bits, and the sign as the tenth.
			for shift in range(0, 63, 7):
				bytes.append((rest >> shift) & 0x7F | 0x80)
			bytes.append(1)
			return
		while rest > 0x7F:
			bytes.append(rest & 0x7F | 0x80)
			rest >>= 7
		bytes.append(rest)

	func put_int32(value: int) -> void:
		put_int64(value)

	func put_uint32(value: int) -> void:
		put_int64(value)

	func put_sint32(value: int) -> void:
		put_sint64(value)

	func put_sint64(value: int) -> void:
		# 0, -1, 1, -2 … become 0, 1, 2, 3 …; no negative number is shifted,
		# because debug builds of Godot refuse to.
		var doubled := (value & (LOW_63_BITS >> 1)) << 1
		if value & (LOW_63_BITS ^ (LOW_63_BITS >> 1)):
			doubled |= ~LOW_63_BITS
		put_int64(~doubled if value < 0 else doubled)

	func put_bool(value: bool) -> void:
		bytes.append(1 if value else 0)

	func put_fixed32(value: int) -> void:
		var at := _grow(4)
		bytes.encode_u32(at, value)

	func put_sfixed32(value: int) -> void:
		var at := _grow(4)
		bytes.encode_s32(at, value)

	func put_fixed64(value: int) -> void:
		var at := _grow(8)
		bytes.encode_s64(at, value)

	func put_float(value: float) -> void:
		var at := _grow(4)
		bytes.encode_float(at, value)

	func put_double(value: float) -> void:
		var at := _grow(8)
		bytes.encode_double(at, value)

	func put_bytes(value: PackedByteArray) -> void:
		put_int64(value.size())
		bytes.append_array(value)

	func put_string(value: String) -> void:
		put_bytes(value.to_utf8_buffer())

	func put_message(value: PBMessage) -> void:
		put_bytes(value.to_bytes())

	func _grow(count: int) -> int:
		var at := bytes.size()
		bytes.resize(at + count)
		return at


## Takes values out of bytes. After the first error everything reads as 0 and
## nothing moves on, so that callers look at [member error] once, at the end.
class PBReader:
	extends RefCounted

	## How deep messages and groups may lie in each other.
	const MAX_DEPTH := 100

	var error: int = PB_ERR.NO_ERRORS
	## The field that [method next_field] found.
	var field := 0
	var _wire: int = PBWire.VARINT
	var _bytes: PackedByteArray
	var _at := 0
	var _end := 0
	var _depth := 0
	var _seen: Dictionary[int, bool] = {}

	func _init(bytes: PackedByteArray) -> void:
		_bytes = bytes
		_end = bytes.size()

	## Reads the whole of [param bytes] into [param message].
	static func read_all(bytes: PackedByteArray, message: PBMessage) -> int:
		var reader := PBReader.new(bytes)
		message.read_from(reader)
		return reader.error

	## The low 32 bits as a signed number.
	static func to_int32(value: int) -> int:
		var low := value & 0xFFFFFFFF
		return low - 0x100000000 if low > 0x7FFFFFFF else low

	## The nearest number that a 32-bit float holds.
	static func to_float32(value: float) -> float:
		return PackedFloat32Array([value])[0]

	## Moves on to the next field of the present message; false at its end.
	func next_field() -> bool:
		if error != PB_ERR.NO_ERRORS or _at >= _end:
			return false
		_read_key()
		return error == PB_ERR.NO_ERRORS

	## Notes that what [param slot] stands for is there; a second time is an error.
	func only_once(slot: int) -> void:
		if _seen.has(slot):
			_fail(PB_ERR.REPEATED)
		_seen[slot] = true

	## Skips the value of a field that nobody here knows.
	func skip_value() -> void:
		_skip(field, _wire, _depth)

	## How many numbers follow: one, or a packed run of them.
	func count_values(wire: PBWire) -> int:
		if _wire != PBWire.LENGTH:
			return 1 if _expect(wire) else 0
		var length := _take_length()
		if error != PB_ERR.NO_ERRORS or length == 0:
			return 0
		if wire == PBWire.VARINT:
			var count := 0
			for at in range(_at, _at + length):
				if _bytes[at] < 0x80:
					count += 1
			if _bytes[_at + length - 1] >= 0x80:
				_fail(PB_ERR.VARINT_NOT_FOUND)
			return count
		var size := 4 if wire == PBWire.FIXED32 else 8
		if length % size != 0:
			_fail(PB_ERR.LENGTHDEL_SIZE_MISMATCH)
		@warning_ignore("integer_division")
		return length / size

	func read_message(message: PBMessage) -> void:
		if not _expect(PBWire.LENGTH):
			return
		if _depth == MAX_DEPTH:
			_fail(PB_ERR.TOO_DEEP)
			return
		var length := _take_length()
		var outer_end := _end
		_end = _at + length
		_depth += 1
		message.read_from(self)
		_depth -= 1
		_end = outer_end

	func read_bytes() -> PackedByteArray:
		if not _expect(PBWire.LENGTH):
			return PackedByteArray()
		var length := _take_length()
		_at += length
		return _bytes.slice(_at - length, _at)

	func read_string() -> String:
		return _to_text(read_bytes())

	func read_int64() -> int:
		return take_int64() if _expect(PBWire.VARINT) else 0

	func read_int32() -> int:
		return to_int32(read_int64())

	func read_uint32() -> int:
		return read_int64() & 0xFFFFFFFF

	func read_sint64() -> int:
		return _unfold(read_int64())

	func read_sint32() -> int:
		return _unfold(read_uint32())

	func read_bool() -> bool:
		return read_int64() != 0

	func read_fixed32() -> int:
		return take_fixed32() if _expect(PBWire.FIXED32) else 0

	func read_sfixed32() -> int:
		return to_int32(read_fixed32())

	func read_fixed64() -> int:
		return take_fixed64() if _expect(PBWire.FIXED64) else 0

	func read_float() -> float:
		return take_float() if _expect(PBWire.FIXED32) else 0.0

	func read_double() -> float:
		return take_double() if _expect(PBWire.FIXED64) else 0.0

	func take_int64() -> int:
		var value := 0
		for shift in range(0, 70, 7):
			if error != PB_ERR.NO_ERRORS or _at >= _end:
				break
			var byte := _bytes[_at]
			_at += 1
			if shift == 63 and byte > 1:
				# More than 64 bits.
				break
			value |= (byte & 0x7F) << shift
			if byte < 0x80:
				return value
		_fail(PB_ERR.VARINT_NOT_FOUND)
		return 0

	func take_int32() -> int:
		return to_int32(take_int64())

	func take_uint32() -> int:
		return take_int64() & 0xFFFFFFFF

	func take_sint64() -> int:
		return _unfold(take_int64())

	func take_sint32() -> int:
		return _unfold(take_uint32())

	func take_bool() -> bool:
		return take_int64() != 0

	func take_fixed32() -> int:
		return _bytes.decode_u32(_at - 4) if _take(4) else 0

	func take_sfixed32() -> int:
		return to_int32(take_fixed32())

	func take_fixed64() -> int:
		return _bytes.decode_s64(_at - 8) if _take(8) else 0

	func take_float() -> float:
		return _bytes.decode_float(_at - 4) if _take(4) else 0.0

	func take_double() -> float:
		return _bytes.decode_double(_at - 8) if _take(8) else 0.0

	func _fail(what: PB_ERR) -> void:
		if error == PB_ERR.NO_ERRORS:
			error = what

	func _expect(wire: PBWire) -> bool:
		if _wire != wire:
			_fail(PB_ERR.WIRE_TYPE_MISMATCH)
		return error == PB_ERR.NO_ERRORS

	func _take(count: int) -> bool:
		if error == PB_ERR.NO_ERRORS and _end - _at < count:
			_fail(PB_ERR.PACKAGE_SIZE_MISMATCH)
		if error != PB_ERR.NO_ERRORS:
			return false
		_at += count
		return true

	func _take_length() -> int:
		var length := take_int64()
		if error != PB_ERR.NO_ERRORS:
			return 0
		# Below zero: a length above 2^63.
		if length < 0 or length > _end - _at:
			_fail(PB_ERR.LENGTHDEL_SIZE_MISMATCH)
			return 0
		return length

	func _read_key() -> void:
		var key := take_int64()
		if error != PB_ERR.NO_ERRORS:
			return
		field = key >> 3 if key >= 0 else 0
		_wire = key & 7
		if field == 0 or key > 0xFFFFFFFF or _wire > PBWire.FIXED32:
			_fail(PB_ERR.TAG_INVALID)

	func _skip(number: int, wire: int, depth: int) -> void:
		if depth == MAX_DEPTH:
			_fail(PB_ERR.TOO_DEEP)
			return
		match wire:
			PBWire.VARINT:
				take_int64()
			PBWire.FIXED64:
				_take(8)
			PBWire.FIXED32:
				_take(4)
			PBWire.LENGTH:
				_at += _take_length()
			PBWire.GROUP:
				_skip_group(number, depth)
			_:
				_fail(PB_ERR.GROUP_MISMATCH)

	func _skip_group(number: int, depth: int) -> void:
		while error == PB_ERR.NO_ERRORS:
			_read_key()
			if error == PB_ERR.NO_ERRORS and _wire == PBWire.GROUP_END:
				if field != number:
					_fail(PB_ERR.GROUP_MISMATCH)
				return
			_skip(field, _wire, depth + 1)

	func _unfold(value: int) -> int:
		var half := (value & PBWriter.LOW_63_BITS) >> 1
		if value < 0:
			half |= PBWriter.LOW_63_BITS ^ (PBWriter.LOW_63_BITS >> 1)
		return ~half if value & 1 else half

	func _to_text(bytes: PackedByteArray) -> String:
		if not _is_utf8(bytes):
			_fail(PB_ERR.UTF8_INVALID)
			return ""
		# The engine drops a byte order mark, and ends a text at U+0000, which no
		# Godot string can hold: it becomes U+FFFD.
		var marked := bytes.slice(0, 3) == PackedByteArray([0xEF, 0xBB, 0xBF])
		var mark := String.chr(0xFEFF) if marked else ""
		if not bytes.has(0):
			return mark + bytes.get_string_from_utf8()
		var whole := PackedByteArray()
		for byte in bytes:
			whole.append_array([0xEF, 0xBF, 0xBD] if byte == 0 else [byte])
		return mark + whole.get_string_from_utf8()

	func _is_utf8(bytes: PackedByteArray) -> bool:
		var size := bytes.size()
		var at := 0
		while at < size:
			var lead := bytes[at]
			at += 1
			if lead < 0x80:
				continue
			# How many bytes follow, and what the first of them may be: no
			# longer form than needed, no surrogates, nothing above U+10FFFF.
			var more := 1 if lead < 0xE0 else (2 if lead < 0xF0 else 3)
			var low := 0x80
			var high := 0xBF
			match lead:
				0xE0:
					low = 0xA0
				0xED:
					high = 0x9F
				0xF0:
					low = 0x90
				0xF4:
					high = 0x8F
			if lead < 0xC2 or lead > 0xF4 or at + more > size:
				return false
			for _i in more:
				var next := bytes[at]
				if next < low or next > high:
					return false
				low = 0x80
				high = 0xBF
				at += 1
		return true
