// Imported before the functions, whose logger reads it once: a thousand runs would print a million
// lines.
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
