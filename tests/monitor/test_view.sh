#!/usr/bin/env bash
# What no other monitor shows: an address through guest tables, shadow and frames, and why each bit of the shadow is as it is; each
# reason is provoked by a state. And that looking changes nothing.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The embedded guest where it is about to enter its first process: Sv39, root 0x80203000. A gigapage of S (0x80203010), a page of user
# code 0x10000 (0x80205080), a user stack 0x7f000, the UART as a 2 MiB page. No file's symbols: addresses only.
at=(-ex 'tb user_return' -ex c)
# look ARGUMENT...: the session's output, from behind the breakpoint.
look() { timeout -k 5 $patience "$TRAPEZE" monitor --batch --shadow flush "$@" >all 2>err || fail "monitor $*"; sed '1,/^=>/d' all >out; }
# bit NAME GUEST SHADOW WHY: the line of the first machine's table.
bit() {
    local line
    line=$(grep -m1 "^   $1     " out) || fail "no bit $1"
    [ "$line" = "   $1     $2      $3     $4" ] || fail "bit $1: '$line'"
}
refuses() {
    local status=0
    timeout -k 5 $patience "$TRAPEZE" monitor --batch "${@:3}" -ex "$1" >out 2>err </dev/null || status=$?
    [ $status = 1 ] || fail "$1: status $status"
    [ "$(wc -l <err)" = 1 ] && grep -qF -- "$2" err || fail "$1 does not say: $2"
}

