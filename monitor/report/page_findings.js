/* page_findings.js - the table, and a finding unfolded: what was run, what became of it, and how to see it again. */

/* el('td', {class: 'x'}, 'text', child ...): text never is markup. */
const el = (name, attributes = {}, ...children) => {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v);
  e.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return e;
};

const rowId = f => 'f-' + f.subject;
const kinds = f => f.sensitive.map(s => el('span', { class: 'kind' }, s));

const findingRow = (f, open) => {
  const [cls, words] = classOf(f);
  const modes = [f.user_sensitive ? 'u' : '', f.supervisor_sensitive ? 's' : ''].join(' ').trim();
  return el(
    'tr',
    { class: `row${open ? ' open' : ''}${f.was ? ' changed' : ''}`, id: rowId(f), 'data-subject': f.subject },
    el('td', {}, el('button', { class: 'subject', type: 'button', 'aria-expanded': String(open) }, f.subject)),
    el('td', { class: f.traps === 'sometimes' ? 'line' : undefined, 'data-label': 'traps' }, trapsText(f)),
    el('td', { class: 'drop letters' }, modeLetters(f)),
    el(
      'td',
      { class: f.sensitive.length ? 'c-kinds' : 'drop' },
      ...(f.sensitive.length ? kinds(f) : [el('span', { class: 'dim' }, '–')]),
    ),
    el('td', { class: modes ? 'c-in' : 'drop', 'data-label': 'in' }, modes),
    el('td', { class: 'c-class' }, el('span', { class: `class ${cls}` }, words)),
    el('td', { class: 'c-evidence' }, evidenceText(f)),
    el(
      'td',
      { class: 'drop' },
      f.agrees || f.was
        ? el('span', { class: 'dim' }, f.agrees ? 'agrees' : 'is for all of K')
        : el('span', { class: 'no' }, 'disagrees'),
    ),
  );
};

const witnessTitles = {
  traps: `Traps in ${userMode}`,
  control: 'Control-sensitive',
  mode: 'Mode-sensitive',
  location: 'Location-sensitive',
  state: 'State-sensitive',
  silent: 'Silent in one mode',
};
const value = hex => (hex.length < 4 && hex[2] <= '9' ? hex.slice(2) : hex); /* 0x7 is 7 */
const bytes = w => w.bits.slice(2).padStart(2 * w.length, '0');
const modeName = hex => report.modes[Number(hex)] || hex;

const field = (name, cells, differs) =>
  el(
    'tr',
    {},
    el('th', { scope: 'row', class: name.includes(' ') ? 'long' : undefined }, name),
    ...cells.map(c => el('td', { class: differs ? 'differs' : undefined }, c)),
  );
const part = (words, columns) => el('tr', { class: 'part' }, el('th', { colspan: columns, scope: 'rowgroup' }, words));

/* One state: each field before and after. */
const singleTable = w => {
  const told = w.fields.filter(x => x.name !== 'mode'),
    mode = w.fields.find(x => x.name === 'mode' && x.differs_after);
  const change = (name, before, after, differs) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row', class: name.includes(' ') ? 'long' : undefined }, name),
      el('td', {}, before),
      el('td', { class: differs ? 'differs' : 'dim' }, before === after ? '=' : after),
    );
  return el(
    'table',
    { class: 'pair' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', {}, el('span', { class: 'off' }, 'field')),
        el('th', { scope: 'col' }, 'S'),
        el('th', { scope: 'col' }, 'afterwards'),
      ),
    ),
    el(
      'tbody',
      {},
      change('mode', w.mode1, mode ? modeName(mode.after1) : w.mode1, !!mode),
      ...told.map(x => change(x.name, value(x.s1), value(x.after1), x.differs_after)),
      el('tr', {}, el('th', { scope: 'row' }, 'outcome'), el('td', { colspan: 2 }, w.outcome1)),
    ),
  );
};

/* A pair: what differs before, and what then differs after. */
const pairTable = w => {
  const told = w.fields.filter(x => x.name !== 'mode'),
    after = w.fields.filter(x => x.differs_after);
  const mode = x => x.name === 'mode';
  return el(
    'table',
    { class: 'pair' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', {}, el('span', { class: 'off' }, 'field')),
        el('th', { scope: 'col' }, 'S', el('sub', {}, '1')),
        el('th', { scope: 'col' }, 'S', el('sub', {}, '2')),
      ),
    ),
    el(
      'tbody',
      {},
      part('before', 3),
      field('mode', [w.mode1, w.mode2], w.mode1 !== w.mode2),
      ...told.map(x => field(x.name, [value(x.s1), value(x.s2)], x.differs_before)),
      part('after', 3),
      field('outcome', [w.outcome1, w.outcome2], w.outcome1 !== w.outcome2),
      ...after.map(x =>
        field(x.name, mode(x) ? [modeName(x.after1), modeName(x.after2)] : [value(x.after1), value(x.after2)], true),
      ),
    ),
  );
};

