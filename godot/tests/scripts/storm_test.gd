extends Check
## Games behind a proxy ([code]--proxy[/code]) that cuts their connections at any
## byte, and one whose connection is without harm ([code]--url[/code]): nobody loses
## a line, gets one twice, or has them in another order.
##
## The proxy begins when this says [constant BEGIN] in the room, and somebody else
## says [constant ENOUGH] there when it has cut enough. All that was said is printed,
## to be compared with what others heard.

const ROOM := "storm"
const BEGIN := "begin"
const ENOUGH := "enough"
const GAMES := 20
const PATIENCE := 120.0

var _witness: Game
var _games: Array[Game] = []


func test() -> void:
	_witness = _come(argument("url"))
	await until(func() -> bool: return _witness.joined, "the witness is in the room")
	for number in GAMES:
		_games.append(_come(argument("proxy")))
	var are_in := func() -> bool: return _games.all(func(game: Game) -> bool: return game.joined)
	await until(are_in, "the games are in the room")
	that(_witness.chat.say_in(ROOM, BEGIN) > 0, "the witness says so")
	await until(_has_spoken, "enough cuts", PATIENCE)
	await until(_is_answered, "an answer to all that was said", PATIENCE)
	# Everybody's words are before these.
	that(_witness.chat.say_in(ROOM, "the end") > 0, "the witness says so")
	await until(_is_over, "the end is heard", PATIENCE)
	_judge()
	for game: Game in _games + [_witness]:
		game.chat.close()
		game.chat.queue_free()


func _come(url: String) -> Game:
	var game := Game.new()
	add_child(game.chat)
	equal(game.chat.connect_to_url(url), OK, "connecting")
	game.chat.join_room(ROOM)
	return game


# Everybody says something now and then, until it is enough.
func _has_spoken() -> bool:
	for number in _games.size():
		_games[number].hurry()
		_games[number].speak(number)
	return _witness.heard.any(func(line: String) -> bool: return line.ends_with(" " + ENOUGH))


func _is_answered() -> bool:
	for game in _games:
		game.hurry()
	return _games.all(func(game: Game) -> bool: return game.pending.is_empty())


func _is_over() -> bool:
	for game in _games:
		game.hurry()
	var is_over := func(game: Game) -> bool:
		return not game.heard.is_empty() and game.heard[-1].ends_with(" the end")
	return (_games + [_witness]).all(is_over)


func _judge() -> void:
	var truth := _witness.heard
	for at in truth.size():
		if not truth[at].begins_with("%d " % (at + 1)):
			that(false, "the witness has all lines: %s at %d" % [truth[at], at])
			break
	for line in truth:
		print("OUT ", line)
	for number in _games.size():
		var game := _games[number]
		equal(game.wrong, [] as Array[String], "nothing is wrong with game %d" % number)
		that(game.said > 0, "game %d has spoken" % number)
		that(game.losses > 0, "game %d has lost connections" % number)
		_same(game.heard, truth, "what game %d heard" % number)
		# All that it said, once, in its order, and known to be.
		var own: Array[String] = []
		for said in game.said:
			own.append("%d: %d" % [number, said])
		_same(game.sent, own, "what game %d knows to be sent" % number)
		var stored: Array[String] = []
		for line in truth:
			var text := line.get_slice(" ", 2) + " " + line.get_slice(" ", 3)
			if text.begins_with("%d: " % number):
				stored.append(text)
		_same(stored, own, "what game %d said" % number)


# One check, which tells the first place where they differ.
func _same(got: Array[String], wanted: Array[String], what: String) -> void:
	for at in mini(got.size(), wanted.size()):
		if got[at] != wanted[at]:
			that(false, "%s: at %d %s, wanted %s" % [what, at, got[at], wanted[at]])
			return
	equal(got.size(), wanted.size(), what)


## One game, and what it was told.
class Game:
	extends RefCounted

	## A game says the next thing when so many are without an answer at most.
	const AHEAD := 4
	## And after so many milliseconds.
	const PACE := 200

	var chat := GuildhallChat.new()
	var joined := false
	## Lines with their numbers and speakers, in the order in which they came.
	var heard: Array[String] = []
	var sent: Array[String] = []
	## What should not have happened.
	var wrong: Array[String] = []
	## Texts without an answer, by their nonces.
	var pending: Dictionary[int, String] = {}
	var said := 0
	var losses := 0

	var _speaks_at := 0
	# Before it connects, a chat closes what it had.
	var _has_begun := false

	func _init() -> void:
		chat.state_changed.connect(_on_state)
		chat.room_joined.connect(_on_joined)
		chat.line_received.connect(_on_line)
		chat.message_sent.connect(_on_sent)
		chat.message_failed.connect(_on_failed)
		chat.gap.connect(
			func(_room: String, from: int, to: int) -> void: wrong.append("gap %d %d" % [from, to])
		)
		chat.bad_message.connect(func(error: int) -> void: wrong.append("bad message %d" % error))
		chat.refused.connect(
			func(
				what: GuildhallSession.RequestKind, _subject: String, _why: GuildhallFailure
			) -> void:
				wrong.append("refused %d" % what)
		)

	## Cuts the longer ones of the waits short, as players do.
	func hurry() -> void:
		if chat.seconds_to_retry() > 1.0:
			chat.go_online()

	func speak(number: int) -> void:
		var now := Time.get_ticks_msec()
		if not joined or pending.size() >= AHEAD or now < _speaks_at:
			return
		_speaks_at = now + PACE
		var text := "%d: %d" % [number, said]
		said += 1
		pending[chat.say_in(ROOM, text)] = text

	func _on_state(state: GuildhallSession.State) -> void:
		if state == GuildhallSession.State.CONNECTING:
			_has_begun = true
		elif state == GuildhallSession.State.WAITING:
			losses += 1
		elif state == GuildhallSession.State.CLOSED and _has_begun:
			wrong.append("closed %d %s" % [chat.session.close_code, chat.session.close_reason])

	func _on_joined(
		_room: String, _asked: String, resumed: bool, rejoined: bool, _first: int, _last: int
	) -> void:
		joined = true
		if rejoined and not resumed:
			wrong.append("the story broke off")

	func _on_line(line: GuildhallLine) -> void:
		heard.append("%d %d %s" % [line.seq, line.sender, line.text])

	func _on_sent(nonce: int) -> void:
		sent.append(pending.get(nonce, "sent twice: %d" % nonce) as String)
		pending.erase(nonce)

	func _on_failed(_nonce: int, failure: GuildhallFailure) -> void:
		wrong.append("failed: " + GuildhallWords.failure(failure))
