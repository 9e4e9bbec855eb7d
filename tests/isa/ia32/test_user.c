/* test_user.c - a program of random instructions that mean something else in 64-bit mode (decimal arithmetic, PUSHA, ENTER, INC r ...),
 * executed by the CPU and by QEMU's user-mode emulator, where that is there. Each instruction gets registers of its own, and what it leaves
 * is stored; compared are those records, the flags that the manual defines, and the stack. */
#define _GNU_SOURCE /* mkstemp, popen */
#include "tests/isa/ia32/code_rig.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    IMAGE = 0x8000000,
    IMAGE_SIZE = 0x200000,
    START = 0x1000,
    RECORDS = 0x100000, /* offsets in the image */
    STACKS = 0x180000,
    OUTPUT_SIZE = 0x90000, /* from RECORDS on */
    CASES = 4000,
    RECORD_WORDS = 9,
};

static uint8_t image[IMAGE_SIZE], output[OUTPUT_SIZE];
static uint32_t at; /* offset that code is written to */

/* --- the program */

static uint64_t seed = 5;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 32);
}

static void emit(const void *bytes, size_t size)
{
    memcpy(image + at, bytes, size);
    at += (uint32_t)size;
}
#define EMIT(bytes) emit(bytes, sizeof bytes - 1)
static void emit32(uint32_t v) { emit(&v, 4); }

static const struct form {
    const char *bytes;
    unsigned length;
    uint32_t undefined;
} forms[] = {
    {"\x27", 1, EFLAGS_OF},
    {"\x2f", 1, EFLAGS_OF},
    {"\x37", 1, EFLAGS_OF | EFLAGS_SF | EFLAGS_ZF | EFLAGS_PF},
    {"\x3f", 1, EFLAGS_OF | EFLAGS_SF | EFLAGS_ZF | EFLAGS_PF},
    {"\xd4\x0a", 2, EFLAGS_OF | EFLAGS_AF | EFLAGS_CF},
    {"\xd4\x07", 2, EFLAGS_OF | EFLAGS_AF | EFLAGS_CF},
    {"\xd5\x0a", 2, EFLAGS_OF | EFLAGS_AF | EFLAGS_CF},
    {"\xd5\x63", 2, EFLAGS_OF | EFLAGS_AF | EFLAGS_CF},
    {"\x40", 1, 0},
    {"\x43", 1, 0},
    {"\x4f", 1, 0},
    {"\x49", 1, 0},
    {"\x50", 1, 0},
    {"\x54", 1, 0}, /* push esp */
    {"\x5b", 1, 0},
    {"\x5c", 1, 0}, /* pop esp */
    {"\x60", 1, 0},
    {"\x61", 1, 0},
    {"\x6a\x80", 2, 0},
    {"\xff\xf2", 2, 0},         /* push edx */
    {"\x8f\xc6", 2, 0},         /* pop esi */
    {"\x8f\x44\x24\x04", 4, 0}, /* pop [esp+4] */
    {"\xff\x74\x24\x08", 4, 0}, /* push [esp+8] */
    {"\xc8\x10\x00\x00", 4, 0}, /* enter 16, 0 */
    {"\xc8\x08\x00\x01", 4, 0},
    {"\xc8\x04\x00\x03", 4, 0},
    {"\xc9", 1, 0},
    {"\xd6", 1, 0},                     /* salc */
    {"\xe2\x01\x40", 3, 0},             /* loop over inc eax */
    {"\xe1\x01\x40", 3, 0},             /* loope */
    {"\xe0\x01\x40", 3, 0},             /* loopne */
    {"\xe3\x01\x40", 3, 0},             /* jecxz */
    {"\xe8\x01\x00\x00\x00\x40", 6, 0}, /* call over inc eax */
    {"\x7c\x01\x40", 3, 0},             /* jl */
    {"\x76\x01\x40", 3, 0},             /* jbe */
    {"\x7a\x01\x40", 3, 0},             /* jp */
    {"\x91", 1, 0},
    {"\x82\xd0\x7f", 3, 0}, /* adc al, by the second encoding */
};
enum { FORMS = sizeof forms / sizeof forms[0] };
static uint8_t form_of[CASES];

/* mov to or from [address] */
static void emit_absolute(unsigned opcode, unsigned reg, uint32_t address)
{
    const uint8_t bytes[] = {(uint8_t)opcode, (uint8_t)(reg << 3 | 5)};
    emit(bytes, sizeof bytes);
    emit32(address);
}
static void emit_move(unsigned reg, uint32_t value)
{
    emit(&(uint8_t){(uint8_t)(0xb8 + reg)}, 1);
    emit32(value);
}

/* With an operand size of 16 it would leave the program. */
static bool is_branch(const struct form *f)
{
    const uint8_t first = (uint8_t)f->bytes[0];
    return (first & 0xf0) == 0x70 || (first & 0xf0) == 0xe0;
}

