#!/usr/bin/env bash
# installer_ia32.sh - Debian's i386 installer as it comes, on the bare IA-32 machine, to its first dialog: the kernel and the initrd of the
# netboot images, by the example's script. The dialog is answered with a key, and the next one comes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
ia32_installer >/dev/null 2>"$work/package.log" || cannot_have debian-installer-12-netboot-i386
script installer <<'EOF'
wait Select a language
send \r
wait Select your location
quit
EOF
status=0
timeout $patience bash "$root/examples/ia32/linux.sh" installer --script "$work/installer.script" --max-insns 30000000000 --stats=json \
    >"$work/installer.out" 2>"$work/installer.err" </dev/null || status=$?
[ $status = 0 ] || fail "installer: exit status $status, not 0"
expect installer "[!!] Select your location"
echo "the dialogs of language and location after $(retired installer) instructions"
