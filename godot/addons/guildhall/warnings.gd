extends RefCounted
## What the addon tells the developer of a game, in the editor's debugger and in the log:
## what is wrong, at which address, and the likely cause. Players do not see it; their texts
## are in [GuildhallTexts]. [GuildhallChat] and [GuildhallClient] have one each, and report
## what happens.

## After this many milliseconds, messages that wait for [method GuildhallChat.connect_to_url]
## cause a warning.
const WAIT := 5_000

var _url := ""
# Whether the server has answered, or was warned of.
var _is_known := false
# The rooms that were asked for, or warned of.
var _known_rooms: Dictionary[String, bool] = {}
# When waiting messages cause a warning; 0 if none wait, and below 0 if they have.
var _due := 0


## A game connects to another address.
func begin(url: String) -> void:
	_url = url
	_is_known = false


## The server has answered.
func reached() -> void:
	_is_known = true


## An attempt to connect has failed, or a connection has ended.
func failed() -> void:
	if not _is_known and not _url.is_empty():
		_is_known = true
		push_warning("Guildhall: cannot reach %s. %s" % [_url, _likely_cause(_url)])


## A game joins a room.
func joins(room: String) -> void:
	_known_rooms[room] = true


## A game says something in a room that the client is not in.
func says_outside(room: String) -> void:
	if _known_rooms.has(room):
		return
	_known_rooms[room] = true
	var cause := "Call Guildhall.chat.join_room(“%s”) first; it may be before connecting." % room
	push_warning("Guildhall: nothing is said in “%s”: the client is not in it. %s" % [room, cause])


## Messages wait for a connection that nobody has asked for. [param other_url] is where the
## client without names and rooms is connected to, if it is.
func waits(other_url: String, now: int) -> void:
	if _due == 0:
		_due = now + (WAIT if other_url == "" else 0)
	if _due < 0 or now < _due:
		return
	_due = -1
	var cause := "Guildhall.chat.connect_to_url() was not called."
	if other_url != "":
		cause += (
			" Guildhall.connect_to_url(“%s”) connects another client, without rooms." % other_url
		)
	push_warning("Guildhall: messages of Guildhall.chat wait for a connection. " + cause)


## The address is none.
static func bad_address(url: String) -> void:
	var example := "It begins with ws:// or wss://, for example ws://localhost:8080/ws."
	push_warning("Guildhall: “%s” is not the address of a server. %s" % [url, example])


## The server does not speak the subprotocol.
static func other_server(url: String) -> void:
	var cause := "It is an older server or another program; is the path /ws?"
	push_warning("Guildhall: the server at %s does not speak guildhall.v1. %s" % [url, cause])


## Something was said without names and rooms, but only the chat client is connected.
static func other_client() -> void:
	var cause := "Guildhall.chat is: did you mean Guildhall.chat.say_in()?"
	push_warning("Guildhall: nothing is sent. Guildhall itself is not connected. " + cause)


static func _likely_cause(url: String) -> String:
	if OS.has_feature("web"):
		return _likely_cause_on_web(url)
	var causes := PackedStringArray(["Is the server running, and is the port right?"])
	if OS.has_feature("android"):
		causes.append("The export needs the permission “Internet”.")
	if OS.has_feature("mobile") and (url.contains("//localhost") or url.contains("//127.")):
		causes.append("On a phone, localhost is the phone itself.")
	if url.begins_with("wss://"):
		causes.append("Does the server have a certificate that this machine trusts?")
	return " ".join(causes)


static func _likely_cause_on_web(url: String) -> String:
	var origin := str(JavaScriptBridge.eval("globalThis.location?.origin ?? ''"))
	if origin.begins_with("https://") and url.begins_with("ws://"):
		return "A page on https:// may connect to wss:// alone."
	return (
		"Is the server running? It lets pages of other sites in only if it was started with "
		+ "--allow-origin %s; its log says so." % origin
	)
