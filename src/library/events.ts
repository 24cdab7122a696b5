/** Listeners by the name of an event, with the type of what each is told. */
export class Emitter<Events extends object> {
  readonly #listenersByName = new Map<keyof Events, Set<(event: never) => void>>();

  /** Calls the listener at every event of this name until what is returned is called. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listenersByName.get(name) ?? new Set();
    this.#listenersByName.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const listeners = this.#listenersByName.get(name) as Set<(event: Events[Name]) => void> | undefined;
    for (const listener of new Set(listeners)) listener(event);
  }
}
