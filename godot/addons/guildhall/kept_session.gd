extends RefCounted
## Keeps the secret of a [GuildhallChat]'s session for the next run of the game, so that a
## player whose game was killed or has crashed comes back with the same name. After a
## goodbye there is nothing to keep: the name is free.
##
## In a browser, the secret is in the tab's own storage. Elsewhere it is a file in
## [code]user://guildhall[/code], which all copies of the game on the machine see, and only
## one of them may have a session: the server closes the older connection. So a copy that
## finds a file asks first: it makes a second file, which a copy that still runs removes.
## If the file is still there after [constant ANSWER_WITHIN], the other copy is gone.

const FOLDER := "user://guildhall"
## How long another copy of the game has for an answer, in milliseconds.
const ANSWER_WITHIN := 2_000
## How often a copy looks whether another one asks, in milliseconds.
const LOOK_EVERY := 250
## A question that is older than this, in seconds, is one of a copy that has ended.
const STALE_QUESTION := 10
## A file that is older than this, in seconds, is of no use to any server.
const STALE_SECRET := 86_400

## Whether the secret is in a file; else it is in the tab's storage.
var uses_files := not OS.has_feature("web")

# What distinguishes this copy of the game from others.
var _copy := "%d %d" % [OS.get_process_id(), randi()]
# The name of the file, and of the item in the tab's storage.
var _key := ""
# Whether the file is this copy's.
var _is_owner := false
var _secret := PackedByteArray()
# When the answer to this copy's question is due; 0 if it has asked nothing.
var _answer_due := 0
var _next_look := 0


## Looks for a session with this server and this wanted name. [method is_asking] says
## whether the answer of another copy has to be awaited.
func begin(url: String, wanted_name: String, now: int) -> void:
	_key = (url + "\n" + wanted_name).sha256_text().left(32)
	_is_owner = false
	_answer_due = 0
	_secret = PackedByteArray()
	if not uses_files:
		_is_owner = true
		_secret = _read().hex_decode()
	elif FileAccess.file_exists(_path()):
		_ask(now)


## Whether another copy of the game has time left to answer.
func is_asking() -> bool:
	return _answer_due > 0


## Returns the secret of the session to go on with. It is empty if there is none.
func secret() -> PackedByteArray:
	return _secret


## Keeps the secret of the present session, unless another copy has the file.
func keep(new_secret: PackedByteArray) -> void:
	if _key.is_empty():
		return
	_is_owner = _is_owner or not FileAccess.file_exists(_path())
	if _is_owner:
		_write(new_secret.hex_encode())


## The session is over: the player has said goodbye.
func forget() -> void:
	_answer_due = 0
	if _is_owner and uses_files:
		DirAccess.remove_absolute(_path())
	elif _is_owner:
		_write("")
	_is_owner = false
	_key = ""


## Answers other copies, and awaits their answer.
func poll(now: int) -> void:
	if not uses_files or _key.is_empty() or now < _next_look:
		return
	_next_look = now + LOOK_EVERY
	if _is_owner and FileAccess.file_exists(_question()):
		DirAccess.remove_absolute(_question())
	elif is_asking():
		_look_for_answer(now)


func _ask(now: int) -> void:
	if FileAccess.file_exists(_question()):
		var age := Time.get_unix_time_from_system() - FileAccess.get_modified_time(_question())
		if age < STALE_QUESTION:
			# A third copy asks at the same time.
			return
	_store(_question(), _copy)
	_answer_due = now + ANSWER_WITHIN


func _look_for_answer(now: int) -> void:
	if FileAccess.get_file_as_string(_question()) != _copy:
		# The other copy runs, or a third one has asked at the same moment.
		_answer_due = 0
	elif now >= _answer_due:
		_answer_due = 0
		DirAccess.remove_absolute(_question())
		_is_owner = true
		_secret = FileAccess.get_file_as_string(_path()).hex_decode()


func _path() -> String:
	return FOLDER.path_join(_key)


func _question() -> String:
	return _path() + ".asks"


func _read() -> String:
	return _run("return sessionStorage.getItem('guildhall.%s') ?? ''" % _key)


func _write(text: String) -> void:
	if not uses_files:
		_run("sessionStorage.setItem('guildhall.%s', '%s')" % [_key, text])
		return
	DirAccess.make_dir_recursive_absolute(FOLDER)
	for old in DirAccess.get_files_at(FOLDER):
		var path := FOLDER.path_join(old)
		var age := Time.get_unix_time_from_system() - FileAccess.get_modified_time(path)
		if age > STALE_SECRET:
			DirAccess.remove_absolute(path)
	_store(_path(), text)


func _store(path: String, text: String) -> void:
	var to := FileAccess.open(path, FileAccess.WRITE)
	if to == null:
		return
	# Whoever can read it can speak as the player.
	FileAccess.set_unix_permissions(path, FileAccess.UNIX_READ_OWNER | FileAccess.UNIX_WRITE_OWNER)
	to.store_string(text)


# Runs a script in the page. A page may have no storage, or may not be allowed to use it.
func _run(script: String) -> String:
	return str(JavaScriptBridge.eval("(() => { try { %s } catch {} return '' })()" % script))
