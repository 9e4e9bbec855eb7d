/* Resource control [PG74 p.414]: virtual machines that try everything, side by side on one host, never change a frame that A did not
 * give them, never run longer than they are let, and never see another's memory. All memory of the host carries marks that tell whose
 * it is, and what is nobody's is the host's. */
#include "core/system.h"
#include "core/vmm/vcpu.h"
#include "isa/riscv.h"
#include "tests/core/hostile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
enum { ROUNDS = 150 };
#else
enum { ROUNDS = 700 };
#endif
enum { VMS = 4, SHARE = 4000, FRAMES = 128, DISK = 64 << 10, CHECK_ALL = 16, HOST = VMS };
#define HOST_RAM UINT64_C(0xc00000)

/* --- Marks: the upper 40 bits of a word say whose it is. */

static const uint64_t mark[VMS + 1] = {0xa17e5c0de1, 0xb28f6d1ef2, 0xc3907e2f03, 0xd4a18f3014, 0xe5b2904125};

static int marked(uint64_t word)
{
    for (int who = 0; who <= VMS; who++)
        if (word >> 24 == mark[who])
            return who;
    return -1;
}

static void fill(uint8_t *to, size_t size, unsigned who)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = mark[who] << 24 | (at / 8 & 0xffffff);
        memcpy(to + at, &word, 8);
    }
}

/* --- The house: a host, its virtual machines with their boards, and an account of each one's frames */

struct tenant {
    unsigned number;
    struct machine *machine;
    struct system *system;
    struct hostile hostile;
    struct account {
        uint64_t instructions, resets, power, stuck, stopped;
    } account;
    uint64_t window, printed; /* the last eight bytes on the console */
    char disk[32];
    uint64_t hash;
};

struct house {
    struct ram *ram;
    struct phys *phys;
    struct machine *host;
    struct tenant tenant[VMS];
    uint8_t owner[HOST_RAM / PAGE_SIZE]; /* of each frame */
    uint64_t hash[VMS + 1];              /* of the frames of each */
};

static void heard(void *opaque, const uint8_t *bytes, size_t count)
{
    struct tenant *t = opaque;
    for (size_t i = 0; i < count; i++) {
        t->window = t->window >> 8 | (uint64_t)bytes[i] << 56;
        int who = ++t->printed >= 8 ? marked(t->window) : -1;
        assert_true(who < 0 || who == (int)t->number);
    }
}

static void disk_create(struct tenant *t)
{
    uint8_t *content = malloc(DISK);
    snprintf(t->disk, sizeof t->disk, "/tmp/resource-XXXXXX");
    int fd = mkstemp(t->disk);
    assert_true(content && fd >= 0);
    fill(content, DISK, t->number);
    assert_int_equal(write(fd, content, DISK), DISK);
    close(fd);
    free(content);
}

static void tenant_create(struct house *h, unsigned number)
{
    struct tenant *t = &h->tenant[number];
    struct error e;
    const struct vm_config c = {.ram_base = VIRT_RAM,
                                .ram_size = HOSTILE_RAM,
                                .shadow = (enum shadow_policy)(number % SHADOW_POLICIES),
                                .monitor = number == 3 ? VMM_HYBRID : VMM_TRAP,
                                .shadow_frames = FRAMES};
    t->number = number;
    disk_create(t);
    if (vmm_create_vm(h->host, &c, &t->machine, &e))
        fail_msg("%s", e.text);
    struct virt_config board = {.ram_size = HOSTILE_RAM,
                                .harts = 1,
                                .isa = "rv64imafdc",
                                .mmu_type = "riscv,sv48",
                                .drive = {{.path = t->disk}},
                                .console = {.write = heard, .opaque = t},
                                .virtio_console = {.write = heard, .opaque = t},
                                .seed = number};
    if (system_create(&t->system, t->machine, virt_create, &board, riscv_config_default.units_per_tick, &e))
        fail_msg("%s", e.text);
    t->hostile = (struct hostile){.machine = t->machine, .random = 1000 + number, .secret = mark[number] << 24 | 0xfffff};
}

