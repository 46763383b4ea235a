import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';

/** Hands out the placeholders of one request. */
interface Placeholders {
  name(attribute: string): string;
  value(value: unknown): string;
}

/** A piece of a DynamoDB expression. It is written out when its request is built. */
export type Expression = (placeholders: Placeholders) => string;

/** The attribute has this value. `undefined` means that there is no such attribute. */
export function equals(attribute: string, expected: unknown): Expression {
  if (expected === undefined) return isAbsent(attribute);
  return ({ name, value }) => `${name(attribute)} = ${value(expected)}`;
}

/** The attribute has another value. */
export function differs(attribute: string, from: unknown): Expression {
  return ({ name, value }) => `${name(attribute)} <> ${value(from)}`;
}

/** The attribute is less than or equal to a value. ISO 8601 timestamps compare as text. */
export function isAtMost(attribute: string, limit: unknown): Expression {
  return ({ name, value }) => `${name(attribute)} <= ${value(limit)}`;
}

/** The attribute is greater than or equal to a value. */
export function isAtLeast(attribute: string, limit: unknown): Expression {
  return ({ name, value }) => `${name(attribute)} >= ${value(limit)}`;
}

/** The attribute has one of these values. */
export function isOneOf(attribute: string, values: readonly unknown[]): Expression {
  return ({ name, value }) => `${name(attribute)} IN (${values.map(value).join(', ')})`;
}

/** The attribute is a text that begins with this one. */
export function beginsWith(attribute: string, prefix: string): Expression {
  return ({ name, value }) => `begins_with(${name(attribute)}, ${value(prefix)})`;
}

/** The item has this attribute. */
export function exists(attribute: string): Expression {
  return ({ name }) => `attribute_exists(${name(attribute)})`;
}

/** The item has no such attribute, or there is no item. */
export function isAbsent(attribute: string): Expression {
  return ({ name }) => `attribute_not_exists(${name(attribute)})`;
}

/** All of these hold. */
export function and(...parts: Expression[]): Expression {
  return (placeholders) => parts.map((part) => part(placeholders)).join(' AND ');
}

/** The attribute is a text that holds this one. */
export function contains(attribute: string, part: string): Expression {
  return ({ name, value }) => `contains(${name(attribute)}, ${value(part)})`;
}

/** The attribute is a text that does not hold this one. */
export function lacks(attribute: string, part: string): Expression {
  return ({ name, value }) => `NOT contains(${name(attribute)}, ${value(part)})`;
}

/** At least one of these holds. */
export function or(...parts: [Expression, Expression, ...Expression[]]): Expression {
  return (placeholders) => `(${parts.map((part) => part(placeholders)).join(' OR ')})`;
}

/** A list of attributes, for a projection. */
export function attributes(...names: string[]): Expression {
  return ({ name }) => names.map(name).join(', ');
}

/**
 * An update of several attributes.
 *
 * @param changes the new value of each attribute. `null` removes it, `undefined` leaves it as it is
 * @param firsts attributes that are set unless they are set already
 */
export function change(
  changes: Record<string, unknown>,
  firsts: Record<string, unknown> = {},
): Expression {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return ({ name, value }) => {
    const set = [
      ...given.flatMap(([field, next]) =>
        next === null ? [] : [`${name(field)} = ${value(next)}`],
      ),
      ...Object.entries(firsts).map(
        ([field, first]) => `${name(field)} = if_not_exists(${name(field)}, ${value(first)})`,
      ),
    ];
    const removed = given.filter(([, next]) => next === null);
    const clauses = [
      set.length > 0 && `SET ${set}`,
      removed.length > 0 && `REMOVE ${removed.map(([field]) => name(field))}`,
    ];
    return clauses.filter(Boolean).join(' ');
  };
}

type ExpressionField =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression';

/** The expressions of a request as DynamoDB takes them. */
export type ExpressionInput = { [Field in ExpressionField]?: string } & {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
};

/**
 * Writes out all expressions of one request, which share their placeholders.
 *
 * @param fields the expressions by the name of their field; `undefined` ones are left out
 */
export function expressions(
  fields: {
    [Field in ExpressionField]?: Expression | undefined;
  },
): ExpressionInput {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const placeholders: Placeholders = {
    name: (attribute) => {
      names[`#${attribute}`] = attribute;
      return `#${attribute}`;
    },
    value: (value) => {
      const placeholder = `:${Object.keys(values).length}`;
      values[placeholder] = value;
      return placeholder;
    },
  };
  const written = Object.entries(fields).flatMap(([field, expression]) =>
    expression === undefined ? [] : [[field, expression(placeholders)]],
  );
  return {
    ...Object.fromEntries(written),
    // DynamoDB refuses both of them when they are empty.
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && {
      ExpressionAttributeValues: marshall(values, { removeUndefinedValues: true }),
    }),
  };
}
