/* own_write.c - writes of the hart itself to pages of which somebody wants to hear: the inner loop's others say nothing, and so end no
 * reservation, either.
 */
#include "isa/riscv/own_write.h"

static void reservation_put_back(struct hart *h, pa_t at)
{
    if (UNLIKELY(phys_reserved(&h->reservation) != at))
        phys_reserve(h->machine.phys, &h->reservation, at, phys_is_shared(h->machine.phys));
}

bool hart_phys_store(struct hart *h, pa_t pa, unsigned size, uint64_t value)
{
    const pa_t reserved = phys_reserved(&h->reservation);
    bool done = phys_store(h->machine.phys, pa, size, value);
    reservation_put_back(h, reserved);
    return done;
}

void hart_phys_written(struct hart *h, pa_t pa, size_t length)
{
    const pa_t reserved = phys_reserved(&h->reservation);
    phys_written(h->machine.phys, pa, length);
    reservation_put_back(h, reserved);
}
