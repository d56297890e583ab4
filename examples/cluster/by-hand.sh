#!/bin/sh
# A scheduler, two workers and a campaign on this machine. Usage: by-hand.sh URL [option of flowcontract fuzz...]
set -eu
dask scheduler --host 127.0.0.1 --port 8786 --no-dashboard & scheduler=$!
trap 'kill $scheduler' EXIT
dask worker tcp://127.0.0.1:8786 --nthreads 1 --no-dashboard & one=$!
dask worker tcp://127.0.0.1:8786 --nthreads 1 --no-dashboard & two=$!
trap 'kill $scheduler $one $two' EXIT
flowcontract fuzz "$@" --cluster tcp://127.0.0.1:8786
