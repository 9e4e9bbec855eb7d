/* page_main.js - the page: one state, kept in the address so that a view can be linked to, and everything drawn from it. */

const $ = id => document.getElementById(id);
const state = { machine: 0, pin: 0, query: '', sort: '', down: false };
for (const f of filters)
  state[f.id] = '';
const open = new Set();   /* subjects unfolded */
const allNames = new Set(); /* lists of names shown to the end */
let list = [], shown = [];  /* the findings, and those that match */

const machine = () => report.machines[state.machine];
const configuration = () => machine().configurations[state.pin];

/* --- the address */

const remember = () => {
  const a = new URLSearchParams();
  if (machine().variant)
    a.set('machine', machine().variant);
  if (configuration().without)
    a.set('without', configuration().without);
  for (const f of filters)
    if (state[f.id])
      a.set(f.id, state[f.id]);
  if (state.query)
    a.set('q', state.query);
  if (state.sort)
    a.set('sort', (state.down ? '-' : '') + state.sort);
  for (const subject of open)
    a.append('show', subject);
  try {
    history.replaceState(null, '', '#' + a);
  } catch {
    /* a page in a frame may not have an address */
  }
};

const recall = () => {
  const a = new URLSearchParams(location.hash.slice(1));
  state.machine = Math.max(0, report.machines.findIndex(m => m.variant === (a.get('machine') || '')));
  state.pin = Math.max(0, machine().configurations.findIndex(c => (c.without || '') === (a.get('without') || '')));
  for (const f of filters)
    state[f.id] = f.options.some(o => o[0] === a.get(f.id)) ? a.get(f.id) : '';
  state.query = a.get('q') || '';
  const sort = a.get('sort') || '';
  state.down = sort.startsWith('-');
  state.sort = columns.some(c => c.id === sort.replace('-', '')) ? sort.replace('-', '') : '';
  open.clear();
  a.getAll('show').forEach(s => open.add(s));
};

/* --- verdicts */

const mark = holds => el('span', { class: holds ? 'yes' : 'no' }, holds ? '✓' : '✗', el('span', { class: 'word' }, holds ? ' holds' : ' fails'));

/* Names that lead to their rows; long lists can be shown to the end. */
const names = (id, all, most = 12) => {
  const end = allNames.has(id) || all.length <= most + 1 ? all.length : most;
  const box = el('div', { class: 'names' }, ...all.slice(0, end).map(n => {
    const b = el('button', { class: 'name', type: 'button', title: 'show the witness' }, n);
    b.addEventListener('click', event => {
      event.stopPropagation();
      reveal(n);
    });
    return b;
  }));
  if (all.length > most + 1) {
    const b = el('button', { class: 'more', type: 'button' }, end < all.length ? `and ${number(all.length - end)} more` : 'fewer');
    b.addEventListener('click', event => {
      event.stopPropagation();
      allNames[end < all.length ? 'add' : 'delete'](id);
      event.target.closest('.names').replaceWith(names(id, all, most));
    });
    box.append(b);
  }
  return box;
};

const theoremCards = c => [
  ['Theorem 1', 'sensitive ⊆ privileged', c.theorem1,
    c.theorem1 ? 'A virtual machine monitor may be constructed.' : 'Sensitive and not privileged:', c.theorem1 ? [] : c.critical],
  ['Theorem 2', 'Theorem 1, and no dependence on timing', c.theorem2,
    c.theorem2 ? 'It may be virtualized recursively: ' + c.why2.replace(/^virtualizable, and /, '') + '.' : c.why2[0].toUpperCase() + c.why2.slice(1) + '.', []],
  ['Theorem 3', 'user-sensitive ⊆ privileged', c.theorem3,
    c.theorem3 ? 'A hybrid monitor may be constructed; it interprets all that runs in virtual supervisor mode.' : 'User-sensitive and not privileged:',
    c.theorem3 ? [] : c.user_critical],
].map(([name, formula, holds, words, critical], i) => el('article', { class: `theorem${holds ? '' : ' fails'}` },
  el('h3', {}, name, el('span', { class: 'verdict' }, holds ? '✓ holds' : '✗ does not hold')),
  el('p', { class: 'formula' }, formula), el('p', {}, words), critical.length ? names('t' + i, critical) : null));

