/* shadow.c - the guest's translation composed with ours.
 *
 *     guest-virtual --- the guest's page tables --> guest-physical --- guest RAM is a slice of ours --> real
 *     guest-virtual ------------------------- shadow page tables ------------------------------------> real
 *
 * The hart walks the shadow tables. What it does not find there it asks for by a page fault: then the guest's tables are walked here,
 * as the hart would walk them, and either the guest is at fault, or a shadow page is made, or there is a device.
 */
#include "hypervisor.h"

#define GUEST_RAM UINT64_C(0x80000000) /* guest-physical */

extern uint8_t guest_ram[], guest_ram_end[];

void *guest_ram_at(uint64_t gpa, uint64_t size)
{
    uint64_t room = (uint64_t)(guest_ram_end - guest_ram), offset = gpa - GUEST_RAM;
    return offset < room && size <= room - offset ? guest_ram + offset : NULL;
}

static uint64_t page_fault(enum access a) { return a == FETCH ? CAUSE_FETCH_PAGE : a == LOAD ? CAUSE_LOAD_PAGE : CAUSE_STORE_PAGE; }
static uint64_t access_fault(enum access a)
{
    return a == FETCH ? CAUSE_FETCH_ACCESS : a == LOAD ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS;
}

/* What the guest's leaf grants in its present mode [priv 12.3.2, steps 5 to 7]. W waits for D, so that the first store comes here. */
static uint64_t leaf_rights(const struct vcpu *v, uint64_t pte)
{
    bool user_page = pte & PTE_U, user = v->mode == USER;
    bool data = user ? user_page : !user_page || v->sstatus & SSTATUS_SUM;
    uint64_t rights = 0;
    if (data && (pte & PTE_R || (v->sstatus & SSTATUS_MXR && pte & PTE_X)))
        rights |= PTE_R;
    if (data && pte & PTE_W && pte & PTE_D)
        rights |= PTE_W;
    if (user == user_page && pte & PTE_X)
        rights |= PTE_X;
    return rights;
}

static bool grants(uint64_t rights, enum access a) { return rights & (a == FETCH ? PTE_X : a == LOAD ? PTE_R : PTE_W); }

/* The guest's leaf for va, and what its page is [priv 12.3.2, steps 1 to 4 and 6]. */
static uint64_t *guest_walk(const struct vcpu *v, uint64_t va, enum access a, unsigned *shift, uint64_t *fault)
{
    uint64_t table = (v->satp & ((UINT64_C(1) << 44) - 1)) << 12;
    *fault = page_fault(a);
    if ((uint64_t)((int64_t)(va << 25) >> 25) != va) /* 39 bits, sign-extended */
        return NULL;
    for (unsigned level = 3; level-- > 0;) {
        *shift = 12 + 9 * level;
        uint64_t *pte = guest_ram_at(table + 8 * (va >> *shift & 511), 8);
        if (!pte) {
            *fault = access_fault(a);
            return NULL;
        }
        if (!(*pte & PTE_V) || (*pte & (PTE_R | PTE_W)) == PTE_W || *pte >> 54)
            return NULL;
        if (*pte & (PTE_R | PTE_X))
            return *pte >> 10 & ((UINT64_C(1) << 9 * level) - 1) ? NULL : pte; /* a misaligned superpage */
        if (*pte & (PTE_D | PTE_A | PTE_U))
            return NULL;
        table = *pte >> 10 << 12;
    }
    return NULL;
}

bool translate(struct vcpu *v, uint64_t va, enum access a, uint64_t *gpa, uint64_t *rights, uint64_t *fault)
{
    unsigned shift;
    if (v->satp == 0) {
        *gpa = va;
        *rights = PTE_R | PTE_W | PTE_X;
        return true;
    }
    uint64_t *pte = guest_walk(v, va, a, &shift, fault);
    if (!pte || !grants(leaf_rights(v, *pte | PTE_D), a))
        return false;
    *pte |= PTE_A | (a == STORE ? PTE_D : 0); /* as the hart does [priv 12.3.2, step 9] */
    uint64_t inside = (UINT64_C(1) << shift) - 1;
    *gpa = (*pte >> 10 << 12 & ~inside) | (va & inside);
    *rights = leaf_rights(v, *pte);
    return true;
}

void shadow_fault(struct vcpu *v, enum access a, uint64_t va)
{
    uint64_t gpa, rights, fault;
    if (!translate(v, va, a, &gpa, &rights, &fault)) {
        reflect(v, fault, va);
        return;
    }
    void *page = guest_ram_at(gpa & -(uint64_t)PAGE, PAGE);
    if (page && va >> 30 == UINT64_MAX >> 30) /* that gigabyte is the hypervisor's */
        stop("it uses the last gigabyte of the address space, at", va);
    if (page) {
        allocator_map(v, va, page, rights);
        counts.filled++;
    } else if (a != FETCH && device_access(v, a, gpa)) {
        counts.device++;
    } else {
        reflect(v, access_fault(a), va);
    }
}
