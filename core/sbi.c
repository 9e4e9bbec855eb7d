/* sbi.c - the calls of the built-in firmware. "SBI n.m" is a chapter of the RISC-V SBI Specification, version 2.0.
 *
 * A call is EID in a7, FID in a6, arguments in a0..a5; the answer is an error in a0 and a value in a1. The ecall itself traps
 * and so does not retire; a served call takes CALL_UNITS of time, the same for every call, so that a guest that does nothing
 * but call still sees time pass. With one hart, every request to "the harts of a mask" is about this one.
 */
#include "core/sbi.h"

#include "isa/riscv.h"

#include <errno.h>
#include <stdlib.h>

enum {
    CALL_UNITS = 100, /* about what a short M-mode handler takes */
    FENCE_PAGES = 64, /* a longer remote fence orders everything */
    DBCN_CHUNK = 256,
    GLANCE_BYTES = 1 << 20, /* written between looks at the host */
};

enum { SBI_VERSION = 2 << 24, SBI_IMPLEMENTATION = 0x54525a /* "TRZ": not a registered number */, SBI_IMPLEMENTATION_VERSION = 1 };

/* Errors [SBI 3]. */
enum {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
};

enum {
    EID_BASE = 0x10,
    EID_TIME = 0x54494d45,
    EID_IPI = 0x735049,
    EID_RFENCE = 0x52464e43,
    EID_HSM = 0x48534d,
    EID_SRST = 0x53525354,
    EID_DBCN = 0x4442434e,
};

enum { PMP_NAPOT_RWX = 0x1f, COUNTERS_CY_TM_IR = 7 };

struct firmware {
    struct system *system;   /* borrowed */
    struct machine *machine; /* borrowed: the system's */
    uint64_t hartid;
    struct event timer; /* set_timer where there is no stimecmp */
    uint64_t calls;
};

struct sbi_return {
    int64_t error;
    uint64_t value;
};

struct sbi_call {
    uint64_t fid, arg[6];
};

static uint64_t csr(const struct firmware *f, unsigned number) { return machine_get(f->machine, RV_CSR + number); }
static void csr_write(struct firmware *f, unsigned number, uint64_t v) { machine_set(f->machine, RV_CSR + number, v); }
static struct sbi_return fails(int error) { return (struct sbi_return){.error = error}; }
static struct sbi_return succeeds(uint64_t value) { return (struct sbi_return){.value = value}; }

static void pending(struct firmware *f, unsigned bit, bool on) { csr_write(f, CSR_mip, bits_set(csr(f, CSR_mip), bit, 1, on)); }

static void timer_fires(void *opaque) { pending(opaque, RV_IRQ_STI, true); }

int firmware_create(struct firmware **out, struct system *s)
{
    struct firmware *f = calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    f->system = s;
    f->machine = s->machine;
    f->hartid = csr(f, CSR_mhartid);
    event_init(&f->timer, timer_fires, f);
    *out = f;
    return 0;
}

void firmware_destroy(struct firmware *f)
{
    if (!f)
        return;
    clock_cancel(&f->system->clock, &f->timer);
    free(f);
}

uint64_t firmware_calls(const struct firmware *f) { return f->calls; }

void firmware_state(struct firmware *f, struct state *s)
{
    state_u64(s, &f->calls);
    state_event(s, &f->system->clock, &f->timer);
}

void firmware_start(struct firmware *f, pa_t entry, pa_t device_tree)
{
    /* Everything a supervisor can handle is its own; only its ecall comes here [priv 3.1.8]. */
    csr_write(f, CSR_medeleg, 0xb1ff);
    csr_write(f, CSR_mideleg, 1u << RV_IRQ_SSI | 1u << RV_IRQ_STI | 1u << RV_IRQ_SEI);
    csr_write(f, CSR_mcounteren, COUNTERS_CY_TM_IR);
    csr_write(f, CSR_scounteren, COUNTERS_CY_TM_IR);
    csr_write(f, CSR_menvcfg, csr(f, CSR_menvcfg) | UINT64_C(1) << MENVCFG_STCE);
    csr_write(f, CSR_mie, 0);
    if (machine_has(f->machine, RV_CSR + CSR_pmpcfg0)) {
        csr_write(f, CSR_pmpaddr0, UINT64_MAX);
        csr_write(f, CSR_pmpcfg0, PMP_NAPOT_RWX);
    }
    /* The state at entry [SBI 9.1, the same for the boot hart]: S-mode, satp and sstatus.SIE zero, a0 the hart, a1 the tree. */
    csr_write(f, CSR_satp, 0);
    csr_write(f, CSR_mstatus, bits_set(csr(f, CSR_mstatus), MSTATUS_SIE, 1, 0));
    machine_set(f->machine, RV_X + 10, f->hartid);
    machine_set(f->machine, RV_X + 11, device_tree);
    machine_set(f->machine, MACHINE_MODE, RV_S);
    machine_set(f->machine, MACHINE_PC, entry);
}