const drawHead = () => {
  const c = configuration(), m = machine();
  const title = el('span', { class: 'isa' }, nameOf(m));
  $('title').replaceChildren('Is ', title, ' virtualizable?');
  const under = c.without ? [' with ', el('code', {}, c.without), ' taken out of K'] : [];
  const all = c.critical.length, user = c.user_critical.length;
  const inUser = user === 0 ? `but ${all === 1 ? 'it is not sensitive' : 'none of them is sensitive'}`
    : all === 1 ? 'and it is sensitive' : user === all ? 'and all of them are sensitive' : `and ${number(user)} of them ${user === 1 ? 'is' : 'are'} sensitive`;
  $('answer').replaceChildren(...(c.theorem1 ? [el('b', { class: 'yes' }, 'Yes'), ...under, `, by Theorem 1: every sensitive instruction is privileged${c.exhaustive ? ', in every state' : ''}.`]
    : [el('b', { class: 'no' }, c.theorem3 ? 'Only by a hybrid monitor' : 'Not by these theorems'), ...under,
      `: ${plural(all, 'sensitive instruction is', 'sensitive instructions are')} not privileged, ${inUser} in user mode.`]));
  $('facts').replaceChildren(`${plural(list.filter(f => !f.sum).length, 'instruction')}${list.some(f => f.csr) ? ' and CSR accesses' : ''}; ` +
    (c.exhaustive ? `${number(c.states_examined)} states examined, which are all` : `${number(c.states_examined)} executions, sampled with seed ${c.seed}`) +
    (m.variant && m.about ? `; ${m.about}` : '') + '.');
};

const drawMachines = () => {
  $('machines').hidden = report.machines.length < 2;
  const row = (m, i) => {
    const c = m.configurations[0], b = el('button', { type: 'button', 'aria-pressed': String(i === state.machine) }, nameOf(m));
    b.addEventListener('click', () => go({ machine: i, pin: 0 }));
    return el('tr', { class: i === state.machine ? 'chosen' : undefined }, el('td', {}, b), el('td', { class: 'about' }, m.about || ''),
      ...[c.theorem1, c.theorem2, c.theorem3].map((t, at) => el('td', { class: 'mark', 'data-label': at + 1 }, mark(t))),
      el('td', { class: 'names-cell' }, el('code', {}, c.critical.join(', '))));
  };
  $('machine-table').replaceChildren(el('thead', {}, el('tr', {}, ...['machine', 'what is different', 'Theorem 1', 'Theorem 2', 'Theorem 3', 'critical']
    .map(t => el('th', { scope: 'col' }, t)))), el('tbody', {}, ...report.machines.map(row)));
};

const pinRow = (c, i) => {
  const input = el('input', { type: 'radio', name: 'pin', value: i });
  input.checked = i === state.pin;
  input.addEventListener('change', () => go({ pin: i }));
  const pin = report.pins.find(p => p.name === c.without);
  const count = c.critical.length ? el('span', { class: 'count no' }, `${number(c.critical.length)} critical`) : el('span', { class: 'count yes' }, 'none critical');
  const label = pin ? ['without ', el('code', {}, pin.name)] : ['all of K'];
  const failing = [1, 2, 3].filter(t => !c['theorem' + t]);
  const marks = !pin ? '' : (failing.length ? `${failing.length > 1 ? 'Theorems' : 'Theorem'} ${failing.join(', ')} ${failing.length > 1 ? 'fail' : 'fails'}` : 'The theorems hold') +
    (c.just_guarded ? c.guarded.length ? '; critical is just what the pin guards' : ', nothing changes' : `; ${plural(c.guarded.length, 'finding changes', 'findings change')}`);
  return el('label', { class: `pin${i === state.pin ? ' chosen' : ''}` }, input, el('span', { class: 'label' }, ...label), count,
    el('span', { class: 'about' }, pin ? pin.about : c.k || 'nothing to set'), marks && el('span', { class: 'marks' }, marks), pin && c.critical.length ? names('k' + i, c.critical, 4) : null);
};

const drawSets = () => {
  const chosen = new Set();
  for (const region of Object.keys(regionWords))
    if (state.region === 'r:' + region || { critical: ['critical', 'critical-user'], sensitive: ['guarded', 'guarded-user', 'critical', 'critical-user'],
      privileged: ['privileged', 'guarded', 'guarded-user'] }[state.region]?.includes(region))
      chosen.add(region);
  if (state.region === 'r:critical' || state.region === 'r:neither')
    chosen.add(state.region.slice(2));
  const focused = document.activeElement?.getAttribute('data-region');
  drawDiagram($('diagram'), counts(list), configuration().critical, chosen, region => {
    const wanted = region === 'critical' && !list.some(f => regionOf(f) === 'critical') ? 'critical' : 'r:' + region;
    go({ region: state.region === wanted ? '' : wanted });
  });
  if (focused)
    $('diagram').querySelector(`[data-region="${focused}"]`)?.focus();
};

/* --- the table */

