/* test_ring3.c - which system instructions trap in ring 3, by which vector and error code? Asked are the processor at hand, where it is of this
 * kind, in 64-bit mode and hence not of all; QEMU's user-mode emulator, by a program; and this CPU, with tables as their kernel has them. What
 * that program learns is what a guest would learn that was put into ring 3. */
#define _GNU_SOURCE /* mkstemp, popen, REG_RIP */
#include "tests/isa/ia32/code_rig.h"

#include <elf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    IMAGE = 0x8000000,
    IMAGE_SIZE = 0x10000,
    START = 0x1000, /* offsets in the image */
    SCRATCH = 0x8000,
    RECORDS = 0x9000,
    CURRENT = 0xa000, /* two words: the record of the case at work, and where it goes on */
    STACK = 0xe000,
    TABLES = 0xf000,   /* of this CPU alone: GDT, IDT */
    NONE = 0x7fffffff, /* as vectors go */
};
/* As a kernel of 64 bits has them. */
enum { KERNEL_CODE = 0x10, KERNEL_DATA = 0x18, USER_CODE = 0x23, USER_DATA = 0x2b };

static uint8_t image[IMAGE_SIZE], output[0x1000];
static uint32_t at; /* offset that code is written to */

struct record {
    uint32_t vector, error, flags, eax; /* vector: NONE if it completed */
};

/* --- what is asked. EBX, ESI and EDI are SCRATCH, where eight bytes of zeros are; CX is CS, DX DS, EAX 0 */

