// Calls cannot be tried out here, because the API blocks browser requests.
SwaggerUIBundle({
  dom_id: '#api',
  url: 'openapi.json',
  supportedSubmitMethods: [],
  defaultModelsExpandDepth: 0,
});

const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', followColorScheme);
followColorScheme();

/** Swagger UI has dark colours, but does not ask which ones the reader wants. */
function followColorScheme() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

/** Swagger UI gives its fields no names for screen readers. */
new MutationObserver(() => {
  for (const select of document.querySelectorAll('#api select:not([aria-label])')) {
    const row = select.closest('tr[data-param-name]');
    select.ariaLabel = row === null ? 'Example' : `Values of ${row.dataset.paramName}`;
  }
}).observe(document.getElementById('api'), { childList: true, subtree: true });
