const command = document.getElementById('command');
const copyButton = document.getElementById('copy');
const RESULT_SHOWN_MS = 2000;

let apiUrl = '';

/** Shows the command that sends an interaction of this moment to the API. */
export function showCommand(url) {
  apiUrl = url;
  const timestamp = new Date().toISOString();
  command.textContent = [
    "curl -u local-api-key: -H 'content-type: application/json' \\",
    `  -d '{"type":"identify","timestamp":"${timestamp}",`,
    `  "traits":{"email":"peter@example.com"},`,
    `  "page":{"url":"https://example.com"}}' \\`,
    `  ${apiUrl}/v1/identify`,
  ].join('\n');
}

copyButton.addEventListener('click', async () => {
  showCommand(apiUrl);
  copyButton.textContent = await copyCommand();
  setTimeout(() => {
    copyButton.textContent = 'Copy';
  }, RESULT_SHOWN_MS);
});

/** Copies the command and returns the label that says so. */
async function copyCommand() {
  try {
    await navigator.clipboard.writeText(command.textContent);
    return 'Copied';
  } catch {
    // The browser forbids it. A selected command can be copied with one keystroke.
    getSelection()?.selectAllChildren(command);
    return 'Selected';
  }
}