static const struct vcpu *vm_at(const struct house *h, unsigned i) { return vcpu_of(h->tenant[i].machine); }

/* Each one's RAM holds its marks, and all that nobody has, the host's. Each knows where the others are. */
static void frames_mark(struct house *h)
{
    uint8_t *ram = ram_host(h->ram);
    memset(h->owner, HOST, sizeof h->owner);
    for (unsigned i = 0; i < VMS; i++) {
        const struct vcpu *vcpu = vm_at(h, i);
        for (pa_t at = vcpu->vm->ram.v; at < vcpu->vm->ram.v + vcpu->vm->config.ram_size; at += PAGE_SIZE) {
            assert_int_equal(h->owner[(at - VIRT_RAM) / PAGE_SIZE], HOST); /* nobody's before */
            h->owner[(at - VIRT_RAM) / PAGE_SIZE] = (uint8_t)i;
        }
        for (pa_t at = vcpu->tables.v; at < vcpu->tables.v + (pa_t)FRAMES * PAGE_SIZE; at += PAGE_SIZE) {
            assert_int_equal(h->owner[(at - VIRT_RAM) / PAGE_SIZE], HOST);
            h->owner[(at - VIRT_RAM) / PAGE_SIZE] = (uint8_t)i;
        }
        fill(ram + (vcpu->vm->ram.v - VIRT_RAM), vcpu->vm->config.ram_size, i);
        for (unsigned j = 0; j < VMS; j++)
            if (j != i) {
                struct hostile *other = &h->tenant[j].hostile;
                other->target[other->targets++] = vcpu->vm->ram.v;
                other->target[other->targets++] = vcpu->tables.v;
            }
    }
    for (pa_t at = 0; at < HOST_RAM; at += PAGE_SIZE)
        if (h->owner[at / PAGE_SIZE] == HOST)
            fill(ram + at, PAGE_SIZE, HOST);
}

static uint64_t page_hash(const uint8_t *page)
{
    const uint64_t *word = (const uint64_t *)(const void *)page;
    uint64_t a[4] = {1, 2, 3, 4};
    for (unsigned i = 0; i < PAGE_SIZE / 8; i += 4)
        for (unsigned lane = 0; lane < 4; lane++)
            a[lane] = (a[lane] ^ word[i + lane]) * UINT64_C(0x9e3779b97f4a7c15) + (a[lane] >> 29);
    return a[0] ^ a[1] << 1 ^ a[2] << 2 ^ a[3] << 3;
}

static uint64_t frames_hash(const struct house *h, unsigned owner)
{
    const uint8_t *ram = ram_host(h->ram);
    uint64_t hash = 0;
    for (unsigned frame = 0; frame < sizeof h->owner; frame++)
        if (h->owner[frame] == owner)
            hash = (hash + page_hash(ram + (size_t)frame * PAGE_SIZE)) * UINT64_C(0xd6e8feb86659fd93);
    return hash;
}

