const PRESETS = [
  { label: 'Healthy', fault: null },
  { label: '30% answer 503', fault: { rate: 0.3, status: 503 } },
  { label: 'All answer 503, Retry-After 5', fault: { status: 503, retryAfter: 5 } },
  { label: 'Slow, 3 s', fault: { delayMs: 3000 } },
  { label: 'Processes the call but drops the answer', fault: { dropAfterAccept: true } },
];
const DEFAULTS = { rate: 1, status: '', retryAfter: '', delayMs: 0, dropAfterAccept: false };

/** The form offers this while there is no fault. */
const SUGGESTION = { status: 503 };

const byId = (id) => document.getElementById(id);
const form = byId('faults-form');
const fields = form.elements;

/** Shows the fault that is set, whoever set it; null if there is none. */
export function showFaults(fault) {
  byId('faults').dataset.active = String(fault !== null);
  byId('faults-now').textContent = fault === null ? 'Healthy' : describe(fault);
  document.title = `${fault === null ? '' : 'Faults on · '}Timelines · Nat sandbox`;
  for (const [index, button] of [...byId('presets').children].entries()) {
    button.ariaPressed = String(isSame(PRESETS[index].fault, fault));
  }
  // Somebody who is filling in the form keeps what they typed.
  if (!form.contains(document.activeElement)) fillForm({ ...DEFAULTS, ...(fault ?? SUGGESTION) });
}

function describe({ rate, status, retryAfter, delayMs, dropAfterAccept }) {
  const calls = rate === 1 ? 'All calls' : `${toPercent(rate)}% of calls`;
  const after = retryAfter === undefined ? '' : `, Retry-After ${retryAfter}`;
  const steps = [];
  if (delayMs > 0) steps.push(`wait ${delayMs / 1000} s`);
  if (dropAfterAccept) steps.push('drop the answer');
  else if (status !== undefined) steps.push(`answer ${status}${after}`);
  return `${calls} ${steps.join(', then ')}`;
}

function toPercent(rate) {
  return Number((rate * 100).toFixed(2));
}

function isSame(preset, fault) {
  if (preset === null || fault === null) return preset === fault;
  const complete = { ...DEFAULTS, ...preset };
  return Object.entries({ ...DEFAULTS, ...fault }).every(
    ([name, value]) => complete[name] === value,
  );
}

function fillForm({ rate, status, retryAfter, delayMs, dropAfterAccept }) {
  fields.rate.value = toPercent(rate);
  fields.status.value = status;
  fields.retryAfter.value = retryAfter;
  fields.delayMs.value = delayMs;
  fields.dropAfterAccept.checked = dropAfterAccept;
}

function readForm() {
  const { status, retryAfter } = fields;
  return {
    rate: fields.rate.valueAsNumber / 100,
    delayMs: fields.delayMs.valueAsNumber,
    dropAfterAccept: fields.dropAfterAccept.checked,
    ...(status.value !== '' && { status: status.valueAsNumber }),
    ...(retryAfter.value !== '' && { retryAfter: numberOrText(retryAfter.value) }),
  };
}

function numberOrText(text) {
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Sets a fault; null ends it. The stream then shows it, here and on every other open page. */
async function setFault(fault) {
  const request =
    fault === null ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify(fault) };
  byId('faults-problem').textContent = await problemOf(request);
}

async function problemOf(request) {
  try {
    const response = await fetch('faults', request);
    return response.ok ? '' : (await response.json()).message;
  } catch {
    return 'The sandbox cannot be reached.';
  }
}

for (const { label, fault } of PRESETS) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', () => setFault(fault));
  byId('presets').append(button);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  setFault(readForm());
});