# --- every reason
look "${at[@]}" -ex 'tr $pc'
bit R 1 1 'granted by the guest, and the page is RAM'
bit U 0 1 "U=1 in every leaf: guest code runs in real user mode"
bit D 1 1 "set in every leaf; W tells of the guest's D"
bit V 1 1 'there is a leaf'
look "${at[@]}" -ex 'tr 0x81234000'
bit R 1 . 'absent: not touched since the last fence (policy flush)'
bit V 1 . 'no leaf'
look --shadow trace "${at[@]}" -ex 'tr 0x81234000'
bit R 1 . 'absent: the next load fills it (policy trace)'
look --shadow adapt "${at[@]}" -ex 'tr 0x81234000'
bit R 1 . 'absent: the next load fills it (policy adapt)'
# D clear: of a page not touched, of one that was read, of one that was written and is still in the shadow
look "${at[@]}" -ex 'set {long}0x80203010 = 0x2000004f' -ex 'tr 0x81234000'
bit W 1 . "withheld: the guest's D is not set; the first store sets it"
bit R 1 . 'absent: the next load fills it (policy flush)'
bit D 0 . 'there is no leaf'
bit A 1 . 'there is no leaf'
look "${at[@]}" -ex 'set {long}0x80203010 = 0x2000000f' -ex 'tr 0x81234000'
bit R 1 . "absent: the guest's A is not set; the first touch sets it"
bit W 1 . "absent: the guest's A is not set; the first touch sets it, a store D too"
look --shadow trace "${at[@]}" -ex 'set {long}0x80203010 = 0x2000004f' -ex si -ex si -ex 'tr $pc'
bit W 1 0 "withheld: the guest's D is not set; the first store sets it" # the guest's own fetch filled it without W
bit R 1 1 'granted by the guest, and the page is RAM'
# The guest takes something away without a fence: csrw satp, t0; sfence.vma; ld t2, (t1); sd t3, (t4); j . with a gigapage, and
# another of the same memory at 0xc0000000, whose PTE it changes. A hand that changes it would empty the shadow, too.
words stale.bin 0x18029073 0x12000073 0x00033383 0x01ceb023 0x0000006f
stale() {
    look "${@:3}" stale.bin -ex 'set {long}0x80400010 = 0x200000cf' -ex 'set {long}0x80400018 = 0x200000cf' -ex 'set $t0 = 0x8000000000080400' \
        -ex 'set $t1 = 0xc0300000' -ex "set \$t3 = $1" -ex 'set $t4 = 0x80400018' -ex 'si 3' -ex 'echo ==\n' -ex 'tr $t1' -ex si -ex "tr $2"
    cp out both; sed -n '/^==/,/^frames/p' both >out
    bit W 1 1 'granted by the guest, and the page is RAM'
    sed '1,/^frames/d' both >out
}
stale 0x2000004f 0xc0300000
bit W 1 1 'stale: D was set when the leaf was filled'
stale 0x200000cb 0xc0300000
bit R 1 1 'granted by the guest, and the page is RAM'
bit W 0 1 'stale: the guest no longer grants it, and has ordered no fence'
stale 0 0xc0300000
bit R . 1 'stale: the guest no longer grants it, and has ordered no fence'
stale 0x200000cb 0xc0300000 --shadow trace # there the store itself takes the leaf out
bit W 0 . "vm1's page tables refuse it: store to a page without W [priv 12.3.2, step 8]"
# rights of the mode: SUM, MXR
# Behind an interrupt the machine below has the root of the situation before, until A acts; then it has not.
look -ex 'b exit interrupt' -ex c -ex 'tr $pc'
shows "bare still has root 2, of the situation that vm1 ran in last: A installs root 1, for the present one, before vm1 goes on."
"$TRAPEZE" monitor --batch -ex 'tr $pc' >out; shows "A has no root of vm1 in bare: it has not run yet, or not since a state was restored."
look -ex 'b exit interrupt' -ex c -ex si -ex 'tr $pc'
! grep -q 'still has' out || fail "a root that A has installed is called the one before"
look "${at[@]}" -ex 'tr 0x10000'
bit R 1 . 'absent in this root: U page from S without SUM'
bit X 1 . 'absent in this root: fetch by S from a U page'
look "${at[@]}" -ex 'set $sstatus = $sstatus | 0x40000' -ex 'tr 0x10000'
bit R 1 . 'absent: the next load fills it (policy flush)'
bit X 1 . 'absent in this root: fetch by S from a U page'
x_only='set {long}0x80205080 = {long}0x80205080 & ~2' # the user's code may be executed only
look "${at[@]}" -ex "$x_only" -ex 'set $sstatus = $sstatus | 0x40000' -ex 'tr 0x10000'
bit R 0 . "vm1's page tables refuse it: load from an execute-only page without MXR [priv 12.3.2, step 8]"
look "${at[@]}" -ex "$x_only" -ex 'set $sstatus = $sstatus | 0xc0000' -ex 'tr 0x10000'
bit R 0 . 'absent: the next load fills it (policy flush)'
look --max-insns 142590 -ex 'until mode U' -ex "$x_only" -ex 'set $sstatus = $sstatus | 0x80000' -ex si -ex 'tr 0x10000'
bit R 0 1 'granted: with MXR loads read what may be executed'
bit X 1 1 'granted by the guest, and the page is RAM'
# what no leaf can say
look "${at[@]}" -ex 'tr 0x10000000'
bit R 1 . 'not expressible: the device uart is there'
look "${at[@]}" -ex 'tr 0x101ff000'
bit R 1 . 'nothing answers at this guest-physical address'
look --shadow trace "${at[@]}" -ex 'x/2xw 0x80203000' -ex 'tr 0x80203010'
bit W 1 . 'write-protected: the page holds a table of the guest (policy trace)'
look --shadow adapt "${at[@]}" -ex 'x/2xw 0x80203000' -ex 'tr 0x80203010'
bit W 1 . 'write-protected: the page holds a table of the guest (policy adapt)'
look "${at[@]}" -ex 'set $pmpaddr1 = -1' -ex 'set $pmpaddr0 = 0x20480000' -ex 'set $pmpcfg0 = 0x1f11' -ex 'tr 0x81200000'
bit R 1 . 'not expressible: PMP rule 0 divides the page (0x81200000-0x81200003)'
look "${at[@]}" -ex 'set $pmpaddr1 = -1' -ex 'set $pmpaddr0 = 0x204801ff' -ex 'set $pmpcfg0 = 0x1f19' -ex 'tr 0x81200000'
bit W 1 . 'PMP rule 0 of vm1, 0x81200000-0x81200fff, grants r-- only'
look --vmm hybrid "${at[@]}" -ex 'tr $pc'
bit X 1 . 'none needed: the VMM interprets all of this mode'
words mprv.bin 0x00000013 0x0000006f
timeout -k 5 $patience "$TRAPEZE" monitor --batch -bios none mprv.bin -ex si -ex 'set $pmpaddr0 = -1' -ex 'set $pmpcfg0 = 0x1f' -ex 'set $mstatus = 0x20000' -ex 'tr 0x80001000' >out 2>err || fail mprv
bit R . . 'not expressible: MPRV, M-mode accesses memory as U does'
bit X . . 'absent: the next fetch fills it (policy adapt)'

