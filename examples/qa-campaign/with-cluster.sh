#!/bin/sh
# Run a command with a dask scheduler and two workers on this machine. The command finds the address in CLUSTER.
#   ./with-cluster.sh sh -c 'flowcontract fuzz http://127.0.0.1:8000 --cluster "$CLUSTER"'
set -eu
folder=$(mktemp -d)
scheduler="" workers=""
# Kill the workers: they have no data to save, and a worker without its scheduler may wait forever.
trap 'kill -9 $workers 2>/dev/null; kill $scheduler 2>/dev/null; wait; rm -rf "$folder"' EXIT
file=$folder/scheduler.json
dask scheduler --host 127.0.0.1 --port 0 --no-dashboard --scheduler-file "$file" 2>"$folder/scheduler.log" &
scheduler=$!
for name in one two; do
  dask worker --scheduler-file "$file" --host 127.0.0.1 --nthreads 1 --no-dashboard --no-nanny --name "$name" \
    --local-directory "$folder" 2>"$folder/$name.log" &
  workers="$workers $!"
done
until [ -s "$file" ]; do # The scheduler writes its address once it listens.
  kill -0 "$scheduler" 2>/dev/null || { cat "$folder/scheduler.log" >&2; exit 2; }
  sleep 0.1
done
CLUSTER=$(sed -n 's/.*"address": "\([^"]*\)".*/\1/p' "$file")
export CLUSTER
"$@"
