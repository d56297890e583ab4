#!/bin/sh
# Mock and test Figma's public API from its OpenAPI document alone.
set -eu
document=node_modules/@figma/rest-api-spec/openapi/openapi.yaml
export FLOWCONTRACT_TOKEN=figd_example
folder=$(mktemp -d)
mkfifo "$folder/said"
flowcontract mock --spec "$document" --port 0 --json --token "$FLOWCONTRACT_TOKEN" --scenario-file states.yaml \
  --param file_key=Xb3 --param project_id=7 --param webhook_id=42 >"$folder/said" & mock=$!
trap 'kill "$mock"; wait "$mock" || true; rm -r "$folder"' EXIT
read -r said <"$folder/said" # One line, once it serves.
url=$(printf '%s\n' "$said" | sed 's/.*"origin": "\([^"]*\)".*/\1/')
mkdir -p responses

ask() { # ask NAME PATH [HEADER]: show the status, keep the body
  printf '%s: ' "$1"
  curl -sS -o "responses/$1.json" -w '%{http_code}\n' -H "X-Figma-Token: $FLOWCONTRACT_TOKEN" ${3:+-H "$3"} "$url$2"
}

echo "# Responses, generated from the schemas: valid, and the same for the same question."
ask me /v1/me
ask meta /v1/files/Xb3/meta
ask meta-again /v1/files/Xb3/meta
ask unknown-file /v1/files/nope/meta
ask versions /v1/files/Xb3/versions
ask busy /v1/me 'Prefer: code=429'

echo "# States: one of every contract, one of ours."
flowcontract scenario set forbidden --url "$url" >/dev/null
ask forbidden /v1/me
flowcontract scenario set renamed --url "$url" >/dev/null
ask before /v1/files/Xb3/meta
ask renamed /v1/files/Xb3/meta
flowcontract scenario clear --url "$url" >/dev/null

gate() { # gate EXPECTED-CODE
  code=0
  flowcontract gate "$url" --spec "$document" --profile quick --quiet \
    --operation getMe --operation getFileMeta --operation getFileVersions --operation getComments \
    --operation getProjectMeta --operation getWebhook --operation getDevResources --operation getPayments \
    --param file_key=Xb3 --param project_id=7 --param webhook_id=42 || code=$?
  echo "exit code $code"
  [ "$code" -eq "$1" ]
}

echo "# The gate, by the same document: passed, then failed by a scenario that the document does not have."
gate 0
flowcontract scenario set login-redirect --url "$url" >/dev/null
gate 1
