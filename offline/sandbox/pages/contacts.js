const MOST_CONTACTS = 200;
const MOST_INTERACTIONS = 20;
const HUES = 6;

const list = document.getElementById('contacts');
/** Articles by account and address; the same address can be a contact of several accounts. */
const articles = new Map();

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const timeFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });

/** How many contacts are on the page. */
export const contactsShown = () => articles.size;

/** Takes every contact off the page. */
export const clearContacts = () => {
  articles.clear();
  list.replaceChildren();
};

/**
 * Shows a contact at the top of the page, with its new interactions; the one longest without any
 * makes room when there are too many. Fresh ones light up for a moment.
 */
export const putContact = (contact, { fresh }) => {
  const key = `${contact.account} ${contact.email}`;
  const known = articles.get(key);
  const article = known ?? makeArticle(contact);
  articles.set(key, article);
  addInteractions(article, contact, fresh);
  // Moving an element takes the focus from it: a reader in the middle of it is not disturbed.
  if (!article.contains(document.activeElement)) list.prepend(article);
  if (articles.size > MOST_CONTACTS) removeLast();
};

const removeLast = () => {
  const last = list.lastElementChild;
  articles.delete(last.dataset.key);
  last.remove();
};

const element = (tag, className, text = '') => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const makeArticle = ({ account, email }) => {
  const article = element('article', 'contact');
  article.dataset.contact = email;
  article.dataset.key = `${account} ${email}`;
  const avatar = element('span', `avatar hue-${hueOf(email)}`, initialsOf(email));
  avatar.ariaHidden = 'true';
  const header = element('header', 'contact-header');
  header.append(
    avatar,
    element('h3', 'address', email),
    element('span', 'account', `account ${account}`),
  );
  article.append(header, element('ol', 'interactions'), element('p', 'earlier'));
  return article;
};

const addInteractions = (article, { interactions, total }, fresh) => {
  const entries = article.querySelector('ol');
  // A contact has one interaction a day and it never changes, so the day says which are new.
  interactions.forEach((interaction, position) => {
    if (entries.children[position]?.dataset.day === interaction.day) return;
    const entry = makeEntry(interaction);
    entry.classList.toggle('fresh', fresh);
    entries.insertBefore(entry, entries.children[position] ?? null);
  });
  while (entries.children.length > MOST_INTERACTIONS) entries.lastElementChild.remove();
  const earlier = total - entries.children.length;
  article.querySelector('.earlier').textContent = earlier > 0 ? `and ${earlier} earlier` : '';
};

const makeEntry = ({ day, timestamp, description }) => {
  const entry = element('li', 'interaction');
  entry.dataset.interaction = '';
  entry.dataset.day = day;
  const date = element('time', 'date', dayFormat.format(new Date(`${day}T00:00Z`)));
  date.dateTime = timestamp;
  date.title = timestamp;
  const time = element('span', 'time', `${timeFormat.format(new Date(timestamp))} UTC`);
  entry.append(date, makeDescription(description), time);
  return entry;
};

/** What the sender wrote: text, or a link if it is the address of a web page. Never markup. */
const makeDescription = (description) => {
  if (!isWebAddress(description)) return element('span', 'description', description);
  const link = element('a', 'description', description);
  link.href = description;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
};

// Only these two: a javascript: url would run in this page.
const isWebAddress = (text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol);

const initialsOf = (email) => {
  const words = email
    .slice(0, email.lastIndexOf('@'))
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const initials = words.slice(0, 2).map((word) => [...word][0]);
  return (initials.join('') || '@').toUpperCase();
};

const hueOf = (email) => [...email].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
