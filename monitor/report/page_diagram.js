/* page_diagram.js - the sets as the paper draws them: circles, the counts of their regions, the names that break a theorem. */

const svg = (name, attributes = {}, ...children) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

const regionWords = {
  neither: ['neither', 'neither sensitive nor privileged'],
  privileged: ['not sensitive', 'privileged, not sensitive'],
  guarded: ['sensitive', 'sensitive and privileged'],
  'guarded-user': ['', 'user-sensitive and privileged'],
  critical: ['critical', 'critical: sensitive and not privileged, outside ' + userMode],
  'critical-user': ['critical', 'critical: user-sensitive and not privileged'],
};

/* A region: what is drawn of it, and a tag with its count. The largest is painted first, each over the last. */
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
  if (label) g.append(...label);
  return g;
};

const fills = {
  privileged: 'var(--privileged-fill)',
  critical: 'var(--critical-fill)',
  'critical-user': 'var(--critical-user-fill)',
  guarded: 'var(--sensitive-fill)',
  'guarded-user': 'var(--user-fill)',
};

const textAt = (x, y, text, cls, anchor = 'middle') => {
  const t = svg('text', { x, y, class: cls, 'text-anchor': anchor });
  t.textContent = text;
  return t;
};

/* How wide a text will be: as the style has it. */
const fonts = { number: '600 22px ', small: '12.5px ', setname: 'italic 600 16px ' };
const families = { number: '--serif', small: '--sans', setname: '--serif' };
const canvas = document.createElement('canvas').getContext('2d');
const textWidth = (text, cls) => {
  canvas.font = fonts[cls] + getComputedStyle(document.documentElement).getPropertyValue(families[cls]);
  return canvas.measureText(text).width * 1.03;
};

/* The count in the widest stretch of the region; beside it with a line where that is too narrow. */
const regionLabel = ({ n, place, upright }, region, stretch) => {
  if (!n[region] || !stretch) return null;
  /* What the name of the next set takes of it. */
  const name = upright && region === 'privileged' && stretch.width < 90 ? 22 : 0;
  const [x, y] = place(stretch.at - name / 2),
    text = number(n[region]),
    words = regionWords[region][0];
  const width = textWidth(text, 'number') + 8,
    fits = upright ? stretch.width - name > 25 : stretch.width > width;
  if (!fits && region.startsWith('critical')) return null; /* the list of names says it */
  if (fits) {
    const wide = upright ? stretch.width - name > 52 : stretch.width > Math.max(width, textWidth(words, 'small') + 6);
    return [
      svg('rect', { class: 'tag', x: x - width / 2 - 3, y: y - 15, width: width + 6, height: 28, rx: 5 }),
      textAt(x, y + 7, text, 'number'),
      ...(words && wide ? [textAt(x, y + 24, words, 'small')] : []),
    ];
  }
  const [tx, ty] = upright ? [x + 92, y + 7] : [x, y - 88];
  return [
    svg('line', { class: 'lead-line', x1: x, y1: y, x2: upright ? tx - width / 2 : tx, y2: upright ? y : ty + 6 }),
    svg('rect', { class: 'tag', x: tx - width / 2, y: ty - 20, width, height: 26, rx: 5 }),
    textAt(tx, ty, text, 'number'),
  ];
};

/* The name of a set along its circle. */
const setName = (v, id, circle, text, colour, at = 0.5) => {
  const [x, y] = v.place(circle.a);
  const r = circle.r + 6;
  const path = svg('path', { id, d: `M${x - r},${y} A${r},${r} 0 0 1 ${x + r},${y}`, fill: 'none' });
  const along = svg('textPath', { href: '#' + id, startOffset: `${(100 * at).toFixed(1)}%`, 'text-anchor': 'middle' });
  along.textContent = text;
  const label = svg('text', { class: 'setname', style: `fill: var(--${colour})` });
  label.append(along);
  return [path, label];
};

/* Where along their circles, so that no name crosses the other circle where both jut out. */
const nameOffsets = ({ sets: { P, S }, upright }) => {
  const d = S.a - P.a;
  if (upright || !P.r || !S.r || d <= Math.abs(P.r - S.r) || d >= P.r + S.r) return [0.5, 0.5];
  const a = (d * d + P.r * P.r - S.r * S.r) / (2 * d);
  const p = 1 - Math.acos(clamp(a / P.r, -1, 1)) / Math.PI,
    s = 1 - Math.acos(clamp((a - d) / S.r, -1, 1)) / Math.PI;
  return [clamp(p / 2, 0.3, 0.5), s > 0.6 ? clamp(s / 2, 0.3, 0.5) : clamp((1 + s) / 2, 0.5, 0.68)];
};

