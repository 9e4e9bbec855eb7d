/* fast_segment.c - fast bodies of doublewords in FS and GS, whose base may be any: what kernels keep of a processor, and programs of a
 * thread.
 *
 * `extra` is the segment. It has to have all 4 GiB and be writable (ia_whole()), which each body asks: the context of the page says
 * nothing of FS and GS, for they change with each way into a kernel.
 */
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

/* An offset of the last bytes goes round, and is no part of the segment, wherever the base takes it. */
#define OFFSET_OR_ANY(v)                                                                                                              \
    const uint32_t v##_offset = AT_B, v = c->seg[i->extra].base + v##_offset;                                                         \
    if (UNLIKELY(!ia_whole(c, i->extra) || v##_offset > UINT32_MAX - 3))                                                              \
    RETURN_ANY

FAST(segment_load)
{
    OFFSET_OR_ANY(at);
    LOAD_OR_ANY(4, at, v);
    c->r[i->reg] = v;
    RETURN_NEXT;
}
FAST(segment_store)
{
    OFFSET_OR_ANY(at);
    REACH_OR_ANY(4, at, to);
    ia_host_put(to, 4, c->r[i->reg]);
    RETURN_NEXT;
}
#define INTO_REGISTER(name, what)                                                                                                     \
    FAST(segment_##name)                                                                                                              \
    {                                                                                                                                 \
        OFFSET_OR_ANY(at);                                                                                                            \
        LOAD_OR_ANY(4, at, v);                                                                                                        \
        c->r[i->reg] = ia_fast_alu(c, true, what, 4, c->r[i->reg], v);                                                                \
        RETURN_NEXT;                                                                                                                  \
    }
INTO_REGISTER(add, ALU_ADD)
INTO_REGISTER(sub, ALU_SUB)

#define COUNT(name, down)                                                                                                             \
    FAST(segment_##name)                                                                                                              \
    {                                                                                                                                 \
        OFFSET_OR_ANY(at);                                                                                                            \
        REACH_OR_ANY(4, at, to);                                                                                                      \
        ia_host_put(to, 4, ia_count(&c->flags, 4, (uint32_t)ia_host_get(to, 4), down));                                               \
        RETURN_NEXT;                                                                                                                  \
    }
COUNT(inc, false)
COUNT(dec, true)
