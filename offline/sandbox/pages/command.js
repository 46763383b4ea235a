const command = document.getElementById('command');
const button = document.getElementById('copy');
const COPIED_MS = 2000;

let apiUrl = '';

/** Writes the command that sends one interaction to the API, as of now. */
export const showCommand = (url) => {
  apiUrl = url;
  const timestamp = new Date().toISOString();
  command.textContent = [
    "curl -u local-api-key: -H 'content-type: application/json' \\",
    `  -d '{"type":"identify","timestamp":"${timestamp}",`,
    `  "traits":{"email":"peter@example.com"},`,
    `  "page":{"url":"https://example.com"}}' \\`,
    `  ${apiUrl}/v1/identify`,
  ].join('\n');
};

button.addEventListener('click', async () => {
  showCommand(apiUrl);
  button.textContent = await copied();
  setTimeout(() => {
    button.textContent = 'Copy';
  }, COPIED_MS);
});

const copied = async () => {
  try {
    await navigator.clipboard.writeText(command.textContent);
    return 'Copied';
  } catch {
    // Not allowed, or not a secure page: selected, it is one keystroke away.
    getSelection()?.selectAllChildren(command);
    return 'Selected';
  }
};