/* ... or at the end of a line, where the circle is too small for it; sideways from the axis, beyond P. */
const farName = (v, circle, text, colour) => {
  const [x, y] = v.place(circle.a);
  const [cx, cy] = v.place(v.sets.P.a);
  const r = v.sets.P.r;
  const w = textWidth(text, 'setname');
  const tx = v.upright ? 14 + w / 2 : Math.min(v.W - 12 - w / 2, Math.max(x + 20, cx + r * 0.8 + w / 2));
  const ty = v.upright ? v.place(v.to)[1] + 22 : cy + r * 0.86 + 6;
  const label = textAt(tx, ty, text, 'setname');
  label.style.fill = `var(--${colour})`;
  const d = Math.hypot(tx - x, ty - 15 - y);
  const rim = [x + ((tx - x) / d) * circle.r, y + ((ty - 15 - y) / d) * circle.r];
  return [svg('path', { class: 'lead-line', d: `M${rim} L${tx},${ty - 15}` }), label];
};

const userWords = (critical, user) => {
  if (!user) return 'not user-sensitive';
  if (user < critical) return `${number(user)} user-sensitive`;
  return user > 1 ? 'all user-sensitive' : 'user-sensitive';
};

/* The critical names, which are few or the first of many, at the end of a line from their region. */
const namesList = (v, critical, stretch, choose) => {
  const part = ['critical', 'critical-user'].filter(r => v.n[r]).map(stretch);
  const widest = part.sort((a, b) => b.width - a.width)[0];
  const [fx, fy] = v.place(widest.at + widest.width / 2 - 4);
  const x = v.upright ? v.W / 2 + 12 : v.W - v.listWidth + 14;
  const y = v.upright ? v.place(v.to)[1] + 38 : Math.max(60, v.middle - 9.5 * v.listRows);
  const line = v.upright ? `M${fx},${fy} V${y + 19 * v.listRows + 2}` : `M${fx},${fy} L${x - 8},${y - 22}`;
  const shown = critical.length > v.listRows ? critical.slice(0, v.listRows - 1) : critical;
  const rest = shown.length < critical.length ? [`and ${number(critical.length - shown.length)} more`] : [];
  const g = svg('g', { class: 'names-list' });
  g.append(
    svg('path', { class: 'lead-line', d: line }),
    textAt(x, y - 17, `critical ${number(critical.length)}`, 'head', 'start'),
    textAt(x, y, userWords(critical.length, v.n['critical-user']), 'sub', 'start'),
    ...[...shown, ...rest].map((name, i) => textAt(x, y + 19 * (i + 1), name, '', 'start')),
  );
  g.addEventListener('click', () => choose('critical'));
  return g;
};

/* What the drawing needs to know of its place. */
const viewOf = (box, n, critical) => {
  const W = Math.max(280, box.clientWidth - 2);
  const upright = W < 560;
  const listWidth = critical.length && !upright ? 170 : 0;
  const listRows = Math.min(critical.length, upright ? 7 : 12);
  const list = critical.length ? 40 + 19 * listRows : 16;
  const H = upright ? Math.min(W, 430) + 60 + list : Math.round(Math.min(540, W * 0.8));
  const across = upright ? W - 64 : H - 104;
  const along = upright ? H - 96 - list : W - 56 - listWidth;
  const sets = fit(n, along, across, upright);
  const { from, to } = extent(sets);
  const start = upright ? 48 - from : 28 + (along - (to - from)) / 2 - from;
  const middle = upright ? W / 2 : 42 + across / 2;
  const place = a => (upright ? [middle, start + a] : [start + a, middle]);
  return { n, W, H, upright, listWidth, listRows, sets, to, middle, place };
};

const circleOf = (v, c, attributes) => {
  const [cx, cy] = v.place(c.a);
  return svg('circle', { cx, cy, r: c.r, ...attributes });
};

