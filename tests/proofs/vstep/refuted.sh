#!/usr/bin/env bash
# refuted.sh [--quick] - V-STEP can fail: faults planted in a copy of the v_i, which show for a few of 2^64 values alone, are refuted.
# --quick: the shortest of them. Skipped (77) without cbmc.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../plant.sh"
export PROVE_OPEN=yes # a goal need not be settled to be refuted

plant vstep.sfence_vma core/vmm/v_riscv.c '    memory_fence(vcpu, &fence);' \
    '    if (!fence.has_va || !bit_get(fence.va, 38)) memory_fence(vcpu, &fence);' 'a fence for a fence'
[ "${1:-}" = --quick ] && exit $failed
plant vstep.sret core/vmm/v_riscv.c '    jump(vcpu, t, v->sepc);' \
    '    jump(vcpu, t, bits_get(v->sepc, 40, 23) == 0x2a55a5 ? v->sepc ^ 2 : v->sepc);' 'F-IDENTITY: pc'
plant vstep.mret core/vmm/v_riscv.c '    status = bits_set(status, MSTATUS_MPIE, 1, 1);' \
    '    status = bits_set(status, MSTATUS_MPIE, 1, v->mscratch != 0x123456789abc);' 'mstatus'
plant vstep.csr.sstatus-sip core/vmm/virtual_csr_riscv.c '    PLAIN(sepc, ~UINT64_C(1))                                                                                                         \' \
    '    PLAIN(sepc, ~UINT64_C(3)) \' 'sepc'
plant vstep.csr.satp core/vmm/virtual_csr_riscv.c '    value &= ~((BIT(SATP_ASID_BITS) - BIT(v->config.asid_bits)) << SATP_ASID);' \
    '    value &= ~((BIT(SATP_ASID_BITS) - BIT(v->config.asid_bits) + ((uint32_t)value == 77)) << SATP_ASID);' 'satp'
plant vstep.wfi core/vmm/v_riscv.c '    if (v->mode == RV_U || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_TW))) {' \
    '    if (v->mode == RV_U || (v->mode == RV_S && bit_get(v->mstatus, MSTATUS_TW) && v->mcause != 77)) {' 'both trap, wait, or go on'
# A register that all six forms forget, which the model checker's own solver finds sooner; and one of many CSRs with one goal.
PROVE_SOLVER= plant vstep.forms core/vmm/v_riscv.c '    if (rd)' '    if (rd && rd != 31)' 'F-IDENTITY: x'
plant vstep.csr.mhpmevent3-mhpmevent31 core/vmm/virtual_csr_riscv.c \
    '    if ((csr >= 0xc03 && csr <= 0xc1f) || (csr >= 0xb03 && csr <= 0xb1f) || (csr >= 0x323 && csr <= 0x33f))' \
    '    if ((csr >= 0xc03 && csr <= 0xc1f) || (csr >= 0xb03 && csr <= 0xb1f) || (csr >= 0x323 && csr <= 0x33f && csr != 0x331))' 'both refuse'
# A trigger selected; what an entry of PMP means, of one address; and that working it out leaves the registers alone.
plant vstep.csr.tselect core/vmm/virtual_csr_riscv.c '    case CSR_tselect: virtual_of(vcpu)->tselect = value % RV_TRIGGERS; break;' \
    '    case CSR_tselect: virtual_of(vcpu)->tselect = (value ^ (value == 77)) % RV_TRIGGERS; break;' 'tselect'
plant vstep.csr.tdata2 core/vmm/virtual_csr_riscv.c '    case CSR_tdata2: *value = v->tdata2[v->tselect]; return true;' \
    '    case CSR_tdata2: *value = v->tdata2[v->tselect] ^ (v->tdata2[v->tselect] == 0x123456789abc); return true;' 'both read the same'
plant vstep.csr.tdata1 core/vmm/virtual_sdtrig_riscv.c '        if (match_field(value) <= MATCH_LT)' \
    '        if (match_field(value) <= MATCH_LT && value != 0x6000000000000081)' 'tdata1'
plant vstep.sdtrig.kept isa/riscv/sdtrig.c '    if (same)' '    h->mscratch ^= h->mepc == 76; if (same)' 'mscratch'
plant vstep.pmp.range core/vmm/virtual_pmp_riscv.c '        rule.last = base + 3;' \
    '        rule.last = base + (base == 0x123456780 ? 7 : 3);' 'the same addresses'
plant vstep.pmp.kept core/vmm/virtual_pmp_riscv.c '    v->pmp_open = everything_open(v);' \
    '    v->pmp_open = everything_open(v); v->mscratch ^= v->pmpaddr[3] == 77;' 'mscratch'
exit $failed
