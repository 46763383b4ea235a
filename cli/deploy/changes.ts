import { isDeepStrictEqual } from 'node:util';
import type { Template } from './template.ts';

/** A longer value, such as the description of an alarm, is not printed. */
const MAX_VALUE_CHARACTERS = 60;
/** The framework gives every package a new name, so its place says nothing about its content. */
const PLACE_OF_CODE = /\.Properties\.Code\.S3Key$/;

/**
 * Compares two templates.
 *
 * @returns one line for each resource that is added or removed, and for each property that changes;
 *   none if only the code of functions may differ
 */
export function changesBetween(deployed: Template, next: Template): string[] {
  const names = new Set([...Object.keys(deployed.Resources), ...Object.keys(next.Resources)]);
  return [...names].sort().flatMap((name) => {
    const [before, after] = [deployed.Resources[name], next.Resources[name]];
    if (before === undefined) return [`+ ${name} (${after?.Type})`];
    if (after === undefined) return [`- ${name} (${before.Type})`];
    return differences(name, before, after);
  });
}

function differences(path: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after) || PLACE_OF_CODE.test(path)) return [];
  if (!isTree(before) || !isTree(after)) {
    const [from, to] = [toText(before), toText(after)];
    const isShort = Math.max(from.length, to.length) <= MAX_VALUE_CHARACTERS;
    return [`~ ${path}${isShort ? `: ${from} → ${to}` : ''}`];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(`${path}.${key}`, before[key], after[key]));
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toText(value: unknown): string {
  if (value === undefined || value === '') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
