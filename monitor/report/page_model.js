'use strict';
/* page_model.js - the report's data, and what follows from it: regions of the diagram, filters, orders. */

/* Words that occur often are single characters of the private use area in the page's data; `words` lists them. */
const decode = text => {
  const { words, data } = JSON.parse(text);
  return JSON.parse(data.replace(/[\ue000-\uf8ff]/g, c => words[c.charCodeAt(0) - 0xe000]));
};
const report = decode(document.getElementById('data').textContent);
const rows = new Map(report.rows.map(r => [r.name, r]));
const number = n => n.toLocaleString('en-US');
const plural = (n, one, many = one + 's') => `${number(n)} ${n === 1 ? one : many}`;

/* The region of the diagram a finding lies in. A sum stands for its accesses, which are there themselves. */
const regionOf = f =>
  f.sum
    ? 'sum'
    : f.critical
      ? f.user_sensitive
        ? 'critical-user'
        : 'critical'
      : !f.innocuous
        ? f.user_sensitive
          ? 'guarded-user'
          : 'guarded'
        : f.privileged
          ? 'privileged'
          : 'neither';

const classOf = f =>
  f.sum
    ? ['sum', 'sum of its accesses']
    : f.critical
      ? ['critical', 'critical']
      : !f.innocuous
        ? ['guarded', 'sensitive, privileged']
        : f.privileged
          ? ['privileged', 'privileged']
          : ['neither', 'innocuous'];

/* What the pin changes of a finding. */
const differs = (f, g) =>
  ['traps', 'condition', 'user_sensitive', 'supervisor_sensitive'].some(k => f[k] !== g[k]) ||
  String(f.sensitive) !== String(g.sensitive);

/* A configuration with a pin out lists the findings that are not as under all of K (and sums); the others are the same. */
const findingsOf = (machine, at) => {
  const full = machine.configurations[0].findings,
    own = machine.configurations[at].findings;
  if (at === 0) return full;
  const other = new Map(own.map(f => [f.subject, f]));
  return full.map(f => {
    const g = other.get(f.subject);
    return g && differs(f, g) ? { ...g, was: f } : f;
  });
};

const trapsText = f => (f.traps === 'sometimes' ? 'depends on ' + (f.condition || 'the state') : f.traps);

/* What can be chosen beside the search. */
const filters = [
  {
    id: 'region',
    name: 'Set',
    options: [
      ['critical', 'critical', f => f.critical],
      ['r:critical-user', 'critical, in user mode', f => regionOf(f) === 'critical-user'],
      ['r:critical', 'critical, not in user mode', f => regionOf(f) === 'critical'],
      ['sensitive', 'sensitive', f => !f.innocuous],
      ['r:guarded', 'sensitive, privileged, not in user mode', f => regionOf(f) === 'guarded'],
      ['r:guarded-user', 'user-sensitive, privileged', f => regionOf(f) === 'guarded-user'],
      ['privileged', 'privileged', f => f.privileged],
      ['r:privileged', 'privileged, not sensitive', f => regionOf(f) === 'privileged'],
      ['r:neither', 'neither sensitive nor privileged', f => regionOf(f) === 'neither'],
      ['r:sum', 'sums', f => f.sum],
      ['changed', 'changed by the pin', f => !!f.was],
    ],
  },
  {
    id: 'traps',
    name: 'Traps',
    options: ['always', 'sometimes', 'never', 'requested', 'undefined'].map(t => [
      t,
      t === 'sometimes' ? 'under a condition' : t,
      f => f.traps === t,
    ]),
  },
  {
    id: 'sensitive',
    name: 'Sensitivity',
    options: [
      ...['control', 'location', 'mode', 'state'].map(s => [s, s + '-sensitive', f => f.sensitive.includes(s)]),
      ['user', 'user-sensitive', f => f.user_sensitive],
      ['supervisor', 'supervisor-sensitive', f => f.supervisor_sensitive],
    ],
  },
  {
    id: 'confidence',
    name: 'Confidence',
    options: ['witnessed', 'touched', 'clean', 'exhausted'].map(c => [c, c, f => f.confidence === c]),
  },
  {
    id: 'claim',
    name: 'Claim',
    options: [
      ['agrees', 'agrees', f => f.agrees],
      ['disagrees', 'disagrees', f => !f.agrees && !f.was],
    ],
  },
];

const trapsOrder = { never: 0, requested: 1, undefined: 2, sometimes: 3, always: 4 };
const classOrder = { neither: 0, privileged: 1, sum: 2, guarded: 3, critical: 4 };
const columns = [
  { id: 'subject', name: 'Instruction', order: f => f.subject },
  { id: 'traps', name: 'Traps in user mode', order: f => trapsOrder[f.traps] },
  { id: 'sensitive', name: 'Sensitive', order: f => f.sensitive.length * 10 + f.user_sensitive },
  {
    id: 'where',
    name: 'in mode',
    title: 'u: user-sensitive, s: supervisor-sensitive',
    order: f => 2 * f.user_sensitive + f.supervisor_sensitive,
  },
  { id: 'class', name: 'Class', order: f => classOrder[classOf(f)[0]] },
  { id: 'confidence', name: 'Confidence', order: f => f.confidence },
  { id: 'claim', name: 'Claim', order: f => +f.agrees },
];

/* Every word searched for must occur in the text of a finding, which is made once. */
const texts = new WeakMap();
const haystack = f =>
  [
    f.subject,
    f.csr,
    trapsText(f),
    ...f.sensitive,
    classOf(f)[1],
    f.confidence,
    f.user_sensitive ? 'user-sensitive' : '',
    ...f.witnesses.flatMap(w => [w.instruction, w.bits, ...w.fields.map(x => x.name)]),
  ]
    .join(' ')
    .toLowerCase();
const matches = (f, state) => {
  if (!texts.has(f)) texts.set(f, haystack(f));
  return (
    state.query
      .toLowerCase()
      .split(/\s+/)
      .every(word => texts.get(f).includes(word)) &&
    filters.every(x => !state[x.id] || x.options.find(o => o[0] === state[x.id])[2](f))
  );
};

const sorted = (list, state) => {
  const column = columns.find(c => c.id === state.sort);
  if (!column) return list;
  const key = new Map(list.map((f, i) => [f, [column.order(f), i]]));
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const text = new Intl.Collator('en', { numeric: true });
  return [...list].sort((a, b) => {
    const [x, i] = key.get(a),
      [y, j] = key.get(b);
    return (state.down ? -1 : 1) * (typeof x === 'string' ? text.compare(x, y) : compare(x, y)) || i - j;
  });
};

const counts = list => {
  const n = { neither: 0, privileged: 0, guarded: 0, 'guarded-user': 0, critical: 0, 'critical-user': 0, sum: 0 };
  for (const f of list) n[regionOf(f)]++;
  return n;
};

const nameOf = machine => report.isa + (machine.variant ? ':' + machine.variant : '');
const replayOf = (machine, configuration, f, w) =>
  `trapeze classify ${nameOf(machine)} ${f.subject}` +
  (configuration.exhaustive ? '' : ` --seed ${w.seed}`) +
  (report.states ? ` --states ${report.states}` : '') +
  (configuration.without && f.was ? ` --without ${configuration.without}` : '');
