const PRESETS = [
  { name: 'Healthy', faults: null },
  { name: '30% answer 503', faults: { rate: 0.3, status: 503 } },
  { name: 'All answer 503, Retry-After 5', faults: { status: 503, retryAfter: 5 } },
  { name: 'Slow, 3 s', faults: { delayMs: 3000 } },
  { name: 'Takes it but drops the answer', faults: { dropAfterAccept: true } },
];
const DEFAULTS = { rate: 1, status: '', retryAfter: '', delayMs: 0, dropAfterAccept: false };

// What the fields offer while nothing is set.
const SUGGESTED = { status: 503 };

const byId = (id) => document.getElementById(id);
const form = byId('faults-form');
const fields = form.elements;

/** Shows the faults that are set now, whoever set them; null is healthy. */
export const showFaults = (faults) => {
  byId('faults').dataset.active = String(faults !== null);
  byId('faults-now').textContent = faults === null ? 'Healthy' : inWords(faults);
  document.title = `${faults === null ? '' : 'Faults on · '}Timelines · Nat sandbox`;
  for (const [index, button] of [...byId('presets').children].entries()) {
    button.ariaPressed = String(sameFaults(PRESETS[index].faults, faults));
  }
  // Somebody who is filling in the fields keeps what they typed.
  if (!form.contains(document.activeElement)) fill({ ...DEFAULTS, ...(faults ?? SUGGESTED) });
};

const inWords = ({ rate, status, retryAfter, delayMs, dropAfterAccept }) => {
  const wait = delayMs > 0 ? [`wait ${delayMs / 1000} s`] : [];
  const after = retryAfter === undefined ? '' : `, Retry-After ${retryAfter}`;
  const answer = status === undefined ? [] : [`answer ${status}${after}`];
  const outcome = dropAfterAccept ? ['drop the answer'] : answer;
  const hit = rate === 1 ? 'All' : `${percent(rate)}%`;
  return `${hit} calls ${[...wait, ...outcome].join(', then ')}`.replace('% calls', '% of calls');
};

const percent = (rate) => Number((rate * 100).toFixed(2));

const sameFaults = (preset, faults) => {
  if (preset === null || faults === null) return preset === faults;
  const whole = { ...DEFAULTS, ...preset };
  return Object.entries({ ...DEFAULTS, ...faults }).every(([name, value]) => whole[name] === value);
};

const fill = ({ rate, status, retryAfter, delayMs, dropAfterAccept }) => {
  fields.rate.value = percent(rate);
  fields.status.value = status;
  fields.retryAfter.value = retryAfter;
  fields.delayMs.value = delayMs;
  fields.dropAfterAccept.checked = dropAfterAccept;
};

const filledIn = () => ({
  rate: fields.rate.valueAsNumber / 100,
  delayMs: fields.delayMs.valueAsNumber,
  dropAfterAccept: fields.dropAfterAccept.checked,
  ...(fields.status.value === '' ? {} : { status: fields.status.valueAsNumber }),
  ...(fields.retryAfter.value === '' ? {} : { retryAfter: numberOrText(fields.retryAfter.value) }),
});

const numberOrText = (text) => (Number.isNaN(Number(text)) ? text : Number(text));

const apply = async (faults) => {
  const call =
    faults === null ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify(faults) };
  byId('faults-problem').textContent = await problemOf(call);
};

// What is set comes back on the stream, here as on every other open page.
const problemOf = async (call) => {
  try {
    const answer = await fetch('faults', call);
    return answer.ok ? '' : (await answer.json()).message;
  } catch {
    return 'The sandbox cannot be reached.';
  }
};

for (const { name, faults } of PRESETS) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = name;
  button.addEventListener('click', () => apply(faults));
  byId('presets').append(button);
}

form.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  apply(filledIn());
});
