/** Asks a server what begins with `text`. */
export type Search = (text: string) => Promise<string[]>;

const PAUSE_MS = 50;

/** Suggestions for a text field: asked for once the user has stopped typing for a moment. */
export class Autocomplete {
  readonly #search: Search;
  readonly #show: (suggestions: string[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(search: Search, show: (suggestions: string[]) => void) {
    this.#search = search;
    this.#show = show;
  }

  type(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(text), PAUSE_MS);
  }

  async #ask(text: string): Promise<void> {
    this.#show(await this.#search(text));
  }
}

/** Fixed: an answer that a later question has overtaken is not shown. */
export class LatestAutocomplete implements Pick<Autocomplete, 'type'> {
  readonly #search: Search;
  readonly #show: (suggestions: string[]) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(search: Search, show: (suggestions: string[]) => void) {
    this.#search = search;
    this.#show = show;
  }

  type(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(text), PAUSE_MS);
  }

  async #ask(text: string): Promise<void> {
    const asked = ++this.#asked;
    const suggestions = await this.#search(text);
    if (asked === this.#asked) this.#show(suggestions);
  }
}
