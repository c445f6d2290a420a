extends Check
## The infos of users are read as by the Rust clients.


func test() -> void:
	var cases: Array = JSON.parse_string(file("infos.json"))
	that(cases.size() > 50, "the file has cases")
	for case: Dictionary in cases:
		var text: String = case["info"]
		var info := GuildhallInfo.read(text)
		var color := "#" + info.color.to_html(false) if info.has_color else ""
		equal(color, case["color"], "the color of " + text)
		equal(info.badge, case["badge"], "the badge of " + text)
		equal(info.avatar, case["avatar"], "the avatar of " + text)
	var deep := '{"badge":"x","a":%s1%s}'
	equal(GuildhallInfo.read(deep % ["[".repeat(20), "]".repeat(20)]).badge, "x", "deep values")
	var bomb := deep % ["[".repeat(100_000), "]".repeat(100_000)]
	equal(GuildhallInfo.read(bomb).badge, "", "values that are too deep")
	equal(GuildhallInfo.read("{}").color_or(Color.RED), Color.RED, "no color is the other one")
