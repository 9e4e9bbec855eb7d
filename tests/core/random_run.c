/* random_run.c - see random_run.h. */
#include "tests/core/random_run.h"

#include "tests/core/lockstep_rig.h"

#include <stdio.h>
#include <stdlib.h>

enum { FEW_FRAMES = 24 };

void random_stack_draw(struct random_stack *s, struct draw *d)
{
    static const uint8_t depths[] = {1, 1, 1, 2, 2, 3};
    *s = (struct random_stack){.depth = depths[draw_below(d, sizeof depths)],
                               .frames = draw_once_in(d, 3) ? FEW_FRAMES : 0,
                               .ways = {hart_ways[draw_below(d, HART_WAYS)].way, hart_ways[draw_below(d, HART_WAYS)].way},
                               .shadow = (enum shadow_policy)draw_below(d, SHADOW_POLICIES),
                               .monitor = draw_once_in(d, 4) ? VMM_HYBRID : VMM_TRAP};
}

void random_every_draw(struct random_stack *s, struct draw *d)
{
    static const unsigned every[] = {1, 1, 1, 7, 100, 1009, RANDOM_LIMIT};
    s->every = every[draw_below(d, sizeof every / sizeof *every)];
}

void random_stack_text(const struct random_stack *s, char *out, size_t size)
{
    snprintf(out, size, "depth %u, %s, shadow %s, %s frames, ways %u and %u, compared every %u", s->depth,
             s->monitor == VMM_HYBRID ? "hybrid" : "trap and emulate", vmm_shadow_name(s->shadow), s->frames ? "few" : "many",
             s->ways[LOCKSTEP_BARE], s->ways[LOCKSTEP_VIRTUAL], s->every ? s->every : 1);
}

struct lockstep_report random_run(const struct random_guest *g, const struct random_stack *s, const char *path,
                                  void (*plant)(struct faulty *, struct vcpu *))
{
    struct riscv_config hart = plain;
    hart.sdtrig = hart.zicbom = hart.zicboz = true;
    hart.units_per_tick = 40;
    struct bench b = {.depth = s->depth,
                      .shadow = s->shadow,
                      .monitor = s->monitor,
                      .frames = s->frames,
                      .image = g->image,
                      .ways = s->ways,
                      .disk = path,
                      .hart = &hart,
                      .plant = plant};
    const unsigned way = this_way;
    const struct lockstep_report r = run(&b, s->every ? s->every : 1, RANDOM_LIMIT);
    this_way = way;
    return r;
}

void random_disk_make(char path[64])
{
    static uint8_t sectors[GUEST_SECTORS][512];
    snprintf(path, 64, "/tmp/trapeze-random-XXXXXX");
    const int fd = mkstemp(path);
    random_guest_disk(sectors);
    if (fd < 0 || write(fd, sectors, sizeof sectors) != (ssize_t)sizeof sectors || close(fd) != 0) {
        perror(path);
        exit(1);
    }
}