# --- the same guest shows the same walk at every depth, and on the bare machine
look --bare "${at[@]}" -ex 'tr 0x10000'; grep -oE '^  L[0-2]  0x[0-9a-f]{12} 0x[0-9a-f]{16} [-DAGUXWRV]{8}' out | sort >bare
[ "$(wc -l <bare)" = 3 ] || fail "no walk of three levels"
for depth in 1 2 3; do
    look --depth $depth "${at[@]}" -ex 'tr 0x10000'
    sed -n "/^vm/,/^the shadow's/p;/^the shadow's/q" out | grep -oE '^  L[0-2]  0x[0-9a-f]{12} 0x[0-9a-f]{16} [-DAGUXWRV]{8}' | sort >virtual
    cmp -s bare virtual || fail "the guest's walk at depth $depth differs"
    [ "$(grep -c '^  bit  guest  shadow  why' out)" = $depth ] || fail "not a shadow for each of $depth"
    grep -qE "^frames +vm$depth 0x000080201000 .*-> bare 0x0000" out || fail "no frames at depth $depth"
done

# --- the arithmetic: each entry stands at table + VPN * 8, its PPN * 4096 is the next table, and the leaf's sum is the address
arithmetic() { # ADDRESS LEVELS: the walk of `way`
    local va=$1 level=$2 line next='' sum='' n=0
    while read -r line; do
        if [[ $line =~ ^L([0-9])\ +(0x[0-9a-f]+)\ .*=\ (0x[0-9a-f]+)\ \+\ (0x[0-9a-f]+)\ \*\ 8$ ]]; then
            level=$((level - 1)) n=$((n + 1))
            [ "${BASH_REMATCH[1]}" = $level ] && ((BASH_REMATCH[2] == BASH_REMATCH[3] + BASH_REMATCH[4] * 8)) || fail "$va: $line"
            ((BASH_REMATCH[4] == (va >> (12 + 9 * level) & 511))) || fail "$va: not the VPN: $line"
            [ -z "$next" ] || ((BASH_REMATCH[3] == next)) || fail "$va: not in the table before: $line"
        elif [[ $line =~ ^table:\ PPN\ (0x[0-9a-f]+)\ \*\ 4096\ =\ (0x[0-9a-f]+)$ ]]; then
            ((BASH_REMATCH[1] * 4096 == BASH_REMATCH[2])) || fail "$va: $line"
            next=${BASH_REMATCH[2]}
        elif [[ $line =~ ^leaf,\ .*PPN\ (0x[0-9a-f]+)\ \*\ 4096\ \+\ .*offset\ (0x[0-9a-f]+)\ =\ (0x[0-9a-f]+)$ ]]; then
            ((BASH_REMATCH[1] * 4096 + BASH_REMATCH[2] == BASH_REMATCH[3])) || fail "$va: $line"
            ((BASH_REMATCH[2] == (va & ((1 << (12 + 9 * level)) - 1)))) || fail "$va: not the place in the page: $line"
            sum=${BASH_REMATCH[3]}
        fi
    done <way
    [ $n -gt 0 ] && ((sum == $3)) || fail "$va: the walk ends at $sum, not at $3"
}
for va in 0x10052 0x7f123 0x80200032 0x81234567 0x10000004; do # pages of 4 KiB, of a gigabyte, of 2 MiB
    look "${at[@]}" -ex "gva2gpa $va" -ex "tr $va"
    sed -n "/^the guest's: sv39/,/^the shadow's/p" out >way
    grep -qF "VPN[2] 0x$(printf %03x $((va >> 30 & 511)))  VPN[1] 0x$(printf %03x $((va >> 21 & 511)))  VPN[0] 0x$(printf %03x $((va >> 12 & 511)))  offset 0x$(printf %03x $((va & 4095)))" way || fail "the parts of $va"
    arithmetic $va 3 "$(sed -n 's/^gpa: //p' out)"
