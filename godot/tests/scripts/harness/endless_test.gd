extends Check
## Never ends.


func test() -> void:
	that(true, "it has begun")
	while true:
		await get_tree().process_frame
