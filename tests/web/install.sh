#!/bin/sh
# What the tests of the page need: onnxruntime-web from npm, Debian's Chromium with its driver.
set -e
cd "$(dirname "$0")/../../examples/web"
missing=
command -v npm >/dev/null || missing="npm"
command -v chromedriver >/dev/null || missing="$missing chromium chromium-driver"
if [ -n "$missing" ]; then
    apt-get update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi
npm ci --no-audit --no-fund
