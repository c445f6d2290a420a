extends Check
## Games connect through a proxy ([code]--proxy[/code]) that cuts their connections at any
## byte, and an observer connects without it ([code]--url[/code]). No game loses a line,
## receives one twice, or receives lines in another order.
##
## The proxy begins when the observer says [constant BEGIN] in the room. Another client says
## [constant ENOUGH] there when the proxy has made its cuts. All lines are printed, for the
## runner to compare with what that client has received.

const ROOM := "storm"
const BEGIN := "begin"
const ENOUGH := "enough"
const GAMES := 20
const TIMEOUT := 120.0

var _observer: Game
var _games: Array[Game] = []


func test() -> void:
	_observer = _connect_game(argument("url"))
	await until(func() -> bool: return _observer.joined, "the observer joins the room")
	for number in GAMES:
		_games.append(_connect_game(argument("proxy")))
	var are_in := func() -> bool: return _games.all(func(game: Game) -> bool: return game.joined)
	await until(are_in, "the games join the room")
	that(_observer.chat.say_in(ROOM, BEGIN) > 0, "the observer says that the games begin")
	await until(_has_enough_cuts, "the proxy makes its cuts", TIMEOUT)
	await until(_is_answered, "the server answers all messages", TIMEOUT)
	# All lines of the games come before this one.
	that(_observer.chat.say_in(ROOM, "the end") > 0, "the observer says that this is the end")
	await until(_is_over, "all games receive the end", TIMEOUT)
	_check_games()
	for game: Game in _games + [_observer]:
		game.chat.close()
		game.chat.queue_free()


func _connect_game(url: String) -> Game:
	var game := Game.new()
	add_child(game.chat)
	equal(game.chat.connect_to_url(url), OK, "a game connects")
	game.chat.join_room(ROOM)
	return game


# Every game says something now and then, until there are enough cuts.
func _has_enough_cuts() -> bool:
	for number in _games.size():
		_games[number].hurry()
		_games[number].say_something(number)
	return _observer.received.any(func(line: String) -> bool: return line.ends_with(" " + ENOUGH))


func _is_answered() -> bool:
	for game in _games:
		game.hurry()
	return _games.all(func(game: Game) -> bool: return game.pending.is_empty())


func _is_over() -> bool:
	for game in _games:
		game.hurry()
	var is_over := func(game: Game) -> bool:
		return not game.received.is_empty() and game.received[-1].ends_with(" the end")
	return (_games + [_observer]).all(is_over)


func _check_games() -> void:
	var expected := _observer.received
	for at in expected.size():
		if not expected[at].begins_with("%d " % (at + 1)):
			that(false, "the observer has all lines: %s at %d" % [expected[at], at])
			break
	for line in expected:
		print("OUT ", line)
	for number in _games.size():
		var game := _games[number]
		equal(game.errors, [] as Array[String], "game %d has no errors" % number)
		that(game.said > 0, "game %d has said something" % number)
		that(game.losses > 0, "game %d has lost connections" % number)
		_same(game.received, expected, "the lines that game %d has received" % number)
		# The server has stored each of its messages once, in order, and the game knows it.
		var own: Array[String] = []
		for said in game.said:
			own.append("%d: %d" % [number, said])
		_same(game.sent, own, "the messages that game %d knows to be stored" % number)
		var stored: Array[String] = []
		for line in expected:
			var text := line.get_slice(" ", 2) + " " + line.get_slice(" ", 3)
			if text.begins_with("%d: " % number):
				stored.append(text)
		_same(stored, own, "the messages that game %d has said" % number)


# Counts one check, which reports the first difference.
func _same(got: Array[String], wanted: Array[String], what: String) -> void:
	for at in mini(got.size(), wanted.size()):
		if got[at] != wanted[at]:
			that(false, "%s: at %d %s, wanted %s" % [what, at, got[at], wanted[at]])
			return
	equal(got.size(), wanted.size(), what)


## One game, and the signals of its client.
class Game:
	extends RefCounted

	## The most messages that a game has pending.
	const MAX_PENDING := 4
	## A game says something every so many milliseconds.
	const PACE := 200

	var chat := GuildhallChat.new()
	var joined := false
	## Lines with their numbers and senders, in the order in which they came.
	var received: Array[String] = []
	var sent: Array[String] = []
	## Events that must not happen.
	var errors: Array[String] = []
	## The pending texts by their nonces.
	var pending: Dictionary[int, String] = {}
	var said := 0
	var losses := 0

	var _next_line_at := 0
	# A client closes its old connection before it connects.
	var _has_begun := false

	func _init() -> void:
		chat.state_changed.connect(_on_state)
		chat.room_joined.connect(_on_joined)
		chat.line_received.connect(_on_line)
		chat.message_sent.connect(_on_sent)
		chat.message_failed.connect(_on_failed)
		chat.gap.connect(
			func(_room: String, from: int, to: int) -> void: errors.append("gap %d %d" % [from, to])
		)
		chat.bad_message.connect(func(error: int) -> void: errors.append("bad message %d" % error))
		chat.refused.connect(
			func(
				request: GuildhallSession.RequestKind, _subject: String, _failure: GuildhallFailure
			) -> void:
				errors.append("refused %d" % request)
		)

	## Ends long waits early, as players do.
	func hurry() -> void:
		if chat.seconds_to_retry() > 1.0:
			chat.go_online()

	func say_something(number: int) -> void:
		var now := Time.get_ticks_msec()
		if not joined or pending.size() >= MAX_PENDING or now < _next_line_at:
			return
		_next_line_at = now + PACE
		var text := "%d: %d" % [number, said]
		said += 1
		pending[chat.say_in(ROOM, text)] = text

	func _on_state(state: GuildhallSession.State) -> void:
		if state == GuildhallSession.State.CONNECTING:
			_has_begun = true
		elif state == GuildhallSession.State.WAITING:
			losses += 1
		elif state == GuildhallSession.State.CLOSED and _has_begun:
			errors.append("closed %d %s" % [chat.session.close_code, chat.session.close_reason])

	func _on_joined(
		_room: String, _name: String, resumed: bool, rejoined: bool, _first: int, _last: int
	) -> void:
		joined = true
		if rejoined and not resumed:
			errors.append("the room was not resumed")

	func _on_line(line: GuildhallLine) -> void:
		received.append("%d %d %s" % [line.seq, line.sender, line.text])

	func _on_sent(nonce: int) -> void:
		sent.append(pending.get(nonce, "sent twice: %d" % nonce) as String)
		pending.erase(nonce)

	func _on_failed(_nonce: int, failure: GuildhallFailure) -> void:
		errors.append("failed: " + GuildhallTexts.failure(failure))
