import { realm, type Scenario } from 'heddle';
import type { Autocomplete, Search } from './autocomplete.ts';

type MakeField = (
  search: Search,
  show: (suggestions: string[]) => void,
) => Pick<Autocomplete, 'type'>;

const WORDS = ['heddle', 'hello', 'help'];

/** A user who types three letters, with a pause behind the second. */
export const typing = (make: MakeField): Scenario =>
  realm('what is shown belongs to what was typed last', async (world) => {
    let shown: string[] = [];
    const search = world.service('server', async (text: string) =>
      WORDS.filter((word) => word.startsWith(text)),
    );
    const field = make(search, (suggestions) => {
      shown = suggestions;
    });
    field.type('h');
    field.type('he');
    await new Promise((resolve) => setTimeout(resolve, 200));
    field.type('hel');
    world.finally('the suggestions begin with "hel"', () =>
      shown.includes('heddle') ? `${shown.join(', ')} are shown for "hel"` : true,
    );
  });
