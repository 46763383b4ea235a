import { deliveryWord, describeDelivery } from './delivery.js';
import { createButton, createElement, createForeign, setText } from './dom.js';
import { formatDay, formatTimeIn } from './formats.js';
import { addressOf } from './place.js';

const HUES = 6;
/** About two lines. What is longer is cut until the reader opens it. */
const LONG_CHARACTERS = 120;

/**
 * Creates the card of a contact, without its interactions.
 *
 * @param onToggle called when the reader wants to see all interactions, or only the latest
 */
export function createContact({ account, email }, onToggle) {
  const article = createElement('article', 'contact');
  article.dataset.contact = email;
  const avatar = createElement('span', `avatar hue-${hueOf(email)}`, initialsOf(email));
  avatar.ariaHidden = 'true';
  const requests = createElement('a', 'to-requests', 'Requests');
  requests.dataset.place = '';
  requests.href = addressOf({ view: 'requests', search: email });
  requests.ariaLabel = `Requests with ${email}`;
  const header = createElement(
    'header',
    'contact-header',
    avatar,
    createForeign('h3', 'address', email),
    createElement('span', 'account', `account ${account}`),
    requests,
  );
  const toggle = createButton('toggle', '', onToggle);
  article.append(header, createElement('ol', 'interactions'), toggle);
  return article;
}

/**
 * Shows the interactions of a contact in its card. `highlight` lights up the new ones for a moment.
 *
 * @returns true if some of them are new
 */
export function showInteractions(article, { interactions, total }, { highlight, isOpen }) {
  const list = article.querySelector('.interactions');
  const entries = new Map([...list.children].map((entry) => [entry.dataset.day, entry]));
  let hasNew = false;
  interactions.forEach((interaction, index) => {
    let entry = entries.get(interaction.day);
    if (entry === undefined) {
      entry = createEntry(interaction);
      entry.classList.toggle('highlight', highlight);
      hasNew = true;
    }
    entries.delete(interaction.day);
    showDelivery(entry, interaction);
    if (list.children[index] !== entry) list.insertBefore(entry, list.children[index] ?? null);
  });
  for (const entry of entries.values()) entry.remove();
  const toggle = article.querySelector('.toggle');
  toggle.hidden = !isOpen && total <= interactions.length;
  toggle.ariaExpanded = String(isOpen);
  setText(toggle, isOpen ? 'Show only the latest' : `Show all ${total}`);
  return hasNew;
}

function createEntry({ day, timestamp, timeZone, description }) {
  const entry = createElement('li', 'interaction');
  entry.dataset.interaction = '';
  entry.dataset.day = day;
  const date = createElement('time', 'date', formatDay(day));
  date.dateTime = timestamp;
  date.title = `${timestamp}, counted in the time zone ${timeZone}`;
  const time = createElement('span', 'time', formatTimeIn(timestamp, timeZone));
  entry.append(date, createDescription(description), time);
  return entry;
}

/** Says if an interaction is not delivered. It stays a part of the entry, so that it can change. */
function showDelivery(entry, interaction) {
  let note = entry.querySelector('.delivery');
  if (interaction.status === undefined) {
    note?.remove();
    delete entry.dataset.status;
    return;
  }
  const word = deliveryWord(interaction.status);
  entry.dataset.status = word;
  if (note === null) {
    note = createElement('p', 'delivery', createElement('span', 'tag'), ' ', createElement('span'));
    entry.append(note);
  }
  const [tag, sentence] = note.children;
  tag.className = `tag tag-${word}`;
  setText(tag, word);
  const atNat = interaction.isAtNat ? 'Nat has it, but its answer was lost. ' : '';
  setText(sentence, atNat + describeDelivery(interaction));
}

/** Shows what a sender wrote: a link if it is the address of a web page, else text. Never HTML. */
function createDescription(description) {
  const text = createForeign(isWebAddress(description) ? 'a' : 'span', '', description);
  if (isWebAddress(description)) {
    text.href = description;
    text.target = '_blank';
    text.rel = 'noopener noreferrer';
  }
  const cell = createElement('div', 'description', text);
  if (description.length > LONG_CHARACTERS) {
    text.classList.add('clamped');
    const more = createButton('more', 'Show all of it', () => {
      const isClamped = text.classList.toggle('clamped');
      more.ariaExpanded = String(!isClamped);
      more.textContent = isClamped ? 'Show all of it' : 'Show less';
    });
    more.ariaExpanded = 'false';
    cell.append(more);
  }
  return cell;
}

/** Allows only http and https: a `javascript:` url would run in this page. */
function isWebAddress(text) {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol);
}

function initialsOf(email) {
  const words = email
    .slice(0, email.lastIndexOf('@'))
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const initials = words.slice(0, 2).map((word) => [...word][0]);
  return (initials.join('') || '@').toUpperCase();
}

function hueOf(email) {
  return [...email].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
}