static void house_open(struct house *h)
{
    memset(h, 0, sizeof *h);
    assert_int_equal(ram_create(&h->ram, HOST_RAM), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", VIRT_RAM, HOST_RAM, h->ram, 0), 0);
    assert_int_equal(riscv_create(&h->host, h->phys, &riscv_config_default), 0);
    for (unsigned i = 0; i < VMS; i++)
        tenant_create(h, i);
    frames_mark(h);
    for (unsigned i = 0; i <= VMS; i++)
        h->hash[i] = frames_hash(h, i);
}

static void house_close(struct house *h)
{
    for (unsigned i = 0; i < VMS; i++) {
        system_destroy(h->tenant[i].system);
        machine_destroy(h->tenant[i].machine);
        unlink(h->tenant[i].disk);
    }
    machine_destroy(h->host);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
}

/* --- What must hold */

/* Nothing that the guest can look at has another's mark. */
static void sees_only_its_own(const struct tenant *t)
{
    const struct isa *isa = t->machine->isa;
    for (unsigned i = 0; i < isa->reg_count; i++) {
        int who = marked(machine_get(t->machine, isa->regs[i].reg));
        if (who >= 0 && who != (int)t->number)
            fail_msg("vm %u has a word of %d in %s", t->number, who, isa->regs[i].name);
    }
}

/* At any alignment: DMA goes byte by byte. */
static void holds_only_its_own(const uint8_t *bytes, size_t size, unsigned number, unsigned step, const char *what)
{
    for (size_t at = 0; at + 8 <= size; at += step) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        int who = marked(word);
        if (who >= 0 && who != (int)number)
            fail_msg("vm %u has a word of %d in its %s at 0x%zx", number, who, what, at);
    }
}

/* The machine walks these tables: whatever they map, the tenant reaches, and that must be its RAM. */
static void maps_only_its_own(const struct house *h, const struct vcpu *vcpu, pa_t at, unsigned level)
{
    const struct pt_format *format = vcpu->isa->host_format(h->host);
    assert_true(at - vcpu->tables.v < (pa_t)FRAMES * PAGE_SIZE);
    for (unsigned i = 0; i < 512; i++) {
        uint64_t pte;
        memcpy(&pte, ram_host(h->ram) + (at - VIRT_RAM) + 8 * (size_t)i, 8);
        if (pte && level > 0)
            maps_only_its_own(h, vcpu, format->address(pte), level - 1);
        else if (pte)
            assert_true(format->address(pte) - vcpu->vm->ram.v < vcpu->vm->config.ram_size && !format->is_table(pte, level));
    }
}

/* Only the tenant's own frames may differ from before; the others' are looked at each time, the host's now and then. */
static void changed_only_its_own(struct house *h, unsigned number, bool all)
{
    for (unsigned i = 0; i < (all ? VMS + 1 : VMS); i++) {
        if (i == number)
            h->hash[i] = frames_hash(h, i);
        else if (frames_hash(h, i) != h->hash[i])
            fail_msg("vm %u has changed a frame of %u", number, i);
    }
}

static void check(struct house *h, struct tenant *t, bool all)
{
    const struct vcpu *vcpu = vcpu_of(t->machine);
    const uint8_t *ram = ram_host(h->ram) + (vcpu->vm->ram.v - VIRT_RAM);
    changed_only_its_own(h, t->number, all);
    sees_only_its_own(t);
    holds_only_its_own(ram, HOSTILE_RAM, t->number, all ? 1 : 8, "RAM");
    for (unsigned root = 0; all && root < vcpu->asid_count; root++)
        maps_only_its_own(h, vcpu, shadow_root(vcpu->shadow, root), 3);
}

static void check_disk(const struct tenant *t)
{
    uint8_t *content = malloc(DISK);
    FILE *f = fopen(t->disk, "rb");
    assert_true(content && f);
    assert_int_equal(fread(content, 1, DISK, f), DISK);
    fclose(f);
    holds_only_its_own(content, DISK, t->number, 1, "disk");
    free(content);
}

/* --- The run */

/* Its share and no instruction more; less only where it came to an end. */
static void run_share(struct house *h, struct tenant *t)
{
    uint64_t before = t->system->retired, host_before = machine_get(h->host, MACHINE_RETIRED);
    struct vm_stats s0, s1;
    vm_stats(t->machine, &s0);
    struct system_result r = system_run(t->system, SHARE);
    vm_stats(t->machine, &s1);
    uint64_t ran = t->system->retired - before, direct = s1.direct - s0.direct;
    assert_true(r.end == END_RUNNING ? ran == SHARE : ran <= SHARE);
    assert_int_equal(machine_get(h->host, MACHINE_RETIRED) - host_before, direct);
    assert_int_equal(direct + (s1.emulated - s0.emulated) + (s1.interpreted - s0.interpreted), ran);
    t->account.instructions += ran;
    if (r.end == END_RUNNING)
        return;
    t->account.power += r.end == END_POWEROFF || r.end == END_REBOOT;
    t->account.stuck += r.end == END_STUCK;
    t->account.stopped += r.end == END_STOPPED;
    t->account.resets++;
    system_reset(t->system);
}

