extends Check
## Stops on its way: a release engine goes on after this error without a word.


func test() -> void:
	that(true, "so far so good")
	var nothing: Node = null
	await nothing.ready
	await get_tree().process_frame
	get_tree().quit(0)
	await get_tree().create_timer(60.0).timeout
