const DEFAULT_NAME = 'default';
const PRESETS = [
  { label: 'Healthy', fault: null },
  { label: '30% answer 503', fault: { rate: 0.3, status: 503 } },
  { label: 'All answer 503, Retry-After 5', fault: { status: 503, retryAfter: 5 } },
  { label: 'Slow, 3 s', fault: { delayMs: 3000 } },
  { label: 'All answers dropped', fault: { dropAfterAccept: true } },
];
const DEFAULTS = { rate: 1, delayMs: 0, dropAfterAccept: false };

const byId = (id) => document.getElementById(id);
const form = byId('faults-form');
const fields = form.elements;

/** Shows the faults that are set, whoever set them. */
export function showFaults(faults) {
  byId('faults').dataset.active = String(faults.length > 0);
  byId('faults-now').textContent = summarize(faults);
  byId('active-faults').replaceChildren(...faults.map(createItem));
  for (const [index, button] of [...byId('presets').children].entries()) {
    button.ariaPressed = String(isSet(PRESETS[index].fault, faults));
  }
}

function summarize(faults) {
  if (faults.length === 0) return 'Healthy';
  return faults.length === 1 ? describe(faults[0]) : `${faults.length} faults are set`;
}

function describe({ rate, status, retryAfter, delayMs, dropAfterAccept, ...rest }) {
  const { apiKeyEnding, bodyBytes, gzipBombBytes, neverEnds } = rest;
  const calls = rate === 1 ? 'All calls' : `${Number((rate * 100).toFixed(2))}% of calls`;
  const scope = apiKeyEnding === undefined ? '' : ` with the API key ending in ${apiKeyEnding}`;
  const answer = [
    `answer ${status ?? 'as usual'}`,
    ...(status === undefined || retryAfter === undefined ? [] : [`, Retry-After ${retryAfter}`]),
    ...(bodyBytes === undefined ? [] : [`, with a body of ${formatBytes(bodyBytes)}`]),
    ...(gzipBombBytes === undefined ? [] : [`, with a gzip bomb of ${formatBytes(gzipBombBytes)}`]),
    ...(neverEnds ? [', without an end'] : []),
  ].join('');
  const steps = [
    ...(delayMs > 0 ? [`wait ${delayMs / 1000} s`] : []),
    ...(dropAfterAccept ? ['drop the answer'] : []),
    ...(dropAfterAccept || answer === 'answer as usual' ? [] : [answer]),
  ];
  return `${calls}${scope} ${steps.join(', then ')}`;
}

function formatBytes(bytes) {
  return `${bytes.toLocaleString('en')} bytes`;
}

function createItem({ name, ...fault }) {
  const item = document.createElement('li');
  const text = document.createElement('p');
  const title = document.createElement('strong');
  title.textContent = name;
  text.append(title, `: ${describe(fault)}`);
  const button = createButton('End', () => request(name, { method: 'DELETE' }));
  button.ariaLabel = `End ${name}`;
  item.append(text, button);
  return item;
}

function createButton(label, onClick) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', onClick);
  return button;
}

/** True if the default fault is that of a preset; null stands for no faults at all. */
function isSet(preset, faults) {
  if (preset === null) return faults.length === 0;
  const { name: _, ...current } = faults.find(({ name }) => name === DEFAULT_NAME) ?? {};
  const complete = { ...DEFAULTS, ...preset };
  return Object.keys({ ...complete, ...current }).every((key) => complete[key] === current[key]);
}

/** Sends a request. The stream then shows its effect, here and on every other open page. */
async function request(name, options) {
  byId('faults-problem').textContent = await problemOf(name, options);
}

async function problemOf(name, options) {
  try {
    const response = await fetch(`faults${name && `/${encodeURIComponent(name)}`}`, options);
    return response.ok ? '' : (await response.json()).message;
  } catch {
    return 'The sandbox cannot be reached.';
  }
}

function setFault(name, fault) {
  return request(name, { method: 'PUT', body: JSON.stringify(fault) });
}

function endAll() {
  return request('', { method: 'DELETE' });
}

function readForm() {
  const { apiKey, retryAfter, rate, delayMs, dropAfterAccept, neverEnds } = fields;
  const numbers = ['status', 'bodyBytes', 'gzipBombBytes']
    .filter((name) => fields[name].value !== '')
    .map((name) => [name, fields[name].valueAsNumber]);
  return {
    rate: rate.valueAsNumber / 100,
    delayMs: delayMs.valueAsNumber,
    dropAfterAccept: dropAfterAccept.checked,
    ...Object.fromEntries(numbers),
    ...(apiKey.value !== '' && { apiKey: apiKey.value }),
    ...(retryAfter.value !== '' && { retryAfter: numberOrText(retryAfter.value) }),
    ...(neverEnds.checked && { neverEnds: true }),
  };
}

function numberOrText(text) {
  return Number.isNaN(Number(text)) ? text : Number(text);
}

for (const { label, fault } of PRESETS) {
  const onClick = () => (fault === null ? endAll() : setFault(DEFAULT_NAME, fault));
  byId('presets').append(createButton(label, onClick));
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  setFault(fields.faultName.value || DEFAULT_NAME, readForm());
});