enum {
    EITHER = 1 /* as the kernel has it: TSD, PCE, UMIP */,
    SHORT = 2 /* other bytes, or none, in 64-bit mode */,
    NOT_QEMU = 4 /* there it is refused by the ring first, or from some version on not refused */
};
static const struct question {
    const char *name, *bytes;
    uint8_t length, how;
} questions[] = {
#define Q(how, name, bytes)                                                                                                           \
    {                                                                                                                                 \
        name, bytes, sizeof bytes - 1, how                                                                                            \
    }
    Q(EITHER, "sgdt", "\x0f\x01\x03"),
    Q(EITHER, "sidt", "\x0f\x01\x0b"),
    Q(EITHER, "sldt", "\x0f\x00\xc0"),
    Q(EITHER, "str", "\x0f\x00\xc8"),
    Q(EITHER, "smsw", "\x0f\x01\xe0"),
    Q(0, "pushf", "\x9c"),
    Q(0, "popf without IF", "\x6a\x02\x9d"),
    Q(0, "popf with IOPL", "\x68\x02\x30\x00\x00\x9d"),
    Q(0, "lar", "\x0f\x02\xc1"),
    Q(0, "lar of the kernel's code", "\xb1\x10\x0f\x02\xc1"),
    Q(0, "lsl", "\x0f\x03\xc1"),
    Q(0, "verr", "\x0f\x00\xe1"),
    Q(0, "verr of the kernel's data", "\xb1\x18\x0f\x00\xe1"),
    Q(0, "verw", "\x0f\x00\xe9"),
    Q(0, "mov r, cs", "\x8c\xc8"),
    Q(0, "mov r, ss", "\x8c\xd0"),
    Q(0, "mov r, ds", "\x8c\xd8"),
    Q(SHORT, "push cs", "\x0e"),
    Q(SHORT, "push ss", "\x16"),
    Q(SHORT, "push ds", "\x1e"),
    Q(0, "mov ds, null", "\x8e\xd8\x8e\xda"),
    Q(0, "mov ds, its own", "\x8e\xda"),
    Q(0, "mov ds, the kernel's", "\xb0\x18\x8e\xd8"),
    Q(0, "mov es, the kernel's code", "\xb0\x10\x8e\xc0"),
    Q(0, "mov ss, its own", "\x8e\xd2"),
    Q(0, "mov ss, null", "\x8e\xd0"),
    Q(0, "mov ss, the kernel's", "\xb0\x18\x8e\xd0"),
    Q(0, "mov cs", "\x8e\xc8"),
    Q(SHORT, "pop ss, its own", "\x52\x17"),
    Q(SHORT, "pop ds, the kernel's", "\x6a\x18\x1f"),
    Q(SHORT, "les null", "\xc4\x03\x8e\xc2"),
    Q(0, "ds beyond the table", "\xb8\xf8\xff\x00\x00\x8e\xd8"),
    Q(SHORT, "call far, the kernel's", "\x9a\x00\x00\x00\x00\x10\x00"),
    Q(SHORT, "jmp far, the kernel's", "\xea\x00\x00\x00\x00\x10\x00"),
    Q(SHORT, "jmp far, null", "\xea\x00\x00\x00\x00\x00\x00"),
    Q(SHORT, "jmp far, data", "\xea\x00\x00\x00\x00\x2b\x00"),
    Q(SHORT, "retf to the kernel", "\x6a\x10\x6a\x00\xcb"),
    Q(SHORT, "retf to its own",
      "\x51\xe8\x02\x00\x00\x00\xeb\x01\xcb"), /* push ecx; call over the jmp behind it; jmp over the retf; retf */
    Q(SHORT, "iret to its own, without IF", "\x6a\x02\x51\xe8\x02\x00\x00\x00\xeb\x01\xcf"),
    Q(SHORT, "iret to the kernel", "\x6a\x02\x6a\x10\x6a\x00\xcf"),
    Q(0, "cli", "\xfa"),
    Q(0, "sti", "\xfb"),
    Q(0, "hlt", "\xf4"),
    Q(0, "in", "\xe4\x80"),
    Q(0, "out", "\xe6\x80"),
    Q(0, "in dx", "\xec"),
    Q(0, "insb", "\x6c"),
    Q(0, "outsb", "\x6e"),
    Q(0, "clts", "\x0f\x06"),
    Q(0, "mov r, cr0", "\x0f\x20\xc0"),
    Q(0, "mov cr0, r", "\x0f\x22\xc0"),
    Q(0, "mov cr3, r", "\x0f\x22\xd8"),
    Q(NOT_QEMU, "mov cr1, r", "\x0f\x22\xc8"),
    Q(0, "mov r, dr0", "\x0f\x21\xc0"),
    Q(0, "mov dr7, r", "\x0f\x23\xf8"),
    Q(0, "lmsw", "\x0f\x01\xf0"),
    Q(0, "lgdt", "\x0f\x01\x13"),
    Q(0, "lidt", "\x0f\x01\x1b"),
    Q(0, "lldt", "\x0f\x00\xd0"),
    Q(0, "ltr", "\x0f\x00\xd8"),
    Q(0, "invlpg", "\x0f\x01\x3b"),
    Q(NOT_QEMU, "invd", "\x0f\x08"),
    Q(NOT_QEMU, "wbinvd", "\x0f\x09"),
    Q(0, "rdmsr", "\x0f\x32"),
    Q(0, "wrmsr", "\x0f\x30"),
    Q(EITHER, "rdtsc", "\x0f\x31"),
    Q(EITHER, "rdpmc", "\x0f\x33"),
    Q(EITHER, "cpuid", "\x0f\xa2"),
    Q(0, "int 21h", "\xcd\x21"),
    Q(0, "int3", "\xcc"),
    Q(0, "int 4", "\xcd\x04"),
    Q(0, "int 13", "\xcd\x0d"),
    Q(0, "ud2", "\x0f\x0b"),
    Q(SHORT, "arpl", "\x63\xc8"),
    Q(0, "lock nop", "\xf0\x90"),
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

/* --- the program */

static void emit(const void *bytes, size_t size)
{
    memcpy(image + at, bytes, size);
    at += (uint32_t)size;
}
#define EMIT(bytes) emit(bytes, sizeof bytes - 1)
static void emit32(uint32_t v) { emit(&v, 4); }

static void emit_move(unsigned reg, uint32_t value)
{
    emit(&(uint8_t){(uint8_t)(0xb8 + reg)}, 1);
    emit32(value);
}
/* A constant into a word, and a register. */
static void emit_put(uint32_t to, uint32_t value)
{
    EMIT("\xc7\x05");
    emit32(to);
    emit32(value);
}
static void emit_store(unsigned reg, uint32_t to)
{
    const uint8_t bytes[] = {0x89, (uint8_t)(reg << 3 | 5)};
    emit(bytes, sizeof bytes);
    emit32(to);
}

static uint32_t record_of(unsigned n) { return IMAGE + RECORDS + n * (uint32_t)sizeof(struct record); }

static void emit_question(unsigned n)
{
    const struct question *q = &questions[n];
    emit_put(IMAGE + CURRENT, record_of(n));
    const uint32_t resume = at + 6; /* its value is written below */
    emit_put(IMAGE + CURRENT + 4, 0);
    emit_move(IA_ESP, IMAGE + STACK);
    EMIT("\x6a\x02\x9d"); /* push 2; popf */
    emit_put(IMAGE + SCRATCH, 0);
    emit_put(IMAGE + SCRATCH + 4, 0);
    emit_move(IA_EBX, IMAGE + SCRATCH);
    emit_move(IA_ESI, IMAGE + SCRATCH);
    emit_move(IA_EDI, IMAGE + SCRATCH);
    emit_move(IA_EAX, 0);
    EMIT("\x8c\xc9\x8c\xda"); /* mov ecx, cs; mov edx, ds */
    emit(q->bytes, q->length);
    memcpy(image + resume, &(uint32_t){IMAGE + at}, 4);
    emit_move(IA_ESP, IMAGE + STACK);
    emit_store(IA_EAX, record_of(n) + 12);
    EMIT("\x9c\x58"); /* pushf; pop eax */
    emit_store(IA_EAX, record_of(n) + 8);
}

/* sigaction() for a signal: the handler below. */
static void emit_signal(unsigned signal, uint32_t action)
{
    emit_move(IA_EAX, 67);
    emit_move(IA_EBX, signal);
    emit_move(IA_ECX, action);
    emit_move(IA_EDX, 0);
    EMIT("\xcd\x80");
}

/* Above the return address and the number of the signal lie the registers, of them the error code at 52. The vector is there, too, but not
 * under QEMU: it is told by the signal. */
static void emit_handler(void)
{
    EMIT("\x8b\x44\x24\x04\x8b\x54\x24\x3c\x8b\x0d"); /* mov eax, [esp+4]; mov edx, [esp+60]; mov ecx, [...] */
    emit32(IMAGE + CURRENT);
    EMIT("\x89\x01\x89\x51\x04\xff\x25"); /* mov [ecx], eax; mov [ecx+4], edx; jmp [...] */
    emit32(IMAGE + CURRENT + 4);
}

static void make_program(void)
{
    static const uint8_t signals[] = {4, 5, 7, 8, 11};
    Elf32_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_386,
                         .e_version = EV_CURRENT,
                         .e_phoff = sizeof header,
                         .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf32_Phdr),
                         .e_phnum = 1};
    const Elf32_Phdr segment = {.p_type = PT_LOAD,
                                .p_vaddr = IMAGE,
                                .p_filesz = IMAGE_SIZE,
                                .p_memsz = IMAGE_SIZE,
                                .p_flags = PF_R | PF_W | PF_X,
                                .p_align = 0x1000};
    const uint32_t action[] = {IMAGE + START, 0, 0x40000000 /* not held back meanwhile */, 0};
    at = START;
    emit_handler();
    header.e_entry = IMAGE + at;
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, &segment, sizeof segment);
    memcpy(image + CURRENT + 8, action, sizeof action);
    for (unsigned n = 0; n < QUESTIONS; n++)
        memcpy(image + RECORDS + n * sizeof(struct record), &(struct record){.vector = NONE}, sizeof(struct record));
    for (unsigned n = 0; n < sizeof signals; n++)
        emit_signal(signals[n], IMAGE + CURRENT + 8);
    for (unsigned n = 0; n < QUESTIONS; n++)
        emit_question(n);
    emit_move(IA_EAX, 4);
    emit_move(IA_EBX, 1);
    emit_move(IA_ECX, IMAGE + RECORDS);
    emit_move(IA_EDX, sizeof output);
    EMIT("\xcd\x80");
    emit_move(IA_EAX, 1);
    emit_move(IA_EBX, 0);
    EMIT("\xcd\x80");
    assert_true(at < SCRATCH && QUESTIONS * sizeof(struct record) <= sizeof output);
}

