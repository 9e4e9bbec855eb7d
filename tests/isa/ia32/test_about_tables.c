/* test_about_tables.c - segments, descriptors, gates and the task state in words, of tables made by hand; and what is not there. */
#include "tests/isa/ia32/rig.h"

#include "isa/ia32/about.h"

#include <stdio.h>

static const struct about_table *table(const char *word)
{
    const struct about_table *t = ia32_about_tables;
    while (t->word && strcmp(t->word, word) != 0)
        t++;
    assert_non_null(t->word);
    return t;
}

static struct about_entry entry(const struct rig *r, const char *word, unsigned n)
{
    struct about_entry e = {.used = false};
    assert_true(table(word)->entry(&r->c->machine, n, &e));
    return e;
}

static void text_is(const struct rig *r, const char *word, unsigned n, const char *name, const char *text)
{
    const struct about_entry e = entry(r, word, n);
    assert_string_equal(e.name, name);
    assert_string_equal(e.text, text);
}

static unsigned count(const struct rig *r, const char *word)
{
    struct about_entry e;
    unsigned n = 0;
    while (table(word)->entry(&r->c->machine, n, &e))
        n++;
    return n;
}

static void segments_and_descriptors(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    text_is(&r, "segments", 0, "cs   0008", "base 00000000  limit ffffffff  code 32 r-x  DPL 0  accessed");
    text_is(&r, "segments", 1, "ss   0028", "base 00000000  limit ffffffff  data 32 rw-  DPL 0  accessed");
    text_is(&r, "segments", 7, "tr   0048", "base 00004000  limit 00000067  TSS 32 busy  DPL 0");
    assert_int_equal(count(&r, "segments"), 8);
    rig_descriptor(&r, rig_entry(RIG_FREE), 0x12345678, 0xabcde, 0x75, 0x0); /* expand-down, read only, absent, DPL 3, accessed */
    rig_descriptor(&r, rig_entry(RIG_FREE + 8), 0, 0xfff, 0x9c, 0x8);        /* code 16, conforming, execute only, in pages */
    rig_gate(&r, rig_entry(RIG_FREE + 16), 0x8, 0xc0101234, 0xec, 5);
    text_is(&r, "gdt", 0, "0000", "empty");
    assert_false(entry(&r, "gdt", 0).used);
    text_is(&r, "gdt", RIG_FREE / 8, "0080", "base 12345678  limit 000abcde  data 16 r-- expand-down  DPL 3  accessed  not present");
    text_is(&r, "gdt", RIG_FREE / 8 + 1, "0088", "base 00000000  limit 00ffffff  code 16 --x conforming  DPL 0");
    text_is(&r, "gdt", RIG_FREE / 8 + 2, "0090", "call gate 32  0008:c0101234  5 parameters  DPL 3");
    assert_int_equal(count(&r, "gdt"), 64);
    rig_descriptor(&r, RIG_LDT + 8, 0x1000, 0xff, 0xf3, 0x4);
    text_is(&r, "ldt", 1, "000c", "base 00001000  limit 000000ff  data 32 rw-  DPL 3  accessed");
    rig_close(&r);
}

static void gates_and_vectors(void **state)
{
    (void)state;
    struct rig r;
    char where[80];
    rig_open(&r);
    rig_gate(&r, RIG_IDT + 8 * 14, 0x8, 0x00101234, 0x8e, 0);
    rig_gate(&r, RIG_IDT + 8 * 128, 0x8, 0x00105678, 0xef, 0);
    rig_gate(&r, RIG_IDT + 8 * 8, 0x58, 0, 0x85, 0);
    rig_gate(&r, RIG_IDT + 8 * 3, 0x8, 0xffff1234, 0x66, 0);
    text_is(&r, "idt", 14, "0e", "interrupt gate 32  0008:00101234  DPL 0");
    text_is(&r, "idt", 128, "80", "trap gate 32  0008:00105678  DPL 3");
    text_is(&r, "idt", 8, "08", "task gate  TSS 0058  DPL 0");
    text_is(&r, "idt", 3, "03", "interrupt gate 16  0008:00001234  DPL 3  not present");
    assert_int_equal(count(&r, "idt"), 256);
    r.c->cr0 &= ~CR0_PE;
    rig_put(&r, RIG_IDT + 4 * 0x21, 4, 0xf000e987);
    text_is(&r, "idt", 0x21, "21", "f000:e987");
    assert_true(table("idt")->where(&r.c->machine, where, sizeof where));
    assert_string_equal(where, "IDTR: linear 00002000, limit 7ff: 256 vectors of real mode");
    assert_int_equal(count(&r, "idt"), 256);
    rig_close(&r);
}

/* As firmware has it that leads all vectors to one place: fe00:1000, fe01:0ff0, both linear ff000. */
static void vectors_that_lead_to_one_place(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    r.c->cr0 &= ~CR0_PE;
    rig_put(&r, RIG_IDT + 4 * 1, 4, 0xfe001000);
    rig_put(&r, RIG_IDT + 4 * 2, 4, 0xfe010ff0);
    rig_put(&r, RIG_IDT + 4 * 3, 4, 0xfe011000);
    assert_false(entry(&r, "idt", 1).again); /* vector 0 is empty */
    assert_true(entry(&r, "idt", 2).again);
    assert_false(entry(&r, "idt", 3).again);
    assert_false(entry(&r, "idt", 4).used);
    assert_false(entry(&r, "idt", 6).again); /* empty like the one before: it leads nowhere */
    rig_close(&r);
}

