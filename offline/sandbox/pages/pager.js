import { createElement } from './dom.js';
import { addressOf, readPlace } from './place.js';

/**
 * Shows the links to the pages beside this one.
 *
 * @param nav gets the links
 * @param page what the sandbox says of the page
 */
export function showPager(nav, { newerCount, newer, older }) {
  const links = [
    ...(newerCount > 0 ? [{ label: 'Newer', before: newer ?? '' }] : []),
    ...(older === undefined ? [] : [{ label: 'Older', before: older }]),
  ];
  nav.hidden = links.length === 0;
  links.forEach(({ label, before }, index) => {
    const link = nav.children[index] ?? nav.appendChild(createElement('a', 'button'));
    link.dataset.place = '';
    link.textContent = label;
    link.href = addressOf({ ...readPlace(), before: String(before), request: '' });
  });
  while (nav.children.length > links.length) nav.lastElementChild.remove();
}