/* --- who executes it */

static bool execute(const char *by, const char *path)
{
    char command[64];
    snprintf(command, sizeof command, "%s %s 2>/dev/null", by, path);
    FILE *f = popen(command, "r");
    const bool done = f && fread(output, 1, sizeof output, f) == sizeof output;
    return f && pclose(f) == 0 && done;
}

static bool qemu_run(struct record *theirs)
{
    char path[] = "/tmp/trapeze-ring3-XXXXXX";
    const int fd = mkstemp(path);
    if (fd < 0)
        return NULL;
    const bool written = write(fd, image, IMAGE_SIZE) == IMAGE_SIZE && fchmod(fd, 0700) == 0;
    close(fd);
    const bool done = written && execute("qemu-i386", path);
    unlink(path);
    memcpy(theirs, output, QUESTIONS * sizeof *theirs);
    return done;
}

/* --- the processor at hand, in 64-bit mode: of what means the same there */

#if defined(__x86_64__) && defined(__linux__)
static volatile struct record answer;
static uint8_t *area; /* SCRATCH of the image, and code behind it */
enum { AREA_CODE = 0x1000 };

static void on_signal(int sig, siginfo_t *info, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)sig, (void)info;
    answer.vector = (uint32_t)g[REG_TRAPNO];
    answer.error = (uint32_t)g[REG_ERR];
    g[REG_RIP] = g[REG_R11];
}

