extends Check
## Two games ([code]--url[/code]) talk, edit, remove and react while the server is killed and
## started again over the same data. Each resumes its session every time. Another client says
## [constant ENOUGH] when that is over. What a game has in the end is printed, for the runner to
## compare with what the server has.

const ROOM := "lobby"
const ENOUGH := "enough"
const LAST := "goodbye"
const TIMEOUT := 120.0

var _games: Array[Game] = []


func test() -> void:
	for number in 2:
		var game := Game.new()
		add_child(game.chat)
		game.name = "Game %d" % number
		equal(game.chat.connect_to_url(argument("url"), game.name), OK, "a game connects")
		game.chat.join_room(ROOM)
		_games.append(game)
	await until(_all.bind(func(game: Game) -> bool: return game.joined), "the games join the room")
	await until(_has_enough, "another client says that it is enough", TIMEOUT)
	var is_answered := func(game: Game) -> bool: return game.pending.is_empty()
	await until(_all.bind(is_answered), "the server answers everything", TIMEOUT)
	for game in _games:
		game.ask(game.chat.say_in(ROOM, LAST), LAST)
	var is_over := func(game: Game) -> bool:
		return game.pending.is_empty() and game.count_of(LAST) == _games.size()
	await until(_all.bind(is_over), "all games receive the end", TIMEOUT)
	_check_games()
	for game in _games:
		game.chat.close()
		game.chat.queue_free()


func _all(condition: Callable) -> bool:
	for game in _games:
		game.hurry()
	return _games.all(condition)


func _has_enough() -> bool:
	for game in _games:
		game.hurry()
		game.do_something()
	return _games.all(func(game: Game) -> bool: return game.count_of(ENOUGH) > 0)


func _check_games() -> void:
	for number in _games.size():
		var game := _games[number]
		equal(game.errors, [] as Array[String], "game %d has no errors" % number)
		equal(game.ids.size(), 1, "game %d stays the same user" % number)
		that(game.resumptions > 0, "game %d has resumed its session" % number)
		that(game.said.size() > 0, "game %d has said something" % number)
		# Its own texts are there once, in order. None is lost and none comes twice.
		equal(game.own_texts, game.said, "the texts of game %d" % number)
		# Its author has removed such a line meanwhile.
		for seq in game.refused:
			that(game.lines[seq].removed, "game %d could not change line %d" % [number, seq])
		var seqs := game.lines.keys()
		var sorted := seqs.duplicate()
		sorted.sort()
		equal(seqs, sorted, "game %d receives its lines in order" % number)
		for seq: int in seqs:
			print("OUT %d %s" % [number, game.describe(seq)])