/* A command breaks between words only, not at their hyphens. */
const whole = text => text.split(' ').flatMap((word, i) => [i ? ' ' : '', el('span', { class: 'whole' }, word)]);

const witnessCard = (machine, configuration, f, w) =>
  el(
    'article',
    { class: 'witness' },
    el('h3', {}, witnessTitles[w.kind]),
    el('p', { class: 'clause' }, w.clause),
    el('p', { class: 'insn' }, el('span', { class: 'bytes' }, bytes(w)), w.instruction),
    el('div', { class: 'scroll' }, w.outcome2 === undefined ? singleTable(w) : pairTable(w)),
    el('p', { class: 'replay' }, el('code', {}, ...whole(replayOf(machine, configuration, f, w)))),
  );

const aboutRow = f => {
  const list = el('dl', { class: 'about-row' }),
    row = rows.get(f.row);
  const add = (name, ...words) => list.append(el('dt', {}, name), el('dd', {}, ...words));
  if (row && !f.csr) add('in the table', `${row.extension}, ${row.manual}`);
  if (f.csr) add('CSR', f.csr + (f.constant ? ', which holds one value on this hart: nothing can be read or changed' : ''));
  for (const [mode, outcomes] of Object.entries(f.outcomes)) add(`run in ${mode}`, outcomes.join(', '));
  if (f.hidden_sensitive) add('hidden state', 'what it does depends on some, a reservation for one; that makes no class');
  add('evidence', evidenceWords(f));
  add('witness', confidenceWords[f.confidence]);
  return list;
};

const confidenceWords = {
  witnessed: 'stands for the claim, and is shown',
  exhausted: 'none, where none is shown: every state was run',
  touched: 'none, though a user-mode run that completed touched virtual state: undecided',
  clean: 'none, and no completed user-mode run read or wrote virtual state',
};

const evidenceWords = f =>
  ({
    proved: `proved: ${f.members.find(m => m.proof)?.proof || ''}`,
    exhausted: `exhausted: every state of a small machine was run, ${number(f.runs)} in all`,
    sampled: `sampled: ${plural(f.runs, 'execution')} from random states`,
  })[f.evidence];

const wasText = ({ was }) => {
  const kinds = was.sensitive.length ? was.sensitive.map(s => s + '-sensitive').join(', ') : 'not sensitive';
  const traps = was.traps === 'always' ? `always traps in ${userMode}` : `traps in ${userMode}: ${trapsText(was)}`;
  return `Under all of K: ${traps}; ${kinds}${was.privileged ? '; privileged' : ''}.`;
};

const witnessCards = (machine, configuration, f) =>
  f.witnesses.length
    ? el('div', { class: 'witnesses' }, ...f.witnesses.map(w => witnessCard(machine, configuration, f, w)))
    : el(
        'p',
        { class: 'note dim' },
        f.innocuous ? 'Nothing sensitive was seen, so there is no witness to show.' : 'No witness was kept.',
      );

/* An access of a CSR: a line, and its witnesses behind it. */
const accessPart = (machine, configuration, f, open) =>
  el(
    'details',
    { class: 'access', open },
    el(
      'summary',
      {},
      el('code', {}, f.subject),
      el('span', { class: 'letters' }, modeLetters(f)),
      el('span', {}, [trapsText(f), ...f.sensitive].join(', ')),
      f.agrees || f.was ? null : el('span', { class: 'no' }, f.disagreement || 'the table claims otherwise'),
    ),
    witnessCards(machine, configuration, f),
  );

const accessParts = (machine, configuration, f) => {
  const most = f.members.findIndex(m => m.critical),
    first = most >= 0 ? most : Math.max(0, f.members.findIndex(m => !m.innocuous));
  return f.members.map((m, i) => accessPart(machine, configuration, m, i === first && !m.innocuous));
};

const detailRow = (machine, configuration, f) =>
  el(
    'tr',
    { class: 'detail', id: 'd-' + f.subject },
    el(
      'td',
      { colspan: columns.length },
      f.was && el('p', { class: 'note was' }, wasText(f)),
      !f.agrees && !f.was && el('p', { class: 'note disagrees' }, f.disagreement || 'The table claims otherwise.'),
      f.note && el('p', { class: 'note' }, f.note),
      f.sum &&
        el('p', { class: 'note' }, 'An instruction of this row is one of its CSR accesses each time; each CSR has a row of its own.'),
      aboutRow(f),
      ...(f.csr === undefined ? [witnessCards(machine, configuration, f)] : accessParts(machine, configuration, f)),
    ),
  );
