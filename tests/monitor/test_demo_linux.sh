#!/usr/bin/env bash
# The demonstration of Debian's boot, where its kernel has been fetched; and the sentence where it has not.
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib.sh"
. "$here/demo.sh"
XDG_CACHE_HOME=$work t 0 demo linux
shows "skipped: Debian's kernel is not here"
twice linux
