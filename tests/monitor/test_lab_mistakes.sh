#!/usr/bin/env bash
# The mistakes that the teachers' pages name: each is made in the solution, and fails the stage that the page says, and of those that do not need
# it no other. So a stage that lets one of them pass is found here.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v make >/dev/null && command -v cc >/dev/null || skip "make or cc is not here"
labs=$OLDPWD/examples/labs
unset CC MAKEFLAGS
made=0

# mistake LAB STAGE SED: whoever makes it fails that stage alone.
mistake() {
    local lab=$1 stage=$2 status=0
    rm -rf try; "$TRAPEZE" lab new "$lab" try --student max >out
    sed -e "$3" "$labs/$lab/teacher/solution.c" >try/vmm.c
    ! cmp -s try/vmm.c "$labs/$lab/teacher/solution.c" || fail "'$3' changes nothing in $lab"
    timeout -k 5 $patience "$TRAPEZE" lab check try >out 2>err || status=$?
    [ $status = 1 ] || fail "$lab: '$3' has status $status"
    [ "$(sed -n 's/^ [0-9]* \([a-z]*\) *FAILED.*/\1/p' out)" = "$stage" ] || fail "$lab: '$3' does not fail the stage $stage alone"
    made=$((made + 1))
}

d() { mistake dispatch "$@"; }
d dispatch 's/trap->cause = RV_CAUSE_ECALL_U + lab_mode(cpu);/;/'
d dispatch 's/return LAB_MEMORY;/return LAB_REFLECT;/'
d dispatch 's/^    (void)cpu;/    if (lab_mode(cpu) == RV_U \&\& trap->cause >= RV_CAUSE_FETCH_PAGE)\n        return LAB_REFLECT;/'
d dispatch 's/is_privileged(trap->row) ? LAB_EMULATE : LAB_REFLECT/LAB_EMULATE/'
d csr 's/ || bits_get(csr, 8, 2) > lab_mode(cpu))/)/'
d csr 's/bits_get(csr, 8, 2) > lab_mode/bits_get(csr, 10, 2) > lab_mode/'
d csr 's/ || (write \&\& bits_get(csr, 10, 2) == 3)//'
d csr 's/write = op == 1 || rs1 != 0;/write = true;/'
d csr 's/write = op == 1 || rs1 != 0;/write = op == 1 || operand_of(cpu, immediate, rs1) != 0;/; s/^static enum lab_result csr(/static uint64_t operand_of(struct lab_cpu *cpu, bool immediate, unsigned rs1) { return immediate ? rs1 : lab_x(cpu, rs1); }\n&/; s/const bool immediate = \(.*\) \& 1, write/const bool immediate = \1 \& 1; const bool write/'
d csr 's/const uint64_t old = lab_csr(cpu, number);/&\n    lab_x_set(cpu, rd, old);/; s/lab_csr_set(cpu, number, op == 1 ? operand/{ const uint64_t operand = immediate ? rs1 : lab_x(cpu, rs1); &/; s/old \& ~operand);/& }/'
d csr 's/return lab_mode(cpu) == RV_M || !bit_get(mstatus, MSTATUS_TVM);/return true;/'
d return 's/if (mode != RV_M)$/if (false)/'
d return 's/status = bits_set(status, MSTATUS_MPP, 2, RV_U);//'
d return 's/ || (lab_mode(cpu) == RV_S \&\& bit_get(status, MSTATUS_TSR))//'
d return 's/if (lab_mode(cpu) != RV_M)$/if (lab_mode(cpu) == RV_U)/'
d return 's/status = bits_set(status, MSTATUS_SPIE, 1, 1);//'
d enter 's/if (mode != RV_M \&\& bit_get(delegation/if (bit_get(delegation/'
d enter 's/trap->interrupt \&\& (tvec \& 1)/(tvec \& 1)/'
d enter 's/status = bits_set(status, MSTATUS_SPP, 1, mode);//'
d enter 's/lab_csr_set(cpu, CSR_stval, trap->tval);//'
d interrupt 's/(mode < RV_M || bit_get(status, MSTATUS_MIE))/bit_get(status, MSTATUS_MIE)/'
d interrupt 's/if (mode < RV_S || (mode == RV_S \&\& bit_get(status, MSTATUS_SIE)))/if (bit_get(status, MSTATUS_SIE))/'
d interrupt 's/RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI/RV_IRQ_STI, RV_IRQ_SSI, RV_IRQ_SEI, RV_IRQ_MTI, RV_IRQ_MSI, RV_IRQ_MEI/'
d interrupt 's/ | (uint64_t)trap->interrupt << 63//'
d wait 's/if (lab_mode(cpu) == RV_U || (lab_mode(cpu) == RV_S \&\& bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TW)))/if (lab_mode(cpu) == RV_S \&\& bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TW))/'
d wait 's/? LAB_NEXT : LAB_WAIT;/? LAB_NEXT : LAB_NEXT;/'
d wait 's/ || (lab_mode(cpu) == RV_S \&\& bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TW))//'
d fence 's/ || (lab_mode(cpu) == RV_S \&\& bit_get(lab_csr(cpu, CSR_mstatus), MSTATUS_TVM))//'
d fence 's/lab_fence(cpu, \&f);/(void)f;/'
d fence 's/\.va = lab_x(cpu, rs1)/.va = lab_x(cpu, rs1) + 4096/'

