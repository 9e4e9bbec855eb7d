/* page_verdicts.js - what the page says before the table: the answer, the theorems, the machines, K. */

const $ = id => document.getElementById(id);

const mark = holds =>
  el('span', { class: holds ? 'yes' : 'no' }, holds ? '✓' : '✗', el('span', { class: 'word' }, holds ? ' holds' : ' fails'));

/* Names that lead to their rows; long lists can be shown to the end. */
const names = (id, all, most = 12) => {
  const end = allNames.has(id) || all.length <= most + 1 ? all.length : most;
  const box = el(
    'div',
    { class: 'names' },
    ...all.slice(0, end).map(n => {
      const b = el('button', { class: 'name', type: 'button', title: 'show the witness' }, n);
      b.addEventListener('click', event => {
        event.stopPropagation();
        reveal(n);
      });
      return b;
    }),
  );
  if (all.length > most + 1) {
    const b = el(
      'button',
      { class: 'more', type: 'button' },
      end < all.length ? `and ${number(all.length - end)} more` : 'fewer',
    );
    b.addEventListener('click', event => {
      event.stopPropagation();
      allNames[end < all.length ? 'add' : 'delete'](id);
      event.target.closest('.names').replaceWith(names(id, all, most));
    });
    box.append(b);
  }
  return box;
};

/* The names of units behind a configuration's critical findings, which are accesses. */
const unitNames = subjects => union(subjects.map(s => unitNamed.get(s) || s));

/* How sure the verdict is, in a word as large as the verdict, and in a sentence. What fails needs one witness; what holds speaks of all. */
const gradeWords = { proved: 'Proved', exhausted: 'Exhausted', sampled: 'Sampled' };
const standing = c => {
  const n = c.census,
    all = n.instructions + n.csrs;
  if (!c.theorem1) return ['Witnessed', 'each of them by states from which it was run; see below'];
  const weakest = grades.find(g => n[g]) || 'sampled';
  if (weakest === 'exhausted') return ['Exhausted', `all ${number(c.states_examined)} states of small machines were run, and none speaks against it`];
  if (weakest === 'proved') return ['Proved', `of each of the ${number(all)}, for all operands and states, of this source`];
  const proved = n.proved ? `${number(n.proved)} of ${number(all)} are proved; of the others ` : '';
  return [
    'Sampled' + (n.proved ? ' in part' : ', not proved'),
    `${proved}${number(c.states_examined)} executions from random states (seed ${c.seed}) were made, and none speaks against it`,
  ];
};

const theoremCards = c =>
  [
    [
      'Theorem 1',
      'sensitive ⊆ privileged',
      c.theorem1,
      c.theorem1 ? 'A virtual machine monitor may be constructed.' : 'Sensitive and not privileged:',
      c.theorem1 ? [] : unitNames(c.critical),
    ],
    [
      'Theorem 2',
      'Theorem 1, and no dependence on timing',
      c.theorem2,
      c.theorem2
        ? 'It may be virtualized recursively: ' + c.why2.replace(/^virtualizable, and /, '') + '.'
        : c.why2[0].toUpperCase() + c.why2.slice(1) + '.',
      [],
    ],
    [
      'Theorem 3',
      'user-sensitive ⊆ privileged',
      c.theorem3,
      c.theorem3
        ? report.ring
          ? `Ring ${report.ring}, the definitions' user mode here, may run directly.`
          : 'A hybrid monitor may be constructed; it interprets all that runs in virtual supervisor mode.'
        : report.ring
          ? `Sensitive in ring ${report.ring}, the definitions' user mode here, and not privileged:`
          : 'User-sensitive and not privileged:',
      c.theorem3 ? [] : unitNames(c.user_critical),
    ],
  ].map(([name, formula, holds, words, critical], i) =>
    el(
      'article',
      { class: `theorem${holds ? '' : ' fails'}` },
      el('h3', {}, name, el('span', { class: 'verdict' }, holds ? '✓ holds' : '✗ does not hold')),
      el('p', { class: 'standing' }, holds ? standing(c)[0].toLowerCase() : 'witnessed'),
      el('p', { class: 'formula' }, formula),
      el('p', {}, words),
      critical.length ? names('t' + i, critical) : null,
    ),
  );

const notPrivileged = list => `${countWords(list)} ${list.length === 1 ? 'is' : 'are'} sensitive and not privileged`;
const inUser = (all, user) => {
  if (all === 1) return user ? `also in ${userMode}` : `but not in ${userMode}`;
  if (!user) return `but none of them in ${userMode}`;
  return user === all ? `all of them in ${userMode}, too` : `${number(user)} of them in ${userMode}, too`;
};

const drawHead = () => {
  const c = configuration(),
    m = machine();
  const title = el('span', { class: 'isa' }, nameOf(m));
  $('title').replaceChildren('Is ', title, ' virtualizable?');
  const under = c.without ? [' with ', el('code', {}, c.without), ' taken out of K'] : [];
  const critical = list.filter(f => f.critical),
    user = critical.filter(f => f.user_sensitive);
  $('answer').replaceChildren(
    ...(c.theorem1
      ? [
          el('b', { class: 'yes' }, 'Yes'),
          ...under,
          `, by Theorem 1: every sensitive instruction is privileged.`,
        ]
      : [
          el('b', { class: 'no' }, c.theorem3 ? 'Only by a hybrid monitor' : 'Not by these theorems'),
          ...under,
          `: ${notPrivileged(critical)}, ${inUser(critical.length, user.length)}.`,
        ]),
  );
  const [word, sentence] = standing(c);
  $('standing').replaceChildren(el('b', {}, word), `: ${sentence}.`);
  const apart = list.filter(f => ['constant', 'absent'].includes(regionOf(f)));
  $('facts').replaceChildren(
    `${countWords(list.filter(isCounted))}, each counted once` +
      (apart.length ? `; apart, ${countWords(apart)} that hold nothing here` : '') +
      (c.exhaustive ? `. Every state is: ${c.extent}` : '') +
      (m.variant && m.about ? `; ${m.about}` : '') +
      '.',
  );
  $('aside').textContent = c.aside || '';
};

