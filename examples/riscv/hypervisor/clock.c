/* clock.c - the guest's time.
 *
 * It runs while the guest does and stands still while we do, so that a guest sees neither how long its privileged instructions take
 * nor who else has the hart. The cycle counter is read on the way out of the guest and on the way in (start.S); ticks of `time` would
 * be too coarse. A real timer set for the guest's deadline may come early, by the time that we have spent meanwhile: then it is set
 * again. It must not come before the guest has run at all, or nothing would ever go on: so the way back into the guest is measured,
 * too.
 */
#include "hypervisor.h"

enum { CALIBRATION = 16 /* ticks */, UNSEEN = 8 /* instructions of ours between the readings and the guest: start.S */ };

static uint64_t cycles_per_tick;
static uint64_t armed_at; /* cycle; 0: not since the last exit */
static uint64_t way_back; /* cycles from there to the guest, the last time */

static uint64_t next_tick(void)
{
    for (uint64_t now = csr_read(time);;)
        if (csr_read(time) != now)
            return csr_read(cycle);
}

void clock_calibrate(void)
{
    uint64_t start = next_tick(), from = csr_read(time);
    while (csr_read(time) < from + CALIBRATION)
        ;
    cycles_per_tick = (csr_read(cycle) - start + CALIBRATION / 2) / CALIBRATION;
}

void clock_exit(struct vcpu *v)
{
    uint64_t ran = v->trapped_at - v->resumed_at;
    v->cycles += ran > UNSEEN ? ran - UNSEEN : 0;
    if (armed_at)
        way_back = v->resumed_at - armed_at;
    armed_at = 0;
}

uint64_t clock_time(const struct vcpu *v) { return v->cycles / cycles_per_tick; }
bool clock_due(const struct vcpu *v) { return v->deadline != NEVER && clock_time(v) >= v->deadline; }

/* Not before the guest's time is there: the present tick may be about to end, and a part of one counts as a whole. */
void clock_arm(const struct vcpu *v)
{
    armed_at = csr_read(cycle);
    if (v->deadline >= NEVER / cycles_per_tick || clock_due(v)) /* a due one is pending for the guest until it sets another */
        timer_set(NEVER);
    else
        timer_set(csr_read(time) + (v->deadline * cycles_per_tick - v->cycles + way_back) / cycles_per_tick + 2);
}

/* The guest has nothing to do before its deadline. This is time that it has had. */
void clock_wait(struct vcpu *v)
{
    if (v->deadline == NEVER || !(v->sie & INTERRUPT_TIMER))
        stop("it waits for an interrupt that cannot come, at pc", v->x[0]);
    while (!clock_due(v)) {
        uint64_t from = csr_read(time);
        clock_arm(v);
        while (!(csr_read(sip) & INTERRUPT_TIMER))
            __asm__ volatile("wfi");
        v->cycles += (csr_read(time) - from) * cycles_per_tick;
    }
    timer_set(NEVER);
}