done
look "${at[@]}" -ex 'tr $pc'; sed -n "/^the shadow's/,/^  bit/p" out >way; arithmetic 0x80200032 4 0x80200032

# --- an address, its guest-physical and its host-physical one are the same bytes, at many places and every depth
addresses='0x80200000 0x80200ffc 0x80201000 0x80202010 0x80203010 0x80205080 0x80206ff0 0x80246f80 0x80247000 0x81000000'
for depth in 0 1 2; do
    how=(--depth $depth); [ $depth != 0 ] || how=(--bare)
    commands=(); for a in $addresses; do commands+=(-ex "gva2gpa $a"); done
    look "${how[@]}" "${at[@]}" "${commands[@]}"; sed -n 's/^gpa: //p' out >gpa
    commands=(); while read -r g; do commands+=(-ex "gpa2hpa $g"); done <gpa
    look "${how[@]}" "${at[@]}" "${commands[@]}"; grep '^frames' out >frames
    paste <(tr ' ' '\n' <<<"$addresses") gpa frames | while read -r va g rest; do
        host=$(awk -v d=$depth '{print $(d ? 6 : 3)}' <<<"$rest")
        echo "x/4xb $va"; echo "xp/4xb $g"; echo "xh/4xb $host"
    done >reads
    look "${how[@]}" "${at[@]}" -x reads
    sed -nE 's/^0x[^\t]*:\t//p' out >bytes
    [ "$(wc -l <bytes)" = 30 ] || fail "not all could be read at depth $depth"
    awk 'NR % 3 == 1 { first = $0 } $0 != first { exit 1 }' bytes || fail "the three addresses differ at depth $depth"
done

# --- what the hardware really did: every entry of the hart's TLB is what `gva2gpa` on the bare machine says
for policy in flush trace; do
    look --depth 2 --shadow $policy --max-insns 300000 -ex c -ex 'vm 0' -ex 'info tlb' || true
    grep '^\*[MSU] ' all | awk '{print "gva2gpa 0x" $(NF-2) > "asked"; print $(NF-1) > "wanted"}'
    [ "$(wc -l <wanted)" -gt 2 ] || fail "an empty TLB"
    { echo 'vm 0'; cat asked; } >ask
    look --depth 2 --shadow $policy --max-insns 300000 -ex c -x ask || true
    sed -n 's/^gpa: 0x//p' all | while read -r g; do printf '%016x\n' "0x$g"; done >got
    cmp -s wanted got || { diff wanted got | head; fail "the TLB and tr differ (policy $policy)"; }
done
# ... and what faults does so as foretold: at each trap of the guest, just before it, `why` names its cause
look --max-insns 200000 -ex 'until trap' -ex 'until trap' -ex 'until trap'
sed -nE 's/^0x.* \(S-mode, ([0-9]+) retired\)/\1/p' all | sed -n 2p >when
sed -nE 's/.*trap: (load page fault) .*value (0x[0-9a-f]+).*/\1:\2/p' all | head -1 >what
look -ex "goto $(cat when)" -ex 'goto 142598' -ex "why $(cut -d: -f2 what)" || true
grep -A1 '^0x.* by vm1 in virtual U-mode' all | grep -q "^  load   $(cut -d: -f1 what)\$" || fail "the fault was not foretold"