s() { mistake shadow "$@"; }
s walk 's/if ((uint64_t)sign_extend(a->va, 39) != a->va)/if (false)/'
s walk 's/(!(pte \& SV_R) \&\& pte \& SV_W)/false/'
s walk 's/if (pte \& (SV_A | SV_D | SV_U))/if (false)/'
s walk 's/^            continue;/            if (level == 0) {\n                *out = (struct lab_page){.pa = bits_get(pte, 10, 44) << PAGE_SHIFT | (a->va \& 4095), .size = size, .pte = pte};\n                return LAB_WALKED;\n            }\n            continue;/'
s walk 's/^            return LAB_ACCESS_FAULT;/            return LAB_PAGE_FAULT;/'
s rights 's/(a->kind == PT_FETCH || !a->sum)/!a->sum/'
s rights 's/case PT_WRITE: return pte \& SV_W;/case PT_WRITE: return pte \& SV_W || (a->mxr \&\& pte \& SV_X);/'
s rights 's/pte \& SV_R || (a->mxr \&\& pte \& SV_X)/pte \& SV_R/'
s rights 's/a->mode == RV_U ? !user_page : /a->mode == RV_S \&\& /'
s large 's/ || page % size)/)/'
s large 's/(a->va \& (size - 1))/(a->va \& (PAGE_SIZE - 1))/'
s dirty 's/(a->kind == PT_WRITE ? SV_D : 0)/SV_D/'
s dirty 's/return lab_pte_write(cpu, at, wanted) ? LAB_WALKED : LAB_ACCESS_FAULT;/return LAB_WALKED;/; s/enum lab_walk touch(struct lab_cpu \*cpu, const struct lab_access \*a, uint64_t at,/enum lab_walk touch(struct lab_cpu *cpu __attribute__((unused)), const struct lab_access *a, uint64_t at __attribute__((unused)),/'
s dirty 's/if (!a->update)/if (false)/'
s leaf 's/ \&\& page->pte \& SV_D;/;/'
s leaf 's/out->x = permits(\&as, page->pte);/out->x = page->pte \& SV_X;/'
s leaf 's/out->r = permits(\&as, page->pte);/out->r = true;/'
s fence 's/lab_fence(cpu, f);/(void)cpu; (void)f;/'
s fence 's/{ lab_fence(cpu, f); }/{ lab_fence(cpu, \&(struct fence){.has_va = true, .va = f->va, .has_asid = f->has_asid, .asid = f->asid}); }/'
s $'kernel\ndirect' 's/out->w = permits/out->w = a->kind == PT_WRITE \&\& permits/; s/out->x = permits/out->x = a->kind == PT_FETCH \&\& permits/; s/out->r = permits/out->r = a->kind == PT_READ \&\& permits/'
s direct 's/(void)cpu;/(void)cpu; *out = (struct lab_rights){false, false, false}; return;/'

