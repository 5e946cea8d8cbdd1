#!/bin/sh
# The daemon on a log that gallery_demo keeps writing, until Ctrl-C. Called by `./dev run` from the project's folder; arguments go to the daemon.
set -eu
log=build/demo/gallery.log
mkdir -p build/demo
: >"$log"
build/release/examples/gallery_demo --file "$log" --rate 40 &
writer=$!
trap 'kill $writer 2>/dev/null || :' EXIT
trap 'exit 0' INT TERM
echo "A demo Gallery server writes to $log. Watch the numbers move:"
echo "  http://127.0.0.1:${IMMICH_API_METRICS_PORT:-8081}/metrics            requests, logins, library, transcoding, our own logmill_*"
echo "  http://127.0.0.1:${IMMICH_MICROSERVICES_METRICS_PORT:-8082}/metrics            jobs"
echo "  curl -s 127.0.0.1:${IMMICH_API_METRICS_PORT:-8081}/metrics | grep immich_log_messages_total"
echo "Stop with Ctrl-C."
build/release/logmill run --config examples/demo/logmill.yaml "$@" &
daemon=$!
trap 'kill $writer $daemon 2>/dev/null || :' EXIT
wait $daemon
