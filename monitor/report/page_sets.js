/* page_sets.js - where the circles of the diagram lie: one for privileged, one for sensitive, and one for user-sensitive within the
 * latter. Their areas, and those in which they overlap, follow the counts as far as everything stays large enough to be seen and
 * chosen. All centres lie on one axis, which is horizontal where there is room and upright on a telephone; a is the place along it.
 */

/* The area that two circles have in common. */
const overlap = (r, s, d) => {
  if (d >= r + s) return 0;
  if (d <= Math.abs(r - s)) return Math.PI * Math.min(r, s) ** 2;
  const part = (p, q) => p * p * Math.acos(Math.min(1, Math.max(-1, (d * d + p * p - q * q) / (2 * d * p))));
  const corner = (-d + r + s) * (d + r - s) * (d - r + s) * (d + r + s);
  return part(r, s) + part(s, r) - Math.sqrt(Math.max(0, corner)) / 2;
};

/* The distance at which they overlap by an area; f falls as d grows. */
const distance = (r, s, area) => {
  let low = Math.abs(r - s),
    high = r + s;
  for (let i = 0; i < 50; i++) {
    const d = (low + high) / 2;
    if (overlap(r, s, d) > area) low = d;
    else high = d;
  }
  return high;
};

const clamp = (x, low, high) => (low > high ? (low + high) / 2 : Math.min(high, Math.max(low, x)));
const LEAST = 17,
  RIM = 30; /* the smallest circle; how far a part that is not empty juts out at least ... */
const NAME = 28; /* the height of a set's name and a little */
const RIM_UPRIGHT = 58; /* ... and where it holds a name and a number one above the other */

/* User-sensitive is then what is sensitive, or what of it is not privileged: a part that needs no circle of its own. */
const userFillsSensitive = n => !n.critical && (!n.guarded || !n['guarded-user']);

/* Circles {a, r} around points of the axis, in units of which a finding takes `unit` square ones. */
const arrange = (n, unit, upright) => {
  const rim = upright ? RIM_UPRIGHT : RIM;
  const radius = count => (count ? Math.max(LEAST, Math.sqrt((count * unit) / Math.PI)) : 0);
  const both = n.guarded + n['guarded-user'],
    outside = n.critical + n['critical-user'];
  const P = { a: 0, r: radius(n.privileged + both) },
    S = { a: 0, r: radius(both + outside) };
  if (!P.r || !S.r) {
    S.a = 0;
  } else if (!outside) {
    /* within P, so far that a name has room between the two */
    S.r = Math.min(S.r, P.r - Math.max(n.privileged ? rim / 2 : 0, NAME));
    S.a = n.privileged ? (P.r - S.r) * 0.72 : 0;
  } else if (!both) {
    S.a = P.r + S.r + 14;
  } else {
    S.r = Math.max(S.r, RIM + 6);
    const inner = n.privileged ? rim : upright ? NAME : 0; /* so much of P stays outside S */
    S.a = clamp(distance(P.r, S.r, both * unit), Math.max(P.r - S.r + RIM, S.r - P.r + inner), P.r + S.r - RIM);
  }
  return { P, S, U: arrangeUser(n, P, S, radius(n['guarded-user'] + n['critical-user'])) };
};

const arrangeUser = (n, P, S, wanted) => {
  const inside = n['guarded-user'],
    outside = n['critical-user'];
  if (userFillsSensitive(n)) return { a: 0, r: 0 };
  const room = (low, high, others) => {
    /* a circle between two points of the axis; it leaves a rim where others are */
    const r = Math.min(wanted, (high - low) / 2 - (others ? Math.min(9, (high - low) / 6) : 0));
    return { a: clamp(low + (high - low) * 0.58, low + r, high - r), r };
  };
  if (!wanted) return { a: 0, r: 0 };
  const left = S.a - S.r,
    right = S.a + S.r;
  if (!outside) return room(Math.max(-P.r, left), Math.min(P.r, right), n.guarded);
  if (!inside) return room(P.r ? Math.max(P.r, left) : left, right, n.critical);
  const r = Math.min(wanted, S.r - 6),
    d = distance(P.r, r, (Math.PI * r * r * inside) / (inside + outside));
  return { a: clamp(clamp(d, P.r - r + 12, P.r + r - 12), left + r, right - r), r };
};

/* The stretches of the axis and the region each lies in. */
const stretches = ({ P, S, U }, n) => {
  const ends = [P, S, U].flatMap(c => (c.r ? [c.a - c.r, c.a + c.r] : [])).sort((a, b) => a - b);
  const has = (c, x) => c.r && Math.abs(x - c.a) < c.r;
  return ends.slice(1).map((to, i) => {
    const from = ends[i],
      x = (from + to) / 2,
      p = has(P, x),
      s = has(S, x),
      u = has(U, x);
    const user = u || (s && userFillsSensitive(n) && (p ? !n.guarded : true));
    const region = user ? (p ? 'guarded-user' : 'critical-user') : s ? (p ? 'guarded' : 'critical') : p ? 'privileged' : '';
    return { region, at: x, width: to - from };
  });
};

const extent = ({ P, S, U }) => {
  const all = [P, S, U].filter(c => c.r);
  return {
    from: Math.min(0, ...all.map(c => c.a - c.r)),
    to: Math.max(0, ...all.map(c => c.a + c.r)),
    across: 2 * Math.max(0, ...all.map(c => c.r)),
  };
};

/* The largest arrangement that fits. */
const fit = (n, along, across, upright) => {
  let low = 0;
  let high = 4e5;
  for (let i = 0; i < 60; i++) {
    const unit = (low + high) / 2;
    const e = extent(arrange(n, unit, upright));
    if (e.to - e.from <= along && e.across <= across) low = unit;
    else high = unit;
  }
  return arrange(n, low, upright);
};
