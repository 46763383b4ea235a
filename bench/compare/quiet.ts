// Must be imported before the functions, because their logger reads it once.
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
