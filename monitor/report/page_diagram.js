/* page_diagram.js - the sets as the paper draws them. Two circles for privileged and sensitive, one for user-sensitive within the latter;
 * their areas and the areas in which they overlap follow the counts, as far as everything stays large enough to be seen and chosen. All centres
 * lie on one axis, which is horizontal where there is room and vertical on a telephone; a is the place along it.
 */

const svg = (name, attributes = {}, ...children) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [k, v] of Object.entries(attributes))
    e.setAttribute(k, v);
  e.append(...children);
  return e;
};

/* The area that two circles have in common. */
const overlap = (r, s, d) => {
  if (d >= r + s)
    return 0;
  if (d <= Math.abs(r - s))
    return Math.PI * Math.min(r, s) ** 2;
  const part = (p, q) => p * p * Math.acos(Math.min(1, Math.max(-1, (d * d + p * p - q * q) / (2 * d * p))));
  const corner = (-d + r + s) * (d + r - s) * (d - r + s) * (d + r + s);
  return part(r, s) + part(s, r) - Math.sqrt(Math.max(0, corner)) / 2;
};

/* The distance at which they overlap by an area; f falls as d grows. */
const distance = (r, s, area) => {
  let low = Math.abs(r - s), high = r + s;
  for (let i = 0; i < 50; i++) {
    const d = (low + high) / 2;
    if (overlap(r, s, d) > area)
      low = d;
    else
      high = d;
  }
  return high;
};

const clamp = (x, low, high) => low > high ? (low + high) / 2 : Math.min(high, Math.max(low, x));
const LEAST = 17, RIM = 30; /* the smallest circle; how far a part that is not empty juts out at least ... */
const RIM_UPRIGHT = 58;      /* ... and where it holds a name and a number one above the other */

/* User-sensitive is then what is sensitive, or what of it is not privileged: a part that needs no circle of its own. */
const userFillsSensitive = n => !n.critical && (!n.guarded || !n['guarded-user']);

/* Circles {a, r} around points of the axis, in units of which a finding takes `unit` square ones. */
const arrange = (n, unit, upright) => {
  const rim = upright ? RIM_UPRIGHT : RIM;
  const radius = count => count ? Math.max(LEAST, Math.sqrt(count * unit / Math.PI)) : 0;
  const both = n.guarded + n['guarded-user'], outside = n.critical + n['critical-user'];
  const P = { a: 0, r: radius(n.privileged + both) }, S = { a: 0, r: radius(both + outside) };
  if (!P.r || !S.r) {
    S.a = 0;
  } else if (!outside) {
    S.r = Math.min(S.r, P.r - (n.privileged ? rim / 2 : 0));
    S.a = n.privileged ? (P.r - S.r) * .72 : 0;
  } else if (!both) {
    S.a = P.r + S.r + 14;
  } else {
    S.r = Math.max(S.r, RIM + 6);
    const inner = n.privileged ? rim : 0; /* so much of P stays outside S */
    S.a = clamp(distance(P.r, S.r, both * unit), Math.max(P.r - S.r + RIM, S.r - P.r + inner), P.r + S.r - RIM);
  }
  return { P, S, U: arrangeUser(n, P, S, radius(n['guarded-user'] + n['critical-user'])) };
};

const arrangeUser = (n, P, S, wanted) => {
  const inside = n['guarded-user'], outside = n['critical-user'];
  if (userFillsSensitive(n))
    return { a: 0, r: 0 };
  const room = (low, high, others) => { /* a circle between two points of the axis; it leaves a rim where others are */
    const r = Math.min(wanted, (high - low) / 2 - (others ? Math.min(9, (high - low) / 6) : 0));
    return { a: clamp(low + (high - low) * .58, low + r, high - r), r };
  };
  if (!wanted)
    return { a: 0, r: 0 };
  const left = S.a - S.r, right = S.a + S.r;
  if (!outside)
    return room(Math.max(-P.r, left), Math.min(P.r, right), n.guarded);
  if (!inside)
    return room(P.r ? Math.max(P.r, left) : left, right, n.critical);
  const r = Math.min(wanted, S.r - 6), d = distance(P.r, r, Math.PI * r * r * inside / (inside + outside));
  return { a: clamp(clamp(d, P.r - r + 12, P.r + r - 12), left + r, right - r), r };
};

