/* guest.c - see guest.h: what random guests are drawn with. */
#include "monitor/lab/guest.h"

/* SplitMix64 [Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014]: its whole state is one word, so a guest has its
 * own without anything to set up, and the same numbers on each host. */
uint64_t lab_random(struct lab_code *c)
{
    uint64_t z = c->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
