#!/bin/sh
# A game's server in sh, with curl. See README.md.
set -eu

api="${GUILDHALL_API:-http://127.0.0.1:8081}/api/v1"
# Each run is another match: what has a key that the server knows is not done again.
run="$(date +%s)-$$"

# call METHOD PATH [BODY]: fails if the API refuses the request, and prints its reason.
call() {
    curl --silent --show-error --fail-with-body --request "$1" "$api$2" \
        --header "Authorization: Bearer $GUILDHALL_API_KEY" \
        --header "Content-Type: application/json" \
        --header "Idempotency-Key: match-7-$run-$1-$(echo "$2" | tr -c 'a-z0-9\n' '-')" \
        ${3:+--data "$3"}
    echo
}

call PUT /rooms/match-7 '{"topic":"Match 7"}'
call POST /rooms/match-7/messages '{"text":"The match begins"}'
call POST /sanctions '{"kind":"mute","user":{"account":"eve"},"room":"match-7","seconds":600,"reason":"harassment"}'
call GET /rooms/match-7/history
call DELETE /rooms/match-7
