#!/bin/sh
# Test TARGET and write the reports. Exit code: 0 passed, 1 failed, 2 inconclusive.
#   FLOWCONTRACT_TOKEN  a token that may read everything
#   SLUGS               slugs that exist on the server, separated by spaces (default: those of the contract's examples)
#   PROFILE             quick or full (default: full)
#   SPEC                path of the contract in this repository, for annotations at its lines
set -eu
set -- --profile "${PROFILE:-full}" --report reports --waivers waivers.yaml --baseline baseline.json
[ -z "${SPEC:-}" ] || set -- "$@" --spec "$SPEC"
for slug in ${SLUGS:-}; do set -- "$@" --param "slug=$slug"; done
exec flowcontract gate "$TARGET" "$@"
