#!/usr/bin/env bash
# Each demonstration that comes with trapeze; Linux has a test of its own.
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/lib.sh"
. "$here/demo.sh"
t 0 demo
grep -oE '^  [a-z0-9-]+' out | tr -d ' ' | grep -vx linux >names
for name in modes trap classes critical theorem ia32 shadow devices efficiency recursion equivalence resource server; do
    grep -qx $name names || fail "$name is not listed"
done
while read -r name; do
    twice "$name"
done <names