static bool processor_open(void)
{
    static const int taken[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    const struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    void *want = (void *)(uintptr_t)(IMAGE + SCRATCH);
    area = mmap(want, 0x2000, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    bool done = area == want;
    for (unsigned n = 0; n < sizeof taken / sizeof *taken; n++)
        done = sigaction(taken[n], &act, NULL) == 0 && done;
    return done;
}

/* The stack pointer it leaves is put right. */
static void processor_ask(const struct question *q, struct record *out)
{
    uint64_t flags;
    memset(area, 0, 8);
    memcpy(area + AREA_CODE, q->bytes, q->length);
    memcpy(area + AREA_CODE + q->length, "\x41\xff\xe3", 3); /* jmp r11 */
    answer.vector = NONE;
    __asm__ volatile("sub $128, %%rsp\n push %%rbx\n push %%rbp\n mov %%rsp, %%rbp\n mov %2, %%r10\n mov %1, %%ebx\n push $2\n popfq\n"
                     "mov %%ebx, %%esi\n mov %%ebx, %%edi\n mov %%cs, %%ecx\n mov %%ss, %%edx\n mov $0, %%eax\n lea 1f(%%rip), %%r11\n"
                     "jmp *%%r10\n"
                     "1: mov %%rbp, %%rsp\n pushfq\n pop %%r8\n cld\n pop %%rbp\n pop %%rbx\n add $128, %%rsp\n mov %%r8, %0\n"
                     : "=r"(flags)
                     : "i"(IMAGE + SCRATCH), "r"(area + AREA_CODE)
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
    *out = (struct record){answer.vector, answer.error, (uint32_t)flags, 0};
}
#else
static bool processor_open(void) { return false; }
static void processor_ask(const struct question *q, struct record *out) { (void)q, (void)out; }
#endif

/* --- this CPU */

static struct machine *own;

static void own_descriptor(unsigned selector, unsigned access)
{
    const uint32_t words[2] = {0xffff, 0xcf0000 | access << 8};
    assert_int_equal(machine_store(own, IMAGE + TABLES + (selector & ~7u), words, sizeof words), 0);
}

/* A gate for every vector, of which INT3 and INTO are open to programs, as their kernels have it. */
static void own_tables(void)
{
    own_descriptor(KERNEL_CODE, 0x9b);
    own_descriptor(KERNEL_DATA, 0x93);
    own_descriptor(USER_CODE, 0xfb);
    own_descriptor(USER_DATA, 0xf3);
    for (unsigned n = 0; n < 256; n++) {
        const uint32_t words[2] = {KERNEL_CODE << 16, n == 3 || n == 4 || n == 0x80 ? 0xee00 : 0x8e00};
        assert_int_equal(machine_store(own, IMAGE + TABLES + 0x100 + 8 * n, words, sizeof words), 0);
    }
    machine_set(own, IA_GDTR_BASE, IMAGE + TABLES);
    machine_set(own, IA_GDTR_LIMIT, 0x7f);
    machine_set(own, IA_IDTR_BASE, IMAGE + TABLES + 0x100);
    machine_set(own, IA_IDTR_LIMIT, 0x7ff);
    machine_set(own, IA_SEG + 4 * IA_TR + IA_LIMIT, 0x67);
}

static void own_enter(void)
{
    machine_set(own, MACHINE_MODE, IA_RING3);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        code_segment(own, seg, seg == IA_CS ? USER_CODE : USER_DATA, 0, UINT32_MAX,
                     (seg == IA_CS ? 0xfb : 0xf3) | IA_RIGHTS_DB | IA_RIGHTS_G);
    machine_set(own, IA_EFLAGS, EFLAGS_IF | EFLAGS_ONE);
}

static uint32_t own_word(uint32_t offset)
{
    uint32_t v = 0;
    assert_int_equal(machine_load(own, IMAGE + offset, &v, 4), 0);
    return v;
}

/* What the handler does is done here. */
static void own_handle(const struct trap *t)
{
    const uint32_t words[2] = {(uint32_t)t->cause, (uint32_t)t->error};
    const uint32_t record = own_word(CURRENT), resume = own_word(CURRENT + 4);
    assert_int_equal(machine_store(own, record, words, sizeof words), 0);
    own_enter();
    machine_set(own, MACHINE_PC, resume);
}

static void own_run(struct record *out)
{
    struct phys *phys;
    struct ram *ram;
    assert_int_equal(ram_create(&ram, IMAGE_SIZE), 0);
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(phys_add_ram(phys, "ram", IMAGE, IMAGE_SIZE, ram, 0), 0);
    assert_int_equal(ia32_create(&own, phys, NULL, &ia32_config_default), 0);
    assert_int_equal(machine_store(own, IMAGE, image, IMAGE_SIZE), 0);
    own_tables();
    own_enter();
    machine_set(own, MACHINE_PC, *(const uint32_t *)(const void *)(image + 24)); /* e_entry */
    for (unsigned calls = 0;;) {
        uint64_t retired = 0;
        const struct trap t = machine_run(own, 100000, &retired);
        assert_int_equal(t.kind, TRAP_EXCEPTION);
        if (t.cause == 0x80) {
            machine_set(own, MACHINE_PC, machine_get(own, MACHINE_PC) + 2);
            if (++calls == 6) /* the output is to be written */
                break;
        } else {
            own_handle(&t);
        }
    }
    assert_int_equal(machine_load(own, IMAGE + RECORDS, out, QUESTIONS * sizeof *out), 0);
    machine_destroy(own);
    phys_destroy(phys);
    ram_destroy(ram);
}

/* --- the comparison */

static void tell(const char *who, const struct record *r)
{
    if (r->vector == NONE)
        print_message(" %s: completes, flags %08x;", who, r->flags);
    else
        print_message(" %s: vector %u, error %x;", who, r->vector, r->error);
}

static bool is_same(const char *who, unsigned n, const struct record *a, const struct record *b)
{
    const uint32_t flags = EFLAGS_STATUS | EFLAGS_IF | EFLAGS_IOPL | EFLAGS_NT;
    const bool differ =
        a->vector != b->vector || (a->vector != NONE && a->error != b->error) || (a->vector == NONE && (a->flags ^ b->flags) & flags);
    if (differ) {
        print_message("%s:", questions[n].name);
        tell("own", a);
        tell(who, b);
        print_message("%s\n", questions[n].how & EITHER ? " as its kernel has it" : "");
    }
    return !differ || questions[n].how & EITHER;
}

static void own_answers(struct record mine[QUESTIONS])
{
    unsigned traps = 0;
    make_program();
    own_run(mine);
    for (unsigned n = 0; n < QUESTIONS; n++)
        traps += mine[n].vector != NONE;
    assert_true(traps > QUESTIONS / 2 && traps < QUESTIONS);
}

static void the_processor(void **state)
{
    struct record mine[QUESTIONS], theirs;
    unsigned wrong = 0;
    (void)state;
    own_answers(mine);
    if (!processor_open()) {
        print_message("the processor at hand is not of this kind\n");
        skip();
    }
    for (unsigned n = 0; n < QUESTIONS; n++) {
        if (questions[n].how & SHORT)
            continue;
        processor_ask(&questions[n], &theirs);
        wrong += !is_same("the processor", n, &mine[n], &theirs);
    }
    assert_int_equal(wrong, 0);
}

/* By the signal that Linux makes of it. */
static struct record signalled(struct record r)
{
    if (r.vector != NONE)
        r.vector = r.vector == IA_UD ? SIGILL : r.vector == IA_BP ? SIGTRAP : SIGSEGV;
    return r;
}

static void the_emulator(void **state)
{
    struct record mine[QUESTIONS], theirs[QUESTIONS];
    unsigned wrong = 0;
    (void)state;
    own_answers(mine);
    if (!qemu_run(theirs)) {
        print_message("qemu-i386 is not there\n");
        skip();
    }
    for (unsigned n = 0; n < QUESTIONS; n++)
        if (!(questions[n].how & NOT_QEMU)) {
            const struct record own_signal = signalled(mine[n]);
            wrong += !is_same("QEMU", n, &own_signal, &theirs[n]);
        }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_processor), cmocka_unit_test(the_emulator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
