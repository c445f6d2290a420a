## The translation domain that has these texts.
const DOMAIN := &"guildhall"

static var _is_loaded := false


## Returns the text with this key in the player's language, with arguments put in for
## their names in braces: the game's own translation if it has one, and else one of those
## above. What is in an argument is no pattern.
static func text(key: String, arguments: Dictionary[String, String] = {}) -> String:
	var pattern := String(TranslationServer.translate(key))
	if pattern == key:
		pattern = String(domain().translate(key, &""))
	if pattern == key:
		pattern = EN.get(key, key)
	var parts := pattern.split("{")
	var filled := parts[0]
	for at in range(1, parts.size()):
		var argument := parts[at].get_slice("}", 0)
		filled += arguments.get(argument, "")
		filled += parts[at].substr(argument.length() + 1)
	return filled


## Returns the translation domain with these texts in every language that they are in.
static func domain() -> TranslationDomain:
	var found := TranslationServer.get_or_add_domain(DOMAIN)
	if not _is_loaded:
		_is_loaded = true
		for language in LANGUAGES:
			var translation := Translation.new()
			translation.locale = language
			for key: String in LANGUAGES[language]:
				translation.add_message(key, LANGUAGES[language][key] as String)
			found.add_translation(translation)
	return found


# The language of the texts that is nearest to the player's.
static func _language() -> String:
	var nearest := "en"
	var best := 0
	for language in LANGUAGES:
		var score := TranslationServer.compare_locales(TranslationServer.get_locale(), language)
		if score > best:
			best = score
			nearest = language
	return nearest