const drawMachines = () => {
  $('machines').hidden = report.machines.length < 2;
  if (report.machines.length < 2) return;
  const row = (m, i) => {
    const c = m.configurations[0],
      b = el('button', { type: 'button', 'aria-pressed': String(i === state.machine) }, nameOf(m));
    b.addEventListener('click', () => go({ machine: i, pin: 0 }));
    return el(
      'tr',
      { class: i === state.machine ? 'chosen' : undefined },
      el('td', {}, b),
      el('td', { class: 'about' }, m.about || ''),
      ...[c.theorem1, c.theorem2, c.theorem3].map((t, at) => el('td', { class: 'mark', 'data-label': at + 1 }, mark(t))),
      el('td', { class: 'names-cell' }, el('code', {}, unitNames(c.critical).join(', '))),
    );
  };
  $('machine-table').replaceChildren(
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...['machine', 'what is different', 'Theorem 1', 'Theorem 2', 'Theorem 3', 'critical'].map(t =>
          el('th', { scope: 'col' }, t),
        ),
      ),
    ),
    el('tbody', {}, ...report.machines.map(row)),
  );
};

/* What a pin's absence does. */
const effectWords = c => {
  const failing = [1, 2, 3].filter(t => !c['theorem' + t]);
  const verdict = failing.length
    ? `${failing.length > 1 ? 'Theorems' : 'Theorem'} ${failing.join(', ')} ${failing.length > 1 ? 'fail' : 'fails'}`
    : 'The theorems hold';
  if (!c.just_guarded) return `${verdict}; ${plural(unitNames(c.guarded).length, 'finding changes', 'findings change')}`;
  const guarded = unitNames(c.guarded).length, anyway = unitNames(c.critical).length - guarded;
  if (!guarded) return `${verdict}, nothing changes`;
  return `${verdict}; critical is ${anyway > 0 ? `what the pin guards, and ${anyway} anyway` : 'just what the pin guards'}`;
};

const pinRow = (c, i) => {
  const input = el('input', { type: 'radio', name: 'pin', value: i });
  input.checked = i === state.pin;
  input.addEventListener('change', () => go({ pin: i }));
  const pin = report.pins.find(p => p.name === c.without);
  const critical = unitNames(c.critical);
  const count = critical.length
    ? el('span', { class: 'count no' }, `${number(critical.length)} critical`)
    : el('span', { class: 'count yes' }, 'none critical');
  const label = pin ? ['without ', el('code', {}, pin.name)] : ['all of K'];
  return el(
    'label',
    { class: `pin${i === state.pin ? ' chosen' : ''}` },
    input,
    el('span', { class: 'label' }, ...label),
    count,
    el('span', { class: 'about' }, pin ? pin.about : c.k || 'nothing to set'),
    pin && el('span', { class: 'marks' }, effectWords(c)),
    pin && critical.length ? names('k' + i, critical, 4) : null,
  );
};

const drawFoot = () => {
  const sampled = report.machines[0].configurations[0].exhaustive ? '' : ` --seed ${report.seed}`;
  const states = report.states ? ` --states ${report.states}` : '';
  const name = report.isa + (report.variant ? ':' + report.variant : '');
  const ring = report.ring ? ` --ring ${report.ring}` : '';
  $('made').replaceChildren(el('code', {}, `trapeze report ${name}${sampled}${states}${ring} --html FILE`));
};

/* Harts beside the usual one: verdicts and counts. */
const drawHarts = () => {
  $('harts').hidden = !report.harts.length;
  const row = h =>
    el(
      'tr',
      {},
      el('td', {}, el('code', {}, h.hart)),
      el('td', { class: 'about' }, h.about),
      ...[h.theorem1, h.theorem2, h.theorem3].map((t, at) => el('td', { class: 'mark', 'data-label': at + 1 }, mark(t))),
      el('td', { class: 'names-cell' }, `${number(h.census.csrs)}, ${number(h.census.constant)}, ${number(h.census.absent)}`),
      el('td', { class: 'names-cell' }, h.agree === h.subjects ? 'all agree' : `${number(h.subjects - h.agree)} disagree`),
    );
  const heads = ['hart', 'what is different', 'Theorem 1', 'Theorem 2', 'Theorem 3', 'CSRs counted, constant, absent', 'claims'];
  $('hart-table').replaceChildren(
    el('thead', {}, el('tr', {}, ...heads.map(t => el('th', { scope: 'col' }, t)))),
    el('tbody', {}, ...report.harts.map(row)),
  );
};

/* For paper: the instructions by what the theorems make of them. */
const drawHandout = () => {
  const line = (words, region) => {
    const names = list.filter(f => region.includes(regionOf(f))).map(f => f.subject);
    return names.length && el('p', {}, el('b', {}, `${words} (${number(names.length)}): `), el('code', {}, names.join(', ')));
  };
  const rest = list.filter(f => regionOf(f) === 'neither').length;
  $('handout').replaceChildren(
    ...[
      line('Critical', ['critical', 'critical-user']),
      line('Sensitive and privileged', ['guarded', 'guarded-user']),
      line('Privileged, not sensitive', ['privileged']),
      el('p', {}, el('b', {}, 'Neither: '), `${number(rest)} others, which run directly or trap in every mode.`),
    ].filter(Boolean),
  );
};
