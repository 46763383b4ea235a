import { byId, createButton, createElement } from './dom.js';

const RESULT_SHOWN_MS = 2000;

/** Shows the command that sends an interaction of this moment to the API. */
export function showTryCommand(apiUrl) {
  byId('try-command').replaceChildren(createCommand(() => tryCommand(apiUrl), 'A command to try'));
}

/** Shows the command to try to a reader who has nothing to look at. */
export function openTryIfEmpty(total) {
  if (total === 0) byId('try').open = true;
}

/**
 * Creates a command with a button that copies it.
 *
 * @param command a text, or a function that makes one when it is shown and when it is copied
 * @param label what it is, for screen readers
 */
export function createCommand(command, label) {
  const make = typeof command === 'function' ? command : () => command;
  const code = createElement('code', 'foreign', make());
  const pre = createElement('pre', '', code);
  pre.tabIndex = 0;
  pre.role = 'group';
  pre.ariaLabel = label;
  const button = createButton('copy', 'Copy', async () => {
    code.textContent = make();
    button.textContent = await copy(code);
    setTimeout(() => {
      button.textContent = 'Copy';
    }, RESULT_SHOWN_MS);
  });
  return createElement('div', 'command', pre, button);
}

function tryCommand(apiUrl) {
  return [
    "curl -i -u local-api-key: -H 'content-type: application/json' \\",
    `  -d '{"type":"identify","timestamp":"${new Date().toISOString()}",`,
    `  "traits":{"email":"peter@example.com"},`,
    `  "page":{"url":"https://example.com"}}' \\`,
    `  ${apiUrl}/v1/identify`,
  ].join('\n');
}

/** Copies a command and returns the label that says so. */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return 'Copied';
  } catch {
    // The browser forbids it. A selected command can be copied with one keystroke.
    getSelection()?.selectAllChildren(code);
    return 'Selected';
  }
}
