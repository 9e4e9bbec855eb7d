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
  const put = f => f.filter(x => x.sensitive.length && x.privileged).map(x => x.subject);

  const use = () => {
    check('the data is that of --json', same(report, truth));
    check(
      'every finding has its row, in order',
      same(
        names(),
        full.findings.map(f => f.subject),
      ),
    );
    check('nothing is wider than the window', document.documentElement.scrollWidth <= innerWidth);
    check(
      'the verdict on each theorem',
      same(
        [...document.querySelectorAll('.theorem')].map(t => !t.classList.contains('fails')),
        [full.theorem1, full.theorem2, full.theorem3],
      ),
    );
    check(
      'the diagram counts what is privileged',
      text('diagram').includes(
        `privileged ${full.findings.filter(f => f.privileged && !f.sum).length.toLocaleString('en-US')}`,
      ),
    );
    check('every offending row is named', full.critical.every(n => text('theorems').includes(n)) || full.critical.length > 12);

    key('/');
    check('/ leads to the search', document.activeElement.id === 'search');
    const word = full.findings.find(f => f.privileged && f.sensitive.length).subject;
    type(word);
    check('the search finds', names().includes(word) && names().length < full.findings.length);
    type(word + ' no-such-word');
    check('the search finds nothing where there is nothing', names().length === 0 && !document.getElementById('empty').hidden);
    key('Escape', document.getElementById('search'));
    check(
      'Escape clears the search',
      names().length === full.findings.length && document.getElementById('search').value === '',
    );
    type('<b>&');
    check('what is searched for is no markup', names().length === 0 && !document.querySelector('main b:not(#answer b)'));
    key('Escape', document.getElementById('search'));

    choose('region', 'sensitive');
    check(
      'a filter leaves what it says',
      same(
        names(),
        full.findings.filter(f => f.sensitive.length).map(f => f.subject),
      ),
    );
    choose('traps', 'always');
    check(
      'two filters leave what both say',
      same(
        names(),
        full.findings.filter(f => f.sensitive.length && f.traps === 'always').map(f => f.subject),
      ),
    );
    document.getElementById('clear').click();
    check('Clear clears', names().length === full.findings.length);
    choose('traps', 'always');
    document.activeElement.blur();
    key('Escape', document.body);
    check('Escape clears the filters', names().length === full.findings.length);

    const region = document.querySelector('#diagram [data-region=guarded]');
    if (region.getAttribute('role')) {
      region.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      check(
        'a region of the diagram filters',
        same(
          names(),
          full.findings.filter(f => f.sensitive.length && f.privileged && !f.user_sensitive && !f.sum).map(f => f.subject),
        ),
      );
      key('Enter', document.querySelector('#diagram [data-region=guarded]'));
      check('Enter on the region takes the filter back', names().length === full.findings.length);
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
      names()[0] !== full.findings[0].subject && document.querySelector('#head th').getAttribute('aria-sort') === 'descending',
    );
    document.querySelector('#head button').click();
    check(
      'then as it was',
      same(
        names(),
        full.findings.map(f => f.subject),
      ),
    );

    document.activeElement.blur();
    key('j', document.body);
    check('j leads to the first row', document.activeElement.closest('tr')?.dataset.subject === names()[0]);
    key('ArrowDown');
    key('j');
    key('k');
    check('arrows, j and k move', document.activeElement.closest('tr')?.dataset.subject === names()[1]);
    type(word);
    const row = all().find(r => r.dataset.subject === word),
      finding = full.findings.find(f => f.subject === word);
    row.querySelector('.subject').click();
    const detail = row.nextElementSibling;
    check(
      'a row unfolds',
      detail.className === 'detail' && row.querySelector('.subject').getAttribute('aria-expanded') === 'true',
    );
    check(
      'each witness is shown',
      detail.querySelectorAll('.witness').length === finding.witnesses.length && finding.witnesses.length > 0,
    );
    check(
      'with its clause and instruction',
      finding.witnesses.every(w => detail.textContent.includes(w.clause) && detail.textContent.includes(w.instruction)),
    );
    check(
      'with every field that differs',
      finding.witnesses.every(w =>
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
    if (radios.length > 1) {
      radios.at(-1).click();
      const critical = all()
        .filter(r => r.querySelector('.class.critical'))
        .map(r => r.dataset.subject);
      check('a pin taken out shows what becomes critical', same(critical, pinned.critical));
      check(
        'and what that makes of the theorems',
        !document.querySelector('.theorem').classList.contains('fails') === pinned.theorem1,
      );
      check(
        'and what changed',
        same(
          all()
            .filter(
              r =>
                r.classList.contains('changed') &&
                !truth.machines[0].configurations[0].findings.find(f => f.subject === r.dataset.subject).sum,
            )
            .map(r => r.dataset.subject),
          pinned.guarded,
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
          put(full.findings),
          all()
            .filter(r => r.querySelector('.class.guarded'))
            .map(r => r.dataset.subject),
        ),
      );
    }
    const machines = [...document.querySelectorAll('.machines button')];
    check('each machine can be chosen', machines.length === (truth.machines.length > 1 ? truth.machines.length : 0));
    if (machines.length) {
      machines[1].click();
      check(
        'a machine shows its own findings',
        same(
          all()
            .filter(r => r.querySelector('.class.critical'))
            .map(r => r.dataset.subject),
          truth.machines[1].configurations[0].critical,
        ),
      );
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