/* The stretches of the axis and the region each lies in. */
const stretches = ({ P, S, U }, n) => {
  const ends = [P, S, U].flatMap(c => c.r ? [c.a - c.r, c.a + c.r] : []).sort((a, b) => a - b);
  const has = (c, x) => c.r && Math.abs(x - c.a) < c.r;
  return ends.slice(1).map((to, i) => {
    const from = ends[i], x = (from + to) / 2, p = has(P, x), s = has(S, x), u = has(U, x);
    const user = u || (s && userFillsSensitive(n) && (p ? !n.guarded : true));
    const region = user ? (p ? 'guarded-user' : 'critical-user') : s ? (p ? 'guarded' : 'critical') : p ? 'privileged' : '';
    return { region, at: x, width: to - from };
  });
};

const regionWords = {
  neither: ['neither', 'neither sensitive nor privileged'], privileged: ['not sensitive', 'privileged, not sensitive'],
  guarded: ['sensitive', 'sensitive and privileged'], 'guarded-user': ['', 'user-sensitive and privileged'],
  critical: ['critical', 'critical: sensitive and not privileged, outside user mode'],
  'critical-user': ['critical', 'critical: user-sensitive and not privileged'],
};

/* A region: what is drawn of it, and a tag with its count. Regions are painted from the largest to the smallest, each over the last. */
const regionGroup = (region, n, shape, label, chosen, choose) => {
  const g = svg('g', { class: `region in${chosen ? ' chosen' : ''}`, 'data-region': region });
  const act = event => {
    event.preventDefault();
    choose(region);
  };
  if (!n[region] && region !== 'neither') {
    shape.setAttribute('style', 'fill: var(--panel)');
    g.append(shape.cloneNode(), shape);
    shape.setAttribute('style', 'fill: url(#hatch)');
  }
  g.append(shape);
  if (n[region] || region === 'neither') {
    g.setAttribute('tabindex', 0);
    g.setAttribute('role', 'button');
    g.setAttribute('aria-pressed', chosen);
    g.setAttribute('aria-label', `${regionWords[region][1]}: ${number(n[region])}`);
    g.addEventListener('click', act);
    g.addEventListener('keydown', e => (e.key === 'Enter' || e.key === ' ') && act(e));
  }
  const title = svg('title');
  title.textContent = `${regionWords[region][1]}: ${number(n[region])}`;
  g.append(title);
  if (label)
    g.append(...label);
  return g;
};

const fills = { critical: 'var(--critical-fill)', 'critical-user': 'var(--critical-user-fill)', guarded: 'var(--sensitive-fill)', 'guarded-user': 'var(--user-fill)' };

const textAt = (x, y, text, cls, anchor = 'middle') => {
  const t = svg('text', { x, y, class: cls, 'text-anchor': anchor });
  t.textContent = text;
  return t;
};

/* The count in the widest stretch of the region; beside it with a line where that is too narrow. */
const regionLabel = (region, n, stretch, place, upright) => {
  if (!n[region] || !stretch)
    return null;
  const name = upright && region === 'privileged' && stretch.width < 90 ? 22 : 0; /* what the name of the next set takes of it */
  const [x, y] = place(stretch.at - name / 2), text = number(n[region]), words = regionWords[region][0];
  const width = 13 * text.length + 10, fits = upright ? stretch.width - name > 25 : stretch.width > width;
  if (!fits && region.startsWith('critical'))
    return null; /* the list of names says it */
  if (fits) {
    const wide = upright ? stretch.width - name > 52 : stretch.width > Math.max(width, 7.4 * words.length);
    return [svg('rect', { class: 'tag', x: x - width / 2 - 3, y: y - 15, width: width + 6, height: 28, rx: 5 }),
      textAt(x, y + 7, text, 'number'), ...(words && wide ? [textAt(x, y + 24, words, 'small')] : [])];
  }
  const [tx, ty] = upright ? [x + 92, y + 7] : [x, y - 88];
  return [svg('line', { class: 'lead-line', x1: x, y1: y, x2: upright ? tx - width / 2 : tx, y2: upright ? y : ty + 6 }),
    svg('rect', { class: 'tag', x: tx - width / 2, y: ty - 20, width, height: 26, rx: 5 }), textAt(tx, ty, text, 'number')];
};

/* The name of a set along its circle. */
const setName = (id, circle, place, text, colour, along50 = .5) => {
  const [x, y] = place(circle.a), r = circle.r + 6;
  const path = svg('path', { id, d: `M${x - r},${y} A${r},${r} 0 0 1 ${x + r},${y}`, fill: 'none' });
  const along = svg('textPath', { href: '#' + id, startOffset: `${(100 * along50).toFixed(1)}%`, 'text-anchor': 'middle' });
  along.textContent = text;
  const label = svg('text', { class: 'setname', style: `fill: var(--${colour})` });
  label.append(along);
  return [path, label];
};