/* --- BASE [SBI 4] */

/* What is served, by a7 and a6. The legacy calls 0 to 8 are not: a guest learns that from probe_extension.
 *
 *   BASE    0 spec_version 1 impl_id 2 impl_version 3 probe_extension 4 mvendorid 5 marchid 6 mimpid
 *   TIME    0 set_timer              IPI     0 send_ipi
 *   RFENCE  0 fence.i  1 sfence.vma  2 sfence.vma of an ASID
 *   HSM     0 start  1 stop  2 status  3 suspend
 *   SRST    0 reset                  DBCN    0 write  1 read  2 write_byte
 */
static bool is_served(uint64_t eid)
{
    static const uint32_t served[] = {EID_BASE, EID_TIME, EID_IPI, EID_RFENCE, EID_HSM, EID_SRST, EID_DBCN};
    for (size_t i = 0; i < sizeof served / sizeof served[0]; i++)
        if (served[i] == eid)
            return true;
    return false;
}

static struct sbi_return base_call(struct firmware *f, const struct sbi_call *c)
{
    switch (c->fid) {
    case 0: return succeeds(SBI_VERSION);
    case 1: return succeeds(SBI_IMPLEMENTATION);
    case 2: return succeeds(SBI_IMPLEMENTATION_VERSION);
    case 3: return succeeds(is_served(c->arg[0]));
    case 4: return succeeds(csr(f, CSR_mvendorid));
    case 5: return succeeds(csr(f, CSR_marchid));
    case 6: return succeeds(csr(f, CSR_mimpid));
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

/* --- TIME [SBI 6] */

/* Clears the pending timer interrupt, too: with stimecmp that happens by itself. */
static struct sbi_return time_call(struct firmware *f, const struct sbi_call *c)
{
    if (c->fid != 0)
        return fails(SBI_ERR_NOT_SUPPORTED);
    if (bit_get(csr(f, CSR_menvcfg), MENVCFG_STCE)) {
        csr_write(f, CSR_stimecmp, c->arg[0]);
        return succeeds(0);
    }
    uint32_t units = f->system->clock.units_per_tick;
    uint64_t when = c->arg[0] > UINT64_MAX / units ? UINT64_MAX : c->arg[0] * units;
    pending(f, RV_IRQ_STI, when <= clock_now(&f->system->clock));
    if (when <= clock_now(&f->system->clock) || when == UINT64_MAX)
        clock_cancel(&f->system->clock, &f->timer);
    else
        clock_schedule(&f->system->clock, &f->timer, when);
    return succeeds(0);
}

/* --- masks of harts [SBI 3.1]: *mine says whether this hart is meant; false: the mask names a hart that does not exist */
static bool hart_mask(const struct firmware *f, uint64_t mask, uint64_t base, bool *mine)
{
    *mine = true;
    if (base == UINT64_MAX)
        return true;
    uint64_t bit = f->hartid - base;
    uint64_t own = base <= f->hartid && bit < 64 ? UINT64_C(1) << bit : 0;
    *mine = (mask & own) != 0;
    return (mask & ~own) == 0;
}

static struct sbi_return ipi_call(struct firmware *f, const struct sbi_call *c)
{
    bool mine;
    if (c->fid != 0)
        return fails(SBI_ERR_NOT_SUPPORTED);
    if (!hart_mask(f, c->arg[0], c->arg[1], &mine))
        return fails(SBI_ERR_INVALID_PARAM);
    if (mine)
        pending(f, RV_IRQ_SSI, true);
    return succeeds(0);
}

/* --- RFENCE [SBI 8] */

/* Page by page where few are named, since the pages that stay translated need not be walked again; start and size
 * of 0 name all [SBI 8]. To fence more than was asked for is allowed. */
static void fence_range(struct firmware *f, const struct sbi_call *c, bool has_asid)
{
    uint64_t start = c->arg[2], size = c->arg[3];
    struct fence fence = {.has_asid = has_asid, .asid = has_asid ? c->arg[4] : 0};
    bool everything = (start == 0 && size == 0) || size > (uint64_t)FENCE_PAGES * PAGE_SIZE || start + size < start;
    if (everything) {
        machine_fence(f->machine, &fence);
        return;
    }
    fence.has_va = true;
    for (fence.va = align_down(start, PAGE_SIZE); fence.va < start + size; fence.va += PAGE_SIZE)
        machine_fence(f->machine, &fence);
}

static struct sbi_return rfence_call(struct firmware *f, const struct sbi_call *c)
{
    bool mine;
    if (c->fid > 2) /* fences of the hypervisor extension, which the machine has not */
        return fails(SBI_ERR_NOT_SUPPORTED);
    if (!hart_mask(f, c->arg[0], c->arg[1], &mine))
        return fails(SBI_ERR_INVALID_PARAM);
    /* Function 0 is fence.i: the machine sees every store to code by itself. */
    if (mine && c->fid != 0)
        fence_range(f, c, c->fid == 2);
    return succeeds(0);
}

/* --- HSM [SBI 9]: one hart, and it is running */

static bool is_ram(const struct firmware *f, pa_t pa, size_t length) { return phys_host(f->machine->phys, pa, length) != NULL; }

static struct sbi_return hart_suspend(struct firmware *f, const struct sbi_call *c)
{
    enum { RETENTIVE = 0 };
    const uint64_t non_retentive = UINT64_C(0x80000000);
    uint64_t type = c->arg[0] & 0xffffffff;
    if (type != RETENTIVE && type != non_retentive)
        return fails(SBI_ERR_INVALID_PARAM);
    if (type == non_retentive && !is_ram(f, c->arg[1], 2))
        return fails(SBI_ERR_INVALID_ADDRESS);
    f->system->waiting = true; /* until an interrupt, as WFI */
    return succeeds(0);
}

/* A non-retentive suspend does not return: it resumes as a hart that was started. */
static void resume_elsewhere(struct firmware *f, const struct sbi_call *c)
{
    csr_write(f, CSR_satp, 0);
    csr_write(f, CSR_mstatus, bits_set(csr(f, CSR_mstatus), MSTATUS_SIE, 1, 0));
    machine_set(f->machine, RV_X + 10, f->hartid);
    machine_set(f->machine, RV_X + 11, c->arg[2]);
    machine_set(f->machine, MACHINE_PC, c->arg[1]);
}

static struct sbi_return hsm_call(struct firmware *f, const struct sbi_call *c)
{
    switch (c->fid) {
    case 0: return fails(c->arg[0] == f->hartid ? SBI_ERR_ALREADY_AVAILABLE : SBI_ERR_INVALID_PARAM);
    case 1: system_end(f->system, END_STUCK, 0, "the guest stopped its only hart (SBI hart_stop)"); return succeeds(0);
    case 2: return c->arg[0] == f->hartid ? succeeds(0 /* STARTED */) : fails(SBI_ERR_INVALID_PARAM);
    case 3: return hart_suspend(f, c);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

/* --- SRST [SBI 10] */

static struct sbi_return srst_call(struct firmware *f, const struct sbi_call *c)
{
    enum { SHUTDOWN = 0, COLD_REBOOT = 1, WARM_REBOOT = 2, NO_REASON = 0, SYSTEM_FAILURE = 1 };
    if (c->fid != 0)
        return fails(SBI_ERR_NOT_SUPPORTED);
    uint64_t type = c->arg[0] & 0xffffffff, reason = c->arg[1] & 0xffffffff;
    if (type > WARM_REBOOT || reason > SYSTEM_FAILURE)
        return fails(SBI_ERR_INVALID_PARAM);
    if (type == SHUTDOWN)
        system_end(f->system, END_POWEROFF, reason == NO_REASON ? 0 : 1, NULL);
    else
        system_end(f->system, END_REBOOT, 0, NULL);
    return succeeds(0);
}

/* --- DBCN [SBI 12] */

/* A guest may write from all its memory in one call; between MiBs the host is looked at, so that a user can still
 * stop it. */
static struct sbi_return dbcn_write(struct firmware *f, pa_t from, uint64_t length)
{
    const struct chardev *d = &f->system->board->console;
    uint8_t chunk[DBCN_CHUNK];
    for (uint64_t done = 0; done < length;) {
        size_t n = length - done < sizeof chunk ? (size_t)(length - done) : sizeof chunk;
        if (machine_load(f->machine, from + done, chunk, n) != 0)
            return fails(SBI_ERR_FAILED);
        if (d->write)
            d->write(d->opaque, chunk, n);
        done += n;
        if (done % GLANCE_BYTES == 0 && system_glance(f->system))
            break;
    }
    return succeeds(length);
}

/* Without waiting: 0 bytes is an answer, and the guest asks again. */
static struct sbi_return dbcn_read(struct firmware *f, pa_t to, uint64_t room)
{
    const struct chardev *d = &f->system->board->console;
    uint8_t chunk[DBCN_CHUNK];
    size_t n = room < sizeof chunk ? (size_t)room : sizeof chunk;
    n = d->read ? d->read(d->opaque, chunk, n) : 0;
    if (n && machine_store(f->machine, to, chunk, n) != 0)
        return fails(SBI_ERR_FAILED);
    return succeeds(n);
}

static struct sbi_return dbcn_call(struct firmware *f, const struct sbi_call *c)
{
    if (c->fid == 2) {
        const struct chardev *d = &f->system->board->console;
        uint8_t byte = (uint8_t)c->arg[0];
        if (d->write)
            d->write(d->opaque, &byte, 1);
        return succeeds(0);
    }
    if (c->fid > 2)
        return fails(SBI_ERR_NOT_SUPPORTED);
    uint64_t length = c->arg[0];
    if (c->arg[2] != 0 || (length && !is_ram(f, c->arg[1], length))) /* the address is 128 bits wide: high half zero */
        return fails(SBI_ERR_INVALID_PARAM);
    return c->fid == 0 ? dbcn_write(f, c->arg[1], length) : dbcn_read(f, c->arg[1], length);
}

/* --- the ecall */

static struct sbi_return serve(struct firmware *f, uint64_t eid, const struct sbi_call *c)
{
    switch (eid) {
    case EID_BASE: return base_call(f, c);
    case EID_TIME: return time_call(f, c);
    case EID_IPI: return ipi_call(f, c);
    case EID_RFENCE: return rfence_call(f, c);
    case EID_HSM: return hsm_call(f, c);
    case EID_SRST: return srst_call(f, c);
    case EID_DBCN: return dbcn_call(f, c);
    default: return fails(SBI_ERR_NOT_SUPPORTED); /* the legacy calls 0..8, too */
    }
}

bool firmware_serves(const struct trap *t) { return t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_ECALL_U + RV_S; }

/*T:220 Firmware without guest code. A trap that the supervisor's ECALL made is served by the host, over get and set of the machine's
 * registers; so it serves a virtual machine without a word more. :*/
bool firmware_call(struct firmware *f, const struct trap *t)
{
    if (!firmware_serves(t))
        return false;
    struct machine *m = f->machine;
    uint64_t eid = machine_get(m, RV_X + 17);
    struct sbi_call c = {.fid = machine_get(m, RV_X + 16)};
    for (unsigned i = 0; i < 6; i++)
        c.arg[i] = machine_get(m, RV_X + 10 + i);
    f->calls++;
    machine_set(m, MACHINE_PC, machine_get(m, MACHINE_PC) + 4);
    struct sbi_return r = serve(f, eid, &c);
    machine_set(m, RV_X + 10, (uint64_t)r.error);
    machine_set(m, RV_X + 11, r.value);
    if (eid == EID_HSM && c.fid == 3 && r.error == SBI_SUCCESS && c.arg[0] & 0x80000000)
        resume_elsewhere(f, &c);
    machine_set(m, MACHINE_CLOCK, clock_now(&f->system->clock) + CALL_UNITS);
    return true;
}
