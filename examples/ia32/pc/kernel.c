/* kernel.c - a small kernel for a PC: it says where it comes from, sets up descriptors and interrupts, and does what is typed at the keyboard or
 * at the serial port, and before that what a multiboot loader's command line has of it: ticks, disk, fault, exit, off.
 */
#include "pc.h"

#define MULTIBOOT UINT32_C(0x2badb002)
enum { MULTIBOOT_COMMAND = 4 };

/* The beginning of what a multiboot loader hands over, at the address in EBX. */
struct multiboot {
    uint32_t flags, memory[2], device, command;
};

enum { CODE = 8, DATA = 16, GATES = 64, INTERRUPT_GATE = 0x8e00, LINE = 64, PAGE_FAULT = 14, COM1 = 0x3f8 };

extern const uint8_t gates[]; /* 16 bytes each */

static uint64_t descriptors[3] = {0, UINT64_C(0x00cf9a000000ffff), UINT64_C(0x00cf92000000ffff)};
static uint64_t vectors[GATES];
static volatile uint32_t ticks, faults;
static char line[LINE];
static unsigned length;
static volatile int complete;
static char ahead[LINE]; /* typed while a command is done */
static unsigned aheads;

struct pointer {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

/* The table from which the segments were loaded is gone since long; they still say what it said. */
static void forget_the_loader(void)
{
    volatile uint32_t *sector = at(0x7c00);
    for (unsigned n = 0; n < 128; n++)
        sector[n] = 0;
}

static void descriptors_load(void)
{
    const struct pointer p = {sizeof descriptors - 1, (uint32_t)descriptors};
    __asm__ volatile("lgdt %0; ljmp %1, $1f; 1: movw %w2, %%ds; movw %w2, %%es; movw %w2, %%ss; movw %w2, %%fs; movw %w2, %%gs"
                     :
                     : "m"(p), "i"(CODE), "r"(DATA)
                     : "memory");
}

static void vectors_load(void)
{
    const struct pointer p = {sizeof vectors - 1, (uint32_t)vectors};
    for (unsigned n = 0; n < GATES; n++) {
        const uint32_t to = (uint32_t)(gates + 16 * n);
        vectors[n] = (uint64_t)((to & 0xffff0000) | INTERRUPT_GATE) << 32 | CODE << 16 | (to & 0xffff);
    }
    __asm__ volatile("lidt %0" : : "m"(p));
}

/* --- what is typed */

static void typed(char c)
{
    if (!c)
        return;
    if (complete) {
        if (aheads < LINE)
            ahead[aheads++] = c;
        return;
    }
    if (c == '\r')
        c = '\n';
    if (c == '\b' || c == 0x7f) {
        if (length) {
            length--;
            put('\b');
        }
        return;
    }
    put(c);
    if (c == '\n')
        complete = 1;
    else if (length + 1 < LINE)
        line[length++] = c;
}

/* The next line begins with what was typed ahead. Where that has a whole line, what is behind it stays: it moves to the front. */
static void line_begin(void)
{
    const unsigned count = aheads;
    length = 0;
    complete = 0;
    aheads = 0;
    for (unsigned n = 0; n < count; n++)
        typed(ahead[n]);
}

/* Where a fault goes on: behind the load that `fault` makes. */
extern const uint8_t after_fault[];

void trap(struct frame *f)
{
    switch (f->vector) {
    case VECTOR_TIMER: ticks++; break;
    case VECTOR_KEYBOARD:
        while (in8(0x64) & 1)
            typed(key(in8(0x60)));
        break;
    case VECTOR_SERIAL:
        while (in8(COM1 + 5) & 1)
            typed((char)in8(COM1));
        break;
    case VECTOR_SPURIOUS: return; /* it has no end */
    case PAGE_FAULT: {
        uint32_t address;
        __asm__ volatile("movl %%cr2, %0" : "=r"(address));
        say("page fault at %x, error %x\n", address, f->error);
        faults++;
        f->eip = (uint32_t)after_fault;
        return;
    }
    default: say("exception %u at %x, error %x\n", f->vector, f->eip, f->error); out8(0xf4, 1);
    }
    apic_end();
}

static void fault(void)
{
    uint32_t value = 0;
    __asm__ volatile("movl 0xdeadbee0, %0; .globl after_fault; after_fault:" : "=r"(value));
    say("and on it goes: %u so far\n", faults);
}

static void wait_for_ticks(void)
{
    const uint32_t before = ticks;
    while (ticks - before < 3)
        __asm__ volatile("hlt");
    say("the timer has ticked three times\n");
}

static void show_disk(void)
{
    uint32_t words[128];
    if (disk_read(0, words))
        say("sector 0 begins with %x and ends with %x\n", words[0], words[127]);
    else
        say("there is no disk\n");
}

static void leave(void) { out8(0xf4, 0x10); }
static void off(void) { __asm__ volatile("cli; 1: hlt; jmp 1b"); }

static const struct {
    const char *word;
    void (*does)(void);
} commands[] = {{"ticks", wait_for_ticks}, {"disk", show_disk}, {"fault", fault}, {"exit", leave}, {"off", off}};

/* The command that these letters are; -1: none. */
static int find(const char *letters, unsigned count)
{
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        unsigned n = 0;
        while (n < count && commands[i].word[n] == letters[n])
            n++;
        if (n == count && !commands[i].word[n])
            return (int)i;
    }
    return -1;
}

static void command(void)
{
    const int n = find(line, length);
    if (n >= 0)
        commands[n].does();
    else if (length)
        say("there are: ticks, disk, fault, exit, off\n");
}

/* What a loader's command line has of commands is done as if it were typed; other words, as the kernel's name, are not for us. */
static void commands_of(const struct multiboot *info)
{
    const char *at_word = info->flags & MULTIBOOT_COMMAND ? at(info->command) : "";
    while (*at_word) {
        unsigned n = 0;
        while (at_word[n] && at_word[n] != ' ')
            n++;
        const int found = find(at_word, n);
        if (found >= 0) {
            say("%s\n", commands[found].word);
            commands[found].does();
            say("> ");
        }
        at_word += n + (at_word[n] == ' ');
    }
}

void kernel_main(uint32_t loader, const struct multiboot *info);
void kernel_main(uint32_t loader, const struct multiboot *info)
{
    forget_the_loader();
    screen_clear();
    if (interrupts_off() & INTERRUPTS_ON) {
        say("panic: interrupts are on, and there is no table for them yet\n");
        return;
    }
    say("A small kernel, from %s.\n", loader == MULTIBOOT ? "a multiboot loader" : "the boot sector of a disk");
    descriptors_load();
    vectors_load();
    if (!apic_find()) {
        say("there is no MP table\n");
        return;
    }
    apic_start();
    apic_route(1, VECTOR_KEYBOARD);
    apic_route(4, VECTOR_SERIAL);
    out8(COM1 + 4, 8); /* the line that lets its interrupt out */
    out8(COM1 + 1, 1);
    while (in8(0x64) & 1)
        (void)in8(0x60);
    say("> ");
    __asm__ volatile("sti");
    if (loader == MULTIBOOT)
        commands_of(info);
    for (;;) {
        __asm__ volatile("cli");
        while (!complete)
            __asm__ volatile("sti; hlt; cli");
        __asm__ volatile("sti");
        command();
        say("> ");
        __asm__ volatile("cli");
        line_begin();
    }
}