/* Where along their circles, so that no name crosses the other circle where both jut out. */
const nameOffsets = (P, S, upright) => {
  const d = S.a - P.a;
  if (upright || !P.r || !S.r || d <= Math.abs(P.r - S.r) || d >= P.r + S.r)
    return [.5, .5];
  const a = (d * d + P.r * P.r - S.r * S.r) / (2 * d);
  const p = 1 - Math.acos(clamp(a / P.r, -1, 1)) / Math.PI, s = 1 - Math.acos(clamp((a - d) / S.r, -1, 1)) / Math.PI;
  return [clamp(p / 2, .3, .5), s > .6 ? clamp(s / 2, .3, .5) : clamp((1 + s) / 2, .5, .68)];
};

/* ... or at the end of a line, where the circle is too small for it; sideways from the axis, beyond P. */
const farName = (circle, P, place, text, colour, upright, width, end) => {
  const [x, y] = place(circle.a), [cx, cy] = place(P.a), w = 8.6 * text.length;
  const [tx, ty] = upright ? [14 + w / 2, place(end)[1] + 22] : [Math.min(width - 12 - w / 2, Math.max(x + 20, cx + P.r * .8 + w / 2)), cy + P.r * .86 + 6];
  const label = textAt(tx, ty, text, 'setname');
  label.style.fill = `var(--${colour})`;
  const d = Math.hypot(tx - x, ty - 15 - y), u = (tx - x) / d, v = (ty - 15 - y) / d;
  return [svg('path', { class: 'lead-line', d: `M${x + u * circle.r},${y + v * circle.r} L${tx},${ty - 15}` }), label];
};

/* The critical names, which are few or the first of many, at the end of a line from their region. */
const namesList = (critical, user, from, x, y, rowsMax, upright, choose) => {
  const shown = critical.length > rowsMax ? critical.slice(0, rowsMax - 1) : critical;
  const g = svg('g', { class: 'names-list' });
  g.append(svg('path', { class: 'lead-line', d: upright ? `M${from[0]},${from[1]} V${y + 19 * rowsMax + 2}` : `M${from[0]},${from[1]} L${x - 8},${y - 22}` }), textAt(x, y - 17, `critical ${number(critical.length)}`, 'head', 'start'),
    textAt(x, y, user === critical.length ? user > 1 ? 'all user-sensitive' : 'user-sensitive' : user ? `${number(user)} user-sensitive` : 'not user-sensitive', 'sub', 'start'));
  shown.forEach((name, i) => g.append(textAt(x, y + 19 * (i + 1), name, '', 'start')));
  if (shown.length < critical.length)
    g.append(textAt(x, y + 19 * rowsMax, `and ${number(critical.length - shown.length)} more`, '', 'start'));
  g.addEventListener('click', () => choose('critical'));
  g.style.cursor = 'pointer';
  return g;
};

