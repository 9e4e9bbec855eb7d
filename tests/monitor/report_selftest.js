/* report_selftest.js - put at the end of a page of `trapeze report`, it uses the page as a reader would, by the events that hands
 * make, and says what it found. test_report.sh runs it in a browser. `truth` is the report as --json gives it.
 */
{
  const truth = JSON.parse(document.getElementById('truth').textContent),
    result = [];
  const check = (what, holds) => result.push(`${holds ? 'ok' : 'FAILED'} ${what}`);
  const key = (k, target = document.activeElement || document.body) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true }));
  const type = text => {
    const input = document.getElementById('search');
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const choose = (id, value) => {
    const select = document.getElementById('filter-' + id);
    select.value = value;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const all = () => [...document.querySelectorAll('tr.row')],
    names = () => all().map(r => r.dataset.subject);
  const text = id => document.getElementById(id).textContent;
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const full = truth.machines[0].configurations[0],
    pinned = truth.machines[0].configurations.at(-1);
  /* What has a row: an instruction, or a CSR for all its accesses. Of those that can be executed at all it is what they are together. */
  const nameOf = f => (f.csr === undefined ? f.subject : f.subject.replace(/^[^.]*\./, ''));
  const unique = list => [...new Set(list)];
  const members = new Map();
  for (const f of full.findings) members.set(nameOf(f), [...(members.get(nameOf(f)) || []), f]);
  const there = name => {
    const all = members.get(name),
      some = all.filter(f => f.csr === undefined || f.traps !== 'undefined');
    return some.length ? some : all;
  };
  const every = [...members.keys()];
  const isApart = n => members.get(n).every(f => f.sum || f.constant || (f.csr !== undefined && f.traps === 'undefined'));
  const isSensitive = n => !isApart(n) && there(n).some(f => f.sensitive.length);
  const isPrivileged = n => !isApart(n) && there(n).every(f => f.privileged);
  const inUser = n => there(n).some(f => f.user_sensitive);
  const put = () => every.filter(n => isSensitive(n) && isPrivileged(n));
  const setOf = list => [...list].sort();
  /* Texts of the diagram that overlap: letter by letter where they follow a circle. */
  const boxes = t => {
    if (!t.querySelector('textPath')) return [t.getBoundingClientRect()];
    const m = t.getScreenCTM();
    return [...t.textContent].map((_, i) => {
      const b = t.getExtentOfChar(i);
      return { left: b.x * m.a + m.e + 1, right: (b.x + b.width) * m.a + m.e - 1, top: b.y * m.d + m.f + 3, bottom: (b.y + b.height) * m.d + m.f - 3 };
    });
  };
  const collide = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const collisions = () => {
    const texts = [...document.querySelectorAll('#diagram svg text')].filter(t => t.textContent),
      frame = document.querySelector('#diagram svg').getBoundingClientRect(),
      found = [];
    texts.forEach((t, i) => {
      if (boxes(t).some(b => b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 3 || b.bottom > frame.bottom + 3))
        found.push(`${t.textContent} leaves the frame`);
      for (const u of texts.slice(i + 1))
        if (boxes(t).some(a => boxes(u).some(b => collide(a, b)))) found.push(`${t.textContent} and ${u.textContent}`);
    });
    return found;
  };

  const use = () => {
    check('the data is that of --json', same(report, truth));
    check('every finding has its row: an instruction, or a CSR for all its accesses', same(setOf(names()), setOf(every)));
    const kinds = all().map(r => ['critical', 'guarded', 'privileged', 'neither', 'apart', 'sum'].findIndex(c => r.querySelector('.class.' + c)));
    check(
      'the table opens with what is interesting',
      kinds.every((k, i) => k >= 0 && (!i || kinds[i - 1] <= k)) && (isSensitive(names()[0]) || !every.some(isSensitive)),
    );
    const order = names();
    check('nothing is wider than the window', document.documentElement.scrollWidth <= innerWidth);
    const places = [...document.querySelectorAll('tr.row td.c-evidence')].map(td => Math.round(td.getBoundingClientRect().left));
    check('what findings stand on is said at one place', unique(places).length === 1);
    check(
      'the verdict on each theorem',
      same(
        [...document.querySelectorAll('.theorem')].map(t => !t.classList.contains('fails')),
        [full.theorem1, full.theorem2, full.theorem3],
      ),
    );
    check(
      'the diagram counts what is privileged, a CSR once and constants not',
      text('diagram').includes(`privileged ${every.filter(isPrivileged).length.toLocaleString('en-US')}`) &&
        text('diagram').includes(`all ${every.filter(n => !isApart(n)).length.toLocaleString('en-US')}`),
    );
    const n = full.census;
    check(
      'and so does the census of the data',
      n.instructions + n.csrs === every.filter(u => !isApart(u)).length &&
        n.guarded === put().length &&
        n.privileged + n.guarded === every.filter(isPrivileged).length,
    );
    const size = id => parseFloat(getComputedStyle(document.getElementById(id)).fontSize);
    check(
      'what the verdict stands on is as large as the verdict',
      size('standing') >= size('answer') &&
        text('standing').startsWith(!full.theorem1 ? 'Witnessed' : full.exhaustive ? 'Exhausted' : n.sampled ? 'Sampled' : 'Proved'),
    );
    check(`no texts of the diagram collide: ${collisions()}`, !collisions().length);
    check(
      'each other hart has its line',
      document.querySelectorAll('#hart-table tbody tr').length === truth.harts.length &&
        truth.harts.every(h => text('harts').includes(h.about) && h.theorem1 && h.agree === h.subjects),
    );
    check('the methods are there', text('methods').includes('Quantifiers') && text('methods').includes('Limits'));
    check('every offending row is named', full.critical.every(n => text('theorems').includes(nameOf(full.findings.find(f => f.subject === n)))) || full.critical.length > 12);

    key('/');
    check('/ leads to the search', document.activeElement.id === 'search');
    const word = put()[0];
    type(word);
    check('the search finds', names().includes(word) && names().length < every.length);
    type(word + ' no-such-word');
    check('the search finds nothing where there is nothing', names().length === 0 && !document.getElementById('empty').hidden);
    key('Escape', document.getElementById('search'));
    check(
      'Escape clears the search',
      names().length === every.length && document.getElementById('search').value === '',
    );
    type('<b>&');
    check('what is searched for is no markup', names().length === 0 && !document.querySelector('main b:not(#handout b, .methods b)'));
    key('Escape', document.getElementById('search'));

    choose('region', 'sensitive');
    check('a filter leaves what it says', same(setOf(names()), setOf(every.filter(isSensitive))));
    choose('traps', 'always');
    check(
      'two filters leave what both say',
      same(setOf(names()), setOf(every.filter(u => isSensitive(u) && there(u).every(f => f.traps === 'always')))),
    );
    document.getElementById('clear').click();
    check('Clear clears', names().length === every.length);
    choose('traps', 'always');
    document.activeElement.blur();
    key('Escape', document.body);
    check('Escape clears the filters', names().length === every.length);

    const region = document.querySelector('#diagram [data-region=guarded]');
    if (region.getAttribute('role')) {
      region.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      check(
        'a region of the diagram filters',
        same(setOf(names()), setOf(put().filter(u => !inUser(u)))),
      );
      key('Enter', document.querySelector('#diagram [data-region=guarded]'));
      check('Enter on the region takes the filter back', names().length === every.length);
    }

    document.querySelector('#head button').click();
    check(
      'a heading sorts',
      names().every((n, i, a) => !i || new Intl.Collator('en', { numeric: true }).compare(a[i - 1], n) <= 0),
    );
    check('and says so', document.querySelector('#head th').getAttribute('aria-sort') === 'ascending');
    document.querySelector('#head button').click();
    check(
      'then the other way',
      names()[0] !== order[0] && document.querySelector('#head th').getAttribute('aria-sort') === 'descending',
    );
    document.querySelector('#head button').click();
    check('then as it was', same(names(), order));

    document.activeElement.blur();
    key('j', document.body);
    check('j leads to the first row', document.activeElement.closest('tr')?.dataset.subject === names()[0]);
    key('ArrowDown');
    key('j');
    key('k');
    check('arrows, j and k move', document.activeElement.closest('tr')?.dataset.subject === names()[1]);
    type(word);
    const row = all().find(r => r.dataset.subject === word),
      shown = members.get(word),
      witnesses = shown.flatMap(f => f.witnesses);
    row.querySelector('.subject').click();
    const detail = row.nextElementSibling;
    check(
      'a row unfolds',
      detail.className === 'detail' && row.querySelector('.subject').getAttribute('aria-expanded') === 'true',
    );
    check(
      'each witness is shown',
      detail.querySelectorAll('.witness').length === witnesses.length && witnesses.length > 0,
    );
    check(
      'with its clause and instruction',
      witnesses.every(w => detail.textContent.includes(w.clause) && detail.textContent.includes(w.instruction)),
    );
    check(
      'with every field that differs',
      witnesses.every(w =>
        w.fields.filter(x => x.differs_before || x.differs_after).every(x => detail.textContent.includes(x.name)),
      ),
    );
    check(
      'and how to see it again',
      detail.textContent.includes(`trapeze classify ${truth.isa}`) && detail.textContent.includes(word),
    );
    check('the address leads there', decodeURIComponent(location.hash).includes('show=' + word));
    check('an unfolded row is not wider than the window', document.documentElement.scrollWidth <= innerWidth);
    row.querySelector('.subject').click();
    check('and folds', !document.querySelector('.detail'));
    document.getElementById('clear').click();

    const radios = [...document.querySelectorAll('#pins input')];
    check('each pin can be taken out', radios.length === truth.machines[0].configurations.length);
    const units = list => unique(list.map(s => nameOf(full.findings.find(f => f.subject === s)))).length;
    check(
      'of a pin is said whether just that is critical which it guards',
      truth.machines[0].configurations.every((c, i) => {
        if (!i || !c.just_guarded || !c.guarded.length) return true;
        const anyway = units(c.critical) - units(c.guarded);
        return radios[i].closest('.pin').textContent.includes(anyway ? `guards, and ${anyway} anyway` : 'just what the pin guards');
      }),
    );
    if (radios.length > 1) {
      radios.at(-1).click();
      check(`with a pin out no texts of the diagram collide: ${collisions()}`, !collisions().length);
      const critical = all()
        .filter(r => r.querySelector('.class.critical'))
        .map(r => r.dataset.subject);
      check('a pin taken out shows what becomes critical', same(setOf(critical), setOf(unique(pinned.critical.map(s => nameOf(full.findings.find(f => f.subject === s)))))));
      check(
        'and what that makes of the theorems',
        !document.querySelector('.theorem').classList.contains('fails') === pinned.theorem1,
      );
      check(
        'and what changed',
        same(
          setOf(
            all()
              .filter(r => r.classList.contains('changed') && !members.get(r.dataset.subject)[0].sum)
              .map(r => r.dataset.subject),
          ),
          setOf(unique(pinned.guarded.map(s => nameOf(full.findings.find(f => f.subject === s))))),
        ),
      );
      check('with a pin out nothing is wider than the window', document.documentElement.scrollWidth <= innerWidth);
      const offender = document.querySelector('.theorem .name');
      if (offender) {
        const name = offender.textContent;
        offender.click();
        check(
          'a name leads to its row, unfolded',
          document.activeElement.closest('tr').dataset.subject === name &&
            document.activeElement.getAttribute('aria-expanded') === 'true',
        );
      }
      document.querySelector('#pins input').click();
      check(
        'and the pin can be put back',
        same(
          setOf(put()),
          setOf(
            all()
              .filter(r => r.querySelector('.class.guarded'))
              .map(r => r.dataset.subject),
          ),
        ),
      );
    }
    for (const pin of [...document.querySelectorAll('#pins input')].keys()) {
      document.querySelectorAll('#pins input')[pin].click();
      const bad = collisions();
      if (bad.length) check(`texts collide without pin ${pin}: ${bad}`, false);
    }
    document.querySelector('#pins input').click();
    const machines = [...document.querySelectorAll('#machine-table button')];
    check('each machine can be chosen', machines.length === (truth.machines.length > 1 ? truth.machines.length : 0));
    if (machines.length) {
      machines[1].click();
      check(
        'a machine shows its own findings',
        same(
          setOf(
            all()
              .filter(r => r.querySelector('.class.critical'))
              .map(r => r.dataset.subject),
          ),
          setOf(truth.machines[1].configurations[0].critical),
        ),
      );
      for (const m of machines.keys()) {
        document.querySelectorAll('#machine-table button')[m].click();
        const bad = collisions();
        if (bad.length) check(`texts collide on machine ${m}: ${bad}`, false);
      }
      document.querySelector('.machines button').click();
    }

    document.getElementById('theme').click();
    check('light is light', !document.documentElement.classList.contains('dark'));
    document.getElementById('theme').click();
    check('dark is dark', document.documentElement.classList.contains('dark'));
    document.getElementById('theme').click();
  };
  try {
    use();
  } catch (error) {
    check(`it went on: ${error.stack}`, false);
  }
  const bad = result.filter(r => r.startsWith('FAILED')),
    summary = [`selftest ${innerWidth} px: ${result.length - bad.length} of ${result.length}`, ...bad].join('\n');
  if (parent === window) document.body.replaceChildren(summary);
  else parent.postMessage(summary, '*');
}
