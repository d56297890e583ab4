#!/bin/sh
# Fuzz a mock with a cluster of two workers on this machine. Takes about twenty seconds.
set -eu
export FLOWCONTRACT_TOKEN=a-token-of-qa
folder=$(mktemp -d)
mkfifo "$folder/said"
flowcontract mock --port 0 --json --token "$FLOWCONTRACT_TOKEN" >"$folder/said" & mock=$!
trap 'kill "$mock"; wait "$mock" || true; rm -r "$folder"' EXIT
read -r said <"$folder/said" # One line, once it serves.
URL=$(printf '%s\n' "$said" | sed 's/.*"origin": "\([^"]*\)".*/\1/')
export URL
./with-cluster.sh ./campaign.sh
