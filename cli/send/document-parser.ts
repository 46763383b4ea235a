import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';

/** An event, and the line on which it begins. */
interface Found {
  line: number;
  event: unknown;
}

/** The events that end in what was read, and what stopped the parser, if it did. */
interface Reading {
  found: Found[];
  error?: unknown;
}

/** Both accept documents that follow one another. */
const ONE_AFTER_ANOTHER = { separator: '' };

/**
 * Finds events in JSON: the members of a list, which is an array or the `batch` of an object, and
 * objects that have no such list. It is given the input in pieces that end at the newlines, so it
 * knows on which line an event begins, and lets go of each as soon as it is complete.
 */
export function createDocumentParser() {
  const tokenizer = new Tokenizer(ONE_AFTER_ANOTHER);
  const parser = new TokenParser(ONE_AFTER_ANOTHER);
  let found: Found[] = [];
  let line = 1;
  let depth = 0;
  /** At each depth, the line on which its latest value begins. */
  const lineAt: number[] = [];
  let isListed = false;
  let hasList = false;

  tokenizer.onToken = (token) => {
    if (isClosing(token.token)) depth -= 1;
    else lineAt[depth] = line;
    parser.write(token);
    if (isOpening(token.token)) depth += 1;
  };
  tokenizer.onEnd = () => parser.end();

  parser.onValue = ({ value, key, parent, stack }) => {
    const isTop = stack.length === 0;
    const inList = Array.isArray(parent) && isListAt(stack.length, stack[1]?.key);
    const isList = Array.isArray(value) && isListAt(stack.length + 1, key);
    if (inList || isList) {
      isListed = true;
      hasList = true;
    }
    if (inList || (isTop && !isListed)) {
      found.push({ line: lineAt[stack.length] ?? line, event: value });
    }
    // The parser would keep it until the whole list has been read.
    if (inList) parent.pop();
    if (isTop) isListed = false;
  };

  function reading(read: () => void): Reading {
    found = [];
    try {
      read();
      return { found };
    } catch (error) {
      return { found, error };
    }
  }

  return {
    /**
     * After an error no more can be read.
     *
     * @param bytes a line, or a part of one
     * @param at its number
     */
    read(bytes: Uint8Array, at: number): Reading {
      line = at;
      return reading(() => tokenizer.write(bytes));
    },
    /** What the end of the input completes; the error if it comes too early. */
    end: () => reading(() => tokenizer.end()),
    /** Whether there has been a list of events. */
    hasList: () => hasList,
    /** Whether something has begun and not ended. */
    isInside: () => depth > 0,
  };
}

/**
 * @param depth how many containers there are around its members
 * @param key what the innermost is called, if it is in an object
 */
function isListAt(depth: number, key: unknown): boolean {
  return depth === 1 || (depth === 2 && isBatch(key));
}

/** Field names match in any casing, as the service takes them. */
function isBatch(key: unknown): boolean {
  return typeof key === 'string' && key.toLowerCase() === 'batch';
}

function isOpening(type: TokenType): boolean {
  return type === TokenType.LEFT_BRACE || type === TokenType.LEFT_BRACKET;
}

function isClosing(type: TokenType): boolean {
  return type === TokenType.RIGHT_BRACE || type === TokenType.RIGHT_BRACKET;
}
