// Must be imported before the functions, because their logger reads it once. Without it a thousand
// runs print a million lines.
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
