extends Node
## Prints what the chat scene shows as a line [code]PROBE {json}[/code] whenever it has
## changed, for tests that see nothing but the canvas.

var _last := ""


func _init() -> void:
	# The probe runs after the scene, which renders once a frame, so that a line has the
	# state of one frame.
	process_priority = 1000


func _process(_delta: float) -> void:
	var scene := get_tree().current_scene
	if scene == null or not scene.has_node("%Log"):
		return
	var log_node := scene.get_node("%Log") as GuildhallLog
	var input := scene.get_node("%Input") as LineEdit
	var notice := scene.get_node("%Notice") as Label
	var status := scene.get_node("%Status") as Label
	var shown := {
		"log": log_node.entries_text(),
		"status": status.text,
		"notice": notice.text if notice.visible else "",
		"input": input.text,
		"focus": _focus(scene),
		"editing": input.has_focus() and input.is_editing(),
		"retry": (scene.get_node("%Retry") as Control).visible,
		"client_id": Guildhall.chat.session.id,
		"own": (scene.get_node("%Own") as Button).text,
		"name": Guildhall.chat.session.name,
		"tabs": _tabs(scene.get_node("%Tabs") as TabBar),
		"members": _items(scene.get_node("%Members") as ItemList),
		"here": (scene.get_node("%MembersButton") as Button).text,
		"completions": _items(scene.get_node("%Completions") as ItemList),
		"placeholder": input.placeholder_text,
		"rules": (scene.get_node("%RoomBar") as Label).text,
		"menu": _menu(scene.get_node("%LineMenu") as PopupMenu),
		"subject": _subject(scene.get_node("%Subject") as Control),
		"found": _items(scene.get_node("%Search/Found") as ItemList),
		"send": not (scene.get_node("%Send") as Button).disabled,
		"failed": (scene.get_node("%Failed") as Control).visible,
		# How many visible controls are not fully inside the window.
		"outside": _outside(scene as Control),
	}
	var text := JSON.stringify(shown)
	# Godot does not escape these characters, as JSON requires.
	for code in range(1, 0x20):
		text = text.replace(String.chr(code), "\\u%04x" % code)
	if text != _last:
		_last = text
		print("PROBE ", text)


func _outside(control: Control) -> int:
	var count := 0
	var window := control.get_viewport_rect().grow(0.5)
	for child in control.find_children("*", "Control", true, false):
		var inner := child as Control
		if inner.is_visible_in_tree() and not window.encloses(inner.get_global_rect()):
			count += 1
	return count


func _focus(scene: Node) -> String:
	var focus_owner := scene.get_viewport().gui_get_focus_owner()
	return "" if focus_owner == null else String(focus_owner.name)


# Returns the titles of the tabs, with the current one in brackets.
func _tabs(tabs: TabBar) -> Array[String]:
	var titles: Array[String] = []
	for at in tabs.tab_count:
		var is_shown := at == tabs.current_tab
		titles.append(("[%s]" if is_shown else "%s") % tabs.get_tab_title(at))
	return titles


# Returns the items of the menu, with the one that the keys have chosen in brackets.
func _menu(menu: PopupMenu) -> Array[String]:
	var items: Array[String] = []
	for at in menu.item_count if menu.visible else 0:
		if not menu.is_item_separator(at):
			var is_chosen := at == menu.get_focused_item()
			items.append(("[%s]" if is_chosen else "%s") % menu.get_item_text(at))
	return items


# Returns what the player replies to or edits.
func _subject(bar: Control) -> String:
	return (bar.get_node("Label") as Label).text if bar.visible else ""


func _items(list: ItemList) -> Array[String]:
	var names: Array[String] = []
	for at in list.item_count if list.is_visible_in_tree() else 0:
		names.append(list.get_item_text(at))
	return names