f() { mistake flags "$@"; }
f popf 's/if (lab_cpl(cpu) <= lab_iopl(cpu))/if (true)/'
f popf 's/lab_cpl(cpu) <= lab_iopl(cpu)/lab_cpl(cpu) == 0/'
f popf 's/lab_cpl(cpu) <= lab_iopl(cpu)/3 <= lab_iopl(cpu)/'
f popf 's/if (lab_cpl(cpu) == 0)$/if (lab_cpl(cpu) <= lab_iopl(cpu))/'
f popf 's/lab_flags_set(cpu, value, loaded(cpu, size))/lab_flags_set(cpu, value, UINT32_MAX)/'
f popf 's/ | EFLAGS_NT };/ };/'
f stack 's/lab_flags_set(cpu, value, loaded(cpu, size))/lab_flags_set(cpu, value, loaded(cpu, 4))/'
f stack 's/lab_esp_set(cpu, lab_esp(cpu) + size)/lab_esp_set(cpu, lab_esp(cpu) + 4)/'
f iret 's/mask |= EFLAGS_RF/mask |= 0/'
f iret 's/lab_flags_set(cpu, flags, mask);/(void)flags, (void)mask;/'
f iret 's/lab_segment_set(cpu, IA_CS, &code_segment);/struct lab_segment now = lab_segment(cpu, IA_CS);\n    now.selector = code_segment.selector;\n    lab_segment_set(cpu, IA_CS, \&now);/'
f iret 's/!accessed(cpu, &code) || //'
f outer 's/lab_flags_set(cpu, flags, mask);/(void)mask;\n    lab_flags_set(cpu, flags, loaded_by_iret(cpu, size));/'
f outer 's/lab_cpl_set(cpu, ring);//'
f outer 's/lab_segment_set(cpu, IA_SS, &stack_segment);/(void)stack_segment;/'
f outer 's/outer ? esp : lab_esp(cpu) + 3 \* size/lab_esp(cpu) + (outer ? 5 : 3) * size/'
f outer 's/^        hide(cpu, ring);/        (void)hide;/'
f outer 's/(!conforming/((conforming || true)/'
f outer 's/s.rights & IA_RIGHTS_NULL || /!(s.rights \& IA_RIGHTS_NULL) \&\& /'
f refused 's/selector & 0xfffcu/selector/'
f refused 's/selector & 0xfffcu/selector - selector/'
f refused 's/refuse(cpu, IA_NP, /refuse(cpu, IA_GP, /'
f refused 's/refuse(cpu, IA_SS_FAULT, /refuse(cpu, IA_NP, /'
f refused 's/ || rpl(selector) < lab_cpl(cpu)//'
f refused 's/rpl(selector) != ring || //'
f refused 's/ || dpl(d) != ring)/)/'
f refused 's/if (eip > segment_of(&code, (uint16_t)cs).limit)/if (false)/'

# pick BODY: a scheduler that goes so; first() is the first that could run, behind the one that had the last turn.
c() {
    mistake scheduler "$1" "s/^static struct lab_choice pick(/static int first(const struct lab_vm *vms, unsigned count, int behind)\n{\n    for (unsigned i = 1; i <= count; i++)\n        if (vms[((unsigned)behind + i) % count].state == LAB_RUNNABLE)\n            return (int)(((unsigned)behind + i) % count);\n    return LAB_IDLE;\n}\n\n&/; s/^    struct memory \*m = memory;/    $2\n&/"
}
c runnable 'return (struct lab_choice){0, 1000};'
c runnable 'return (struct lab_choice){LAB_IDLE, 0};'
c runnable 'return (struct lab_choice){first(vms, count, 0), 3000};'
c runnable 'return (struct lab_choice){(int)count, 10};'
c starve 'return (struct lab_choice){first(vms, count, (int)count - 1), 1000};'
c $'fair\nwake' 'int *last = memory; *last = first(vms, count, *last); return (struct lab_choice){*last, *last == 0 ? 2000 : 500};'
c starve 'unsigned *dice = memory; *dice = *dice * 1664525 + 1013904223; return (struct lab_choice){first(vms, count, (int)(*dice >> 24)), 1000};'
c $'weights\nwake' 'int *last = memory; *last = first(vms, count, *last); return (struct lab_choice){*last, 1000};'
mistake scheduler wake 's/return a->woken != b->woken ? a->woken : a->credit < b->credit;/return a->credit < b->credit;/'
mistake scheduler weights 's/ \* SCALE \/ vm->weight/ * SCALE/'
[ $made -ge 80 ] || fail "$made mistakes"
echo "$made mistakes, each found in its stage"
