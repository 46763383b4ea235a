// Calls cannot be tried out here, because the API blocks browser requests.
SwaggerUIBundle({
  dom_id: '#api',
  url: 'openapi.json',
  supportedSubmitMethods: [],
  defaultModelsExpandDepth: 0,
});