const drawDiagram = (box, n, critical, chosen, choose) => {
  const W = Math.max(280, box.clientWidth - 2), upright = W < 560, total = n.neither + n.privileged + n.guarded + n['guarded-user'] + n.critical + n['critical-user'];
  const listWidth = critical.length && !upright ? 170 : 0, listRows = Math.min(critical.length, upright ? 7 : 12);
  const list = critical.length ? 40 + 19 * listRows : 16;
  const H = upright ? Math.min(W, 430) + 60 + list : Math.round(Math.min(540, W * .8));
  const across = upright ? W - 64 : H - 104, along = upright ? H - 96 - list : W - 56 - listWidth;
  /* As large as fits. */
  let low = 0, high = 4e5;
  for (let i = 0; i < 60; i++) {
    const { P, S, U } = arrange(n, (low + high) / 2, upright), all = [P, S, U].filter(c => c.r);
    const length = Math.max(0, ...all.map(c => c.a + c.r)) - Math.min(0, ...all.map(c => c.a - c.r));
    if (length <= along && 2 * Math.max(0, ...all.map(c => c.r)) <= across)
      low = (low + high) / 2;
    else
      high = (low + high) / 2;
  }
  const sets = arrange(n, low, upright), { P, S, U } = sets, all = [P, S, U].filter(c => c.r);
  const from = Math.min(0, ...all.map(c => c.a - c.r)), to = Math.max(0, ...all.map(c => c.a + c.r));
  const start = upright ? 48 - from : 28 + (along - (to - from)) / 2 - from, middle = upright ? W / 2 : 42 + across / 2;
  const place = a => upright ? [middle, start + a] : [start + a, middle];
  const circle = (c, attributes) => {
    const [cx, cy] = place(c.a);
    return svg('circle', { cx, cy, r: c.r, ...attributes });
  };
  const root = svg('svg', { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: 'group',
    'aria-label': 'Diagram of the sets: privileged, sensitive, user-sensitive instructions' });
  const clip = svg('clipPath', { id: 'in-privileged' });
  const hatch = svg('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
  hatch.append(svg('path', { d: 'M0,0 V6' }));
  root.append(hatch);
  clip.append(P.r ? circle(P, {}) : svg('rect', { width: 0, height: 0 }));
  root.append(clip);
  const stretch = region => stretches(sets, n).filter(s => s.region === region).sort((a, b) => b.width - a.width)[0];
  const add = (region, shape) => root.append(regionGroup(region, n, shape, regionLabel(region, n, stretch(region), place, upright), chosen.has(region), choose));
  const frame = regionGroup('neither', n, svg('rect', { x: 1, y: 1, width: W - 2, height: H - 2, class: 'shape', fill: 'transparent' }),
    [svg('rect', { class: 'tag', x: 8, y: H - 38, width: upright ? 178 : 250, height: 30, rx: 5 }),
      textAt(16, H - 17, number(n.neither), 'number', 'start'),
      textAt(22 + 12.5 * number(n.neither).length, H - 17, upright ? 'neither' : 'neither sensitive nor privileged', 'small', 'start')], chosen.has('neither'), choose);
  frame.classList.remove('in');
  root.append(frame, textAt(16, 25, `all ${number(total)}`, 'small', 'start'));
  const labels = [];
  if (P.r)
    add('privileged', circle(P, { class: 'shape', fill: 'var(--privileged-fill)' }));
  const outer = userFillsSensitive(n) ? 'critical-user' : 'critical', inner = userFillsSensitive(n) && !n.guarded ? 'guarded-user' : 'guarded';
  if (S.r) {
    add(outer, circle(S, { class: 'shape', fill: fills[outer] }));
    add(inner, circle(S, { class: 'shape', fill: fills[inner], 'clip-path': 'url(#in-privileged)' }));
  }
  if (U.r) {
    add('critical-user', circle(U, { class: 'shape', fill: fills['critical-user'] }));
    add('guarded-user', circle(U, { class: 'shape', fill: fills['guarded-user'], 'clip-path': 'url(#in-privileged)' }));
  }
  const outside = n.critical + n['critical-user'], sensitive = outside + n.guarded + n['guarded-user'];
  const privileged = n.privileged + n.guarded + n['guarded-user'], user = n['critical-user'] + n['guarded-user'];
  for (const [c, colour] of [[P, 'privileged'], [S, outside ? 'critical' : 'sensitive'], [U, outside ? 'critical' : 'sensitive']])
    if (c.r)
      root.append(circle(c, { class: 'line', stroke: `var(--${colour})` }));
  const [offP, offS] = nameOffsets(P, S, upright), colour = outside ? 'critical' : 'sensitive';
  const allUser = user === sensitive, sensitiveName = `sensitive${allUser ? ', in user mode' : ''} ${number(sensitive)}`;
  if (P.r)
    labels.push(...setName('name-p', P, place, `privileged ${number(privileged)}`, 'privileged', offP));
  if (S.r)
    labels.push(...(S.r > 48 ? setName('name-s', S, place, sensitiveName, colour, offS) : farName(S, P, place, sensitiveName, colour, upright, W, to)));
  const userName = `user-sensitive ${number(user)}`;
  if (U.r)
    labels.push(...(U.r > 52 && S.r - Math.abs(U.a - S.a) - U.r > 16 ? setName('name-u', U, place, userName, colour) : farName(U, P, place, userName, colour, upright, W, to)));
  root.append(...labels);
  if (critical.length) {
    const part = ['critical', 'critical-user'].filter(r => n[r]).map(stretch).sort((a, b) => b.width - a.width)[0];
    const tip = part.at + part.width / 2 - 4;
    root.append(upright ? namesList(critical, n['critical-user'], place(tip), W / 2 + 12, place(to)[1] + 38, listRows, true, choose)
      : namesList(critical, n['critical-user'], place(tip), W - listWidth + 14, Math.max(60, middle - 9.5 * listRows), listRows, false, choose));
  }
  box.replaceChildren(root);
};
