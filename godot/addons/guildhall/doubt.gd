class_name GuildhallDoubt
extends RefCounted
## Whether a server speaks [code]guildhall.v1[/code] at all, as docs/client.md
## describes it ("A server of another kind"). [GuildhallChat] has one for its
## server, and tells it what becomes of its connections.
##
## Browsers and engines do not tell a server that does not speak the subprotocol
## from one that is not there. A socket that asks for none does: the probe.

## So many attempts in turn have to fail.
const ENOUGH := 5

# How many probes in turn have got through, each behind an attempt that had not.
var _got_through := 0
# The server has spoken it once: there is no doubt any more.
var _is_settled := false
var _url := ""
var _tls_options: TLSOptions = null
var _probe: WebSocketPeer = null


## The doubt about the server at this address.
func _init(url := "", tls_options: TLSOptions = null) -> void:
	_url = url
	_tls_options = tls_options


## A handshake with the subprotocol is done.
func spoke() -> void:
	_is_settled = true


## A connection has ended: before its handshake was done, unless the server is
## known to speak the subprotocol. Whether the server is to be given up; if not,
## it may be probed.
func ended() -> bool:
	if _is_settled:
		return false
	if _got_through + 1 < ENOUGH:
		_begin_probe()
		return false
	_got_through = 0
	return true


## An attempt was given up without an answer, which says nothing of the kind.
func forget() -> void:
	_got_through = 0


## Drops the probe, which then says nothing: an attempt does not wait for it.
func drop_probe() -> void:
	if _probe != null:
		_probe.close()
		_probe.poll()
		_probe = null


## Sees what becomes of the probe.
func poll() -> void:
	if _probe == null:
		return
	_probe.poll()
	match _probe.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			_got_through += 1
			drop_probe()
		WebSocketPeer.STATE_CLOSED:
			_got_through = 0
			_probe = null


func _begin_probe() -> void:
	_probe = WebSocketPeer.new()
	if _probe.connect_to_url(_url, _tls_options) != OK:
		_probe = null
