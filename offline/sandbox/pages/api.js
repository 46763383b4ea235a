// Nothing can be tried out from here: the API takes no calls from browsers, whose key is no secret.
SwaggerUIBundle({
  dom_id: '#api',
  url: 'openapi.json',
  supportedSubmitMethods: [],
  defaultModelsExpandDepth: 0,
});
