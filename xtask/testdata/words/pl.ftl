language-name = Polski
test-plain = Zwykły
test-welcome = Witaj, { $name }!
test-left = { $count ->
    [one] Pozostał { $count }
    [few] Pozostały { $count }
    [many] Pozostało { $count }
   *[other] Pozostało { $count }
}
test-lines = { $count ->
    [one] Jeden wiersz
    [few] { $count } wiersze
    [many] { $count } wierszy
   *[other] { $count } wiersza
}
