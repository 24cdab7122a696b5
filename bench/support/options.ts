/** The options of a measuring program: `--name value` or, where it is a yes or no, `--name`; all with defaults, and `--help`. */
import { parseArgs } from 'node:util';

interface Option<Value extends number | string | boolean> {
  readonly value: Value;
  readonly meaning: string;
}

type Options = Readonly<Record<string, Option<number> | Option<string> | Option<boolean>>>;

type Values<T extends Options> = {
  readonly [Name in keyof T]: T[Name]['value'] extends number
    ? number
    : T[Name]['value'] extends boolean
      ? boolean
      : string;
};

/** Reads the command line. Ends the process where it asks for help or cannot be read. */
export function readOptions<T extends Options>(purpose: string, options: T): Values<T> {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        ...Object.fromEntries(Object.entries(options).map(([name, { value }]) => [name, { type: typeOf(value) }])),
      },
    });
    if (values.help === true) {
      console.log(helpOf(purpose, options));
      process.exit(0);
    }
    const given = values as Readonly<Record<string, string | boolean | undefined>>;
    const read = Object.entries(options).map(([name, { value }]) => [name, readValue(name, given[name], value)]);
    return Object.fromEntries(read) as Values<T>;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(helpOf(purpose, options));
    return process.exit(2);
  }
}

function typeOf(value: number | string | boolean): 'boolean' | 'string' {
  return typeof value === 'boolean' ? 'boolean' : 'string';
}

function readValue(
  name: string,
  given: string | boolean | undefined,
  usual: number | string | boolean,
): number | string | boolean {
  if (given === undefined) return usual;
  if (typeof given !== 'string' || typeof usual === 'string') return given;
  const number = Number(given);
  if (given === '' || !Number.isFinite(number) || number < 0) throw new Error(`--${name} takes a number from 0 up.`);
  return number;
}

function helpOf(purpose: string, options: Options): string {
  const width = Math.max(...Object.keys(options).map((name) => name.length)) + 2;
  const lines = Object.entries(options).map(([name, { value, meaning }]) => {
    const usual = value === '' || value === false ? '' : ` (${value})`;
    return `  --${name.padEnd(width)} ${meaning}${usual}`;
  });
  return [purpose, '', 'Options, with what they are if left out:', ...lines].join('\n');
}
