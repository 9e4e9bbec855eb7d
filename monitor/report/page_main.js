/* page_main.js - the page: one state, kept in the address so that a view can be linked to, and everything drawn from it. */

const state = { machine: 0, pin: 0, query: '', sort: '', down: false };
for (const f of filters) state[f.id] = '';
const open = new Set(); /* subjects unfolded */
const allNames = new Set(); /* lists of names shown to the end */
let list = [],
  shown = [], /* the units, and those that match */
  unitNamed = new Map(); /* of which unit a finding is */

const machine = () => report.machines[state.machine];
const configuration = () => machine().configurations[state.pin];

/* --- the address */

const remember = () => {
  const a = new URLSearchParams();
  if (machine().variant) a.set('machine', machine().variant);
  if (configuration().without) a.set('without', configuration().without);
  for (const f of filters) if (state[f.id]) a.set(f.id, state[f.id]);
  if (state.query) a.set('q', state.query);
  if (state.sort) a.set('sort', (state.down ? '-' : '') + state.sort);
  for (const subject of open) a.append('show', subject);
  try {
    history.replaceState(null, '', '#' + a);
  } catch {
    /* a page in a frame may not have an address */
  }
};

const recall = () => {
  const a = new URLSearchParams(location.hash.slice(1));
  state.machine = Math.max(
    0,
    report.machines.findIndex(m => m.variant === (a.get('machine') || '')),
  );
  state.pin = Math.max(
    0,
    machine().configurations.findIndex(c => (c.without || '') === (a.get('without') || '')),
  );
  for (const f of filters) state[f.id] = f.options.some(o => o[0] === a.get(f.id)) ? a.get(f.id) : '';
  state.query = a.get('q') || '';
  const sort = a.get('sort') || '';
  state.down = sort.startsWith('-');
  state.sort = columns.some(c => c.id === sort.replace('-', '')) ? sort.replace('-', '') : '';
  open.clear();
  const named = unitsNamed(machine().configurations[0].findings);
  a.getAll('show').forEach(s => open.add(named.get(s) || s));
};

/* By the name of an access, of a CSR's unit. */
const unitsNamed = findings => new Map(findings.map(f => [f.subject, unitName(f)]));

/* --- the sets */

const regionsChosen = {
  critical: ['critical', 'critical-user'],
  sensitive: ['guarded', 'guarded-user', 'critical', 'critical-user'],
  privileged: ['privileged', 'guarded', 'guarded-user'],
};

const drawSets = () => {
  const chosen = new Set(regionsChosen[state.region] || (state.region.startsWith('r:') ? [state.region.slice(2)] : []));
  const focused = document.activeElement?.getAttribute('data-region');
  const critical = list.filter(f => f.critical).map(f => f.subject);
  drawDiagram($('diagram'), counts(list), critical, chosen, region => {
    const wanted = region === 'critical' && !list.some(f => regionOf(f) === 'critical') ? 'critical' : 'r:' + region;
    go({ region: state.region === wanted ? '' : wanted });
  });
  if (focused) $('diagram').querySelector(`[data-region="${focused}"]`)?.focus();
  drawApart();
};

/* What the diagram leaves out, and a way to see it. */
const drawApart = () => {
  const n = counts(list);
  const button = (region, words) => {
    if (!n[region]) return null;
    const b = el('button', { type: 'button', class: 'more', 'aria-pressed': String(state.region === 'r:' + region) }, words);
    b.addEventListener('click', () => go({ region: state.region === 'r:' + region ? '' : 'r:' + region }));
    return b;
  };
  const parts = [
    button('constant', `${plural(n.constant, 'CSR')} constant here`),
    button('absent', `${plural(n.absent, 'CSR')} absent here`),
  ].filter(Boolean);
  $('apart').hidden = !parts.length;
  $('apart').replaceChildren(...(parts.length ? ['Left out: ', ...parts] : []));
};

/* --- the table */

const drawFilters = () => {
  $('filters').replaceChildren(
    ...filters.map(f => {
      const present = f.options.filter(o => list.some(o[2]) || state[f.id] === o[0]);
      const select = el(
        'select',
        { 'aria-label': f.name, id: 'filter-' + f.id, class: state[f.id] ? 'set' : undefined },
        el('option', { value: '' }, f.name + ': any'),
        ...present.map(o => el('option', { value: o[0] }, `${o[1]} (${number(list.filter(o[2]).length)})`)),
      );
      select.value = state[f.id];
      select.addEventListener('change', () => go({ [f.id]: select.value }));
      return select;
    }),
  );
};

