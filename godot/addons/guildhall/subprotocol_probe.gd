extends RefCounted
## Finds out whether a server speaks [code]guildhall.v1[/code] at all, as
## docs/client.md describes it ("A server of another kind"). [GuildhallChat] has one
## for its server and reports how its connections end.
##
## Browsers, and engines in them, do not distinguish a server that does not speak the
## subprotocol from a server that cannot be reached. A probe does: it is a socket
## that asks for no subprotocol.

## After this many failed attempts in a row, with a successful probe between each two
## of them, the server does not speak the subprotocol.
const FAILED_ATTEMPTS := 5

# How many probes in a row have succeeded, each after a failed attempt.
var _succeeded_probes := 0
# Whether the server has spoken the subprotocol once: then it is not probed again.
var _is_confirmed := false
var _url := ""
var _tls_options: TLSOptions = null
var _socket: WebSocketPeer = null


## A probe of the server at this address.
func _init(url := "", tls_options: TLSOptions = null) -> void:
	_url = url
	_tls_options = tls_options


## A handshake with the subprotocol has succeeded.
func confirm() -> void:
	_is_confirmed = true


## A connection has ended, and its handshake had not succeeded unless the server is
## confirmed. Returns whether to give the server up; if not, this may start a probe.
func attempt_failed() -> bool:
	if _is_confirmed:
		return false
	if _succeeded_probes + 1 < FAILED_ATTEMPTS:
		_start()
		return false
	_succeeded_probes = 0
	return true


## Starts the count again: an attempt that got no answer proves nothing about the
## subprotocol.
func reset() -> void:
	_succeeded_probes = 0


## Closes the probe's socket, if there is one; it then counts for nothing. The next
## attempt to connect does not wait for a probe.
func cancel() -> void:
	if _socket != null:
		_socket.close()
		_socket.poll()
		_socket = null


## Checks whether the probe has succeeded or failed.
func poll() -> void:
	if _socket == null:
		return
	_socket.poll()
	match _socket.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			_succeeded_probes += 1
			cancel()
		WebSocketPeer.STATE_CLOSED:
			_succeeded_probes = 0
			_socket = null


func _start() -> void:
	_socket = WebSocketPeer.new()
	if _socket.connect_to_url(_url, _tls_options) != OK:
		_socket = null
