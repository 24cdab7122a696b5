/** Runs the program as a process of its own, as a shell would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('main.js', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives `input` on stdin, and the password in the environment if there is one. What it keeps for the user is in `home`. */
export async function runProgram(
  parameters: readonly string[],
  {
    input = '',
    password,
    home,
  }: { readonly input?: string | Uint8Array; readonly password?: string; readonly home?: string } = {},
): Promise<Ended> {
  const env = { ...process.env, HOLDFAST_PASSWORD: password, ...(home !== undefined && { XDG_STATE_HOME: home }) };
  const child = spawn(process.execPath, [program, ...parameters], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that reads no input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}
