'use strict';
/* page_model.js - the report's data, and what follows from it: regions of the diagram, filters, orders. */

/* Words that occur often are single characters of the private use area in the page's data; `words` lists them. */
const decode = text => {
  const { words, data } = JSON.parse(text);
  return JSON.parse(data.replace(/[\ue000-\uf8ff]/g, c => words[c.charCodeAt(0) - 0xe000]));
};
const report = decode(document.getElementById('data').textContent);
const userMode = report.ring ? `ring ${report.ring}` : 'user mode'; /* the definitions' user mode */
const rows = new Map(report.rows.map(r => [r.name, r]));
const number = n => n.toLocaleString('en-US');
const plural = (n, one, many = one + 's') => `${number(n)} ${n === 1 ? one : many}`;

/* What is counted and has a row is a unit: an instruction, or a CSR with its accesses, which is what they are together. It has the
 * members of a finding. A write to a read-only CSR is undefined; that says nothing of the CSR as long as it can be read. */
const grades = ['sampled', 'exhausted', 'proved'];
const unitName = f => (f.csr === undefined ? f.subject : f.subject.slice(f.subject.indexOf('.') + 1));
const union = lists => [...new Set(lists.flat())];

const unitOf = members => {
  const f = members[0];
  if (f.csr === undefined) return { ...f, members };
  const open = members.filter(m => m.traps !== 'undefined'),
    here = open.length ? open : members;
  const traps = union(here.map(m => m.traps)),
    conditions = union(here.map(m => m.condition).filter(Boolean));
  return {
    subject: unitName(f),
    csr: f.csr,
    row: f.row,
    members,
    sum: false,
    constant: members.every(m => m.constant),
    absent: !open.length,
    traps: traps.length === 1 ? traps[0] : 'sometimes',
    condition: conditions.join(', ') || (traps.length > 1 ? 'the access' : null),
    sensitive: ['control', 'location', 'mode', 'state'].filter(k => here.some(m => m.sensitive.includes(k))),
    user_sensitive: here.some(m => m.user_sensitive),
    supervisor_sensitive: here.some(m => m.supervisor_sensitive),
    hidden_sensitive: here.some(m => m.hidden_sensitive),
    privileged: here.every(m => m.privileged),
    innocuous: here.every(m => m.innocuous),
    critical: here.some(m => m.critical),
    outcomes: Object.fromEntries(
      union(here.map(m => Object.keys(m.outcomes))).map(k => [k, union(here.map(m => m.outcomes[k] || []))]),
    ),
    confidence: ['touched', 'clean', 'exhausted'].find(c => here.some(m => m.confidence === c)) || f.confidence,
    evidence: grades.find(g => members.some(m => m.evidence === g)),
    agrees: members.every(m => m.agrees),
    disagreement: members.find(m => m.disagreement)?.disagreement || null,
    note: members.find(m => m.note)?.note || null,
    runs: members.reduce((n, m) => n + m.runs, 0),
    witnesses: members.flatMap(m => m.witnesses),
    was: members.some(m => m.was) && unitOf(members.map(m => m.was || m)),
  };
};

/* In the order of the findings. */
const unitsOf = findings => {
  const all = new Map();
  for (const f of findings) {
    const key = f.csr === undefined ? f.subject : 'csr ' + f.csr;
    all.set(key, [...(all.get(key) || []), f]);
  }
  return [...all.values()].map(unitOf);
};

/* The region of the diagram a unit lies in. Apart are sums, which stand for their accesses, and CSRs in which there is nothing. */
const regionOf = f => {
  if (f.sum) return 'sum';
  if (f.critical) return f.user_sensitive ? 'critical-user' : 'critical';
  if (f.absent) return 'absent';
  if (f.constant) return 'constant';
  if (!f.innocuous) return f.user_sensitive ? 'guarded-user' : 'guarded';
  return f.privileged ? 'privileged' : 'neither';
};
const isCounted = f => !['sum', 'constant', 'absent'].includes(regionOf(f));

const classes = {
  sum: ['sum', 'sum of its accesses'],
  absent: ['apart', 'absent here'],
  constant: ['apart', 'constant here'],
  'critical-user': ['critical', 'critical'],
  critical: ['critical', 'critical'],
  guarded: ['guarded', 'sensitive, privileged'],
  'guarded-user': ['guarded', 'sensitive, privileged'],
  privileged: ['privileged', 'privileged'],
  neither: ['neither', 'innocuous'],
};
const classOf = f => classes[regionOf(f)];

/* What the reader should see first: what is wrong, what breaks a theorem, what a pin changed, what the theorems are about. */
const interest = f => {
  const region = regionOf(f);
  if (!f.agrees && !f.was) return 0;
  if (f.critical) return region === 'critical-user' ? 1 : 2;
  if (f.was) return 3;
  if (region.startsWith('guarded')) return f.csr === undefined ? 4 : region === 'guarded-user' ? 5 : 6;
  if (region === 'privileged') return 7;
  if (region === 'neither') return f.traps !== 'never' || f.hidden_sensitive ? 8 : 9;
  return { constant: 10, absent: 11, sum: 12 }[region];
};
const byInterest = list => {
  const key = new Map(list.map((f, i) => [f, [interest(f), i]]));
  return [...list].sort((a, b) => key.get(a)[0] - key.get(b)[0] || key.get(a)[1] - key.get(b)[1]);
};