# --- a command of two words by another name
look -ex 'info devices'; cp all named; look -ex 'info qtree'; cmp -s named all || fail "info qtree is not info devices"
look -ex 'info threads'; grep -q '^\*  0  mode [SM]  *0x' all || fail "no harts are listed"

# --- looking changes nothing
views=(-ex 'tr $pc' -ex 'tr 0x10000' -ex 'tr 0' -ex 'tr -1' -ex 'tr 0x10000000' -ex 'why $pc' -ex 'why 0x10000' -ex why -ex 'why irq' -ex 'why stuck' -ex 'info mem'
    -ex 'info pg' -ex 'info tlb' -ex 'info shadow' -ex 'info vm' -ex 'info devices' -ex 'info mtree' -ex 'info irq' -ex 'info traps' -ex 'info stats' -ex 'info k' -ex vm)
state=(-ex 'info all-registers' -ex 'x/512xg 0x80203000' -ex 'info shadow' -ex 'info stats' -ex 'xh/512xg 0x88000000')
for how in '--depth 1' '--depth 2' '--shadow trace' '--vmm hybrid'; do
    look $how "${at[@]}" "${state[@]}"; sed -E '/^   \((traps to|interpreted)/d' out >plain
    look $how "${at[@]}" "${views[@]}" -ex 'echo ====\n' "${state[@]}"; sed '1,/^====/d' out >viewed
    cmp -s plain viewed || { diff plain viewed | head; fail "$how: a look changed something"; }
    look $how "${at[@]}" "${views[@]}" -ex c; tail -1 all >ended
    look $how "${at[@]}" -ex c; tail -1 all | cmp -s - ended || fail "$how: it ended otherwise after a look"
done

# --- machines
look --depth 2 "${at[@]}" -ex 'vm 1' -ex 'info registers pc' -ex 'vm bare' -ex 'p $satp' -ex 'vm vm2' -ex 'info k' -ex 'info mtree'
[ "$(grep -c '^\*' out)" = 3 ] || fail "no machine is marked"
grep -q '^  satp        0x9' out || fail "K has no satp"
! grep -q 'NOT AS CHOSEN' out || fail "K is not kept"
grep -q 'ram @vm1 0000000080000000$' out || fail "the RAM's place in the host is not told"
look --bare "${at[@]}" -ex vm -ex 'info mem'
grep -q '^0000000000010000 0000000080201000 0000000000001000 r-xu-ad$' out || fail "info mem has no user page"

# Tables that contain themselves, at each level: a bounded look.
look --bare "${at[@]}" -ex 'set {long}0x80203008 = 0x20080c01' -ex 'set {long}0x80203018 = 0x20080c01' -ex 'info mem' -ex 'info pg' -ex 'tr 0x40201008'
grep -q '^0000000000010000 0000000080201000 0000000000001000 r-xu-ad$' out || fail "info mem lost the user page"

# --- refusals
refuses 'vm 3' 'there is no level 3'
refuses 'vm -1' "there is no machine '-1'"
refuses 'vm 99' 'there is no level 99'
refuses 'vm foo' "no machine 'foo'"
refuses 'info shadow' 'on the bare machine' --bare
refuses 'info k' 'on the bare machine' --bare
refuses 'tr foo' "no symbol 'foo'"
refuses 'gva2gpa' 'which address?'
refuses 'why' 'nothing has trapped yet'
refuses 'why foo' "no symbol 'foo'"
refuses 'log traps --format=tabel' 'is table meant?'
refuses 'log traps a b' 'takes on, off'
refuses 'log traps /nowhere/x' 'cannot be written'
refuses 'info mem 5' 'takes nothing more'
