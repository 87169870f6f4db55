#!/bin/sh
# Make sure that the browser tests find a Chromium: one that is there, Debian's package when root, Playwright's own otherwise.
# The tests of sandboxed Python need bubblewrap, and are skipped without it.
python="$1"
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && chromium="$name" && break
done
fonts_missing() { command -v fc-list >/dev/null 2>&1 && ! fc-list :lang=zh | grep -q .; }

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    packages=""
    [ -n "$chromium" ] || packages="chromium"
    { [ -z "$chromium" ] || fonts_missing; } && packages="$packages fonts-noto-cjk"
    command -v bwrap >/dev/null 2>&1 || packages="$packages bubblewrap"
    if [ -n "$packages" ]; then
        echo "Installing$packages for the tests ..."
        # shellcheck disable=SC2086 - one word a package
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages; } >/dev/null 2>&1
        command -v chromium >/dev/null 2>&1 && chromium=chromium
    fi
fi
[ -n "$chromium" ] && exit 0
"$python" -m playwright install chromium >/dev/null 2>&1 && exit 0
echo "WARNING: no Chromium is here and none could be installed: the browser tests will be SKIPPED." >&2
exit 0