const drawFilters = () => {
  $('filters').replaceChildren(...filters.map(f => {
    const present = f.options.filter(o => list.some(o[2]) || state[f.id] === o[0]);
    const select = el('select', { 'aria-label': f.name, id: 'filter-' + f.id, class: state[f.id] ? 'set' : undefined }, el('option', { value: '' }, f.name + ': any'),
      ...present.map(o => el('option', { value: o[0] }, `${o[1]} (${number(list.filter(o[2]).length)})`)));
    select.value = state[f.id];
    select.addEventListener('change', () => go({ [f.id]: select.value }));
    return select;
  }));
};

const drawHeadings = () => {
  $('head').replaceChildren(el('tr', {}, ...columns.map(c => {
    const b = el('button', { type: 'button', title: c.title }, c.name);
    b.addEventListener('click', () => go(state.sort !== c.id ? { sort: c.id, down: false } : state.down ? { sort: '', down: false } : { down: true }));
    return el('th', { scope: 'col', 'aria-sort': state.sort === c.id ? (state.down ? 'descending' : 'ascending') : undefined }, b);
  })));
};

const drawRows = () => {
  shown = sorted(list.filter(f => matches(f, state)), state);
  const parts = document.createDocumentFragment();
  for (const f of shown) {
    parts.append(findingRow(f, open.has(f.subject)));
    if (open.has(f.subject))
      parts.append(detailRow(machine(), configuration(), f));
  }
  $('body').replaceChildren(parts);
  $('count').textContent = shown.length === list.length ? `${number(list.length)} findings` : `${number(shown.length)} of ${number(list.length)}`;
  $('empty').hidden = shown.length > 0;
  $('clear').hidden = !state.query && !filters.some(f => state[f.id]);
};

const toggle = subject => {
  const f = list.find(x => x.subject === subject), row = $(rowId(f)), isOpen = open.has(subject);
  if (isOpen) {
    open.delete(subject);
    row.nextElementSibling.remove();
  } else {
    open.add(subject);
    row.after(detailRow(machine(), configuration(), f));
  }
  row.classList.toggle('open', !isOpen);
  row.querySelector('.subject').setAttribute('aria-expanded', String(!isOpen));
  remember();
};

/* A row by name, whatever is filtered. */
const reveal = subject => {
  if (!list.some(f => f.subject === subject))
    return;
  open.add(subject);
  if (!shown.some(f => f.subject === subject))
    go(cleared());
  else
    go({});
  const row = $('f-' + subject);
  row.querySelector('.subject').focus({ preventScroll: true });
  row.scrollIntoView({ block: 'start', behavior: 'auto' });
  window.scrollBy(0, -70);
};

const cleared = () => Object.fromEntries([['query', ''], ...filters.map(f => [f.id, ''])]);

/* --- a new state */

const drawAll = () => {
  list = findingsOf(machine(), state.pin);
  $('search').value = state.query;
  drawHead();
  drawMachines();
  $('theorems').replaceChildren(...theoremCards(configuration()));
  $('remarks').replaceChildren(...list.filter(f => f.note).map(f => el('p', {}, el('code', {}, f.subject), ': ' + f.note + '.')));
  $('unsound').hidden = !configuration().unsound;
  $('unsound').textContent = `Unsound, so that the verdicts mean nothing: ${configuration().unsound}`;
  $('k').hidden = machine().configurations.length < 2 && !configuration().k;
  const focused = document.activeElement?.name === 'pin';
  $('pins').replaceChildren(...machine().configurations.map(pinRow));
  if (focused)
    $('pins').querySelector('input:checked').focus();
  drawTable();
};

const drawTable = () => {
  drawSets();
  const focused = document.activeElement?.id;
  drawFilters();
  if (focused?.startsWith('filter-'))
    $(focused).focus();
  drawHeadings();
  drawRows();
};

const go = change => {
  const whole = 'machine' in change || 'pin' in change, chosen = document.activeElement, place = chosen?.getBoundingClientRect().top;
  Object.assign(state, change);
  if (whole) {
    for (const f of filters)
      if (f.id === 'region')
        state[f.id] = '';
    drawAll();
    if (chosen?.name === 'pin') /* what is above has changed its height: the list stays where the reader looks */
      window.scrollBy(0, document.activeElement.getBoundingClientRect().top - place);
  } else {
    $('search').value = state.query;
    drawTable();
  }
  remember();
};

/* --- hands */

const subjects = () => [...$('body').querySelectorAll('.subject')];
const move = step => {
  const all = subjects(), at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  if (!next)
    return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  const top = next.getBoundingClientRect().top;
  if (top < 60) /* under the headings, which stay */
    window.scrollBy(0, top - 60);
};

const escape = target => {
  if (state.query || filters.some(f => state[f.id]))
    go(cleared());
  else if (target.id === 'search')
    target.blur();
  else if (open.size) {
    open.clear();
    drawRows();
    remember();
  }
};

