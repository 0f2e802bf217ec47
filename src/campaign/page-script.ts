/** What the page does in the browser. Text is put in as text, whoever it is from. */
export const PAGE_SCRIPT: string = String.raw`
'use strict';
const { report: first, isLive, views } = JSON.parse(document.getElementById('data').textContent);
const count = (n) => Math.round(n).toLocaleString('en');
const percent = (share) => (100 * share).toFixed(1) + ' %';

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(id, children) {
  document.getElementById(id).replaceChildren(...children);
}

function row(cells) {
  const made = element('tr');
  for (const [text, className] of cells) made.append(element('td', text, className));
  return made;
}

function spanText(ms) {
  const s = Math.round(ms / 1000);
  if (s < 120) return s + ' s';
  const min = Math.floor(s / 60);
  return min < 120 ? min + ' min' : Math.floor(min / 60) + ' h ' + (min % 60) + ' min';
}

function statusText(report) {
  if (report.isOver) return 'over with round ' + report.round;
  const left = report.leftMs === null ? '' : ', ' + spanText(report.leftMs) + ' left';
  return (report.round < 0 ? 'in its first round' : 'round ' + report.round + ' is merged') + left;
}

function number(label, value) {
  const made = element('div');
  made.append(element('dt', label), element('dd', value));
  return made;
}

function scenarioRows(one) {
  const about = one.isExact ? '' : 'about ';
  const isBad = one.ending === 'failed' || one.ending === 'broken' || one.ending === 'unreached';
  const its = one.strategies.length > 0 ? one.strategies : [{ strategy: '', seeds: 0, runs: one.runs, looked: 0, fresh: 0 }];
  return its.map((part, at) => row([
    [at === 0 ? one.name : ''],
    [part.strategy],
    [count(part.seeds), 'number'],
    [count(part.runs), 'number'],
    [at === 0 ? about + count(one.classes) : '', 'number'],
    [part.looked === 0 ? '' : percent(part.fresh / part.looked), 'number'],
    [at > 0 ? '' : one.ending + (one.message === null ? '' : ': ' + one.message), isBad ? 'bad' : 'muted'],
  ]));
}

function findElement(find, at, open) {
  const made = element('details');
  made.open = open.has(at);
  made.dataset.find = at;
  const line = element('summary');
  line.append(
    element('strong', find.kind === 'aside' ? 'set aside ' : 'failed ', 'bad'),
    find.scenario + ': ' + find.message + ' ',
    element('span', find.found + ', met ' + count(find.times) + (find.times === 1 ? ' time' : ' times'), 'muted'),
  );
  made.append(line, element('pre', find.isOpen ? 'it is being reduced' : find.report));
  const view = isLive && find.path !== null ? 'view/' + at : views[at];
  if (view) {
    const link = element('a', 'look at its run');
    link.href = view;
    const place = element('p');
    place.append(link);
    made.append(place);
  }
  return made;
}

function roundsPicture(rounds) {
  const ns = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(ns, 'svg');
  picture.setAttribute('viewBox', '0 0 240 80');
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('role', 'img');
  const shares = rounds.map(({ looked, fresh }) => (looked === 0 ? 0 : fresh / looked));
  const last = shares.length === 0 ? 0 : shares[shares.length - 1];
  picture.setAttribute('aria-label', 'share of new classes in the last ' + rounds.length + ' rounds, ' + percent(last) + ' in the last one');
  shares.forEach((share, at) => {
    const bar = document.createElementNS(ns, 'rect');
    bar.setAttribute('class', 'bar');
    bar.setAttribute('x', String((240 / shares.length) * at));
    bar.setAttribute('width', String(Math.max(0.5, 240 / shares.length - 0.5)));
    bar.setAttribute('y', String(80 - 80 * share));
    bar.setAttribute('height', String(80 * share));
    picture.append(bar);
  });
  return picture;
}

function machineRow(machine) {
  const state = machine.refused === null ? ['works', 'good'] : ['refuses: ' + machine.refused, 'bad'];
  return row([[machine.name], [count(machine.processes), 'number'], [count(machine.runs), 'number'],
    [count(machine.runsPerSecond), 'number'], state]);
}

function draw(report) {
  document.getElementById('id').textContent = report.id;
  document.getElementById('status').textContent = statusText(report);
  const rate = report.machines.reduce((sum, one) => sum + one.runsPerSecond, 0);
  fill('numbers', [
    number('runs', count(report.runs) + (report.runsMax === null ? '' : ' of ' + count(report.runsMax))),
    number('runs a second', count(rate)),
    number('found', count(report.finds.length)),
    number('worked for', spanText(report.workedMs)),
  ]);
  fill('scenarios', report.scenarios.flatMap(scenarioRows));
  const open = new Set([...document.querySelectorAll('#finds details[open]')].map((one) => Number(one.dataset.find)));
  fill('finds', report.finds.length === 0 ? [element('p', 'nothing so far', 'muted')] : report.finds.map((one, at) => findElement(one, at, open)));
  fill('rounds', [roundsPicture(report.rounds)]);
  fill('machines', report.machines.length === 0 ? [row([['none is there', 'muted'], [''], [''], [''], ['']])] : report.machines.map(machineRow));
  document.title = report.finds.length + ' found · heddle campaign ' + report.id;
}

draw(first);
if (isLive) {
  const events = new EventSource('events');
  let isOver = first.isOver;
  events.onmessage = ({ data }) => {
    const report = JSON.parse(data);
    isOver = report.isOver;
    draw(report);
  };
  events.onerror = () => {
    const status = document.getElementById('status');
    if (isOver) events.close();
    else status.textContent = 'the coordinator does not answer: this is what was known last';
  };
}
`;
