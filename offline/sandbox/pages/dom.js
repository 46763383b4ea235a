export const byId = (id) => document.getElementById(id);

/** Creates an element with children, which may be texts. A class is not set if it is empty. */
export function createElement(tag, className = '', ...children) {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/**
 * Creates an element for what a sender wrote. Its direction is its own: text from right to left, or
 * an odd control character, does not turn the text around it.
 */
export function createForeign(tag, className, text) {
  const element = createElement(tag, `foreign ${className}`, text);
  element.dir = 'auto';
  return element;
}

export function createButton(className, label, onClick) {
  const button = createElement('button', className, label);
  button.type = 'button';
  button.addEventListener('click', onClick);
  return button;
}

/** Writes a text only if it changes: screen readers repeat a text that is written again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Tells screen readers something that is not in focus. */
export function announce(text) {
  setText(byId('announcement'), text);
}

/**
 * Makes some elements the children of another one, in their order. It moves as few as it can, and
 * never the one with the focus, which would lose it.
 */
export function arrange(parent, elements) {
  const kept = new Set(elements);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (element.contains(document.activeElement)) {
      while (parent.children[index] !== element) parent.append(parent.children[index]);
    } else if (parent.children[index] !== element) {
      parent.insertBefore(element, parent.children[index] ?? null);
    }
  });
}
