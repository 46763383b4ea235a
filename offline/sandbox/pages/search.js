import { go } from './place.js';

const DELAY_MS = 200;

/** Makes a field the search of its view: the place follows what is typed. */
export function startSearch(field) {
  let timer;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      go({ search: field.value.trim(), before: '', request: '' }, { replace: true });
    }, DELAY_MS);
  });
}

/** Shows the search of the place, unless the reader is typing. */
export function showSearch(field, search) {
  if (field !== document.activeElement) field.value = search;
}