/* What lies in no set is all of the frame that the circles leave. */
const frameOf = (v, chosen, choose) => {
  const n = number(v.n.neither);
  const y = v.H - 17;
  const words = v.upright ? 'neither' : 'neither sensitive nor privileged';
  const wide = textWidth(n, 'number');
  const g = regionGroup(
    'neither',
    v.n,
    svg('rect', { x: 1, y: 1, width: v.W - 2, height: v.H - 2, class: 'shape', fill: 'transparent' }),
    [
      svg('rect', { class: 'tag', x: 8, y: y - 21, width: wide + textWidth(words, 'small') + 24, height: 30, rx: 5 }),
      textAt(16, y, n, 'number', 'start'),
      textAt(24 + wide, y, words, 'small', 'start'),
    ],
    chosen.has('neither'),
    choose,
  );
  g.classList.remove('in');
  return g;
};

const definitions = v => {
  const hatch = svg('pattern', {
    id: 'hatch',
    width: 6,
    height: 6,
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  });
  hatch.append(svg('path', { d: 'M0,0 V6' }));
  const clip = svg('clipPath', { id: 'in-privileged' });
  clip.append(v.sets.P.r ? circleOf(v, v.sets.P, {}) : svg('rect', { width: 0, height: 0 }));
  return [hatch, clip];
};

/* Which regions there are, each with its circle; those in privileged are clipped to it. */
const regionShapes = ({ n, sets: { P, S, U } }) => {
  const fills = userFillsSensitive(n);
  return [
    ['privileged', P],
    [fills ? 'critical-user' : 'critical', S],
    [fills && !n.guarded ? 'guarded-user' : 'guarded', S],
    ['critical-user', U],
    ['guarded-user', U],
  ].filter(([, circle]) => circle.r);
};

const nameAll = v => {
  const { n, sets } = v;
  const { P, S, U } = sets;
  const outside = n.critical + n['critical-user'];
  const both = n.guarded + n['guarded-user'];
  const user = n['critical-user'] + n['guarded-user'];
  const colour = outside ? 'critical' : 'sensitive';
  const [offP, offS] = nameOffsets(v);
  const sensitive = `sensitive${user === outside + both ? `, in ${userMode}` : ''} ${number(outside + both)}`;
  const userName = `user-sensitive ${number(user)}`;
  const roomForU = U.r > 52 && S.r - Math.abs(U.a - S.a) - U.r > 16;
  return [
    ...(P.r ? setName(v, 'name-p', P, `privileged ${number(n.privileged + both)}`, 'privileged', offP) : []),
    ...(S.r > 48 ? setName(v, 'name-s', S, sensitive, colour, offS) : S.r ? farName(v, S, sensitive, colour) : []),
    ...(roomForU ? setName(v, 'name-u', U, userName, colour) : U.r ? farName(v, U, userName, colour) : []),
  ];
};

const drawDiagram = (box, n, critical, chosen, choose) => {
  const v = viewOf(box, n, critical);
  const root = svg('svg', {
    viewBox: `0 0 ${v.W} ${v.H}`,
    width: v.W,
    height: v.H,
    role: 'group',
    'aria-label': 'Diagram of the sets: privileged, sensitive, user-sensitive instructions',
  });
  const total = n.neither + n.privileged + n.guarded + n['guarded-user'] + n.critical + n['critical-user'];
  const all = stretches(v.sets, n);
  const stretch = region => all.filter(s => s.region === region).sort((a, b) => b.width - a.width)[0];
  root.append(...definitions(v), frameOf(v, chosen, choose), textAt(16, 25, `all ${number(total)}`, 'small', 'start'));
  for (const [region, circle] of regionShapes(v)) {
    const clipped = region.startsWith('guarded') ? { 'clip-path': 'url(#in-privileged)' } : {};
    const shape = circleOf(v, circle, { class: 'shape', fill: fills[region], ...clipped });
    root.append(regionGroup(region, n, shape, regionLabel(v, region, stretch(region)), chosen.has(region), choose));
  }
  const { P, S, U } = v.sets;
  const colour = n.critical + n['critical-user'] ? 'critical' : 'sensitive';
  for (const c of [P, S, U])
    if (c.r) root.append(circleOf(v, c, { class: 'line', stroke: `var(--${c === P ? 'privileged' : colour})` }));
  root.append(...nameAll(v));
  if (critical.length) root.append(namesList(v, critical, stretch, choose));
  box.replaceChildren(root);
};
