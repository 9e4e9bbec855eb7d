/* hypervisor.h - a trap-and-emulate hypervisor for RISC-V in the shape of the paper's control program, <D, A, {v_i}>.
 *
 *   start.S       from reset to C, into the guest and out of it          main.c       loads the guest, starts it
 *   dispatcher.c  D: whose trap is it                                    allocator.c  A: frames, shadow roots, satp
 *   privileged.c  {v_i}: what sret, wfi, sfence.vma and csr* mean        shadow.c     guest page walk, shadow page fill
 *   firmware.c    SBI: asked of the firmware below, served to the guest  device.c     the guest's UART
 *   clock.c       time that runs only while the guest does
 *
 * The guest's kernel and its processes all run in U-mode. "Virtual" is what the guest believes: its mode, its control registers.
 * gpa is a guest-physical address, pa a real one.
 */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096, USER = 0, SUPERVISOR = 1 };

/* A page-table entry [priv 12.4.1]:   63 reserved 54 | PPN 53:10 | RSW 9:8 | D A G U X W R V */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_A = 64, PTE_D = 128 };

/* sstatus, and the interrupts of sie and sip. */
enum { SSTATUS_SIE = 1 << 1, SSTATUS_SPIE = 1 << 5, SSTATUS_SPP = 1 << 8, SSTATUS_SUM = 1 << 18, SSTATUS_MXR = 1 << 19 };
enum { INTERRUPT_SOFTWARE = 1 << 1, INTERRUPT_TIMER = 1 << 5, INTERRUPT_EXTERNAL = 1 << 9 };

enum cause {
    CAUSE_ILLEGAL = 2,
    CAUSE_ECALL_U = 8,
    /* Of a fetch, a load, a store: */
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_FETCH_PAGE = 12,
    CAUSE_LOAD_PAGE = 13,
    CAUSE_STORE_PAGE = 15,
};
#define CAUSE_INTERRUPT (UINT64_C(1) << 63)
#define CAUSE_TIMER (CAUSE_INTERRUPT | 5)
#define NEVER UINT64_MAX

enum access { FETCH, LOAD, STORE };

/* One virtual hart. */
struct vcpu {
    uint64_t x[32];                  /* [0] is the pc. start.S knows this and the next two */
    uint64_t trapped_at, resumed_at; /* the cycle counter on the way out of the guest and into it */
    uint64_t mode;                   /* from here on virtual state: USER or SUPERVISOR, and the control registers */
    uint64_t sstatus, sie, sip, stvec, scounteren, sscratch, sepc, scause, stval, satp;
    uint64_t cycles;   /* that the guest has had */
    uint64_t deadline; /* of its timer, in ticks of its time; NEVER: off */
};

/* What happened, for the last line. */
struct counts {
    uint64_t exits, emulated, filled, device, firmware, reflected, interrupts, emptied;
};
extern struct counts counts;

#define csr_read(name)                                                                                                                \
    ({                                                                                                                                \
        uint64_t v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_));                                                                               \
        v_;                                                                                                                           \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) __asm__ volatile("csrs " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) __asm__ volatile("csrc " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")

/* start.S */
_Noreturn void guest_resume(struct vcpu *);
void trap_entry(void);

/* main.c */
_Noreturn void stop(const char *why, uint64_t value); /* the guest cannot go on: says so and powers off */
void report(void);
void *memset(void *, int, size_t);
void *memcpy(void *restrict, const void *restrict, size_t);

/* dispatcher.c */
void reflect(struct vcpu *, uint64_t cause, uint64_t value); /* the virtual hart takes this trap [priv 12.1] */
void advance(struct vcpu *, uint64_t length);                /* past an instruction that was emulated */

/* privileged.c. false: it is illegal in the virtual machine. */
bool v_i(struct vcpu *, uint32_t instruction);
uint64_t virtual_sip(const struct vcpu *);

/* allocator.c */
void allocator_start(void);
void allocator_install(const struct vcpu *); /* the shadow root for the guest's present situation goes into satp */
void allocator_empty(void);                  /* drops all shadow pages: the guest has changed its tables */
void allocator_map(const struct vcpu *, uint64_t va, const void *page, uint64_t rights);
uint64_t physical(const void *); /* of what the hypervisor sees there */

/* shadow.c */
void *guest_ram_at(uint64_t gpa, uint64_t size); /* NULL: not all of that is the guest's RAM */
/* The guest's own translation. false: *fault is the cause of the trap that its access takes. */
bool translate(struct vcpu *, uint64_t va, enum access, uint64_t *gpa, uint64_t *rights, uint64_t *fault);
void shadow_fault(struct vcpu *, enum access, uint64_t va); /* the machine found no shadow page */

/* device.c. false: no device there answers this access. */
bool device_access(struct vcpu *, enum access, uint64_t gpa);

/* firmware.c */
void console_put(char);
void timer_set(uint64_t when);
_Noreturn void power_off(uint64_t reason);
void firmware_call(struct vcpu *); /* the guest's ecall from virtual S-mode */

/* clock.c */
void clock_calibrate(void);
void clock_exit(struct vcpu *); /* on the way out of the guest */
uint64_t clock_time(const struct vcpu *);
bool clock_due(const struct vcpu *);
void clock_arm(const struct vcpu *); /* the real timer, for the guest's deadline */
void clock_wait(struct vcpu *);      /* until that deadline */

#endif
