extends RefCounted
## Which characters show nothing, and which texts. The server and the other clients have
## the same rule.

## The characters that show nothing by themselves, in order: white space and controls,
## Unicode's ignorable characters, the empty Braille pattern, and the combining marks that
## belong to no script. The first and the last of each range.
const RANGES: Array[Vector2i] = [
	Vector2i(0x00, 0x20),
	Vector2i(0x7F, 0xA0),
	Vector2i(0xAD, 0xAD),
	Vector2i(0x300, 0x36F),
	Vector2i(0x61C, 0x61C),
	Vector2i(0x115F, 0x1160),
	Vector2i(0x1680, 0x1680),
	Vector2i(0x17B4, 0x17B5),
	Vector2i(0x180B, 0x180F),
	Vector2i(0x1AB0, 0x1AFF),
	Vector2i(0x1DC0, 0x1DFF),
	Vector2i(0x2000, 0x200F),
	Vector2i(0x2028, 0x202F),
	Vector2i(0x205F, 0x206F),
	Vector2i(0x20D0, 0x20FF),
	Vector2i(0x2800, 0x2800),
	Vector2i(0x3000, 0x3000),
	Vector2i(0x3164, 0x3164),
	Vector2i(0xFE00, 0xFE0F),
	Vector2i(0xFE20, 0xFE2F),
	Vector2i(0xFEFF, 0xFEFF),
	Vector2i(0xFFA0, 0xFFA0),
	Vector2i(0xFFF0, 0xFFFB),
	Vector2i(0x1BCA0, 0x1BCA3),
	Vector2i(0x1D173, 0x1D17A),
	Vector2i(0xE0000, 0xE0FFF),
]


## Whether a text of this character alone shows nothing.
static func is_unseen(character: int) -> bool:
	for unseen: Vector2i in RANGES:
		if character <= unseen.y:
			return character >= unseen.x
	return false


## Whether nothing of a text can be seen: it is empty, or each of its characters is unseen.
static func is_blank(text: String) -> bool:
	for at in text.length():
		if not is_unseen(text.unicode_at(at)):
			return false
	return true
