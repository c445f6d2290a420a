## A game's server in Godot 4, without an addon. See README.md.
extends SceneTree

var api := "http://127.0.0.1:8081/api/v1"


func _initialize() -> void:
	if OS.has_environment("GUILDHALL_API"):
		api = OS.get_environment("GUILDHALL_API") + "/api/v1"
	run()


func run() -> void:
	# The root takes children from the next frame on.
	await process_frame
	print(await call_api(HTTPClient.METHOD_PUT, "/rooms/match-7", {"topic": "Match 7"}))
	var begins := {"text": "The match begins"}
	print(await call_api(HTTPClient.METHOD_POST, "/rooms/match-7/messages", begins))
	var mute := {
		"kind": "mute",
		"user": {"account": "eve"},
		"room": "match-7",
		"seconds": 600,
		"reason": "harassment",
	}
	print(await call_api(HTTPClient.METHOD_POST, "/sanctions", mute))
	print(await call_api(HTTPClient.METHOD_GET, "/rooms/match-7/history"))
	await call_api(HTTPClient.METHOD_DELETE, "/rooms/match-7")
	quit()


## Calls the API, and returns what it answers. Ends the program if it refuses.
func call_api(method: HTTPClient.Method, path: String, body: Variant = null) -> Variant:
	var request := HTTPRequest.new()
	root.add_child(request)
	var headers := PackedStringArray(
		[
			"Authorization: Bearer " + OS.get_environment("GUILDHALL_API_KEY"),
			"Content-Type: application/json",
		]
	)
	var text := "" if body == null else JSON.stringify(body)
	if request.request(api + path, headers, method, text) != OK:
		push_error("the request cannot be sent")
		quit(1)
	# The result, the status, the headers and the body.
	var answer: Array = await request.request_completed
	request.queue_free()
	var content := (answer[3] as PackedByteArray).get_string_from_utf8()
	if answer[0] != HTTPRequest.RESULT_SUCCESS or answer[1] >= 300:
		push_error("%s %s: %d %s" % [method, path, answer[1], content])
		quit(1)
	return null if content.is_empty() else JSON.parse_string(content)