/* "4 instructions and 3 CSRs" */
const countWords = list => {
  const csrs = list.filter(f => f.csr !== undefined).length,
    rest = list.length - csrs;
  const parts = [rest || !csrs ? plural(rest, 'instruction') : '', csrs ? plural(csrs, 'CSR') : ''];
  return parts.filter(Boolean).join(' and ');
};

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

/* What was seen in each mode, as `trapeze classify` prints it. */
const modesSeen = union(report.machines[0].configurations[0].findings.map(f => Object.keys(f.outcomes)));
const modeLetters = f =>
  modesSeen
    .map(mode => {
      const seen = f.outcomes[mode] || [],
        runs = seen.includes('completes') || seen.includes('waits');
      if (seen.some(o => o !== 'completes' && o !== 'waits')) return runs ? 't' : 'T';
      return seen.includes('waits') ? 'W' : seen.length ? '.' : '\u2007';
    })
    .join(' ');
const evidenceText = f =>
  f.confidence === 'touched' ? 'undecided' : f.evidence === 'sampled' ? `sampled ${number(f.runs)}` : f.evidence;

const trapsText = f => (f.traps === 'sometimes' ? 'depends on ' + (f.condition || 'the state') : f.traps);

/* What can be chosen beside the search. */
const filters = [
  {
    id: 'region',
    name: 'Set',
    options: [
      ['counted', 'in the diagram', isCounted],
      ['critical', 'critical', f => f.critical],
      ['r:critical-user', `critical, in ${userMode}`, f => regionOf(f) === 'critical-user'],
      ['r:critical', `critical, not in ${userMode}`, f => regionOf(f) === 'critical'],
      ['sensitive', 'sensitive', f => isCounted(f) && !f.innocuous],
      ['r:guarded', `sensitive, privileged, not in ${userMode}`, f => regionOf(f) === 'guarded'],
      ['r:guarded-user', 'user-sensitive, privileged', f => regionOf(f) === 'guarded-user'],
      ['privileged', 'privileged', f => isCounted(f) && f.privileged],
      ['r:privileged', 'privileged, not sensitive', f => regionOf(f) === 'privileged'],
      ['r:neither', 'neither sensitive nor privileged', f => regionOf(f) === 'neither'],
      ['r:constant', 'constant here', f => regionOf(f) === 'constant'],
      ['r:absent', 'absent here', f => regionOf(f) === 'absent'],
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
    id: 'evidence',
    name: 'Evidence',
    options: [
      ...['proved', 'exhausted', 'sampled'].map(g => [g, g, f => f.evidence === g]),
      ['undecided', 'undecided', f => f.confidence === 'touched'],
    ],
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
const classOrder = { apart: 0, sum: 1, neither: 2, privileged: 3, guarded: 4, critical: 5 };
const columns = [
  { id: 'subject', name: 'Instruction', order: f => f.subject },
  { id: 'traps', name: `Traps in ${userMode}`, order: f => trapsOrder[f.traps] },
  {
    id: 'modes',
    name: modesSeen.join(' '),
    title: 'by mode, K aside: . completes, T traps, t sometimes, W waits',
    order: f => modeLetters(f),
  },
  { id: 'sensitive', name: 'Sensitive', order: f => f.sensitive.length * 10 + f.user_sensitive },
  {
    id: 'where',
    name: 'in mode',
    title: 'u: user-sensitive, s: supervisor-sensitive',
    order: f => 2 * f.user_sensitive + f.supervisor_sensitive,
  },
  { id: 'class', name: 'Class', order: f => classOrder[classOf(f)[0]] },
  { id: 'evidence', name: 'Evidence', order: f => grades.indexOf(f.evidence) },
  { id: 'claim', name: 'Claim', order: f => +f.agrees },
];

/* Every word searched for must occur in the text of a finding, which is made once. */
const texts = new WeakMap();
const haystack = f =>
  [
    f.subject,
    ...f.members.map(m => m.subject),
    f.csr,
    trapsText(f),
    ...f.sensitive,
    classOf(f)[1],
    f.evidence,
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
  if (!column) return byInterest(list);
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
  const n = { neither: 0, privileged: 0, guarded: 0, 'guarded-user': 0, critical: 0, 'critical-user': 0 };
  Object.assign(n, { constant: 0, absent: 0, sum: 0 });
  for (const f of list) n[regionOf(f)]++;
  return n;
};

const nameOf = machine => report.isa + (machine.variant ? ':' + machine.variant : '');
const replayOf = (machine, configuration, f, w) =>
  `trapeze classify ${nameOf(machine)} ${f.subject}` +
  (configuration.exhaustive ? '' : ` --seed ${w.seed}`) +
  (report.states ? ` --states ${report.states}` : '') +
  (configuration.without && f.was ? ` --without ${configuration.without}` : '');