## One game, and the signals of its client.
class Game:
	extends RefCounted

	## The most requests that a game has pending.
	const MAX_PENDING := 4
	## A game does something every so many milliseconds.
	const PACE := 100

	var chat := GuildhallChat.new()
	var name := ""
	var joined := false
	## The lines by their numbers, in the order in which they came, as they are now.
	var lines: Dictionary[int, GuildhallLine] = {}
	## The numbers of the changes.
	var changes: Dictionary[int, bool] = {}
	var ids: Dictionary[int, String] = {}
	var resumptions := 0
	## The lines that the game could not change.
	var refused: Array[int] = []
	## Events that must not happen.
	var errors: Array[String] = []
	## The texts that have no answer, by nonces. An empty text: a change.
	var pending: Dictionary[int, String] = {}
	## The texts that the game has said, and those that came back.
	var said: Array[String] = []
	var own_texts: Array[String] = []

	var _next_at := 0
	var _has_begun := false

	func _init() -> void:
		chat.state_changed.connect(_on_state)
		chat.welcomed.connect(_on_welcomed)
		chat.room_joined.connect(_on_joined)
		chat.line_received.connect(_on_line)
		chat.line_edited.connect(_on_change)
		chat.line_removed.connect(_on_change)
		chat.reactions_changed.connect(_on_change)
		chat.message_sent.connect(_on_sent)
		chat.message_failed.connect(
			func(_nonce: int, failure: GuildhallFailure) -> void:
				errors.append("failed: " + GuildhallTexts.failure(failure))
		)
		chat.change_failed.connect(
			func(nonce: int, _room: String, line: int, _failure: GuildhallFailure) -> void:
				pending.erase(nonce)
				refused.append(line)
		)
		chat.gap.connect(
			func(_room: String, from: int, to: int) -> void: errors.append("gap %d %d" % [from, to])
		)
		chat.bad_message.connect(func(error: int) -> void: errors.append("bad message %d" % error))

	## Ends long waits early, as players do.
	func hurry() -> void:
		if chat.seconds_to_retry() > 1.0:
			chat.go_online()

	## Notes what the session was asked for, and what it has said with it.
	func ask(nonce: int, text: String) -> void:
		if nonce <= 0:
			errors.append("not taken: %d" % nonce)
			return
		pending[nonce] = text
		if text != "":
			said.append(text)

	func do_something() -> void:
		var now := Time.get_ticks_msec()
		if not joined or pending.size() >= MAX_PENDING or now < _next_at:
			return
		_next_at = now + PACE
		var seqs := lines.keys()
		var any: GuildhallLine = lines[seqs.pick_random()] if not seqs.is_empty() else null
		# A game removes no line while a change of it is on its way.
		var is_fit := any != null and not any.removed and pending.is_empty()
		var kind := randi_range(0, 9)
		if kind < 2 and is_fit and any.own:
			ask(chat.edit_line(ROOM, any.seq, "%s edits at %d" % [name, now]), "")
		elif kind == 2 and is_fit and any.own and any.text != LAST:
			ask(chat.remove_line(ROOM, any.seq), "")
		elif kind in [3, 4] and is_fit:
			ask(chat.react(ROOM, any.seq, "+1", kind == 4), "")
		else:
			var text := "%s says %d" % [name, said.size()]
			ask(chat.say_in(ROOM, text), text)

	func count_of(text: String) -> int:
		return lines.values().reduce(
			func(count: int, line: GuildhallLine) -> int: return count + int(line.text == text), 0
		)

	## A line as it is now, in JSON.
	func describe(seq: int) -> String:
		var line := lines[seq]
		var parts := [seq, line.sender, line.text]
		if not line.reactions.is_empty():
			parts.append(line.reactions)
		return JSON.stringify(parts)

	func _on_state(state: GuildhallSession.State) -> void:
		if state == GuildhallSession.State.CONNECTING:
			_has_begun = true
		elif state == GuildhallSession.State.CLOSED and _has_begun:
			errors.append("closed %d %s" % [chat.session.close_code, chat.session.close_reason])

	func _on_welcomed(id: int, own_name: String, resumed: bool) -> void:
		if not ids.is_empty() and (not resumed or ids.get(id) != own_name):
			errors.append("welcome %d %s %s" % [id, own_name, resumed])
		ids[id] = own_name
		resumptions += int(resumed)

	func _on_joined(
		_room: String, _name: String, resumed: bool, rejoined: bool, _first: int, _last: int
	) -> void:
		joined = true
		if rejoined and not resumed:
			errors.append("the room was not resumed")

	func _on_line(line: GuildhallLine) -> void:
		if lines.has(line.seq) or changes.has(line.seq):
			errors.append("line %d came twice" % line.seq)
		lines[line.seq] = line
		if line.own:
			own_texts.append(line.text)

	func _on_change(change: GuildhallLineChange) -> void:
		if lines.has(change.seq) or changes.has(change.seq):
			errors.append("change %d came twice" % change.seq)
		changes[change.seq] = true
		if lines.has(change.line) and not lines[change.line].apply(change):
			errors.append("change %d does not fit" % change.seq)

	func _on_sent(nonce: int) -> void:
		if not pending.erase(nonce):
			errors.append("sent twice: %d" % nonce)