document.addEventListener('keydown', event => {
  const target = event.target, typing = target.matches('input[type=search], select, input[type=radio]');
  if (event.ctrlKey || event.metaKey || event.altKey)
    return;
  if (event.key === 'Escape') {
    event.preventDefault();
    escape(target);
  } else if (target.id === 'search' && (event.key === 'ArrowDown' || event.key === 'Enter')) {
    event.preventDefault();
    subjects()[0]?.focus();
  } else if (typing) {
    return;
  } else if (event.key === '/') {
    event.preventDefault();
    $('search').focus();
    $('search').select();
  } else if (event.key === 'j' || (event.key === 'ArrowDown' && target.matches('.subject'))) {
    event.preventDefault();
    move(1);
  } else if (event.key === 'k' || (event.key === 'ArrowUp' && target.matches('.subject'))) {
    event.preventDefault();
    move(-1);
  }
});
$('body').addEventListener('click', event => {
  const row = event.target.closest('tr.row');
  if (row && !String(getSelection()))
    toggle(row.dataset.subject);
});
$('search').addEventListener('input', () => go({ query: $('search').value }));
$('clear').addEventListener('click', () => {
  go(cleared());
  $('search').focus();
});

/* --- light and dark: the system's wish, unless the reader has one */

const dark = matchMedia('(prefers-color-scheme: dark)');
let theme = 'system';
try {
  theme = localStorage.getItem('trapeze-theme') || theme;
} catch {
  /* no storage: the choice lasts as long as the page */
}
const drawTheme = () => {
  document.documentElement.classList.toggle('dark', theme === 'dark' || (theme === 'system' && dark.matches));
  $('theme').textContent = { system: '◐ as the system', light: '○ light', dark: '● dark' }[theme];
  $('theme').setAttribute('aria-label', `Colours: ${theme}`);
};
$('theme').addEventListener('click', () => {
  theme = { system: 'light', light: 'dark', dark: 'system' }[theme];
  try {
    localStorage.setItem('trapeze-theme', theme);
  } catch {
    /* as above */
  }
  drawTheme();
});
dark.addEventListener('change', drawTheme);
let printing = false;
addEventListener('beforeprint', () => (printing = document.documentElement.classList.contains('dark'), document.documentElement.classList.remove('dark')));
addEventListener('afterprint', () => printing && document.documentElement.classList.add('dark'));

/* --- words, foot */

const words = [
  ['privileged', 'Always traps in user mode, and does not in a more privileged one. Measured under K. Memory traps are set aside.'],
  ['control-sensitive', 'In some state it completes, and the mode, a resource or other control state is not as before.'],
  ['location-sensitive', 'In two states with the same memory seen, but elsewhere, it completes and does different things.'],
  ['mode-sensitive', 'In two states that differ in the mode only it completes and does different things.'],
  ['state-sensitive', 'In two states of the same mode that differ in control state only it does different things: the paper’s behaviour-sensitivity for machines with more control state than a relocation register.'],
  ['user-, supervisor-sensitive', 'Control-, location- or state-sensitive with the mode user (u), or a privileged one (s), in all states of the witness.'],
  ['innocuous', 'Not sensitive. It may run directly.'],
  ['critical', 'Sensitive and not privileged. One such instruction, and Theorem 1 does not apply. The theorems give sufficient conditions, not necessary ones.'],
  ['requested, undefined', 'Traps in every mode: because the program asks for it, or because the machine has no such operation. Neither spoils a theorem.'],
  ['confidence', '“Sensitive” needs one witness. “Privileged” and “innocuous” speak of all states: clean means that no completed user-mode run touched virtual state, touched that one did without a witness being found, proved that every state was examined.'],
  ['claim', 'What the table of instructions claims. It is compared with what is measured, and decides nothing.'],
  ['K', 'What the monitor sets, promises or counts on so that sensitive instructions trap. Each part of it is a pin.'],
];
$('words').append(...words.map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, text))));
$('foot').append(el('p', {}, 'Definitions and theorems: G. J. Popek and R. P. Goldberg, “Formal Requirements for Virtualizable Third Generation Architectures”, Communications of the ACM 17(7), 1974, pp. 412–421 [PG74].'),
  el('p', {}, `Made by Trapeze ${report.version}: `, el('code', {}, `trapeze report ${report.isa}${report.variant ? ':' + report.variant : ''}${report.machines[0].configurations[0].exhaustive ? '' : ` --seed ${report.seed}`}${report.states ? ` --states ${report.states}` : ''} --html FILE`), '. Every witness was executed, on the machine that also runs guests.'));

recall();
drawTheme();
drawAll();
if (open.size)
  reveal([...open][0]);
addEventListener('hashchange', () => {
  recall();
  drawAll();
});
let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth !== width)
    drawSets();
  width = innerWidth;
});
