language-name = Deutsch
test-plain = Schlicht
test-welcome = Willkommen, { $name }!
test-left = { NUMBER($count) } übrig
test-lines = { $count ->
    [one] Eine Zeile
   *[other] { $count } Zeilen
}
