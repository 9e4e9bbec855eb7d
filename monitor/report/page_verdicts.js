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

const theoremCards = c =>
  [
    [
      'Theorem 1',
      'sensitive ⊆ privileged',
      c.theorem1,
      c.theorem1 ? 'A virtual machine monitor may be constructed.' : 'Sensitive and not privileged:',
      c.theorem1 ? [] : c.critical,
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
        ? 'A hybrid monitor may be constructed; it interprets all that runs in virtual supervisor mode.'
        : 'User-sensitive and not privileged:',
      c.theorem3 ? [] : c.user_critical,
    ],
  ].map(([name, formula, holds, words, critical], i) =>
    el(
      'article',
      { class: `theorem${holds ? '' : ' fails'}` },
      el('h3', {}, name, el('span', { class: 'verdict' }, holds ? '✓ holds' : '✗ does not hold')),
      el('p', { class: 'formula' }, formula),
      el('p', {}, words),
      critical.length ? names('t' + i, critical) : null,
    ),
  );

const notPrivileged = n => `${plural(n, 'sensitive instruction is', 'sensitive instructions are')} not privileged`;
const inUser = (all, user) => {
  if (all === 1) return user ? 'and it is sensitive' : 'but it is not sensitive';
  if (!user) return 'but none of them is sensitive';
  return user === all ? 'and all of them are sensitive' : `and ${number(user)} of them ${user === 1 ? 'is' : 'are'} sensitive`;
};

const drawHead = () => {
  const c = configuration(),
    m = machine();
  const title = el('span', { class: 'isa' }, nameOf(m));
  $('title').replaceChildren('Is ', title, ' virtualizable?');
  const under = c.without ? [' with ', el('code', {}, c.without), ' taken out of K'] : [];
  const all = c.critical.length;
  $('answer').replaceChildren(
    ...(c.theorem1
      ? [
          el('b', { class: 'yes' }, 'Yes'),
          ...under,
          `, by Theorem 1: every sensitive instruction is privileged${c.exhaustive ? ', in every state of small machines' : ''}.`,
        ]
      : [
          el('b', { class: 'no' }, c.theorem3 ? 'Only by a hybrid monitor' : 'Not by these theorems'),
          ...under,
          `: ${notPrivileged(all)}, ${inUser(all, c.user_critical.length)} in user mode.`,
        ]),
  );
  $('facts').replaceChildren(
    `${plural(list.filter(f => !f.sum).length, 'instruction')}${list.some(f => f.csr) ? ' and CSR accesses' : ''}; ` +
      (c.exhaustive
        ? `${number(c.states_examined)} states examined: ${c.extent}`
        : `${number(c.states_examined)} executions, sampled with seed ${c.seed}`) +
      (m.variant && m.about ? `; ${m.about}` : '') +
      `. ${c.aside}`,
  );
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
      el('td', { class: 'names-cell' }, el('code', {}, c.critical.join(', '))),
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
  if (!c.just_guarded) return `${verdict}; ${plural(c.guarded.length, 'finding changes', 'findings change')}`;
  return c.guarded.length ? `${verdict}; critical is just what the pin guards` : `${verdict}, nothing changes`;
};

const pinRow = (c, i) => {
  const input = el('input', { type: 'radio', name: 'pin', value: i });
  input.checked = i === state.pin;
  input.addEventListener('change', () => go({ pin: i }));
  const pin = report.pins.find(p => p.name === c.without);
  const count = c.critical.length
    ? el('span', { class: 'count no' }, `${number(c.critical.length)} critical`)
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
    pin && c.critical.length ? names('k' + i, c.critical, 4) : null,
  );
};

const drawFoot = () => {
  const sampled = report.machines[0].configurations[0].exhaustive ? '' : ` --seed ${report.seed}`;
  const states = report.states ? ` --states ${report.states}` : '';
  const name = report.isa + (report.variant ? ':' + report.variant : '');
  $('made').replaceChildren(el('code', {}, `trapeze report ${name}${sampled}${states} --html FILE`));
};