static void they_try_everything(void **state)
{
    (void)state;
    static struct house house;
    struct house *h = &house;
    uint64_t instructions = 0;
    house_open(h);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < VMS; i++) {
            struct tenant *t = &h->tenant[i];
            hostile_turn(&t->hostile);
            run_share(h, t);
            check(h, t, round % CHECK_ALL == i);
        }
    for (unsigned i = 0; i < VMS; i++) {
        const struct tenant *t = &h->tenant[i];
        struct vm_stats s;
        vm_stats(t->machine, &s);
        check(h, &h->tenant[i], true);
        instructions += t->account.instructions;
        print_message(
            "vm %u: %llu instructions, %llu traps, %llu leaves filled, %llu device accesses, %llu bytes printed; %llu resets "
            "(%llu power, %llu stuck, %llu stopped)\n",
            i, (unsigned long long)t->account.instructions, (unsigned long long)s.traps, (unsigned long long)s.fills,
            (unsigned long long)s.device_accesses, (unsigned long long)t->printed, (unsigned long long)t->account.resets,
            (unsigned long long)t->account.power, (unsigned long long)t->account.stuck, (unsigned long long)t->account.stopped);
        assert_true(s.device_accesses > 5 * ROUNDS && t->printed > 0); /* it did try; where a monitor interprets it all, by and by */
        assert_true(s.hybrid || (s.traps > 100 * ROUNDS && s.fills > 2 * ROUNDS));
        assert_int_equal(t->account.stopped, 0); /* and asked for nothing unsupported */
    }
    assert_true(instructions > (uint64_t)ROUNDS * VMS * SHARE / 2);
    for (unsigned i = 0; i < VMS; i++)
        system_destroy(h->tenant[i].system), h->tenant[i].system = NULL; /* disks are written out */
    for (unsigned i = 0; i < VMS; i++)
        check_disk(&h->tenant[i]);
    house_close(h);
}

/* The disks and consoles were reached at all: a tenant's own marks come back from there, for else the checks above see nothing. */
static void the_marks_travel(void **state)
{
    (void)state;
    static struct house house;
    struct house *h = &house;
    house_open(h);
    struct tenant *t = &h->tenant[0];
    unsigned requests = 0;
    for (unsigned turn = 0; turn < 200; turn++) {
        const uint64_t zero = 0;
        uint64_t used;
        hostile_turn(&t->hostile);
        assert_int_equal(machine_store(t->machine, VIRT_RAM + RINGS + 2048, &zero, 8), 0);
        run_share(h, t);
        assert_int_equal(machine_load(t->machine, VIRT_RAM + RINGS + 2048, &used, 8), 0);
        requests += (used >> 16 & 0xffff) != 0;
    }
    print_message("%u of 200 turns had a request served\n", requests);
    assert_true(requests > 10);
    house_close(h);
}

/* More than the host has is refused, and then nothing is taken. */
static void no_frame_is_given_twice(void **state)
{
    (void)state;
    static struct house house;
    struct house *h = &house;
    struct machine *one_more;
    struct error e;
    house_open(h);
    const struct vm_config c = {.ram_base = VIRT_RAM, .ram_size = HOST_RAM, .shadow_frames = FRAMES};
    assert_int_equal(vmm_create_vm(h->host, &c, &one_more, &e), -ENOMEM);
    changed_only_its_own(h, VMS + 1, true); /* nobody has run */
    house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_try_everything),
        cmocka_unit_test(the_marks_travel),
        cmocka_unit_test(no_frame_is_given_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
