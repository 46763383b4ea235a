import { announce } from './dom.js';
import { count } from './formats.js';
import { go, readPlace } from './place.js';

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

/** Creates what tells screen readers how many were found, whenever the search has changed. */
export function createFindings(noun) {
  let last = filterOf(readPlace());
  return (place, matching) => {
    if (filterOf(place) === last) return;
    last = filterOf(place);
    announce(`${count(matching, noun)} found`);
  };
}

function filterOf({ search, status }) {
  return JSON.stringify([search, status]);
}