/* EFLAGS, the registers, the instruction, the registers, EFLAGS. ESP and EBP are in a stack with room on both sides. */
static void emit_case(unsigned n)
{
    const uint32_t record = IMAGE + RECORDS + n * RECORD_WORDS * 4, stack = IMAGE + STACKS + 0x100 + draw() % 0x7000 * 2;
    const struct form *f = &forms[form_of[n]];
    emit_move(IA_ESP, IMAGE + STACKS + 0xff00);
    EMIT("\x68"); /* push imm32; popfd */
    emit32(draw() & EFLAGS_STATUS);
    EMIT("\x9d");
    for (unsigned reg = 0; reg < 8; reg++)
        emit_move(reg, reg == IA_ESP ? stack : reg == IA_EBP ? stack + draw() % 16 * 4 : draw() % 3 ? draw() : draw() % 3);
    if (draw() % 3 == 0 && !is_branch(f))
        EMIT("\x66");
    emit(f->bytes, f->length);
    for (unsigned reg = 0; reg < 8; reg++)
        emit_absolute(0x89, reg, record + 4 * reg);
    emit_move(IA_ESP, IMAGE + STACKS + 0xff00);
    EMIT("\x9c\x58"); /* pushfd; pop eax */
    emit_absolute(0x89, IA_EAX, record + 32);
}

/* The output is written, and the program ends. */
static void emit_end(void)
{
    emit_move(IA_EAX, 4);
    emit_move(IA_EBX, 1);
    emit_move(IA_ECX, IMAGE + RECORDS);
    emit_move(IA_EDX, OUTPUT_SIZE);
    EMIT("\xcd\x80");
    emit_move(IA_EAX, 1);
    emit_move(IA_EBX, 0);
    EMIT("\xcd\x80");
}

static void make_program(void)
{
    Elf32_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_386,
                         .e_version = EV_CURRENT,
                         .e_entry = IMAGE + START,
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
    memcpy(image, &header, sizeof header);
    memcpy(image + sizeof header, &segment, sizeof segment);
    for (unsigned n = 0; n < 0x10000; n++)
        image[STACKS + n] = (uint8_t)draw();
    at = START;
    for (unsigned n = 0; n < CASES; n++) {
        form_of[n] = (uint8_t)(draw() % FORMS);
        emit_case(n);
    }
    emit_end();
    assert_true(at < RECORDS);
}

/* --- the two that execute it */

static bool emulator_run(void)
{
    char path[] = "/tmp/trapeze-user-XXXXXX", command[64];
    const int fd = mkstemp(path);
    if (fd < 0)
        return false;
    bool done = write(fd, image, IMAGE_SIZE) == IMAGE_SIZE && fchmod(fd, 0700) == 0;
    close(fd);
    snprintf(command, sizeof command, "qemu-i386 %s 2>/dev/null", path);
    FILE *f = done ? popen(command, "r") : NULL;
    done = f && fread(output, 1, OUTPUT_SIZE, f) == OUTPUT_SIZE;
    if (f)
        pclose(f);
    unlink(path);
    return done;
}

static struct ram *ram;
static void own_run(void)
{
    struct phys *phys;
    struct machine *m;
    uint64_t retired = 0;
    assert_int_equal(ram_create(&ram, IMAGE_SIZE), 0);
    assert_int_equal(phys_create(&phys), 0);
    assert_int_equal(phys_add_ram(phys, "ram", IMAGE, IMAGE_SIZE, ram, 0), 0);
    assert_int_equal(ia32_create(&m, phys, NULL, &ia32_config_default), 0);
    machine_set(m, MACHINE_MODE, IA_RING0);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        code_segment(m, seg, 8, 0, UINT32_MAX, (seg == IA_CS ? 0x9b : 0x93) | IA_RIGHTS_DB | IA_RIGHTS_G);
    machine_set(m, MACHINE_PC, IMAGE + START);
    assert_int_equal(machine_store(m, IMAGE, image, IMAGE_SIZE), 0);
    const struct trap t = machine_run(m, 1000000, &retired);
    if (t.row != IA_INSN_int_i)
        fail_msg("ends at %llx with trap %llu, not with INT", (unsigned long long)machine_get(m, MACHINE_PC),
                 (unsigned long long)t.cause);
    machine_destroy(m);
    phys_destroy(phys);
}

static bool case_is_same(unsigned n, const uint32_t *own, const uint32_t *theirs)
{
    const struct form *f = &forms[form_of[n]];
    const uint32_t defined = EFLAGS_STATUS & ~f->undefined;
    bool same = memcmp(own, theirs, 32) == 0 && !((own[8] ^ theirs[8]) & defined);
    if (!same) {
        print_message("case %u, %02x %02x:\n", n, (uint8_t)f->bytes[0], (uint8_t)f->bytes[1]);
        for (unsigned w = 0; w < RECORD_WORDS; w++)
            print_message("  %u: own %08x, theirs %08x\n", w, own[w], theirs[w]);
    }
    return same;
}

static void test_program(void **state)
{
    unsigned wrong = 0;
    (void)state;
    make_program();
    if (!emulator_run()) {
        print_message("qemu-i386 is not there\n");
        skip();
    }
    own_run();
    const uint8_t *own = ram_host(ram) + RECORDS;
    for (unsigned n = 0; n < CASES && wrong < 5; n++) {
        uint32_t a[RECORD_WORDS], b[RECORD_WORDS];
        memcpy(a, own + n * sizeof a, sizeof a);
        memcpy(b, output + n * sizeof b, sizeof b);
        wrong += !case_is_same(n, a, b);
    }
    assert_int_equal(wrong, 0);
    assert_memory_equal(own + (STACKS - RECORDS), output + (STACKS - RECORDS), 0xff00 - 0x40);
    ram_destroy(ram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
