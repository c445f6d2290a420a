@tool
extends EditorPlugin
## Adds the autoload [code]Guildhall[/code] when the plugin is enabled, and removes it
## when the plugin is disabled.

const AUTOLOAD := "Guildhall"


func _enable_plugin() -> void:
	var folder := (get_script() as Script).resource_path.get_base_dir()
	add_autoload_singleton(AUTOLOAD, folder.path_join("guildhall.gd"))


func _disable_plugin() -> void:
	remove_autoload_singleton(AUTOLOAD)
