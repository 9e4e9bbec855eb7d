/* pc.h - what the parts of this small kernel offer each other. */
#ifndef PC_H
#define PC_H

#include <stddef.h>
#include <stdint.h>

enum { KERNEL = (int)0x80000000 };

static inline void *at(uint32_t physical) { return (void *)(physical + (uint32_t)KERNEL); }

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

/* What the kernel and its interrupts both do is done with interrupts off, and afterwards they are as they were before. */
enum { INTERRUPTS_ON = 0x200 }; /* of the flags */
static inline uint32_t interrupts_off(void)
{
    uint32_t flags;
    __asm__ volatile("pushfl; popl %0; cli" : "=r"(flags) : : "memory");
    return flags;
}
static inline void interrupts_restore(uint32_t flags)
{
    if (flags & INTERRUPTS_ON)
        __asm__ volatile("sti" : : : "memory");
}

/* screen.c: characters go to the screen and to the serial port. */
void screen_clear(void);
void put(char);
void say(const char *format, ...); /* %s %c %u %x */

/* apic.c: one processor and one I/O APIC, found by the MP table. */
int apic_find(void); /* 0: there is no MP table */
void apic_start(void);
void apic_route(unsigned line, unsigned vector);
void apic_end(void);
enum { VECTOR_TIMER = 32, VECTOR_KEYBOARD = 33, VECTOR_SERIAL = 36, VECTOR_DISK = 46, VECTOR_SPURIOUS = 63, TIMER_COUNT = 100000 };

/* disk.c: a sector of drive 0. 0: it is there no more. */
int disk_read(uint32_t sector, uint32_t words[128]);

/* keys.c: the character of a code of set 1; 0: none. */
char key(uint8_t code);

/* What lies on the stack in a trap. */
struct frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax, vector, error, eip, cs, eflags;
};
void trap(struct frame *);

#endif