const drawHeadings = () => {
  $('head').replaceChildren(
    el(
      'tr',
      {},
      ...columns.map(c => {
        const b = el('button', { type: 'button', title: c.title }, c.name);
        b.addEventListener('click', () =>
          go(state.sort !== c.id ? { sort: c.id, down: false } : state.down ? { sort: '', down: false } : { down: true }),
        );
        return el(
          'th',
          { scope: 'col', 'aria-sort': state.sort === c.id ? (state.down ? 'descending' : 'ascending') : undefined },
          b,
        );
      }),
    ),
  );
};

const drawRows = () => {
  shown = sorted(
    list.filter(f => matches(f, state)),
    state,
  );
  const parts = document.createDocumentFragment();
  for (const f of shown) {
    parts.append(findingRow(f, open.has(f.subject)));
    if (open.has(f.subject)) parts.append(detailRow(machine(), configuration(), f));
  }
  $('body').replaceChildren(parts);
  $('count').textContent =
    shown.length === list.length ? `${number(list.length)} rows` : `${number(shown.length)} of ${number(list.length)}`;
  $('empty').hidden = shown.length > 0;
  $('clear').hidden = !state.query && !filters.some(f => state[f.id]);
};

const toggle = subject => {
  const f = list.find(x => x.subject === subject),
    row = $(rowId(f)),
    isOpen = open.has(subject);
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
const reveal = name => {
  const subject = unitNamed.get(name) || name;
  if (!list.some(f => f.subject === subject)) return;
  open.add(subject);
  if (!shown.some(f => f.subject === subject)) go(cleared());
  else go({});
  const row = $('f-' + subject);
  row.querySelector('.subject').focus({ preventScroll: true });
  row.scrollIntoView({ block: 'start', behavior: 'auto' });
  window.scrollBy(0, -70);
};

const cleared = () => Object.fromEntries([['query', ''], ...filters.map(f => [f.id, ''])]);

/* --- a new state */

const drawAll = () => {
  const findings = findingsOf(machine(), state.pin);
  unitNamed = unitsNamed(findings);
  list = unitsOf(findings);
  $('search').value = state.query;
  drawHead();
  drawMachines();
  $('theorems').replaceChildren(...theoremCards(configuration()));
  $('remarks').replaceChildren(
    ...list.filter(f => f.note).map(f => el('p', {}, el('code', {}, f.subject), ': ' + f.note + '.')),
  );
  $('unsound').hidden = !configuration().unsound;
  $('unsound').textContent = `Unsound, so that the verdicts mean nothing: ${configuration().unsound}`;
  $('k').hidden = machine().configurations.length < 2 && !configuration().k;
  const focused = document.activeElement?.name === 'pin';
  $('pins').replaceChildren(...machine().configurations.map(pinRow));
  if (focused) $('pins').querySelector('input:checked').focus();
  drawHandout();
  drawTable();
};

const drawTable = () => {
  drawSets();
  const focused = document.activeElement?.id;
  drawFilters();
  if (focused?.startsWith('filter-')) $(focused).focus();
  drawHeadings();
  drawRows();
};

const go = change => {
  const whole = 'machine' in change || 'pin' in change,
    chosen = document.activeElement,
    place = chosen?.getBoundingClientRect().top;
  Object.assign(state, change);
  if (whole) {
    for (const f of filters) if (f.id === 'region') state[f.id] = '';
    drawAll();
    if (chosen?.name === 'pin')
      /* what is above has changed its height: the list stays where the reader looks */
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
  const all = subjects(),
    at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  const top = next.getBoundingClientRect().top;
  if (top < 60) /* under the headings, which stay */ window.scrollBy(0, top - 60);
};

const escape = target => {
  if (state.query || filters.some(f => state[f.id])) go(cleared());
  else if (target.id === 'search') target.blur();
  else if (open.size) {
    open.clear();
    drawRows();
    remember();
  }
};

document.addEventListener('keydown', event => {
  const target = event.target,
    typing = target.matches('input[type=search], select, input[type=radio]');
  if (event.ctrlKey || event.metaKey || event.altKey) return;
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
  if (row && !String(getSelection())) toggle(row.dataset.subject);
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
addEventListener('beforeprint', () => {
  printing = document.documentElement.classList.contains('dark');
  document.documentElement.classList.remove('dark');
});
addEventListener('afterprint', () => document.documentElement.classList.toggle('dark', printing));

recall();
drawTheme();
drawFoot();
drawHarts();
drawAll();
if (open.size) reveal([...open][0]);
addEventListener('hashchange', () => {
  recall();
  drawAll();
});
let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth !== width) drawSets();
  width = innerWidth;
});
