/** Time as the core sees it. Nothing in the core reads a clock in any other way. */
export interface Clock {
  /** Milliseconds since 1970; may jump. For people, and for hybrid time. */
  wallMs(): number;
  /** Milliseconds since some moment; never goes back. For every timeout. */
  monotonicMs(): number;
}
