#!/usr/bin/env bash
# witness.sh here|qemu - every witness of RISC-V as a program. here: on our machine, bare and in virtual machines, it prints what the laboratory
# measured. qemu: so it does on qemu-system-riscv64, but for what witness-qemu.psv lists.
mode=$1
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(dirname "${BASH_SOURCE[0]}")

# All there are. Three are nothing for a program, and each is said why.
witnesses() {
    local status=0
    "$TRAPEZE" witness riscv --elf "$work/all.elf" >"$work/laboratory.out" 2>"$work/laboratory.err" || status=$?
    [ $status = 3 ] && [ "$(grep -c 'left out: ' "$work/laboratory.err")" = "$(wc -l <"$work/laboratory.err")" ] || fail "status $status"
    [ "$(cut -d: -f3 "$work/laboratory.err" | sort)" = " csrr.mhartid, state-sensitive
 csrr.time, state-sensitive
 sfence.vma, control-sensitive" ] || fail "others are left out than were"
    [ "$(grep -c '^[a-z]' "$work/laboratory.out")" -gt 1200 ] || fail "there are few witnesses"
}

on_our_machine() {
    run bare 0 --bare -bios none -kernel "$work/all.elf"
    cmp "$work/laboratory.out" "$work/bare.out" || fail "the machine does not do what the laboratory measured"
    run depth1 0 -bios none -kernel "$work/all.elf"
    run depth2 0 --depth 2 -bios none -kernel "$work/all.elf"
    run hybrid 0 --vmm hybrid -bios none -kernel "$work/all.elf"
    for other in depth1 depth2 hybrid; do same bare $other; done
}

# One instruction: the file takes its place whole, or is not written.
one() {
    local status=0
    "$TRAPEZE" witness riscv csrrw.sstatus --elf "$work/one.elf" >"$work/one.out" || fail "csrrw.sstatus"
    run one_bare 0 --bare -bios none -kernel "$work/one.elf"
    sed '1,/^What a program/d; /^$/d' "$work/one.out" | cmp - "$work/one_bare.out" || fail "what is shown is not what is printed"
    [ "$(grep -c '^S' "$work/one_bare.out")" = 5 ] || fail "csrrw.sstatus has not five states"
}
left_out() { # the rest of them are in the file
    local status=0
    "$TRAPEZE" witness riscv csrr.time --elf "$work/some.elf" >"$work/some.out" 2>"$work/some.err" || status=$?
    [ $status = 3 ] && [ -s "$work/some.elf" ] && grep -qF "a program cannot set" "$work/some.err" || fail "csrr.time: status $status"
}
refused() { # EXPECTED ARGUMENT...
    local status=0 expected=$1
    shift
    "$TRAPEZE" witness "$@" --elf "$work/none.elf" >"$work/none.out" 2>"$work/none.err" || status=$?
    [ $status = 3 ] && [ ! -e "$work/none.elf" ] && grep -qF "$expected" "$work/none.err" || fail "witness $*: status $status"
}

compare_with_qemu() {
    awk -F'|' '
    function set(what, value,    key) {
        key = title "|" label "|" what
        if (file == 2) { ours[key] = value; name[++keys] = key } else theirs[key] = value
    }
    function known(subject, what,    n) {
        for (n = 1; n <= lines; n++)
            if (subject ~ "^(" for_subject[n] ")$" && what ~ "^(" told[n] ")$") { used[n] = 1; return 1 }
        return 0
    }
    FNR == 1 { file++ }
    file == 1 { if (!/^#/ && !/^subject/) { if (NF != 3 || $3 == "") { print "bad line: " $0; bad = 1 } for_subject[++lines] = $1; told[lines] = $2 } next }
    /^S[12]? in / { label = substr($0, 1, index($0, ":") - 1); set("outcome", substr($0, index($0, ":") + 2)); next }
    /^    / { at = index($0, " = "); set(substr($0, 5, at - 5), substr($0, at + 3)); next }
    { title = substr($0, 1, index($0, ":") - 1) }
    END {
        for (n = 1; n <= keys; n++) {
            split(name[n], part, "|")
            outcome = part[1] "|" part[2] "|outcome"
            compared++
            if (ours[name[n]] == theirs[name[n]] || (part[3] != "outcome" && ours[outcome] != theirs[outcome])) continue
            differ++
            subject = part[1]; sub(/,.*/, "", subject)
            if (!known(subject, part[3])) { print name[n] ": here " ours[name[n]] ", there " theirs[name[n]]; bad = 1 }
        }
        for (n = 1; n <= lines; n++) if (!used[n]) { print "not needed: " for_subject[n] "|" told[n]; bad = 1 }
        print compared " outcomes and values compared, " differ " differ and are listed"
        exit bad
    }' "$here/witness-qemu.psv" "$work/laboratory.out" "$work/qemu.out" >"$work/compared" || { cat "$work/compared"; fail "QEMU"; }
    cat "$work/compared"
}

if [ "$mode" = qemu ]; then
    . "$here/qemu.sh"
    qemu_here
    witnesses
    qemu_run "$work/all.elf" "$work/qemu.out"
    compare_with_qemu
else
    witnesses
    on_our_machine
    one
    left_out
    refused "no witness to be replayed" riscv addi
    refused "built another way" riscv wfi --without wfi-traps
    refused "no program that replays witnesses of pg" pg:GETMODE getmode
    grep -q "^Mode-sensitive" "$work/none.out" || fail "a witness of pg is not shown"
fi
