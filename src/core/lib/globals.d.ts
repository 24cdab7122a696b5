/**
 * The two globals beyond the language that the core may use. They are pure functions of their input and exist on every
 * platform, but the compiler declares them only together with the DOM or with Node, which the core must not see.
 */

interface TextEncoder {
  /** The UTF-8 bytes of `text`; an unpaired surrogate becomes U+FFFD. */
  encode(text?: string): Uint8Array<ArrayBuffer>;
  /** Writes as many whole characters of `text` as fit; `read` counts UTF-16 units, `written` counts bytes. */
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare const TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  /** The text of `bytes`. Throws a TypeError on invalid UTF-8 if `fatal`, else puts U+FFFD in its place. */
  decode(bytes?: ArrayBufferView | ArrayBuffer): string;
}

declare const TextDecoder: {
  new (label?: 'utf-8', options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }): TextDecoder;
};