static void no_gates_before_lidt(void **state)
{
    (void)state;
    struct rig r;
    char where[96];
    rig_open(&r);
    r.c->idtr.base = 0;
    assert_true(table("idt")->where(&r.c->machine, where, sizeof where));
    r.c->idtr.limit = 0xffff;
    assert_false(table("idt")->where(&r.c->machine, where, sizeof where));
    assert_non_null(strstr(where, "LIDT has not been executed"));
    r.c->cr0 &= ~CR0_PE;
    assert_true(table("idt")->where(&r.c->machine, where, sizeof where));
    rig_close(&r);
}

static void st0_is(struct rig *r, uint64_t significand, unsigned exponent, const char *text)
{
    machine_set(&r->c->machine, IA_ST, significand);
    machine_set(&r->c->machine, IA_ST + 1, exponent);
    const struct about_entry e = entry(r, "float", 0);
    assert_string_equal(e.name, "st0");
    assert_memory_equal(e.text, text, strlen(text));
}

/* The classes of SDM 1 table 8-3; by TOP, and what is empty. */
static void the_x87(void **state)
{
    (void)state;
    struct rig r;
    char where[96];
    rig_open(&r);
    machine_set(&r.c->machine, IA_X87_STATUS, 5u << 11);
    machine_set(&r.c->machine, IA_X87_TAG, 0x20);
    assert_true(table("float")->where(&r.c->machine, where, sizeof where));
    assert_non_null(strstr(where, "TOP 5"));
    st0_is(&r, 0xc000000000000000, 0x4000, "3                            4000 c000000000000000  R5");
    st0_is(&r, 0xc000000000000000, 0xbffd, "-0.375 ");
    st0_is(&r, 0, 0x8000, "-0 ");
    st0_is(&r, 0x8000000000000000, 0xffff, "-infinity ");
    st0_is(&r, 0xc000000000000000, 0x7fff, "quiet NaN ");
    st0_is(&r, 0xa000000000000000, 0xffff, "-signalling NaN ");
    st0_is(&r, 0x4000000000000000, 0x3fff, "no number");
    st0_is(&r, 1, 0, "3.645199531882474603e-4951  denormal ");
    assert_true(entry(&r, "float", 0).used);
    assert_false(entry(&r, "float", 1).used);
    assert_non_null(strstr(entry(&r, "float", 3).text, "R0  empty"));
    assert_int_equal(count(&r, "float"), 8);
    rig_close(&r);
}

static void tasks(void **state)
{
    (void)state;
    struct rig r;
    char where[80];
    rig_open(&r);
    rig_put(&r, RIG_TSS + 102, 2, 0x68);
    text_is(&r, "tss", 1, "esp0", "00008ff0");
    text_is(&r, "tss", 2, "ss0", "0028");
    text_is(&r, "tss", 26, "iomap", "0068");
    assert_int_equal(count(&r, "tss"), 27);
    r.c->tr.limit = 0x27;
    assert_int_equal(count(&r, "tss"), 10); /* those that lie in it, up to eflags */
    r.c->tr = ia_segment_null(0);
    assert_false(table("tss")->where(&r.c->machine, where, sizeof where));
    assert_string_equal(where, "TR is null: there is no task state");
    r.c->ldtr = ia_segment_null(0);
    assert_false(table("ldt")->where(&r.c->machine, where, sizeof where));
    rig_close(&r);
}

/* Tables are at linear addresses: through the pages, of both sizes, and across the end of one; or nowhere. */
static void through_pages(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    rig_put(&r, 0x20000, 4, 0x21000 | 7);           /* 0..4 MiB by a table */
    rig_put(&r, 0x20004, 4, 0 | 0x87);              /* 4..8 MiB: a page of 4 MiB at 0 */
    rig_put(&r, 0x21000 + 4 * 0x10, 4, 0x1000 | 1); /* 0x10000 is the GDT's page; 0x11000 is nowhere */
    r.c->cr3 = 0x20000;
    r.c->cr4 = CR4_PSE;
    r.c->cr0 |= CR0_PG;
    r.c->gdtr.base = 0x10000 + 4096 - 12;
    r.c->gdtr.limit = 23;
    rig_descriptor(&r, 0x1000 + 4096 - 12, 0, 0xfffff, 0x9b, 0xc);
    text_is(&r, "gdt", 0, "0000", "base 00000000  limit ffffffff  code 32 r-x  DPL 0  accessed");
    text_is(&r, "gdt", 1, "0008", "cannot be read: nothing is mapped at linear 00010ffc");
    r.c->gdtr.base = 0x400000 + RIG_GDT;
    text_is(&r, "gdt", 1, "0008", "base 00000000  limit ffffffff  code 32 r-x  DPL 0  accessed");
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_and_descriptors),
        cmocka_unit_test(gates_and_vectors),
        cmocka_unit_test(vectors_that_lead_to_one_place),
        cmocka_unit_test(no_gates_before_lidt),
        cmocka_unit_test(the_x87),
        cmocka_unit_test(tasks),
        cmocka_unit_test(through_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
