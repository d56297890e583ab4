#!/bin/sh
# Run two campaigns on a cluster, with a new release in between, and compare them. try.sh sets CLUSTER and URL.
set -eu
campaign() { # campaign EXPECTED-CODE NAME
  code=0
  flowcontract fuzz "$URL" --cluster "$CLUSTER" --rate 0 --cases 1000 --database qa.db --name "$2" \
    --param slug=default-authentication-flow --param slug=initial-setup || code=$?
  echo "exit code $code"
  [ "$code" -eq "$1" ]
}

echo "# Monday: a server with two defects."
flowcontract scenario set defect-nul defect-shadowed-slugs --url "$URL" >/dev/null
campaign 1 monday

echo "# Tuesday: one is mended, another has come."
flowcontract scenario set defect-nul defect-non-ascii-token --url "$URL" >/dev/null
campaign 1 tuesday

echo "# What is new, gone, unchanged; exit code 1 because something is new."
code=0
flowcontract campaigns compare 1 2 --database qa.db || code=$?
[ "$code" -eq 1 ]

flowcontract campaigns list --database qa.db
flowcontract campaigns report 2 --database qa.db -o qa
