/** The options of a measuring program: `--name value` or, where it is a yes or no, `--name`; all with defaults, and `--help`. */
import { parseArgs } from 'node:util';

interface Option<Value extends number | string | boolean> {
  readonly value: Value;
  readonly meaning: string;
  /** Of a number: what it is at least (0 if left out) and at most. */
  readonly least?: number;
  readonly most?: number;
  /** Of a text: what it can be; anything if left out. */
  readonly among?: readonly string[];
}

type Options = Readonly<Record<string, Option<number> | Option<string> | Option<boolean>>>;

type Values<T extends Options> = {
  readonly [Name in keyof T]: T[Name]['value'] extends number
    ? number
    : T[Name]['value'] extends boolean
      ? boolean
      : string;
};

/** Reads the command line. Ends the process where it asks for help or is wrong, and then says in one line what is allowed. */
export function readOptions<T extends Options>(
  purpose: string,
  options: T,
  parameters: readonly string[] = process.argv.slice(2),
): Values<T> {
  const given = parse(options, parameters);
  if (given['help'] === true) {
    console.log(helpOf(purpose, options));
    process.exit(0);
  }
  const read = Object.entries(options).map(([name, option]) => [name, readValue(name, option, given[name])]);
  return Object.fromEntries(read) as Values<T>;
}

/** Ends the process, for a command line that is wrong. */
export function refuse(reason: string): never {
  console.error(reason);
  return process.exit(2);
}

type Given = Readonly<Record<string, string | boolean | undefined>>;

function parse(options: Options, parameters: readonly string[]): Given {
  const types = Object.entries(options).map(([name, { value }]) => [name, { type: typeOf(value) }] as const);
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: { help: { type: 'boolean' }, ...Object.fromEntries(types) },
    });
    return values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`${reason.replaceAll('\n', ' ')} (--help tells what there is)`);
  }
}

function typeOf(value: number | string | boolean): 'boolean' | 'string' {
  return typeof value === 'boolean' ? 'boolean' : 'string';
}

function readValue(name: string, option: Options[string], given: string | boolean | undefined): Given[string] | number {
  const { value: usual, least = 0, most = Infinity, among } = option;
  if (given === undefined) return usual;
  if (typeof given !== 'string') return given;
  if (typeof usual === 'string') {
    if (among === undefined || among.includes(given)) return given;
    return refuse(`--${name} takes ${among.join(' or ')}, not "${given}".`);
  }
  const number = Number(given);
  if (given.trim() !== '' && Number.isFinite(number) && number >= least && number <= most) return number;
  const range = most === Infinity ? `${least} up` : `${least} to ${most}`;
  return refuse(`--${name} takes a number from ${range}, not "${given}".`);
}

function helpOf(purpose: string, options: Options): string {
  if (Object.keys(options).length === 0) return purpose;
  const width = Math.max(...Object.keys(options).map((name) => name.length)) + 2;
  const lines = Object.entries(options).map(([name, { value, meaning }]) => {
    const usual = value === '' || value === false ? '' : ` (${value})`;
    return `  --${name.padEnd(width)} ${meaning}${usual}`;
  });
  return [purpose, '', 'Options, with what they are if left out:', ...lines].join('\n');
}
