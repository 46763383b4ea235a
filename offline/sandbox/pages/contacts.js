const MAX_CONTACTS = 200;
const MAX_INTERACTIONS = 20;
const HUES = 6;

const list = document.getElementById('contacts');
/** By account and address, because several accounts may have a contact with the same address. */
const articles = new Map();

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const timeFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });

/** The number of contacts on the page. */
export function countContacts() {
  return articles.size;
}

/** Removes all contacts from the page. */
export function clearContacts() {
  articles.clear();
  list.replaceChildren();
}

/**
 * Shows a contact at the top of the page, with its new interactions. If the page has too many
 * contacts, the last one is removed. `highlight` lights up the new interactions for a moment.
 */
export function showContact(contact, { highlight }) {
  const key = `${contact.account} ${contact.email}`;
  const article = articles.get(key) ?? createArticle(contact, key);
  articles.set(key, article);
  addInteractions(article, contact, highlight);
  // Moving an element takes the focus away from it, so a focused contact stays where it is.
  if (!article.contains(document.activeElement)) list.prepend(article);
  if (articles.size > MAX_CONTACTS) removeLast();
}

function removeLast() {
  const last = list.lastElementChild;
  articles.delete(last.dataset.key);
  last.remove();
}

function createElement(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function createArticle({ account, email }, key) {
  const article = createElement('article', 'contact');
  article.dataset.contact = email;
  article.dataset.key = key;
  const avatar = createElement('span', `avatar hue-${hueOf(email)}`, initialsOf(email));
  avatar.ariaHidden = 'true';
  const header = createElement('header', 'contact-header');
  header.append(
    avatar,
    createElement('h3', 'address', email),
    createElement('span', 'account', `account ${account}`),
  );
  article.append(header, createElement('ol', 'interactions'), createElement('p', 'earlier'));
  return article;
}

function addInteractions(article, { interactions, total }, highlight) {
  const entries = article.querySelector('ol');
  // A contact has one interaction a day, which never changes, so the day shows which are new.
  interactions.forEach((interaction, index) => {
    if (entries.children[index]?.dataset.day === interaction.day) return;
    const entry = createEntry(interaction);
    entry.classList.toggle('highlight', highlight);
    entries.insertBefore(entry, entries.children[index] ?? null);
  });
  while (entries.children.length > MAX_INTERACTIONS) entries.lastElementChild.remove();
  const earlier = total - entries.children.length;
  article.querySelector('.earlier').textContent = earlier > 0 ? `and ${earlier} earlier` : '';
}

function createEntry({ day, timestamp, description }) {
  const entry = createElement('li', 'interaction');
  entry.dataset.interaction = '';
  entry.dataset.day = day;
  const date = createElement('time', 'date', dayFormat.format(new Date(`${day}T00:00Z`)));
  date.dateTime = timestamp;
  date.title = timestamp;
  const time = createElement('span', 'time', `${timeFormat.format(new Date(timestamp))} UTC`);
  entry.append(date, createDescription(description), time);
  return entry;
}

/** Shows what a sender wrote: a link if it is the address of a web page, else text. Never HTML. */
function createDescription(description) {
  if (!isWebAddress(description)) return createElement('span', 'description', description);
  const link = createElement('a', 'description', description);
  link.href = description;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
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
