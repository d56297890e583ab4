#!/bin/sh
# Run the gate as a pipeline does: on a server with two old defects, then with a new one, then on a server that is down.
set -eu
export FLOWCONTRACT_TOKEN=a-token-of-staging SLUGS="default-authentication-flow initial-setup" PROFILE=quick
old="defect-nul defect-shadowed-slugs"

folder=$(mktemp -d)
mkfifo "$folder/said"
flowcontract mock --port 0 --json --token "$FLOWCONTRACT_TOKEN" >"$folder/said" & mock=$!
trap 'kill "$mock" 2>/dev/null || true; rm -r "$folder"' EXIT
read -r said <"$folder/said" # One line, once it serves.
TARGET=$(printf '%s\n' "$said" | sed 's/.*"origin": "\([^"]*\)".*/\1/')
export TARGET

gate() { # gate EXPECTED-CODE: run the gate and compare the exit code
  code=0
  ./gate.sh || code=$?
  echo "exit code $code"
  [ "$code" -eq "$1" ]
}

echo "# A server that has old defects only: one is waived, one is in the baseline."
flowcontract scenario set $old --url "$TARGET" >/dev/null
gate 0
mv reports reports-passed

echo "# The server was upgraded: it sends a layout that the contract does not have."
flowcontract scenario set $old later-layout --url "$TARGET" >/dev/null
gate 1
mv reports reports-failed

echo "# Nobody there."
kill "$mock"
wait "$mock" || true
trap 'rm -r "$folder"' EXIT
gate 2
