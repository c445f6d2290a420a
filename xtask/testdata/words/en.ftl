### Catalogues for the tests of the generators.

language-name = English
test-plain = Plain “\ text
test-welcome = Welcome, { $name }!
# Only Polish has plural forms of it.
test-left = { NUMBER($count) } left
test-lines = { $count ->
    [one] One line
   *[other] { $count } lines
}
